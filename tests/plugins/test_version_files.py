"""A project whose version is a tag of git has it in a release, too, which has no repository."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible.plugins.loader import lookup_loader
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import digest, pack

SCM = '[build-system]\nrequires = ["setuptools", "{}"]\n'


def git(directory: Path, *command: str) -> str:
    people = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
    done = subprocess.run(
        ["git", *people, *command], cwd=directory, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(SCM.format("setuptools-scm>=8"))
    git(tree, "init", "--quiet")
    commit(tree)
    git(tree, "tag", "v1.2.0")
    return tree


def commit(tree: Path) -> str:
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--allow-empty", "--message=Work")
    return git(tree, "rev-parse", "HEAD")


def look_up(directory: Path, **options: object) -> dict[str, str]:
    [found] = lookup_loader.get("subsite.deploy.version_files").run([str(directory)], **options)
    return found


@pytest.mark.parametrize(
    ("commits", "tag"), [(0, "v1.2.0-0-g"), (3, "v1.2.0-3-g")], ids=["at a tag", "after a tag"]
)
def test_names_the_tag(tree: Path, commits: int, tag: str):
    for _ in range(commits):
        commit(tree)
    node = git(tree, "rev-parse", "HEAD")
    date = git(tree, "log", "-1", "--format=%cI")
    text = look_up(tree)[".git_archival.txt"]
    assert text.splitlines()[:2] == [f"node: {node}", f"node-date: {date}"]
    assert text.splitlines()[2].startswith(f"describe-name: {tag}{node[:7]}")


def test_without_a_tag_names_the_commit_only(tree: Path):
    git(tree, "tag", "--delete", "v1.2.0")
    assert "describe-name" not in look_up(tree)[".git_archival.txt"]


@pytest.mark.parametrize(
    ("tool", "names"),
    [
        pytest.param("setuptools_scm[toml]", [".git_archival.txt"], id="setuptools-scm"),
        pytest.param("hatch-vcs", [".git_archival.txt"], id="hatch-vcs"),
        pytest.param("vcs-versioning", [".git_archival.txt"], id="vcs-versioning"),
        pytest.param("poetry-dynamic-versioning", [".git_archival.json"], id="poetry"),
        pytest.param("uv-dynamic-versioning", [".git_archival.json"], id="uv"),
        pytest.param("flit_core", [], id="none"),
    ],
)
def test_is_for_the_tool_of_the_project(tree: Path, tool: str, names: list[str]):
    (tree / "pyproject.toml").write_text(SCM.format(tool))
    assert list(look_up(tree)) == names


def test_json_has_what_dunamai_reads(tree: Path):
    (tree / "pyproject.toml").write_text(SCM.format("uv-dynamic-versioning"))
    node = commit(tree)
    found = json.loads(look_up(tree)[".git_archival.json"])
    assert (found["hash-full"], found["hash-short"]) == (node, node[:7])
    assert found["describe"].startswith("v1.2.0-1-g")


def test_is_beside_each_project(tree: Path):
    (tree / "libs/a").mkdir(parents=True)
    (tree / "libs/a/setup.py").write_text("setup(use_scm_version=True)  # setuptools-scm\n")
    (tree / "libs/b").mkdir()
    (tree / "libs/b/setup.cfg").write_text("setup_requires = setuptools_scm\n")
    assert set(look_up(tree)) == {
        *(".git_archival.txt", "libs/a/.git_archival.txt", "libs/b/.git_archival.txt")
    }
    assert set(look_up(tree, left_out=["libs/a", "pyproject.toml"])) == {"libs/b/.git_archival.txt"}


def test_source_is_a_directory_of_the_repository(tree: Path):
    (tree / "shop").mkdir()
    (tree / "shop/pyproject.toml").write_text(SCM.format("setuptools-scm"))
    assert "describe-name: v1.2.0-0-g" in look_up(tree / "shop")[".git_archival.txt"]


@pytest.mark.parametrize("kind", ["no repository", "no commit", "no git"])
def test_without_a_commit_is_nothing(tree: Path, tmp_path: Path, monkeypatch, kind: str):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "pyproject.toml").write_text(SCM.format("setuptools-scm"))
    if kind == "no commit":
        git(plain, "init", "--quiet")
    if kind == "no git":
        monkeypatch.setenv("PATH", str(plain))
        plain = tree
    assert look_up(plain) == {}


def test_is_part_of_the_archive_and_its_digest(tree: Path):
    (tree / ".git_archival.txt").write_text("node: $Format:%H$\n")
    added = look_up(tree)
    archive = pack(str(tree), added=added)
    assert archive.count(b".git_archival.txt") == 1 and b"$Format" not in archive
    assert added[".git_archival.txt"].encode() in archive
    lookup = lookup_loader.get("subsite.deploy.directory_digest")
    assert lookup.run([str(tree)], added=added) == [digest(archive)] != lookup.run([str(tree)])


def test_executes_nothing(tree: Path, tmp_path: Path):
    git(tree, "config", "core.fsmonitor", f"touch {tmp_path}/ran")
    assert look_up(tree)
    assert not os.path.exists(tmp_path / "ran")
