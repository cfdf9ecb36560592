"""Every page can be read, on a desk, on a phone, in the dark and on paper."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from controller import PROJECT

PICTURES = PROJECT / ".cache/pictures" / os.environ.get("SUBSITE_SUITE", "trixie")
"""The directory for the pictures of pages."""
LOOKS = {
    "wide": (1280, "screen", "light"),
    "wide-dark": (1280, "screen", "dark"),
    "narrow": (390, "screen", "light"),
    "narrow-dark": (390, "screen", "dark"),
    "printed": (794, "print", "light"),
}
"""The width (px), the medium, and the preferred colours."""
OVERLAPPING = """
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const lines = [];
while (texts.nextNode()) {
  const range = document.createRange();
  range.selectNodeContents(texts.currentNode);
  for (const line of texts.currentNode.data.trim() ? range.getClientRects() : [])
    lines.push([line, texts.currentNode]);
}
const cross = (a, b) =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
return lines.flatMap(([a, one], index) => lines.slice(index + 1)
  .filter(([b, other]) => one !== other && cross(a, b))
  .map(([, other]) => `${one.data.trim()} / ${other.data.trim()}`));
"""
"""Returns the pairs of texts that lie on each other."""


@pytest.fixture(scope="module")
def reports(prove) -> dict[str, str]:
    """Reports of a right and of a wrong site, as the client sees them."""
    machines = "--limit=server:proxies:client"
    elsewhere = "https://documented.traefik.example/elsewhere"
    right = prove(f"{machines}:advised-nginx", verify_report="/root/right.html")
    wrong = prove(
        f"{machines}:documented-traefik",
        verify_report="/root/wrong.html",
        nginx_site_verify_url=elsewhere,
    )
    assert (right.succeeded, wrong.succeeded) == (True, False), right.output
    return {name: f"file:///root/{name}.html" for name in ("right", "wrong")}


@pytest.fixture(scope="module", params=["demo", "right", "wrong"])
def page(request, browser, reports, try_everything) -> str:
    """Open a page and return its name."""
    if request.param in reports:
        browser.get(reports[request.param])
    else:
        try_everything("http://localhost:8000/")
    return request.param


@pytest.fixture(params=LOOKS)
def look(request, page, browser, tell) -> str:
    """Look at the page in one way, and keep a picture of it."""
    width, medium, colours = LOOKS[request.param]
    tell(
        "Emulation.setEmulatedMedia",
        media=medium,
        features=[{"name": "prefers-color-scheme", "value": colours}],
    )
    tell(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 600,
    )
    picture = tell("Page.captureScreenshot", captureBeyondViewport=True)["data"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    Path(PICTURES / f"{page}-{request.param}.png").write_bytes(base64.b64decode(picture))
    return request.param


def test_no_text_overlaps(look, browser):
    assert browser.execute_script(OVERLAPPING) == []


def test_nothing_is_wider_than_the_screen(look, browser):
    widths = "return [document.documentElement.scrollWidth, innerWidth]"
    page, screen = browser.execute_script(widths)
    assert page <= screen


def test_page_is_accessible(look, browser):
    """By the rules of WCAG that a program can judge, contrast among them."""
    violations = Axe().run(browser)["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
