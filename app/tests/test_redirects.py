from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("path", "status_code", "target"),
    [
        pytest.param("/", 303, "/result", id="external"),
        pytest.param("/dir", 308, "/dir/", id="slash"),
    ],
)
def test_absolute_redirect(
    client: FlaskClient, base_url: str, path: str, status_code: int, target: str
) -> None:
    response = client.get(path, base_url=base_url)
    assert response.status_code == status_code
    assert response.location == base_url + target


def test_relative_redirect(client: FlaskClient, base_url: str) -> None:
    response = client.get("/test", base_url=base_url)
    assert response.status_code == 303
    assert response.location == urlsplit(base_url).path + "/success"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        pytest.param("/result", "Result", id="result"),
        pytest.param("/success", "Success", id="success"),
        pytest.param("/dir/", "Directory", id="directory"),
    ],
)
def test_arrival(client: FlaskClient, base_url: str, path: str, title: str) -> None:
    response = client.get(path, base_url=base_url)
    assert response.status_code == 200
    assert f"<h1>{title}</h1>" in response.text
    assert base_url + path in response.text


def test_page_links_survive_the_prefix(client: FlaskClient, base_url: str) -> None:
    page = client.get("/result", base_url=base_url).text
    prefix = urlsplit(base_url).path
    assert f'href="{prefix}/static/style.css"' in page
    assert f'href="{prefix}/whoami"' in page
