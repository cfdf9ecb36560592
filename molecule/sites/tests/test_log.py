"""The log holds what visitors asked for, and not what browsers ask by themselves."""

from __future__ import annotations

import uuid

import pytest
from visitor import ask


@pytest.mark.parametrize("host_name", ["one.example", "two.example"])
@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_browsers_and_robots_leave_no_line(host, connection, host_name, path):
    mark = uuid.uuid4().hex
    for asked in (path, "/real", "/last"):
        # nginx has logged a request when it answers the next one on the same connection.
        ask(f"{asked}?{mark}", host=host_name, connection=connection)
    logged = host.check_output("grep --only-matching '[^ ]*?%s' /var/log/nginx/access.log", mark)
    assert (f"{path}?{mark}" in logged, f"/real?{mark}" in logged) == (False, True)
