"""A commit with a submodule, whose tag is the version, arrives on a hardened host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from controller import PROJECT, Run, deploy, play

SITE = PROJECT / "playbooks/site.yml"
PROJECT_FILE = """
[build-system]
requires = ["setuptools>=64", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "tagged"
dynamic = ["version"]
[tool.setuptools]
py-modules = ["tagged"]
[tool.setuptools_scm]
"""
APP = """
from importlib.metadata import version

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{version('tagged')} {open('libs/library/words').read()}".encode()]
"""
MAKE = r"""
set -e
export HOME=/root GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
rm -rf /srv/git && mkdir -p /srv/git/library /srv/git/shop && cd /srv/git/library
git init --quiet --initial-branch=main
echo of the library >words && git add . && git commit --quiet -m words
cd /srv/git/shop && git init --quiet --initial-branch=main
cp /srv/new/* .
printf '[submodule "x"]\n\tpath = libs/library\n\turl = ../library\n' >.gitmodules
mkdir -p libs/library
git update-index --add --cacheinfo 160000,$(git -C ../library rev-parse HEAD),libs/library
git add . && git commit --quiet -m shop && git tag v1.2.0
git commit --quiet --allow-empty -m later
systemctl is-active --quiet git-daemon || systemd-run --quiet --unit git-daemon \
  git daemon --export-all --base-path=/srv/git --listen=127.0.0.1
timeout 30 sh -c 'until git ls-remote git://127.0.0.1/shop >/dev/null 2>&1; do sleep .1; done'
"""


@pytest.fixture
def run(host, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    for name, text in {"pyproject.toml": PROJECT_FILE, "tagged.py": APP}.items():
        host.check_output("mkdir -p /srv/new && printf %s %s >%s", "%s", text, f"/srv/new/{name}")
    host.check_output(MAKE)
    variables = {"wsgi_app_name": "tagged", "wsgi_app_callable": "tagged:app"}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"app": {"hosts": {"tagged": variables}}}))
    options = [f"--inventory={inventory}", "--limit=tagged"]

    def run(version: str, **more: object) -> Run:
        source = {"type": "git", "url": "git://127.0.0.1/shop", "version": version, **more}
        return play(SITE, *options, verify=False, wsgi_app_source=source)

    yield run
    deploy(SITE, *options, wsgi_app_state="absent")


def answer(host) -> str:
    return host.check_output("curl --silent --unix-socket /run/wsgi/tagged.sock http://localhost/")


def test_version_is_the_tag_and_the_submodule_is_there(host, run):
    done = run("v1.2.0", submodules=True)
    assert done.succeeded, done.output
    assert answer(host) == "1.2.0 of the library"
    assert run("v1.2.0", submodules=True).changed == 0
    assert run("main", submodules=True).succeeded
    assert answer(host).startswith("1.2.1.dev1+g")
    # A tag that comes later is the version of the same commit.
    host.check_output("git -C /srv/git/shop tag v1.3.0")
    assert run("main", submodules=True).succeeded
    assert answer(host) == "1.3.0 of the library"


def test_submodule_that_is_not_fetched_is_named(run):
    done = run("v1.2.0")
    assert not done.succeeded
    assert "whose directories are empty in the release: libs/library." in done.output
