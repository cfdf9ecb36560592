"""A real browser finds every URL right, wherever the page is."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

PLACES = [
    pytest.param("http://localhost:8000", id="a mapped port"),
    pytest.param("https://documented.traefik.example", id="behind Traefik"),
    pytest.param("https://advised.haproxy.example:8443", id="behind HAProxy, on another port"),
    pytest.param("https://outer.traefik.example/outer", id="behind Traefik, below a prefix"),
    pytest.param("https://outer.caddy.example/outer", id="behind Caddy, below a prefix"),
]


@pytest.fixture(scope="module", params=PLACES)
def page(request, browser, try_everything):
    """The page, once it has tried everything."""
    try_everything(f"{request.param}/")
    return request.param, browser


def test_app_and_browser_agree(page):
    url, browser = page
    assert browser.find_element(By.ID, "verdict").text == f"✓ right Both say {url}/api/"


def test_every_try_is_right(page, verdicts):
    _, browser = page
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "[data-try] dl > div")]
    wrong = [row for row in rows if row.endswith("✗ wrong")]
    right = [row for row in rows if row.endswith("✓ right")]
    assert (wrong, len(right)) == ([], verdicts)


def test_every_header_is_right(page):
    _, browser = page
    assert browser.find_elements(By.CSS_SELECTOR, "ol .wrong") == []


def test_browser_uses_its_newest_protocol(page):
    url, browser = page
    spoken = browser.execute_script(
        "return performance.getEntriesByType('navigation')[0].nextHopProtocol"
    )
    assert spoken == ("h2" if url.startswith("https:") else "http/1.1")
