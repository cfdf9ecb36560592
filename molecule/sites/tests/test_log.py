"""The log has the requests of clients, without the automatic ones of browsers."""

from __future__ import annotations

import json
import uuid

import pytest
from client import ask


@pytest.mark.parametrize("host_name", ["one.example", "two.example"])
@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_favicon_and_robots_are_not_logged(host, connection, host_name, path):
    mark = uuid.uuid4().hex
    for requested in (path, "/real", "/last"):
        # nginx has logged a request when it answers the next one on the same connection.
        ask(f"{requested}?{mark}", host=host_name, connection=connection)
    logs = "/var/log/nginx/*access.log"
    logged = host.check_output(f"grep --no-filename --only-matching '/[a-z.]*?{mark}' {logs}")
    assert (f"{path}?{mark}" in logged, f"/real?{mark}" in logged) == (False, True)


JSON_LOG = "/var/log/nginx/two.access.log"


def test_log_has_the_request_id_of_the_app(host):
    mark = uuid.uuid4().hex
    request_id = ask(f"/api/x?{mark}", host="two.example").json["environ"]["HTTP_X_REQUEST_ID"]
    line = host.check_output(f"timeout 10 sh -c 'until grep {mark} {JSON_LOG}; do sleep .1; done'")
    assert json.loads(line)["request_id"] == request_id


def test_logs_are_rotated(host):
    """Debian's logrotate rotates the logs, and nginx writes to the new file."""
    before, after = uuid.uuid4().hex, uuid.uuid4().hex
    ask(f"/?{before}", host="two.example")
    host.check_output("logrotate --force /etc/logrotate.d/nginx")
    again = f"curl --silent --header Host:two.example http://127.0.0.1/x?{after}; sleep .1"
    host.check_output(f"timeout 10 sh -c 'until grep {after} {JSON_LOG}; do {again}; done'")
    host.check_output("grep %s %s.1", before, JSON_LOG)


def test_status_is_for_local_clients(host):
    status = host.check_output("curl --silent http://127.0.0.1:8089/stub_status")
    assert status.startswith("Active connections: ")
