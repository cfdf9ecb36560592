"""Pages are published atomically, and old editions are removed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from client import ask


@pytest.fixture(scope="module")
def publish(deploy, tmp_path_factory):
    """A function that publishes an edition of a page."""
    page = tmp_path_factory.mktemp("page")

    def publish_edition(edition: str, *options: str):
        (page / "index.html").write_text(f"{edition}\n")
        (page / "assets").mkdir(exist_ok=True)
        for asset in (page / "assets").iterdir():
            asset.unlink()
        (page / f"assets/{edition}.js").write_text(f"{edition}\n")
        return deploy(
            *options,
            nginx_site_mounts=[{"path": "/", "src": str(page), "immutable": ["/assets"]}],
            nginx_site_keep_publications=2,
        )

    yield publish_edition
    deploy(nginx_site_state="absent")


@pytest.fixture
def editions(host):
    """A function that tells which editions the host has."""
    return lambda: set(host.check_output("cat /srv/nginx/news/published/*/index.html").split())


def test_page_is_replaced_atomically(publish):
    publish("first")
    with ThreadPoolExecutor() as pool:
        going = pool.submit(publish, "second")
        received = set()
        while wait([going], timeout=0.05).not_done:
            answer = ask("/", host="news.example")
            received.add((answer.status, answer.text))
    assert ask("/", host="news.example").text == "second\n"
    assert received == {(200, "first\n"), (200, "second\n")}


def test_previous_edition_stays_and_older_ones_are_removed(editions, publish):
    for edition in ("Monday", "Tuesday", "Wednesday"):
        publish(edition)
    assert editions() == {"Tuesday", "Wednesday"}
    statuses = [
        ask(f"/assets/{edition}.js", host="news.example").status
        for edition in ("Monday", "Tuesday", "Wednesday")
    ]
    assert statuses == [404, 200, 200]


def test_check_mode_publishes_nothing(editions, publish):
    publish("published")
    before = editions()
    assert publish("announced", "--check").changed > 0
    assert editions() == before
    assert ask("/", host="news.example").text == "published\n"
