"""Builds on a host where /tmp has no programs, and modules get a strict umask."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from controller import PROJECT, Run, play

TOKEN = f"CANARY-{uuid.uuid4()}"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
SITE = PROJECT / "playbooks/site.yml"
RUNS = '"$TMPDIR/run"'
SETUP = """
import hashlib, os, pathlib, subprocess, tempfile
from setuptools import setup

program = pathlib.Path(tempfile.mkdtemp(), "program")
program.write_text("#!/bin/sh\\necho ran\\n")
program.chmod(0o755)
values = {
    "RAN": subprocess.check_output([program]).decode(),
    "DIGEST": hashlib.sha256(os.environ["BUILD_TOKEN"].encode()).hexdigest(),
}
lines = [f"{name} = {text!r}\\n" for name, text in values.items()]
pathlib.Path("built.py").write_text("".join(lines))
setup(name="built", version="1", py_modules=["built"])
"""
APP = """
import os, built

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    lines = [built.RAN.strip(), built.DIGEST, *open("command").read().split()]
    lines.append(str("BUILD_TOKEN" in os.environ))
    return [chr(10).join(lines).encode()]
"""
COMMANDS = [
    f"printf '#!/bin/sh\\necho ran' >{RUNS}",
    f"chmod +x {RUNS}",
    f"{RUNS} >command",
    "printf %s \"$BUILD_TOKEN\" | sha256sum | cut -d ' ' -f 1 >>command",
]
WRITTEN = "/etc /srv /var/lib /var/cache /var/log /run /tmp /var/tmp /root /home"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    source = tmp_path / "source"
    source.mkdir()
    (source / "setup.py").write_text(SETUP)
    (source / "app.py").write_text(APP)
    variables = {
        "wsgi_app_name": "built",
        "wsgi_app_source": {"type": "local", "path": str(source)},
        "wsgi_app_callable": "app:app",
        "wsgi_app_build_commands": COMMANDS,
        "wsgi_app_build_environment": {"BUILD_TOKEN": TOKEN},
    }
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"app": {"hosts": {"built": variables}}}))
    options = [f"--inventory={inventory}", "--limit=built"]
    yield lambda *more, **changed: play(SITE, *options, *more, verify=False, **changed)
    assert play(SITE, *options, wsgi_app_state="absent").succeeded


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_programs_of_a_build_run_and_its_secret_is_nowhere(host, site, installer: str):
    run = site("-vvv", wsgi_app_installer=installer)
    assert run.succeeded, run.output
    answer = host.check_output("curl --silent --unix-socket /run/wsgi/built.sock http://localhost/")
    assert answer.split("\n") == ["ran", DIGEST, "ran", DIGEST, "False"]
    assert TOKEN not in run.output
    found = host.run(f"grep --recursive --files-with-matches --text {TOKEN} {WRITTEN} 2>/dev/null")
    assert found.stdout == ""
    # The command itself must not be found.
    assert host.run(f"journalctl | grep --count '[C]{TOKEN[1:]}'").stdout.strip() == "0"
    assert host.run("systemctl show 'wsgi-built*' | grep --count BUILD_TOKEN").stdout.strip() == "0"


def test_failed_build_does_not_show_the_secret(site):
    run = site("-vvv", wsgi_app_build_commands=["echo the token is $BUILD_TOKEN; false"])
    assert not run.succeeded and "the token is ********" in run.output
    assert TOKEN not in run.output


def test_directories_of_the_host_are_as_modules_name_them(host):
    paths = "/srv/wsgi /srv/wsgi/.tools /run/subsite /var/cache/wsgi /var/lib/wsgi"
    modes = host.check_output(f"stat -c '%n %a' {paths}").split("\n")
    assert modes == [f"{path} 755" for path in paths.split()]


def test_host_is_hardened(host):
    """Otherwise the other tests would prove nothing."""
    assert host.run("cp /bin/true /tmp/true && /tmp/true").rc == 126
    assert host.check_output("runuser -u deploy -- sudo sh -c umask") == "0077"


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"ansible_become_method": "su", "ansible_become_password": "secret"}, id="su"),
        pytest.param({"ansible_become_method": "community.general.doas"}, id="doas"),
    ],
)
def test_other_ways_to_become_root(site, variables: dict):
    run = site(**variables)
    assert run.succeeded, run.output
    assert site(**variables).changed == 0
