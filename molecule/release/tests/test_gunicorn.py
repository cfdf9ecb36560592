"""gunicorn's settings and kinds of workers, on a host and under load."""

from __future__ import annotations

import pytest
from client import ask

FEWER = 0.3
"""Share of the pace. Each client waits while the new workers import the app."""

OTHER = "--workers=7"
"""Options of gunicorn in an environment variable that every service of the host gets."""


@pytest.fixture(scope="module")
def watch(host, source, deploy, clients):
    """Replace a release by one with workers of another kind, which import the app themselves."""
    host.check_output(f"systemctl set-environment GUNICORN_CMD_ARGS={OTHER}")
    deploy(source())
    with clients(FEWER) as watch, watch.event("switch"):
        deploy(
            source(),
            wsgi_app_worker_class="gevent",
            wsgi_app_threads=4,
            wsgi_app_preload=False,
            wsgi_app_gunicorn={"graceful_timeout": 90},
        )
    yield watch
    host.check_output("systemctl unset-environment GUNICORN_CMD_ARGS")


def test_no_request_is_lost(watch, tell):
    requests = watch.during("switch")
    tell(f"{len(requests)} requests, the longest {max(each['took'] for each in requests):.1f} s")
    assert [request for request in requests if request["failure"]] == []
    assert watch.failures == {}


def test_kind_of_workers_serves(host, watch):
    assert ask("/news/").status == 200
    journal = host.check_output("journalctl --unit 'wsgi-news.*' --lines 200 --output cat")
    assert "Using worker: gevent" in journal
    assert "MonkeyPatchWarning" not in journal


def test_environment_of_the_host_does_not_change_the_settings(host, watch):
    processes = host.check_output("pgrep --count --euid wsgi-news gunicorn")
    assert int(processes) == 1 + 2  # wsgi_app_workers


def test_systemd_waits_as_long_as_gunicorn(host, watch):
    timeout = host.check_output("systemctl show --property=TimeoutStopUSec --value wsgi-news")
    assert timeout == "1min 35s"
