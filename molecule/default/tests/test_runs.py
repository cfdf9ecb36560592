"""A run that has nothing to do does nothing, soon; wherever it is started from."""

import os
import re
import statistics
import subprocess
import time
from pathlib import Path

import pytest
from controller import PROJECT, Run, deploy

SITE = PROJECT / "playbooks/site.yml"
COUNTING = {
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_CALLBACKS_ENABLED": "remote_calls",
}
ROUNDS = 5
"""How often a run is measured with verify, and without it."""
VERIFICATIONS = 2
"""Of the apps at their own addresses, and of the site. The apps are verified at once."""
MOST_SECONDS = 0.5
"""What a verification may add to a run, besides the time of a remote call."""


@pytest.fixture(scope="module")
def check() -> Run:
    return deploy(SITE, "--check", "--diff")


@pytest.fixture(scope="module")
def noop() -> Run:
    return deploy(SITE, "--diff", environ=COUNTING)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """Return an empty directory."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def installed(elsewhere) -> dict[str, str]:
    """Install the collection like a user, and return the settings by which Ansible finds it."""
    environ = {"ANSIBLE_CONFIG": "", "ANSIBLE_COLLECTIONS_PATH": f"{elsewhere}/collections"}
    galaxy("build", "--output-path", str(elsewhere), cwd=PROJECT, environ=environ)
    archive = str(next(elsewhere.glob("*.tar.gz")))
    galaxy("install", "-p", "collections", archive, cwd=elsewhere, environ=environ)
    return environ


def galaxy(*arguments: str, cwd: Path, environ: dict[str, str]) -> None:
    command = ["ansible-galaxy", "collection", *arguments]
    subprocess.run(command, cwd=cwd, env=os.environ | environ, check=True, capture_output=True)


def test_check_mode_changes_nothing(check):
    assert check.changed == 0


@pytest.mark.parametrize("mode", ["check", "noop"])
def test_diff_is_empty(request, mode):
    assert request.getfixturevalue(mode).differences == []


def test_facts_are_not_gathered(noop):
    assert "Gathering Facts" not in noop.output


def test_second_run_changes_nothing(noop):
    assert noop.changed == 0


def test_second_run_makes_few_remote_calls(noop, tell):
    calls = remote_calls(noop)
    tell(f"remote calls of a run with nothing to do: {calls}")
    assert 0 < calls <= 18  # three of them are of verify


def remote_calls(run: Run) -> int:
    return int(re.search(r"remote calls: (\d+)", run.output)[1])


@pytest.mark.measures
def test_second_run_verifies_soon(tell):
    took: dict[bool, list[float]] = {True: [], False: []}
    # In turns, so that both have the same share of other work on this machine.
    for verifies in [True, False] * ROUNDS:
        began = time.monotonic()
        run = deploy(SITE, wsgi_app_verify=verifies, nginx_site_verify=verifies, environ=COUNTING)
        took[verifies].append(time.monotonic() - began)
        assert (run.changed, "✓ right" in run.output) == (0, verifies)
    verified, not_verified = (statistics.median(took[verifies]) for verifies in (True, False))
    # The last run was without verify. This is also what Ansible itself does between two calls.
    call = not_verified / remote_calls(run)
    tell(
        f"a run with nothing to do: {verified:.2f} s with verify, {not_verified:.2f} s without it "
        f"(medians of {ROUNDS}); {call:.2f} s for each remote call"
    )
    assert verified - not_verified < VERIFICATIONS * (call + MOST_SECONDS)


def test_installed_collection_changes_nothing(elsewhere, installed):
    run = deploy("subsite.deploy.site", directory=elsewhere, environ=installed)
    assert run.changed == 0


def test_playbook_uses_the_installed_roles(elsewhere, installed, host):
    (elsewhere / "hello").mkdir()
    (elsewhere / "hello/hello.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [environ['SCRIPT_NAME'].encode()]\n"
    )
    (elsewhere / "hello.yml").write_text(
        """---
- name: Say hello
  hosts: web
  gather_facts: false
  tasks:
    - name: Run the app
      ansible.builtin.include_role:
        name: subsite.deploy.wsgi_app
      vars:
        wsgi_app_name: hello
        wsgi_app_source: {type: local, path: "{{ playbook_dir }}/hello"}
        wsgi_app_callable: hello:app
        wsgi_app_prefix: /hello
"""
    )
    deploy("hello.yml", directory=elsewhere, environ=installed)
    code = "import http.client, socket; c = http.client.HTTPConnection('localhost');"
    code += "c.sock = socket.socket(socket.AF_UNIX); c.sock.connect('/run/wsgi/hello.sock');"
    code += "c.request('GET', '/hello/'); print(c.getresponse().read().decode())"
    assert host.check_output(f'python3 -c "{code}"') == "/hello"
