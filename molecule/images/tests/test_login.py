"""A registry with a login: only the registry receives the password."""

from __future__ import annotations

import base64

import pytest

LOGIN = {"username": "deployer", "password": "otter-42"}
PRIVATE = {"type": "image", "ref": "localhost:5001/shop:1.4"}
WITNESS = """#!/bin/sh
cat /proc/[0-9]*/cmdline | tr '\\0' ' ' >>/root/commands
exec /usr/bin/skopeo "$@"
"""
PLACES = "/etc /home /root /run /srv /tmp /var"


@pytest.fixture(scope="module")
def watched(host, publish, run, on_host):
    """Deploy with a login, and return the output and all command lines."""
    image = publish()
    host.check_output(f"cat >/usr/local/bin/skopeo <<'END'\n{WITNESS}END\n")
    host.check_output("chmod +x /usr/local/bin/skopeo")
    done = run("--diff", "-vvv", source=PRIVATE, wsgi_app_registry_login=LOGIN)
    commands = host.check_output("rm /usr/local/bin/skopeo; cat /root/commands; rm /root/commands")
    assert done.succeeded, done.output
    assert on_host.shop()["version"] == image.version
    return done.output, commands


def secrets() -> list[str]:
    """Return the password, and how it is written in a file for logins."""
    pair = f"{LOGIN['username']}:{LOGIN['password']}"
    return [LOGIN["password"], base64.b64encode(pair.encode()).decode()]


@pytest.mark.parametrize("secret", secrets(), ids=["password", "encoded"])
class TestSecret:
    def test_password_is_not_in_the_output(self, watched, secret: str):
        assert [line for line in watched[0].splitlines() if secret in line] == []

    def test_password_is_in_no_command_line(self, watched, secret: str):
        assert "skopeo copy" in watched[1]
        assert "skopeo --command-timeout" in watched[1]
        assert secret not in watched[1]

    def test_password_is_in_no_file(self, watched, host, secret: str):
        assert host.run(f"grep --recursive --files-with-matches -e {secret} {PLACES}").stdout == ""

    def test_password_is_not_in_the_journal(self, watched, host, secret: str):
        host.check_output("journalctl --sync")
        assert secret not in host.check_output("journalctl --no-pager --output=verbose")


@pytest.mark.parametrize(
    ("login", "whom"),
    [
        pytest.param({**LOGIN, "password": "weasel-43"}, "to deployer", id="wrong password"),
        pytest.param({}, "without a login", id="no login"),
    ],
)
def test_wrong_login_has_a_clear_message(watched, run, on_host, login, whom: str):
    before = on_host.shop(), on_host.images()
    refused = run(source=PRIVATE, wsgi_app_registry_login=login)
    assert not refused.succeeded
    assert f"The registry does not return localhost:5001/shop:1.4 {whom}" in refused.output
    assert "wsgi_app_registry_login" in refused.output
    assert "weasel" not in refused.output
    assert (on_host.shop(), on_host.images()) == before
