"""The commit of a local source, in words; and nothing of its configuration runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible_collections.subsite.deploy.plugins.plugin_utils import work_tree


def git(directory: Path, *command: str, given: str | None = None) -> str:
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    people = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
    return subprocess.run(
        ["git", *people, *command],
        cwd=directory,
        env={**os.environ, **alone},
        input=given,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a work tree with one commit, in which the source is a directory."""
    git(tmp_path, "init", "--quiet")
    for name, text in {".gitignore": "*.log\n", "shop/app.py": "1\n", "docs/page": "1\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Fix the cart\n\nIt was broken.")
    return tmp_path


@pytest.fixture
def source(tree: Path) -> Path:
    return tree / "shop"


def look_up(directory: Path) -> dict:
    lookup = lookup_loader.get("subsite.deploy.work_tree")
    [found] = lookup.run([str(directory)])
    return found


def test_commit_and_subject(tree: Path, source: Path):
    commit = git(tree, "rev-parse", "HEAD")
    assert look_up(source) == {"commit": commit, "subject": "Fix the cart", "dirty": False}


@pytest.mark.parametrize(
    ("path", "is_dirty"),
    [
        pytest.param("shop/app.py", True, id="changed file"),
        pytest.param("shop/new.py", True, id="new file"),
        pytest.param("shop/new.log", False, id="ignored file"),
        pytest.param("docs/page", False, id="file outside of the source"),
    ],
)
def test_changes_since_the_commit(tree: Path, source: Path, path: str, is_dirty: bool):
    (tree / path).write_text("2\n")
    assert look_up(source)["dirty"] == is_dirty


def test_directory_without_git(tmp_path: Path):
    (tmp_path / "app.py").touch()
    assert look_up(tmp_path) == {}


def test_repository_without_a_commit(tmp_path: Path):
    git(tmp_path, "init", "--quiet")
    assert look_up(tmp_path) == {}


def test_controller_without_git(source: Path, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert look_up(source) == {}


def test_repository_of_another_user(source: Path, tree: Path, monkeypatch):
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _, text: warnings.append(text))
    monkeypatch.delenv("SUDO_UID", raising=False)
    for path in (tree, tree / ".git"):
        os.chown(path, 12345, 12345)
    assert look_up(source) == {}
    assert len(warnings) == 1 and f"safe.directory {tree}" in warnings[0]


@pytest.fixture
def trap(tmp_path_factory) -> tuple[Path, Path]:
    """Return a program that leaves a mark, and the mark."""
    directory = tmp_path_factory.mktemp("trap")
    program, mark = directory / "program", directory / "mark"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    return program, mark


def sign(tree: Path) -> None:
    """Give the commit a signature, which only a program can verify."""
    head, _, message = git(tree, "cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----"
    text = f"{head}\n{signature}\n\n{message}\n"
    commit = git(tree, "hash-object", "-t", "commit", "-w", "--stdin", given=text)
    git(tree, "update-ref", "HEAD", commit)


@pytest.mark.parametrize(
    "setting",
    [
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.process",
        "gpg.program",
    ],
)
def test_program_of_the_configuration_does_not_run(tree, source, trap, setting: str):
    program, mark = trap
    git(tree, "config", setting, str(program))
    git(tree, "config", "log.showSignature", "true")
    sign(tree)
    git(tree, "config", "filter.trap.required", "true")
    (source / ".gitattributes").write_text("app.py filter=trap\n")
    (source / "app.py").write_text("3\n")
    assert look_up(source)["dirty"]
    assert not mark.exists()


def test_missing_object_is_not_fetched(tree: Path, source: Path, trap):
    """A partial clone would connect with the program of its configuration."""
    program, mark = trap
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "core.sshCommand": str(program),
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://example.org/shop.git",
    }.items():
        git(tree, "config", name, value)
    for missing in (git(tree, "rev-parse", "HEAD:"), git(tree, "rev-parse", "HEAD:shop")):
        (tree / ".git/objects" / missing[:2] / missing[2:]).unlink()
    assert look_up(source) == {}
    assert not mark.exists()


def test_program_of_a_submodule_does_not_run(tree: Path, source: Path, trap):
    program, mark = trap
    part = source / "part"
    git(source, "init", "--quiet", "part")
    (part / ".gitattributes").write_text("page filter=trap\n")
    (part / "page").write_text("1\n")
    git(part, "add", ".")
    git(part, "commit", "--quiet", "--message", "Begin")
    git(tree, "add", "shop/part")
    git(tree, "commit", "--quiet", "--message", "Add a submodule")
    git(part, "config", "filter.trap.clean", str(program))
    (part / "page").write_text("2\n")
    assert not look_up(source)["dirty"]
    assert not mark.exists()


def test_index_stays_as_it_is(tree: Path, source: Path):
    index = tree / ".git/index"
    before = index.read_bytes()
    os.utime(source / "app.py", (1, 1))
    assert not look_up(source)["dirty"]
    assert index.read_bytes() == before


def test_control_characters_are_escaped(tree: Path, source: Path):
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "\x1b[2JFix")
    found = work_tree.read(str(source))
    assert found and found.subject == "\\x1b[2JFix"
