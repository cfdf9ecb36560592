"""What of a local directory is not deployed: what git ignores, and patterns of the user."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible_collections.subsite.deploy.plugins.lookup.source_files import source_files
from ansible_collections.subsite.deploy.plugins.plugin_utils import left_out
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import pack

IGNORED = ".env\n*.sqlite3\nnode_modules/\n/static/dist/\n"
PROJECT = (
    ".env",
    "app.py",
    "db.sqlite3",
    "docs/page.md",
    "node_modules/x/index.js",
    "shop/docs/page.md",
    "static/dist/app.js",
    "static/style.css",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give git a configuration of its own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def git(directory: Path, *command: str) -> None:
    people = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
    subprocess.run(["git", *people, *command], cwd=directory, check=True, capture_output=True)


def grow(top: Path, *names: str) -> Path:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(f"# {name}\n")
    return top


def repository(top: Path, ignored: str, *names: str) -> Path:
    """Make a work tree with files that are not added yet."""
    grow(top, *names)
    (top / ".gitignore").write_text(ignored)
    git(top, "init", "--quiet")
    return top


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return grow(tmp_path / "plain", *PROJECT)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return repository(tmp_path / "tree", IGNORED, *PROJECT)


def kept(directory: Path, *exclude: str) -> list[str]:
    return list(source_files(str(directory), left_out.find(str(directory), exclude)))


def find(directory: Path, *exclude: str) -> list[str]:
    return sorted(map(str, left_out.find(str(directory), exclude)))


class TestGitignore:
    def test_names_what_is_left_out(self, tree: Path):
        assert find(tree) == [".env", "db.sqlite3", "node_modules", "static/dist"]
        assert kept(tree) == [
            *(".gitignore", "app.py", "docs/page.md", "shop/docs/page.md", "static/style.css")
        ]

    def test_change_of_an_ignored_file_is_no_change(self, tree: Path):
        before = pack(str(tree), left_out.find(str(tree)))
        (tree / "db.sqlite3").write_text("changed")
        (tree / "node_modules/more").write_text("")
        assert pack(str(tree), left_out.find(str(tree))) == before

    def test_without_a_repository_is_a_file_like_others(self, plain: Path):
        (plain / ".gitignore").write_text(IGNORED)
        assert find(plain) == []

    def test_of_every_directory_and_of_the_user_counts(self, tree: Path, home: Path):
        (home / ".gitconfig").write_text(f"[core]\nexcludesFile = {home}/ignored\n")
        (home / "ignored").write_text("*.swp\n")
        (tree / "shop/.gitignore").write_text("/docs/\n")
        (tree / ".git/info").mkdir(exist_ok=True)
        (tree / ".git/info/exclude").write_text("mine\n")
        grow(tree, "a.swp", "mine")
        assert {"a.swp", "mine", "shop/docs"} < set(find(tree))
        assert "docs" not in find(tree)

    def test_tracked_file_is_kept(self, tree: Path):
        git(tree, "add", "--force", ".env", "static/dist/app.js")
        assert find(tree) == ["db.sqlite3", "node_modules"]

    def test_tracked_file_that_was_deleted_is_no_error(self, tree: Path):
        git(tree, "add", ".")
        (tree / "app.py").unlink()
        assert "app.py" not in kept(tree)

    def test_source_is_a_directory_of_a_repository(self, tree: Path):
        (tree / ".gitignore").write_text("/shop/docs/page.md\n*.secret\n")
        grow(tree, "shop/a.secret", "shop/app.py")
        assert find(tree / "shop") == ["a.secret", "docs"]
        assert kept(tree / "shop") == ["app.py"]

    def test_does_not_count_for_a_source_that_is_ignored_itself(self, tree: Path):
        """As for a build that is deployed from where it was made."""
        assert find(tree / "static/dist") == find(tree / "node_modules") == []
        assert kept(tree / "node_modules") == ["x/index.js"]

    def test_repository_in_a_repository_has_rules_itself(self, tree: Path):
        repository(tree / "libs/own", "secret\n", "secret", "own.py", ".env")
        assert set(find(tree)) - {".env"} >= {"libs/own/secret", "static/dist"}
        assert {"libs/own/.env", "libs/own/own.py"} < set(kept(tree))

    def test_repository_in_a_directory_without_one_has_rules_itself(self, plain: Path):
        repository(plain / "libs/own", "secret\n", "secret", "own.py")
        assert find(plain) == ["libs/own/secret"]

    def test_repository_that_is_ignored_is_left_out(self, tree: Path):
        repository(tree / "node_modules/own", "", "app.py")
        assert find(tree) == [".env", "db.sqlite3", "node_modules", "static/dist"]

    def test_submodule_has_rules_itself(self, tree: Path, tmp_path: Path):
        library = repository(tmp_path / "library", "secret\n", "lib.py")
        git(library, "add", ".")
        git(library, "commit", "--quiet", "--message=x")
        git(tree, *("-c", "protocol.file.allow=always", "submodule", "add", str(library), "lib"))
        grow(tree, "lib/secret")
        assert "lib/secret" in find(tree)
        assert {"lib/lib.py", "lib/.gitignore", ".gitmodules"} < set(kept(tree))

    @pytest.mark.parametrize("name", ["new\nline.env", "käse.env", "-x.env", "a b.env"])
    def test_names_are_exact(self, tree: Path, name: str):
        (tree / ".gitignore").write_text("*.env\n")
        grow(tree, name)
        assert find(tree) == [name, ".env"] if name < ".env" else [".env", name]

    def test_name_need_not_be_utf_8(self, tree: Path):
        (tree / b"\xff.sqlite3".decode(errors="surrogateescape")).touch()
        assert "\udcff.sqlite3" in find(tree)

    def test_runs_nothing_that_the_repository_names(self, tree: Path, tmp_path: Path):
        git(tree, "add", "app.py")
        git(tree, "config", "core.fsmonitor", f"touch {tmp_path}/ran")
        assert find(tree)
        assert not (tmp_path / "ran").exists()


class TestExclude:
    @pytest.mark.parametrize(
        ("lines", "found"),
        [
            pytest.param(["docs/"], ["docs/page.md", "shop/docs/page.md"], id="at any depth"),
            pytest.param(["/docs/"], ["docs/page.md"], id="at the top"),
            pytest.param(["shop/docs"], ["shop/docs/page.md"], id="by its path"),
            pytest.param(["*.md"], ["docs/page.md", "shop/docs/page.md"], id="by a pattern"),
            pytest.param(["*.css", "!style.css"], [], id="except"),
            pytest.param(
                ["**/page.md", "!/docs/page.md"], ["shop/docs/page.md"], id="the last line counts"
            ),
        ],
    )
    @pytest.mark.parametrize("is_tree", [True, False])
    def test_leaves_out(self, tree: Path, plain: Path, is_tree: bool, lines: list[str], found):
        directory = tree if is_tree else plain
        assert sorted(set(kept(directory)) - set(kept(directory, *lines))) == found

    def test_leaves_out_tracked_files(self, tree: Path):
        git(tree, "add", ".")
        assert set(kept(tree)) - set(kept(tree, "/docs/", "style.css")) == {
            *("docs/page.md", "static/style.css")
        }

    @pytest.mark.parametrize(
        ("line", "path"),
        [
            pytest.param("!/static/dist/", "static/dist/app.js", id="a directory"),
            pytest.param("!*.sqlite3", "db.sqlite3", id="a file"),
        ],
    )
    def test_takes_what_is_ignored(self, tree: Path, line: str, path: str):
        assert path not in kept(tree)
        assert path in kept(tree, line)

    def test_begins_at_the_source(self, tree: Path):
        git(tree, "add", ".")
        grow(tree, "shop/[a]/docs/x", "docs/shop/x")
        assert find(tree / "shop", "/docs/") == ["docs/page.md"]
        assert kept(tree / "shop/[a]", "/docs/x") == []

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            pytest.param("libs/own/docs/", ["libs/own/docs"], id="by its path"),
            pytest.param("/libs/*/docs", ["libs/own/docs"], id="by a pattern"),
            pytest.param("docs/", ["libs/own/docs", "libs/own/x"], id="at any depth"),
            pytest.param("libs/**/docs", ["libs/own/docs", "libs/own/x"], id="below"),
            pytest.param("/docs/", [], id="only at the top"),
            pytest.param("other/own/docs/", [], id="elsewhere"),
            pytest.param("libs/own", ["libs"], id="all of it"),
            pytest.param("libs/", ["libs"], id="with its parent"),
        ],
    )
    def test_reaches_into_repositories_below(self, tmp_path: Path, line: str, found: list[str]):
        top = repository(tmp_path / "top", "", "app.py")
        private = repository(top / "libs/own", "", "own.py", "docs/a", "x/docs/a", "own/own")
        git(private, "add", "own.py", "own/own")
        git(private, "commit", "--quiet", "--message=x")
        assert find(top, line) == found


class TestEmptySubmodule:
    @pytest.fixture
    def warned(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
        git(tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},libs/own")
        (tree / "libs/own").mkdir(parents=True)
        warnings: list[str] = []
        monkeypatch.setattr(Display, "warning", lambda _, text: warnings.append(text))

        def warned(*exclude: str) -> list[str]:
            lookup_loader.get("subsite.deploy.left_out").run([str(tree)], exclude=list(exclude))
            return warnings

        return warned

    def test_is_named(self, warned):
        [text] = warned()
        assert "a submodule that is not checked out, 'libs/own': its directory is empty" in text

    @pytest.mark.parametrize("line", ["/libs/own", "libs/"])
    def test_that_is_left_out_is_not_named(self, warned, line: str):
        assert warned(line) == []

    def test_that_is_checked_out_is_not_named(self, warned, tree: Path):
        repository(tree / "libs/own", "", "own.py")
        assert warned() == []


class TestTrouble:
    @pytest.fixture
    def no_git(self, plain: Path, tree: Path, tmp_path: Path, monkeypatch) -> None:
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    @pytest.fixture
    def fails(self) -> Callable[..., str]:
        def fails(directory: Path, *exclude: str) -> str:
            with pytest.raises(AnsibleLookupError) as raised:
                lookup_loader.get("subsite.deploy.left_out").run([str(directory)], exclude=exclude)
            return str(raised.value)

        return fails

    @pytest.mark.usefixtures("no_git")
    def test_without_git_and_a_repository_nothing_is_left_out(self, plain: Path):
        assert find(plain) == []

    @pytest.mark.usefixtures("no_git")
    def test_without_git_a_repository_is_an_error(self, fails, tree: Path):
        assert "the controller has no git, which reads .gitignore" in fails(tree)
        assert "the controller has no git" in fails(tree / "shop")

    @pytest.mark.usefixtures("no_git")
    def test_without_git_patterns_are_an_error(self, fails, plain: Path):
        assert "the controller has no git" in fails(plain, "docs/")

    def test_repository_of_another_user_is_an_error_with_its_path(self, fails, tree: Path):
        os.chown(tree / ".git", 65534, 65534)
        os.chown(tree, 65534, 65534)
        assert f"git config --global --add safe.directory {tree}" in fails(tree / "shop")

    def test_repository_that_is_broken_is_an_error(self, fails, tree: Path):
        (tree / ".git/index").write_text("nonsense")
        assert f"git cannot list the files of {tree}: " in fails(tree)

    def test_lookup_returns_sorted_paths(self, tree: Path):
        lookup = lookup_loader.get("subsite.deploy.left_out")
        assert lookup.run([str(tree)], exclude=["app.py"])[:3] == [".env", "app.py", "db.sqlite3"]
