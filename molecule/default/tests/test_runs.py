"""A run that has nothing to do does nothing, soon; wherever it is started from."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
CLONE = {
    "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_CALLBACKS_ENABLED": "remote_calls",
    "ANSIBLE_NOCOLOR": "1",
}
INVENTORIES = [
    f"--inventory={os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/inventory",
    f"--inventory={PROJECT}/inventories/single_host",
    f"--inventory={PROJECT}/molecule/shared/inventory",
]


def run(playbook: str, *options: str, cwd: Path = PROJECT, environ: dict | None = None) -> str:
    done = subprocess.run(
        ["ansible-playbook", *INVENTORIES, playbook, *options],
        cwd=cwd,
        env=os.environ | (CLONE if environ is None else environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def check() -> str:
    return run("playbooks/site.yml", "--check", "--diff")


@pytest.fixture(scope="module")
def noop() -> str:
    return run("playbooks/site.yml", "--diff")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """Return an empty directory."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def installed(elsewhere) -> dict[str, str]:
    """Install the collection there, as a user would, and return what Ansible needs to find it."""
    environ = {"ANSIBLE_CONFIG": "", "ANSIBLE_COLLECTIONS_PATH": f"{elsewhere}/collections"}
    galaxy("build", "--output-path", str(elsewhere), cwd=PROJECT, environ=environ)
    archive = str(next(elsewhere.glob("*.tar.gz")))
    galaxy("install", "-p", "collections", archive, cwd=elsewhere, environ=environ)
    return environ


def galaxy(*arguments: str, cwd: Path, environ: dict[str, str]) -> None:
    command = ["ansible-galaxy", "collection", *arguments]
    subprocess.run(command, cwd=cwd, env=os.environ | environ, check=True, capture_output=True)


def changes(output: str) -> set[str]:
    return set(re.findall(r"changed=\d+", output))


def test_check_of_a_converged_host_finds_nothing_to_change(check):
    assert changes(check) == {"changed=0"}


@pytest.mark.parametrize("mode", ["check", "noop"])
def test_diff_of_a_converged_host_is_empty(request, mode):
    output = request.getfixturevalue(mode)
    assert re.findall(r"(?m)^(?:[-+]{3} |@@ |.* becomes )", output) == []


def test_facts_are_not_gathered(noop):
    assert "Gathering Facts" not in noop


def test_a_run_with_nothing_to_do_changes_nothing(noop):
    assert changes(noop) == {"changed=0"}


def test_a_run_with_nothing_to_do_makes_few_remote_calls(noop, tell):
    calls = int(re.search(r"remote calls: (\d+)", noop)[1])
    tell(f"remote calls of a run with nothing to do: {calls}")
    assert 0 < calls <= 15


def test_installed_collection_finds_the_same_releases(elsewhere, installed):
    output = run("subsite.deploy.site", cwd=elsewhere, environ=installed)
    assert changes(output) == {"changed=0"}


def test_installed_role_deploys_from_a_playbook_of_ones_own(elsewhere, installed, host):
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
    run("hello.yml", cwd=elsewhere, environ=installed)
    asked = "import http.client, socket; c = http.client.HTTPConnection('localhost');"
    asked += "c.sock = socket.socket(socket.AF_UNIX); c.sock.connect('/run/wsgi/hello.sock');"
    asked += "c.request('GET', '/hello/'); print(c.getresponse().read().decode())"
    assert host.check_output(f'python3 -c "{asked}"') == "/hello"
