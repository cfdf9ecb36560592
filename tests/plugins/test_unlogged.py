"""Modules that pass on what tools and files of others say show it without control characters."""

import json
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.modules import (
    file_set,
    registry_digest,
    wsgi_image,
    wsgi_image_copy,
    wsgi_release,
)

RAW = "\x1b]0;owned\x07\x1b[31m\u202edetrats\x9b2J"
ESCAPED = r"\x1b]0;owned\x07\x1b[31m\u202edetrats\x9b2J"
FAILS = f"sys.stderr.buffer.write({RAW.encode()!r} + b'\\xff\\n'); sys.exit(1)\n"
"""What a tool does that fails with the words of others, and some that are no text."""


def test_file_set_fails_in_words(run_module, tmp_path: Path):
    files = [{"dest": str(tmp_path / "a"), "content": "", "owner": "root"}]
    check = ["python3", "-c", f"import sys\n{FAILS}"]
    said = run_module(file_set, files=files, check=check)
    assert said["failed"] and ESCAPED in said["msg"]
    assert said["msg"].replace("\n", "").isprintable()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_file_set_shows_what_was_there(run_module, tmp_path: Path, kind: str):
    path = tmp_path / "a"
    path.write_text(RAW) if kind == "file" else path.symlink_to(RAW)
    said = run_module(file_set, files=[{"dest": str(path), "content": "new\n"}], _ansible_diff=True)
    assert ESCAPED in said["diff"][0]["before"]
    assert said["diff"][0]["before"].replace("\n", "").isprintable()


def test_file_set_replaces_a_link_to_what_is_no_text(run_module, tmp_path: Path):
    path = tmp_path / "a"
    path.symlink_to(b"\xff".decode(errors="surrogateescape"))
    assert run_module(file_set, files=[{"dest": str(path), "content": "new\n"}])["changed"]
    assert path.read_text() == "new\n"


def test_build_of_a_release_fails_in_words(run_module, tmp_path: Path, monkeypatch):
    def build(release) -> bool:
        raise BuildError(RAW)

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    places = dict.fromkeys(("path", "environments", "cache", "tools"), str(tmp_path))
    said = run_module(wsgi_release, user="root", group="root", **places)
    assert (said["failed"], said["msg"]) == (True, ESCAPED)


def test_build_of_an_image_fails_in_words(run_module, stand_in, tmp_path: Path):
    stand_in("podman", FAILS)
    target = {"engine": "podman", "name": "shop", "release": "0123456789ab"}
    places = {"context": str(tmp_path), "lock": f"{tmp_path}/lock"}
    said = run_module(wsgi_image, **target, **places)
    assert said["failed"] and ESCAPED in said["msg"] and said["msg"].isprintable()


@pytest.mark.parametrize("tool", ["podman", "skopeo"])
def test_image_that_cannot_be_had_is_refused_in_words(run_module, stand_in, tool: str):
    stand_in("podman", f"if sys.argv[1] != 'run': sys.exit(1)\n{FAILS}")
    stand_in("skopeo", FAILS if tool == "skopeo" else "")
    names = {"engine": "podman", "source": "docker://a/b", "image": "localhost/a:b"}
    said = run_module(wsgi_image_copy, **names, user="1:1")
    assert said["failed"] and ESCAPED in said["msg"] and said["msg"].isprintable()


@pytest.mark.parametrize(
    "says",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"gunicorn": "\x1b[31m", "werkzeug": "1", "python": "p", "program": "p"}'),
        pytest.param('{"gunicorn": [23], "werkzeug": "1", "python": 1, "program": "p"}'),
        pytest.param("[" * 100_000, id="a deep list"),
        pytest.param("\udcff", id="no text"),
    ],
)
def test_image_whose_python_is_another_program_is_refused_in_words(run_module, stand_in, says: str):
    out = says.encode(errors="surrogateescape")
    stand_in("podman", f"if sys.argv[1] == 'run': sys.stdout.buffer.write({out!r})\n")
    names = {"engine": "podman", "source": "docker://a/b", "image": "localhost/a:b"}
    said = run_module(wsgi_image_copy, existing_names=["a"], **names, user="1:1")
    assert said["failed"] and "The image needs" in said["msg"]
    assert said["msg"].isprintable()


def test_registry_refuses_in_words(run_module, stand_in):
    stand_in("skopeo", FAILS)
    said = run_module(registry_digest, image="registry.example.org/shop:1")
    assert said["failed"] and ESCAPED in said["msg"] and said["msg"].isprintable()


PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Place a file that a tool refuses
      subsite.deploy.file_set:
        files: [{{dest: {top}/a, content: ""}}]
        check: [python3, -c, {program}]
"""


def test_terminal_is_not_obeyed(run, tmp_path: Path):
    program = json.dumps(f"import sys\n{FAILS}")
    (tmp_path / "play.yml").write_text(PLAY.format(top=tmp_path, program=program))
    done = run("ansible-playbook", "-vvv", tmp_path / "play.yml")
    text = done.stdout + done.stderr
    assert done.returncode == 2
    assert ESCAPED in text and "[ERROR]: Task failed" in text
    assert [line for line in text.splitlines() if not line.isprintable()] == []
