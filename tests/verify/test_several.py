"""Several URLs in one call of the module."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import hostile
import pytest
from ansible_collections.subsite.deploy.plugins.modules import public_urls_info
from setups import RIGHT, WRONG, SetUp


def set_up(name: str) -> SetUp:
    return next(it for it in [*RIGHT, *WRONG] if it.name == name)


@pytest.fixture
def site() -> Iterator[hostile.Site]:
    with hostile.serving() as site:
        yield site


@pytest.fixture
def check(run_module) -> Callable[..., dict]:
    def check(*urls: dict, **more) -> dict:
        return run_module(public_urls_info, urls=list(urls), **more)

    return check


def test_results_have_the_order_of_the_urls(check, world):
    names = ("a mapped port", "server name is missing", "at the root")
    said = check(*(world.question(set_up(name)) for name in names))
    found = [[fault["name"] for fault in one["report"]["faults"]] for one in said["results"]]
    assert (found, said["right"]) == ([[], ["name-unknown"], []], False)


def test_results_of_the_host_are_used(check, world):
    question = world.question(set_up("SERVER_NAME is another"))
    public, *inside = question["endpoints"]
    on_host = {**question, "endpoints": inside, "release": "4d1c09aa71be"}
    host = check(on_host, {**question, "endpoints": []})
    as_client = {**question, "endpoints": [public], "keys": ""}
    said = check(as_client, as_client, host_results=host["results"])
    first, second = (one["report"] for one in said["results"])
    assert ([it["name"] for it in first["faults"]], first["release"]) == (
        ["server-name"],
        "4d1c09aa71be",
    )
    # No result has a signature for the second one.
    assert second["faults"] == []


def test_wrong_option_is_named(check):
    said = check({"url": "http://a.b/"}, {"url": "http://a.b/", "timeout": "x"})
    assert said["msg"].startswith("urls[1]: ")


def test_url_that_is_none_is_an_input_error(check):
    assert check({"url": "x"})["msg"] == "url: 'x' is not a URL such as https://example.org/api/"


def test_slow_app_does_not_keep_the_others_waiting(check, site: hostile.Site):
    requested = threading.Event()

    def behaviour(head: bytes, number: int) -> Iterator[hostile.Piece]:
        if b"/slow" in head:
            assert requested.wait(20)
        else:
            requested.set()
        yield hostile.OK

    site.answer(behaviour)
    urls = [{"url": f"http://{site.authority}/{name}/", "timeout": 30} for name in ("slow", "a")]
    said = check(*urls)
    assert said["right"] and [one["report"]["unanswered"] for one in said["results"]] == ["", ""]


def test_hostile_apps_together_end_in_time(check, site: hostile.Site):
    site.answer(hostile.SLOW["body drips"])
    began = time.monotonic()
    urls = [{"url": f"http://{site.authority}/{name}/", "timeout": 1} for name in range(8)]
    said = check(*urls)
    assert time.monotonic() - began < 2 * 1 + 3
    faults = {fault["name"] for one in said["results"] for fault in one["report"]["faults"]}
    assert faults == {"no-response"}
