"""One more site on the host, and a connection to all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import controller
import pytest
from client import connect
from clients import Watch, sending, to_app, to_page
from load import Flow

SHARE = 0.5
"""Of the load of scenario release, because page and app get it each."""
REST = 1  # seconds
NEWS = {"nginx_site_name": "news", "nginx_site_server_names": ["news.example"]}


@pytest.fixture(scope="session")
def attempt():
    """Return a function that tries to bring about the state of the site called news."""
    return partial(controller.play, "site.yml", **NEWS)


@pytest.fixture(scope="session")
def deploy():
    """Return a function that brings it about."""
    return partial(controller.deploy, "site.yml", **NEWS)


@pytest.fixture(scope="session")
def maintain():
    """Return a function that runs the short playbook for its maintenance."""
    return partial(controller.deploy, "maintenance.yml", **NEWS)


@pytest.fixture
def connection():
    """A connection that several requests can be sent on."""
    opened = connect()
    yield opened
    opened.close()


@pytest.fixture
def watch_during(request, tell) -> Callable[..., Watch]:
    """Return a function that changes something while clients send requests to that site."""
    [host] = NEWS["nginx_site_server_names"]
    all_flows = [*to_page("/"), *to_app("/api/")]

    def run(change: Callable[[], object], flows: list[Flow] = all_flows) -> Watch:
        with sending(flows, SHARE, host) as watch:
            watch.go_on(REST)
            with watch.event("change"):
                change()
            watch.go_on(REST)
        results = ", ".join(f"{count} {result}" for result, count in watch.results.items())
        resent = len(watch.resent)
        tell(f"{request.node.name}: {results}; {resent} resent; {watch.pace:.0f} a second")
        assert [sent for sent in watch.resent if sent not in watch.during("change")] == []
        assert {flow.path for flow in flows} == {sent["path"] for sent in watch.during("change")}
        return watch

    return run
