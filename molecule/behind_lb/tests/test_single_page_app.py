"""A single-page app, built by Vite, is published again while a browser has its page open."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import testinfra
from controller import SCENARIO, deploy
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

WEB = f"subsite-behind_lb-{os.environ.get('SUBSITE_SUITE', 'trixie')}-web"
URL = "https://shop.web.example"
LOG = "/var/log/nginx/shop.access.log"
SITE = {
    "nginx_site_name": "shop",
    "nginx_site_server_names": ["shop.web.example"],
    "nginx_site_access_log": "json",
}
PLACES = ["/", "/app/"]
"""The bases of the app: it is built and mounted at each of them."""

pytestmark = [pytest.mark.usefixtures("found"), pytest.mark.parametrize("place", PLACES)]


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of the app's sources, with Vite."""
    copy = tmp_path_factory.mktemp("app") / "sources"
    shutil.copytree(SCENARIO / "single_page_app", copy)
    # A lock file would name the registry.
    options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(["npm", "install", *options], cwd=copy, check=True)
    return copy


@pytest.fixture(scope="module")
def build(sources) -> Callable[[str, str], Path]:
    """Return a function that builds a version of the app for a place, once."""

    def build_version(version: str, place: str) -> Path:
        built = sources.parent / f"version-{version}{place}"
        if not built.exists():
            subprocess.run(
                ["npm", "run", "build", "--", f"--base={place}", f"--outDir={built}"],
                cwd=sources,
                env={**os.environ, "VITE_VERSION": version},
                check=True,
            )
        return built

    return build_version


@pytest.fixture(scope="module")
def publish(build) -> Iterator[Callable[..., None]]:
    """Return a function that publishes a version of the app at all places."""
    limit = "--limit=server:direct-web"

    def publish_version(version: str, **settings: object) -> None:
        mounts = [
            {
                "path": place.rstrip("/") or "/",
                "src": str(build(version, place)),
                "fallback": "/index.html",
                "immutable": ["/assets"],
            }
            for place in PLACES
        ]
        deploy("converge.yml", limit, **SITE, nginx_site_mounts=mounts, **settings)

    yield publish_version
    deploy("converge.yml", limit, **SITE, nginx_site_state="absent")


class Tab:
    """A tab of the browser with the app."""

    def __init__(self, browser, url: str):
        """Open the tab at a URL."""
        self._browser = browser
        browser.switch_to.new_window("tab")
        self._handle = browser.current_window_handle
        browser.get(url)

    def click(self, page: str) -> str:
        """Open a page of the app by its link, and return what the app shows."""
        self._browser.switch_to.window(self._handle)
        self._browser.find_element(By.LINK_TEXT, page).click()
        return self.text()

    def reload(self) -> str:
        """Reload the page, and return what the app shows."""
        self._browser.switch_to.window(self._handle)
        self._browser.refresh()
        return self.text()

    def text(self) -> str:
        """Return the text of the page when the app has loaded all of its files."""
        WebDriverWait(self._browser, 30).until(
            lambda tab: tab.execute_script(
                "return document.querySelector('main').textContent"
                " && document.querySelector('#worker').textContent"
                " && document.fonts.status === 'loaded'"
            )
        )
        version = self._browser.find_element(By.ID, "version").text
        return f"{self._browser.find_element(By.ID, 'page').text}, in version {version}"

    def close(self) -> None:
        """Close the tab."""
        self._browser.switch_to.window(self._handle)
        self._browser.close()
        self._browser.switch_to.window(self._browser.window_handles[0])


@pytest.fixture(scope="module")
def open_tab(browser) -> Iterator[Callable[[str], Tab]]:
    """Return a function that opens a path of the site in a new tab."""
    tabs: list[Tab] = []

    def open_path(path: str) -> Tab:
        tabs.append(Tab(browser, URL + path))
        return tabs[-1]

    yield open_path
    for tab in tabs:
        tab.close()


