"""Pages that verify reads besides the first one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import hostile
import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.verify import run
from ansible_collections.subsite.deploy.plugins.modules import public_url_info
from setups import RIGHT, WRONG, SetUp


def set_up(name: str) -> SetUp:
    return next(it for it in [*RIGHT, *WRONG] if it.name == name)


@pytest.fixture
def read(verify):
    def read(*pages: str) -> dict:
        """Return the result for a plain first page and more ``pages``."""
        return verify(set_up("page: plain"), paths=[f"/page/{page}" for page in pages])

    return read


def found(said: dict) -> list[tuple[str, str]]:
    """Return the faults, each with what was received."""
    return [(fault["name"], fault["received"]) for fault in said["report"]["faults"]]


def test_terminal_and_report_name_the_page(read, page):
    said = read("script")
    problem = "a script of /api/page/script lacks the prefix, so that it leads out of the app"
    for text in ("\n".join(said["table"]), page(said["report"])):
        assert problem in text
        assert "/static/right.js (404)" in text


def test_terminal_and_report_list_right_pages(read, page):
    said = read("plain", "redirect-to-a-right-page")
    lines = [line.split() for line in said["table"]]
    assert ["browser", "reads", "/api/page/plain", "200"] in lines
    assert lines[-2] == [
        *("browser", "reads", "/api/page/redirect-to-a-right-page", "200", "of", "/api/home")
    ]
    assert "<dt>/api/page/plain</dt>\n<dd>200</dd>" in page(said["report"])


def test_each_page_has_its_faults(read):
    assert found(read("script", "prefix-twice", "image")) == [
        ("page-lacks-prefix", "/static/right.js (404)"),
        ("page-repeats-prefix", "/api/api/static/right.js (404)"),
        ("page-lacks-prefix", "/static/right.png (404)"),
    ]


def test_same_wrong_url_is_named_once(read):
    said = read("script", "script", "embedded-module", "image")
    assert found(said) == [
        ("page-lacks-prefix", "/static/right.js (404)"),
        ("page-lacks-prefix", "/static/right.png (404)"),
    ]


def test_fault_names_the_page_with_the_cookie(read):
    assert found(read("cookie-for-another-path")) == [
        ("cookie-path", "/other at /api/page/cookie-for-another-path")
    ]


def test_misspelt_page_is_named(read):
    said = read("plain", "no-such-page")
    assert found(said) == [("page-error", "404")]
    [fault] = said["report"]["faults"]
    assert "/api/page/no-such-page" in fault["problem"]
    assert "without the path of the mount" in fault["fix"]


def test_closed_page_is_named(read):
    [warning] = read("login-required")["report"]["warnings"]
    assert "/api/page/login-required answers 401" in warning["problem"]


def test_pages_are_read_at_the_outermost_endpoint_alone(read):
    public, *inside = read("plain")["responses"]
    assert list(public["pages"]) == ["/api/page/plain"]
    assert [one.get("pages") for one in inside] == [None] * len(inside)


@pytest.mark.parametrize("path", ["", "page", "//x/", "http://x/", "/../x", "/a b", "/a#b"])
def test_path_that_is_none_is_an_input_error(run_module, path: str):
    said = run_module(public_url_info, url="http://a.b/", paths=["/right", path])
    assert said["msg"] == f"paths: {path!r} is not a path such as /admin/"


@pytest.fixture
def site() -> Iterator[hostile.Site]:
    with hostile.serving() as site:
        yield site


@pytest.fixture
def ask(run_module, site: hostile.Site) -> Callable[..., dict]:
    def ask(*paths: str) -> dict:
        """Return the result for the hostile site."""
        url = f"http://{site.authority}/api/"
        return run_module(public_url_info, url=url, timeout=1, paths=list(paths))

    return ask


def pages(texts: dict[str, str]) -> hostile.Behaviour:
    """Return a behaviour that has the page or script of each path, and no other."""
    missing = hostile.answer(status="404 Not Found")

    def behaviour(head: bytes, number: int) -> Iterator[hostile.Piece]:
        path = head.split()[1].decode()
        content_type = "text/javascript" if path.endswith(".js") else "text/html"
        found = hostile.answer(texts.get(path, "").encode(), f"Content-Type: {content_type}")
        yield found if path in texts else missing

    return behaviour


def test_full_first_page_leaves_room_for_others(ask, site: hostile.Site):
    parts = (f"<script src='/api/{number}.js'></script>" for number in range(50))
    links = (f"<script src='/{number}/other.js'></script>" for number in range(50))
    site.answer(
        pages(
            {
                "/api/": "".join((*parts, *links)),
                "/api/admin/": "<script type=module src='/api/admin.js'></script>",
                "/api/admin.js": "import '/found.js'",
                "/api/found.js": "",
            }
        )
    )
    assert found(ask("/admin/")) == [("page-lacks-prefix", "/found.js (404)")]


def test_all_pages_together_time_out(ask, site: hostile.Site, monkeypatch):
    monkeypatch.setattr(run, "TOTAL_TIMEOUTS", 4)
    first = pages({"/api/": "", "/api": ""})

    def behaviour(head: bytes, number: int) -> Iterator[hostile.Piece]:
        slow = head.split()[1].startswith(b"/api/slow")
        yield from hostile.SLOW["body drips"](head, number) if slow else first(head, number)

    site.answer(behaviour)
    began = time.monotonic()
    said = ask(*(f"/slow/{number}" for number in range(20)))
    assert time.monotonic() - began < 4 * 1 + 2
    [(fault, received)] = found(said)
    assert (fault, received) == (
        "response-missing",
        "/api/slow/0: TimeoutError: no complete response within 1 s",
    )
    assert said["report"]["forged"] != {}
    late = said["responses"][0]["pages"]["/api/slow/19"]["redirect_end"]["error"]
    assert late == "TimeoutError: not requested, since the 4 s of this call are over"
