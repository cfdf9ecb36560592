"""A committer reads no file of the host, and the app not the token of its URL (H2, M3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from controller import Run, play
from taken_over import SCENARIO, reason

TOKEN = "CANARY-git-token"


@pytest.fixture(scope="module")
def repository(host, container) -> Iterator[Callable[[str], dict]]:
    """Return a function that commits, and returns the source that is the commit."""
    git = "git -c user.name=Author -c user.email=author@example.org"
    host.check_output(
        "rm -rf /srv/git && mkdir -p /srv/git/app && cd /srv/git/app"
        f"&& {git} init --quiet --initial-branch main"
    )
    app = (SCENARIO / "source/taken.py").read_text()

    def commit(script: str) -> dict:
        host.check_output(
            "cd /srv/git/app && git rm -rq --ignore-unmatch . && cat > taken.py << 'END'\n"
            f"{app}\nEND\n{script}\ngit add . && {git} commit --quiet --message Change"
        )
        version = host.check_output("git -C /srv/git/app rev-parse HEAD")
        url = "file:///srv/git/app/.git"
        return {"wsgi_app_source": {"type": "git", "url": url, "version": version}}

    yield commit
    host.check_output("rm -rf /srv/git")


@pytest.fixture(scope="module")
def leak(host, repository) -> Run:
    """Deploy a commit with links to files that only root may read."""
    secrets = host.check_output("ls -d /srv/wsgi/victim/releases/*/secrets | head -1")
    script = f"""
ln -s /opt/canary/secret.py leak.py
ln -s {secrets} leak_of_victim.py
mkdir package && ln -s /opt/canary package/inner
"""
    return play(SCENARIO / "deploy.yml", **repository(script))


def test_link_out_of_the_source_is_named(leak):
    assert not leak.succeeded
    assert "links to" in reason(leak)


@pytest.mark.usefixtures("leak")
@pytest.mark.parametrize("secret", ["CANARY-secret-of-root", "CANARY-token-of-victim"])
def test_bytecode_has_no_secret(host, secret):
    """H2."""
    assert host.run(f"grep -r -l {secret} /srv/wsgi/evil").stdout == ""


@pytest.fixture(scope="module")
def failure(leak) -> Run:
    """Deploy from a URL with a token, where nothing answers."""
    url = f"https://deploy:{TOKEN}@127.0.0.1:1/app.git"
    source = {"type": "git", "url": url, "version": "main"}
    return play(SCENARIO / "deploy.yml", "-vvv", wsgi_app_source=source)


def test_token_is_not_in_a_failure(failure):
    # With -vvv, Ansible prints its command line.
    printed = [line for line in failure.output.splitlines() if "--extra-vars" not in line]
    assert (failure.succeeded, [line for line in printed if TOKEN in line]) == (False, [])


@pytest.mark.usefixtures("failure")
@pytest.mark.parametrize("place", ["/srv/wsgi/evil", "/var/lib/wsgi/evil"])
def test_app_does_not_read_the_token(evil, place):
    """M3."""
    found = evil.does(f"""
import subprocess
search = ["grep", "-r", "-l", "{TOKEN}", "{place}"]
answer = subprocess.run(search, capture_output=True, text=True).stdout
""")
    assert found == ""


@pytest.mark.usefixtures("leak")
def test_app_does_not_enter_the_repository(host, evil):
    """M3."""
    assert host.file("/srv/wsgi/evil/repository").is_directory
    assert "error" in evil.tries("import os; os.listdir('/srv/wsgi/evil/repository')")


@pytest.mark.usefixtures("failure")
@pytest.mark.parametrize("command", ["journalctl --output=export", "systemctl cat 'wsgi-evil*'"])
def test_host_does_not_show_the_token(host, command):
    assert TOKEN not in host.run(command).stdout_bytes.decode(errors="replace")


def test_root_files_are_not_read_as_requirements(repository):
    """Further attack: root reads the files that decide the environment."""
    script = "echo '-r ../../../../../../../opt/canary/requirements.txt' > requirements.txt"
    run = play(SCENARIO / "deploy.yml", **repository(script))
    assert not run.succeeded
    assert "is outside of the source" in reason(run)
    assert "CANARY-secret" not in run.output
