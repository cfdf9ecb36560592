"""A site changes while clients send requests, and none of them fails."""

from __future__ import annotations

from functools import partial

import controller
import pytest
from client import ask
from clients import to_app

NEWS = "news.example"


@pytest.fixture(scope="module", autouse=True)
def end(deploy):
    """Remove the site after the last test."""
    yield
    deploy(nginx_site_state="absent")


@pytest.fixture(scope="module")
def mounts(tmp_path_factory) -> list[dict]:
    page = tmp_path_factory.mktemp("page")
    (page / "index.html").write_text("The news")
    return [{"path": "/", "src": str(page)}, {"path": "/api", "app": "mirror"}]


@pytest.fixture
def site(deploy, mounts) -> dict:
    """A site that is served, as its variables."""
    settings = {"nginx_site_mounts": mounts}
    deploy(**settings)
    return settings


CHANGES = {
    "alias": {"nginx_site_aliases": ["www.news.example"]},
    "redirects": {"nginx_site_redirects": {"/old": "/", "/gone": {"code": 410}}},
    "lines of the user": {"nginx_site_extra": "client_body_in_single_buffer on;"},
    "pages and headers": {"nginx_site_response_headers": {"X-Frame-Options": "DENY"}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_no_request_fails_during(watch_during, site, deploy, change: dict):
    watch = watch_during(partial(deploy, **site, **change))
    assert watch.failures == {}


REJECTED = {
    "unknown directive": ("no_such_directive on;", "no_such_directive on;"),
    "refused directive": ("add_header X-A b;", "Use nginx_site_response_headers"),
}


@pytest.mark.parametrize(("lines", "words"), REJECTED.values(), ids=list(REJECTED))
def test_no_request_fails_during_a_rejected_change(
    watch_during, site, attempt, lines: str, words: str
):
    runs = []
    watch = watch_during(lambda: runs.append(attempt(**site, nginx_site_extra=lines)))
    assert watch.failures == {}
    [done] = runs
    assert (done.succeeded, words in done.output) == (False, True)


@pytest.fixture(scope="module")
def moving():
    """A function that deploys one more app below a prefix."""
    run = partial(
        controller.deploy,
        "app.yml",
        wsgi_app_name="moving",
        wsgi_app_source={"type": "local", "path": str(controller.SCENARIO / "files/mirror")},
        wsgi_app_callable="mirror:app",
        wsgi_app_threads=8,
    )
    yield lambda prefix: run(wsgi_app_prefix=prefix)
    run(wsgi_app_state="absent", wsgi_app_remove_data=True)


def test_no_request_fails_while_an_app_gets_another_prefix(watch_during, moving, deploy):
    """First the app gets it, then the site."""
    flows = to_app("/before/")
    mount = {"path": "/before", "app": "moving"}
    moving("/before")
    deploy(nginx_site_mounts=[mount])
    watch = watch_during(partial(moving, "/after"), flows)
    assert watch.failures == {}
    assert '"SCRIPT_NAME":"/before"' in ask("/before/x", host=NEWS).text
    redirect = {"path": "/before", "redirect": "/after", "below": True, "code": 308}
    mounts = [{**mount, "path": "/after"}, redirect]
    watch = watch_during(partial(deploy, nginx_site_mounts=mounts), flows)
    assert set(watch.results) == {"status 200", "status 308"}
    assert '"SCRIPT_NAME":"/after"' in ask("/after/x", host=NEWS).text
    assert ask("/before/x", host=NEWS).location == "/after/x"