@pytest.fixture(scope="module")
def shop(trust, tunnel) -> Iterator[httpx.Client]:
    """A client of the site."""
    with httpx.Client(verify=trust, proxy=tunnel, base_url=URL, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def requested(shop) -> Callable[[Callable[[], object]], dict[str, int]]:
    """Return a function that does something and returns the paths and statuses nginx logs."""
    web = testinfra.get_host(f"podman://{WEB}")

    def mark() -> str:
        name = uuid.uuid4().hex
        shop.get(f"/?{name}")
        web.check_output(f"timeout 10 sh -c 'until grep -q {name} {LOG}; do sleep .1; done'")
        return name

    def act_and_read(act: Callable[[], object]) -> dict[str, int]:
        first = mark()
        act()
        lines = web.check_output(f"sed -n '/{first}/,/{mark()}/p' {LOG}").splitlines()[1:-1]
        requests = {line["uri"]: line["status"] for line in map(json.loads, lines)}
        # The browser loads the manifest later, or not at all.
        return {uri: requests[uri] for uri in requests if not uri.endswith(".webmanifest")}

    return act_and_read


@pytest.fixture(scope="module")
def found(publish, open_tab, requested) -> dict[str, dict[str, object]]:
    """What tabs show and request while three versions are published and then only one stays."""
    publish("1")
    old = {place: open_tab(place) for place in PLACES}
    info = {place: {"old, 1": old[place].text()} for place in PLACES}
    for place in PLACES:
        info[place]["requests, 1"] = requested(old[place].reload)

    # The old tab opens another page each time: it has the files of an earlier one already.
    publish("2")
    new = {place: open_tab(place) for place in PLACES}
    for place in PLACES:
        info[place]["old, 2"] = old[place].click("orders")
        info[place]["new, 2"] = new[place].click("orders")
        new[place].click("home")

    publish("3")
    for place in PLACES:
        info[place]["requests, 3"] = requested(new[place].reload)
        info[place]["old, 3"] = old[place].click("settings")
        info[place]["new, 3"] = new[place].click("settings")

    publish("3", nginx_site_keep_publications=1)
    for place in PLACES:
        info[place]["old, alone"] = old[place].click("help")
        info[place]["reloaded"] = old[place].reload()
    return info


def test_open_page_loads_the_files_of_its_version(found, place):
    assert found[place]["old, 1"] == "home of version 1, in version 1"
    assert found[place]["old, 2"] == "orders of version 1, in version 1"
    assert found[place]["old, 3"] == "settings of version 1, in version 1"


def test_new_page_is_the_new_version(found, place):
    assert found[place]["new, 2"] == "orders of version 2, in version 2"
    assert found[place]["new, 3"] == "settings of version 3, in version 3"


def test_old_files_are_gone_when_one_publication_stays(found, place):
    reason = "Failed to fetch dynamically imported module"
    assert found[place]["old, alone"].startswith(f"cannot open help: {reason}")
    assert found[place]["reloaded"] == "help of version 3, in version 3"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("index.html", "text/html; charset=utf-8", id="page"),
        pytest.param("assets/index-*.js", "application/javascript; charset=utf-8", id="script"),
        pytest.param("assets/index-*.css", "text/css; charset=utf-8", id="style"),
        pytest.param("assets/worker-*.mjs", "text/javascript; charset=utf-8", id="module"),
        pytest.param("assets/orders-*.js.map", "application/json", id="source map"),
        pytest.param("assets/logo-*.svg", "image/svg+xml", id="image"),
        pytest.param("assets/*.woff2", "font/woff2", id="font"),
        pytest.param("shop.webmanifest", "application/manifest+json", id="manifest"),
    ],
)
def test_type(shop, build, place, name, kind):
    [file] = build("3", place).glob(name)
    answer = shop.get(f"{place}{name.rpartition('/')[0]}/{file.name}".replace("//", "/"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.content == file.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("assets/orders-00000000.js", id="hashed script"),
        pytest.param("assets/index-00000000.css", id="hashed style"),
        pytest.param("assets/orders", id="hashed file without an ending"),
        pytest.param("worker.mjs", id="module"),
        pytest.param("index.js.map", id="source map"),
        pytest.param("other.webmanifest", id="manifest"),
    ],
)
def test_missing_file_is_not_the_page(shop, place, name):
    answer = shop.get(place + name)
    assert (answer.status_code, answer.headers.get("Cache-Control")) == (404, None)
    assert "<main" not in answer.text


def test_browser_uses_every_file(open_tab, tell, browser, place):
    tab = open_tab(place)
    assert tab.text() == "home of version 3, in version 3"
    assert browser.find_element(By.ID, "worker").text == "works"
    assert browser.execute_script("return document.fonts.check('1em VT323')")
    assert browser.execute_script("return document.querySelector('#logo').naturalWidth") > 0
    manifest = tell("Page.getAppManifest")
    assert (manifest["url"], manifest["errors"]) == (f"{URL}{place}shop.webmanifest", [])
    assert json.loads(manifest["data"])["name"] == "Shop"


@pytest.mark.parametrize(
    ("route", "text"),
    [
        pytest.param("orders", "orders of version 3", id="route"),
        pytest.param("orders/7/items", "orders 7/items of version 3", id="route below a route"),
        pytest.param("orders/j.doe", "orders j.doe of version 3", id="route with a dot"),
        pytest.param("help?a=/x.js#b", "help of version 3", id="route with a query"),
    ],
)
def test_route_can_be_loaded(open_tab, browser, place, route, text):
    tab = open_tab(place + route)
    assert (tab.text(), browser.current_url) == (f"{text}, in version 3", f"{URL}{place}{route}")


def test_route_of_the_history_can_be_reloaded(open_tab, browser, place):
    tab = open_tab(place)
    clicked = tab.click("orders")
    assert browser.current_url == f"{URL}{place}orders"
    assert (clicked, tab.reload()) == ("orders of version 3, in version 3",) * 2


def test_unchanged_page_is_validated_and_its_files_are_not_requested(found, place):
    assert found[place]["requests, 1"] == {place: 304}


def test_only_changed_files_of_a_new_page_are_requested(found, build, place):
    assets = build("3", place) / "assets"
    changed = [file.name for kind in ("index", "home") for file in assets.glob(f"{kind}-*.js")]
    expected = {place: 200, **{f"{place}assets/{name}": 200 for name in changed}}
    assert (found[place]["requests, 3"], len(changed)) == (expected, 2)
