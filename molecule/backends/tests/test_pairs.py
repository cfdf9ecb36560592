"""A play can call the role several times, with any kinds of apps in any order."""

from __future__ import annotations

import pytest
from controller import SCENARIO, deploy

CALLS = ["local", "pip", "git", "pip", "local"]
"""Each kind comes before and after another one: four ordered pairs."""
BACKENDS = {"local": "systemd", "pip": "podman", "git": "docker"}
GET = """
import http.client, socket, sys
connection = http.client.HTTPConnection("localhost")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect(sys.argv[1])
connection.request("GET", sys.argv[2])
print(connection.getresponse().status)
"""


@pytest.fixture(scope="module")
def kinds(host, source) -> dict[str, dict]:
    """Return the inputs of each kind, and make the repository of one of them."""
    local, repository = source(), "/srv/git/pair"
    host.check_output(
        f"apt-get install --yes --quiet git && rm --recursive --force {repository} &&"
        f"git init --quiet --initial-branch=main {repository} && cd {repository} &&"
        "printf 'def app(environ, start_response):\\n"
        '    start_response("200 OK", [])\\n'
        '    return [b"git"]\\n\' > pair.py && git add pair.py &&'
        "git -c user.name=me -c user.email=me@example.org commit --quiet --message=First"
    )
    sources = {
        "local": (local.variables["wsgi_app_source"], "news:app"),
        "pip": ({"type": "pip", "requirement": "httpbin"}, "httpbin:app"),
        "git": ({"type": "git", "url": repository, "version": "main"}, "pair:app"),
    }
    return {
        kind: {"source": source, "callable": target, "backend": BACKENDS[kind]}
        for kind, (source, target) in sources.items()
    }


@pytest.fixture(scope="module")
def first(kinds):
    return deploy(SCENARIO / "pairs.yml", kinds=kinds, calls=CALLS)


@pytest.fixture(scope="module")
def second(kinds, first):
    return deploy(SCENARIO / "pairs.yml", kinds=kinds, calls=[*reversed(CALLS)])


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("kind", BACKENDS)
def test_app_answers(host, kind):
    socket = f"/run/wsgi/pair-{kind}.sock"
    assert host.check_output("python3 -c %s %s %s", GET, socket, f"/{kind}/") == "200"


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(("kind", "backend"), BACKENDS.items())
def test_app_runs_in_its_backend(host, kind, backend):
    found = [
        engine
        for engine in ("podman", "docker")
        if host.check_output(f"{engine} ps --quiet --filter name=wsgi-pair-{kind}.")
    ]
    assert found == [engine for engine in ("podman", "docker") if engine == backend]


def test_second_run_changes_nothing(second):
    assert second.changed == 0
