"""Root takes back a tree that another user has built, and follows nothing in it."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import lent_directory
from ansible_collections.subsite.deploy.plugins.module_utils.lent_directory import UnsafeTree

PYTHON = "/usr/bin/python3"
"""An interpreter that every user can run."""
USER = 65534
"""The builder's number: it owns nothing else here."""
FILES = 3000
TRIES = 50


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a directory that the builder owns, in one of root's that it can reach."""
    for directory in (tmp_path, *tmp_path.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o055)
    lent_directory.lend(tmp_path / "tree", USER, USER)
    return tmp_path / "tree"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Make what is root's alone, and must stay it."""
    directory = tmp_path / "canary"
    directory.mkdir(mode=0o700)
    (directory / "secret").write_text("secret")
    (directory / "secret").chmod(0o600)
    return directory


def build(tree: Path, code: str) -> None:
    """Run Python ``code`` in ``tree`` as the builder."""
    subprocess.run(
        [PYTHON, "-c", f"import os, socket\n{code}"],
        cwd=tree,
        user=USER,
        group=USER,
        extra_groups=[],
        check=True,
    )


def rights(path: Path) -> tuple[int, int, str]:
    status = path.lstat()
    return status.st_uid, status.st_gid, stat.filemode(status.st_mode)


def test_all_of_it_becomes_root_s(tree: Path):
    build(tree, "os.makedirs('a/b', 0o777); open('a/b/c', 'w'); os.chmod('a/b/c', 0o4777)")
    lent_directory.take(tree, 33)
    assert {path.name: rights(path) for path in [tree, *tree.rglob("*")]} == {
        "tree": (0, 33, "drwxr-x---"),
        "a": (0, 33, "drwxr-x---"),
        "b": (0, 33, "drwxr-x---"),
        "c": (0, 33, "-rwxr-x---"),
    }


def test_what_is_no_program_stays_none(tree: Path):
    build(tree, "open('a', 'w'); os.chmod('a', 0o666)")
    lent_directory.take(tree, 33)
    assert rights(tree / "a") == (0, 33, "-rw-r-----")


def test_lent_directory_is_empty_and_the_user_s_alone(tree: Path):
    build(tree, "open('left', 'w')")
    lent_directory.lend(tree, USER, USER)
    assert (rights(tree), list(tree.iterdir())) == ((USER, USER, "drwx------"), [])


def test_link_at_the_place_of_a_lent_directory_is_not_followed(tmp_path: Path, canary: Path):
    (tmp_path / "tree").symlink_to(canary)
    lent_directory.lend(tmp_path / "tree", USER, USER)
    assert rights(canary) == (0, 0, "drwx------")
    assert not (tmp_path / "tree").is_symlink()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("os.symlink('b', 'a'); open('b', 'w')", id="beside it"),
        pytest.param("os.mkdir('d'); os.symlink('../b', 'd/a')", id="above it, to nothing"),
        pytest.param("os.mkdir('d'); os.symlink('..', 'd/a')", id="to the top"),
        pytest.param(f"os.symlink({os.path.realpath(PYTHON)!r}, 'a')", id="to Python"),
    ],
)
def test_link_is_taken(tree: Path, code: str):
    build(tree, code)
    lent_directory.take(tree, 33, PYTHON)
    assert {path.lstat().st_uid for path in tree.rglob("*")} == {0}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param("os.symlink('/etc/passwd', 'a')", "/tree/a links to /etc/passwd", id="link"),
        pytest.param("os.symlink('../canary', 'a')", "a links to ../canary", id="relative link"),
        pytest.param(
            "os.symlink('../canary/none', 'a')", "a links to ../canary/none", id="dangling link"
        ),
        pytest.param(
            "os.makedirs('d/e'); os.symlink('../..', 'd/e/up'); os.symlink('d/e/up/../none', 'a')",
            "a links to d/e/up/../none",
            id="way out through another link",
        ),
        pytest.param(
            "os.symlink('b', 'a'); os.symlink('/etc', 'b')", "outside of", id="link to a link"
        ),
        pytest.param("os.mkfifo('a')", "a is neither a file", id="pipe"),
        pytest.param("socket.socket(socket.AF_UNIX).bind('a')", "a is neither a file", id="socket"),
        pytest.param("open('a', 'w'); os.link('a', 'b')", "other names", id="hard link"),
        pytest.param(
            "[(os.mkdir('d'), os.chdir('d')) for _ in range(200)]", "other directories", id="depth"
        ),
    ],
)
def test_is_refused(tree: Path, canary: Path, code: str, words: str):
    build(tree, code)
    with pytest.raises(UnsafeTree, match=words.replace(".", "[.]")):
        lent_directory.take(tree, 33, PYTHON)
    assert (rights(canary), rights(canary / "secret")) == (
        (0, 0, "drwx------"),
        (0, 0, "-rw-------"),
    )


def test_file_that_is_open_for_writing_is_refused(tree: Path):
    build(tree, "open('a', 'w')")
    with (tree / "a").open("a"), pytest.raises(UnsafeTree, match="a is still open for writing"):
        lent_directory.take(tree, 33)
    lent_directory.take(tree, 33)


def test_file_that_is_read_is_taken(tree: Path):
    build(tree, "open('a', 'w')")
    with (tree / "a").open():
        lent_directory.take(tree, 33)


def test_tree_of_any_depth_is_removed(tree: Path):
    build(tree, "[(os.mkdir('d'), os.chdir('d')) for _ in range(3000)]")
    lent_directory.remove(tree)
    assert not tree.exists()


MEDDLE = """
import itertools, os, sys
print("ready", flush=True)
for number in itertools.count():
    try:
        os.mkdir(f"new{number}")
        os.symlink(sys.argv[1], "link")
        os.rename("0", "aside")
        os.rename("link", "0")
        os.rename("0", f"link{number}")
        os.rename("aside", "0")
    except PermissionError:
        break  # it is root's now
"""
"""Makes directories, and swaps one for a link to root's, where it is."""


@contextmanager
def meddling(directory: Path, canary: Path) -> Iterator[None]:
    """Have a process of the builder's change ``directory`` all the time."""
    with subprocess.Popen(
        [PYTHON, "-c", MEDDLE, canary],
        cwd=directory,
        stdout=subprocess.PIPE,
        user=USER,
        group=USER,
        extra_groups=[],
    ) as meddler:
        meddler.stdout.readline()
        try:
            yield
        finally:
            meddler.kill()


def test_process_that_is_left_gains_nothing(tree: Path, canary: Path):
    """The unit of a build leaves no process; this is for one that is left all the same."""
    for _ in range(TRIES):
        lent_directory.lend(tree, USER, USER)
        build(tree, f"[os.makedirs(f'{{n % 30}}/{{n // 30}}') for n in range({FILES})]")
        with meddling(tree / os.listdir(tree)[-1], canary):
            try:
                lent_directory.take(tree, 33)
            except (UnsafeTree, OSError):
                pass
        owners = {path.lstat().st_uid for path in tree.rglob("*")}
        assert (owners, rights(canary)) == ({0}, (0, 0, "drwx------"))
        assert rights(canary / "secret") == (0, 0, "-rw-------")


def test_tree_that_a_process_fills_meanwhile_is_removed(tree: Path, canary: Path):
    for _ in range(TRIES):
        lent_directory.lend(tree, USER, USER)
        build(tree, f"[os.makedirs(f'{{n % 30}}/{{n // 30}}') for n in range({FILES // 10})]")
        with meddling(tree / os.listdir(tree)[-1], canary):
            lent_directory.remove(tree)
        assert not tree.exists()
