"""Builds on a host where /tmp has no programs, and modules get a strict umask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from controller import PROJECT, deploy, play

RUNS = '"$TMPDIR/run.$$"'
SETUP = """
import os, pathlib, subprocess, tempfile
from setuptools import setup

program = pathlib.Path(tempfile.mkdtemp(), "program")
program.write_text("#!/bin/sh\\necho ran\\n")
program.chmod(0o755)
pathlib.Path("built.py").write_text(f"RAN = {subprocess.check_output([program]).decode()!r}\\n")
setup(name="built", version="1", py_modules=["built"])
"""
APP = """
import built

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(built.RAN + open("command").read()).encode()]
"""
COMMANDS = [f"printf '#!/bin/sh\\necho ran, too' >{RUNS}", f"chmod +x {RUNS}", f"{RUNS} >command"]


@pytest.fixture(params=["uv", "pip"])
def app(request, tmp_path: Path) -> Iterator[str]:
    source = tmp_path / "source"
    source.mkdir()
    (source / "setup.py").write_text(SETUP)
    (source / "app.py").write_text(APP)
    variables = {
        "wsgi_app_name": "built",
        "wsgi_app_source": {"type": "local", "path": str(source)},
        "wsgi_app_callable": "app:app",
        "wsgi_app_installer": request.param,
        "wsgi_app_build_commands": COMMANDS,
    }
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"app": {"hosts": {"built": variables}}}))
    options = [f"--inventory={inventory}", "--limit=built"]
    yield deploy(PROJECT / "playbooks/site.yml", *options).output
    assert play(PROJECT / "playbooks/site.yml", *options, wsgi_app_state="absent").succeeded


@pytest.mark.usefixtures("app")
def test_programs_of_a_build_run(host):
    answer = host.check_output("curl --silent --unix-socket /run/wsgi/built.sock http://localhost/")
    assert answer.split("\n") == ["ran", "ran, too"]


def test_directories_of_the_host_are_as_modules_name_them(host):
    paths = "/srv/wsgi /srv/wsgi/.tools /run/subsite /var/cache/wsgi /var/lib/wsgi"
    modes = host.check_output(f"stat -c '%n %a' {paths}").split("\n")
    assert modes == [f"{path} 755" for path in paths.split()]


def test_host_is_hardened(host):
    """Otherwise the other tests would prove nothing."""
    assert host.run("cp /bin/true /tmp/true && /tmp/true").rc == 126
    assert host.check_output("runuser -u deploy -- sudo sh -c umask") == "0077"
