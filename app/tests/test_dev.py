import re
from urllib.parse import urljoin

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from demo.dev import PAGE
from demo.dev import create_site
from demo.dev import index


@pytest.fixture
def site() -> Client:
    return Client(create_site())


@pytest.mark.parametrize(
    ("path", "status_code", "location"),
    [
        pytest.param("/api", 308, "http://localhost/api/", id="no-slash"),
        pytest.param("/api/", 303, "http://localhost/api/result", id="index"),
        pytest.param("/api/test", 303, "/api/success", id="relative"),
        pytest.param("/api/dir", 308, "http://localhost/api/dir/", id="slash"),
    ],
)
def test_redirect(site: Client, path: str, status_code: int, location: str) -> None:
    with site.get(path) as response:
        assert response.status_code == status_code
        assert response.location == location


def test_missing_route_is_not_the_page(site: Client) -> None:
    with site.get("/api/missing") as response:
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("path", "file"),
    [
        pytest.param("/", "index.html", id="index"),
        pytest.param("/style.css", "style.css", id="style"),
        pytest.param("/journey.js", "journey.js", id="script"),
        pytest.param("/some/deep/link", "index.html", id="deep-link"),
        pytest.param("/apix", "index.html", id="not-the-prefix"),
        pytest.param("/API/", "index.html", id="other-case"),
    ],
)
def test_page(site: Client, path: str, file: str) -> None:
    with site.get(path) as response:
        assert response.status_code == 200
        assert response.data == (PAGE / file).read_bytes()


@pytest.mark.parametrize("outer", ["", "/outer"])
def test_page_finds_its_files_and_its_app(outer: str) -> None:
    site = Client(DispatcherMiddleware(index, {outer: create_site()}))
    with site.get(f"{outer}/") as response:
        page = response.get_data(as_text=True)
    [style] = re.findall('href="([^"]+[.]css)"', page)
    [script] = re.findall('import[(]new URL[(]"([^"]+)"', page)
    [app] = re.findall('data-app="([^"]+)"', page)
    for link, kind in [
        (style, "text/css"),
        (script, "text/javascript"),
        (f"{app}/healthz", "text/plain"),
    ]:
        with site.get(urljoin(f"{outer}/", link)) as response:
            assert (response.status_code, response.mimetype) == (200, kind)
