"""Only a source signed by a named key is deployed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from controller import Run, play

REPOSITORY = "/srv/sealed"
CODE = (
    "def app(environ, start_response):\\n    start_response('200 OK', [])\\n    return [b'{}']\\n"
)


@dataclass(frozen=True)
class Keys:
    """Fingerprints of keys in root's keyring."""

    author: str
    stranger: str


@pytest.fixture(scope="module")
def keys(host) -> Keys:
    host.check_output("apt-get install -qq --no-install-recommends gpg gpg-agent git")
    for name in ("author", "stranger"):
        host.check_output(
            "gpg --batch --quiet --passphrase '' --quick-generate-key %s@example.org", name
        )
    listed = host.check_output("gpg --batch --with-colons --list-keys").splitlines()
    fingerprints = [line.split(":")[9] for line in listed if line.startswith("fpr:")]
    mine = {
        name: next(
            key
            for key in fingerprints
            if key
            in host.check_output("gpg --batch --with-colons --list-keys %s@example.org", name)
        )
        for name in ("author", "stranger")
    }
    return Keys(**mine)


@pytest.fixture(scope="module")
def commit(host, keys) -> Callable[[str, str], None]:
    """Return a function that commits a version and tags it, signed as git is configured to."""
    host.check_output("git init --quiet %s", REPOSITORY)

    def make(version: str, *signed: str) -> None:
        host.check_output(
            f'cd {REPOSITORY} && printf "{CODE.format(version)}" > sealed.py && git add . &&'
            f"git -c user.name=author -c user.email=author@example.org commit --quiet "
            f"--message {version} {' '.join(signed)} && git tag {version}"
        )

    return make


@pytest.fixture(scope="module")
def deploy(tmp_path_factory, keys) -> Callable[[str], Run]:
    playbook = tmp_path_factory.mktemp("play") / "sealed.yml"
    playbook.write_text(PLAYBOOK)

    def run(version: str) -> Run:
        source = {"type": "git", "url": f"file://{REPOSITORY}", "version": version}
        return play(playbook, wsgi_app_source={**source, "signed_by": [keys.author]})

    return run


PLAYBOOK = """
- hosts: all
  gather_facts: false
  roles:
    - role: subsite.deploy.wsgi_app
      vars: {wsgi_app_name: sealed, wsgi_app_callable: "sealed:app"}
"""


@pytest.fixture(scope="module")
def runs(host, commit, deploy, keys) -> dict[str, Run]:
    """Deploy a source signed by its author, an unsigned one, and one signed by another key."""
    commit("signed", f"--gpg-sign={keys.author}")
    commit("bare")
    commit("foreign", f"--gpg-sign={keys.stranger}")
    host.check_output(f"cd {REPOSITORY} && git branch both bare && git tag both signed")
    versions = ("signed", "bare", "foreign", "both", "refs/heads/both")
    return {version: deploy(version) for version in versions}


def test_signed_source_is_deployed(runs):
    assert runs["signed"].succeeded, runs["signed"].output


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("bare", "has no valid signature"),
        ("foreign", "but not by one of"),
        ("both", "is a branch and a tag"),
        ("refs/heads/both", "has no valid signature"),
    ],
)
def test_other_source_is_rejected(runs, version: str, says: str):
    assert (runs[version].succeeded, says in runs[version].output) == (False, True)


@pytest.mark.usefixtures("runs")
def test_signed_release_still_serves(host):
    answer = host.check_output(
        'python3 -c "import http.client, socket;'
        "c = http.client.HTTPConnection('localhost'); c.sock = socket.socket(socket.AF_UNIX);"
        "c.sock.connect('/run/wsgi/sealed.sock'); c.request('GET', '/');"
        'print(c.getresponse().read().decode())"'
    )
    assert answer == "signed"


@pytest.mark.usefixtures("runs")
def test_repository_is_for_root(host):
    repository = host.file("/srv/wsgi/sealed/repository")
    assert (repository.mode, repository.user, repository.group) == (0o700, "root", "root")
    assert host.run("runuser -u wsgi-sealed -- ls %s", repository.path).rc != 0
