"""Copies of static files, from a source on the host and from the tar stream of an image."""

from __future__ import annotations

import grp
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import static_files
from ansible_collections.subsite.deploy.plugins.modules import wsgi_static

GROUP = grp.getgrgid(os.getgid()).gr_name
APP = 65534
"""Another user, who may be able to change the source."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source with a directory of static files."""
    static = tmp_path / "source/shop/static"
    (static / "css").mkdir(parents=True)
    (static / "css/site.css").write_text("a {}")
    (static / "logo.svg").write_text("<svg/>")
    (tmp_path / "source/secret").write_text("secret")
    return tmp_path / "source"


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    return tmp_path / "static/4d1c09aa71be"


@pytest.fixture
def copy(run_module, source: Path, dest: Path) -> Callable[..., dict]:
    """Return a function that runs the module."""

    def copy(*paths: str, **arguments: object) -> dict:
        arguments = {"directory": str(source), "dest": str(dest), "group": GROUP, **arguments}
        return run_module(wsgi_static, paths=list(paths or ("shop/static",)), **arguments)

    return copy


def files(top: Path) -> dict[str, str]:
    """Return the texts of all files below ``top``; of anything else, what it is."""
    return {
        str(path.relative_to(top)): path.read_text() if path.is_file() else "not a file"
        for path in sorted(top.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }


COPIED = {"static/css/site.css": "a {}", "static/logo.svg": "<svg/>"}


def test_directory_is_copied_by_its_last_name(copy, dest: Path):
    assert copy()["changed"] is True
    assert files(dest) == COPIED


def test_several_directories_are_copied(copy, source: Path, dest: Path):
    (source / "icons").mkdir()
    (source / "icons/a.svg").write_text("a")
    copy("shop/static", "icons")
    assert files(dest) == {**COPIED, "icons/a.svg": "a"}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_root_and_the_group_alone_can_read_it(copy, source: Path, dest: Path, umask: int):
    for path in [source / "shop/static/logo.svg", source / "shop/static/css"]:
        path.chmod(0o6777)
        os.chown(path, APP, APP)
    before = os.umask(umask)
    try:
        copy()
    finally:
        os.umask(before)
    found = {path: path.stat() for path in [dest, *dest.rglob("*")]}
    assert {(status.st_uid, status.st_gid) for status in found.values()} == {(0, os.getgid())}
    modes = {path.is_dir(): oct(status.st_mode & 0o7777) for path, status in found.items()}
    assert modes == {True: "0o750", False: "0o640"}


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.symlink_to("../../secret"), id="link to a file"),
        pytest.param(lambda path: path.symlink_to("/etc"), id="link to a directory"),
        pytest.param(os.mkfifo, id="FIFO"),
        pytest.param(lambda path: os.mknod(path, 0o020666, os.makedev(1, 5)), id="device"),
    ],
)
def test_other_kinds_are_left_out(copy, source: Path, dest: Path, make: Callable):
    make(source / "shop/static/it.css")
    copy()
    assert files(dest) == COPIED


HIDDEN = [
    pytest.param(".env", False, id="file"),
    pytest.param(".git/config", False, id="directory"),
    pytest.param("css/.site.css.swp", False, id="file below"),
    pytest.param(".well-known", False, id="well-known file"),
    pytest.param(".well-known/security.txt", True, id="well-known directory"),
    pytest.param(".well-known/.secret", False, id="file in the well-known directory"),
    pytest.param(".well-known-not/a", False, id="begins like the well-known directory"),
    pytest.param("a.b/c..d", True, id="dots elsewhere"),
]


@pytest.mark.parametrize(("name", "is_copied"), HIDDEN)
def test_hidden_file_is_left_out(copy, source: Path, dest: Path, name: str, is_copied: bool):
    path = source / "shop/static" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("it")
    copy()
    assert files(dest) == COPIED | ({f"static/{name}": "it"} if is_copied else {})


@pytest.mark.parametrize("link", ["shop", "shop/static"])
def test_no_link_is_followed_to_the_directory(copy, source: Path, dest: Path, link: str):
    path = source / link
    path.rename(source / "moved")
    path.symlink_to(source / "moved")
    assert "no such directory (" in copy()["msg"]
    assert not dest.exists()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("shop/missing", "missing: No such file or directory", id="missing"),
        pytest.param("missing/static", "missing: No such file or directory", id="parent"),
        pytest.param("secret", "secret: Not a directory", id="file"),
    ],
)
def test_missing_directory_is_named(copy, dest: Path, path: str, reason: str):
    assert copy("shop/static", path)["msg"] == (
        f"wsgi_app_static_paths has {path!r}, but the source of the release has no such directory "
        f"({reason}). Write a directory that is in the source when the release is built; links "
        "are not followed."
    )
    assert not dest.exists()


def test_earlier_copy_is_replaced(copy, source: Path, dest: Path):
    """A run that was cut off has built other files: names and content may differ each time."""
    copy()
    (source / "shop/static/new.css").write_text("new")
    assert copy()["changed"] is True
    assert files(dest) == COPIED | {"static/new.css": "new"}


def test_newer_run_has_the_copy_alone(copy, dest: Path):
    said = copy(check=["sh", "-c", "echo A newer run has begun.; exit 1"])["msg"]
    assert (said, dest.exists()) == ("A newer run has begun.", False)


def test_interrupted_copy_is_made_again(copy, dest: Path):
    partial = dest.with_name(f"{dest.name}.partial")
    (partial / "static").mkdir(parents=True)
    (partial / "static/old.css").write_text("half")
    assert copy()["changed"] is True
    assert files(dest) == COPIED
    assert not partial.exists()


def test_check_mode_only_reports(copy, dest: Path):
    assert copy(_ansible_check_mode=True)["changed"] is True
    assert files(dest.parent) == {}


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        pytest.param("LARGEST", 8, "its files have more than 0 MiB", id="size"),
        pytest.param("MOST", 2, "more than 2 files are in it", id="count"),
        pytest.param("DEPTH", 2, "a file in it is below 2 directories", id="depth"),
    ],
)
@pytest.mark.parametrize("origin", ["source", "stream"])
def test_copy_is_bounded(
    copy, engine, dest: Path, monkeypatch: pytest.MonkeyPatch, origin: str, limit, value, reason
):
    monkeypatch.setattr(static_files, limit, value)
    how = {}
    if origin == "stream":
        how = engine(archive(("static", None), ("static/a", "aaaa"), ("static/b/c", "bbbbbbb")))
    assert copy(**how)["msg"] == (
        f"wsgi_app_static_paths has 'shop/static', which cannot be copied: {reason}."
    )
    assert not dest.exists()


def archive(*entries: tuple[str, str | None] | tarfile.TarInfo) -> bytes:
    """Return a tar stream of files, of directories without a text, and of other members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
                continue
            name, text = entry
            member = tarfile.TarInfo(name)
            member.type = tarfile.DIRTYPE if text is None else tarfile.REGTYPE
            member.size = len(text or "")
            member.mode, member.uid, member.gid = 0o6777, APP, APP
            tar.addfile(member, io.BytesIO((text or "").encode()))
    return made.getvalue()


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    it = tarfile.TarInfo(name)
    it.type, it.linkname = kind, target
    return it


GOOD = (
    ("static", None),
    ("static/css", None),
    ("static/css/site.css", "a {}"),
    ("static/logo.svg", "<svg/>"),
)


@pytest.fixture
def engine(stand_in, tmp_path: Path) -> Callable[..., dict]:
    """Return a function that makes a container engine whose `cp` writes a stream."""

    def make(stream: bytes, says: str = "", status: int = 0) -> dict:
        (tmp_path / "stream.tar").write_bytes(stream)
        make.calls = stand_in(
            "podman",
            "if sys.argv[1] == 'create': print('c0ffee')\n"
            "if sys.argv[1] == 'cp':\n"
            f"    sys.stdout.buffer.write(open({str(tmp_path / 'stream.tar')!r}, 'rb').read())\n"
            f"    sys.stderr.write({says!r})\n"
            f"    sys.exit({status})\n",
        )
        return {"engine": ["podman"], "image": "localhost/wsgi-shop:4d1c", "directory": "/srv/app"}

    return make


def test_files_of_an_image_are_copied(copy, engine, dest: Path):
    assert copy(**engine(archive(*GOOD)))["changed"] is True
    assert files(dest) == COPIED
    modes = {path.is_dir(): oct(path.stat().st_mode & 0o7777) for path in dest.rglob("*")}
    assert modes == {True: "0o750", False: "0o640"}
    assert {path.stat().st_uid for path in dest.rglob("*")} == {0}


def test_container_is_created_and_removed_but_never_started(copy, engine):
    copy(**engine(archive(*GOOD)))
    create, read, remove = engine.calls()
    assert create[0] == "create"
    assert create[-2:] == ["localhost/wsgi-shop:4d1c", "/bin/true"]
    assert read == ["cp", "c0ffee:/srv/app/shop/static", "-"]
    assert (remove[0], remove[-1]) == ("rm", "c0ffee")


def test_other_shell_runs_the_engine(copy, engine, stand_in, dest: Path):
    calls = stand_in("outer", "import os; os.execvp(sys.argv[1], sys.argv[1:])\n")
    copy(**engine(archive(*GOOD)), shell=["outer", "sh"])
    assert (files(dest), calls()[0][0]) == (COPIED, "sh")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(member("static/it", tarfile.SYMTYPE, "/etc/passwd"), id="link"),
        pytest.param(member("static/it", tarfile.FIFOTYPE), id="FIFO"),
        pytest.param(member("static/it", tarfile.CHRTYPE), id="device"),
        pytest.param(("static/.env", "hidden"), id="hidden file"),
        pytest.param(("static/.git/config", "hidden"), id="file in a hidden directory"),
    ],
)
def test_other_kinds_of_a_stream_are_left_out(copy, engine, dest: Path, other):
    copy(**engine(archive(*GOOD, other)))
    assert files(dest) == COPIED


def test_file_through_a_link_of_the_stream_stays_in_the_copy(copy, engine, dest, tmp_path):
    link = member("static/out", tarfile.SYMTYPE, str(tmp_path))
    copy(**engine(archive(*GOOD, link, ("static/out/mine", "mine"))))
    assert files(dest) == {**COPIED, "static/out/mine": "mine"}
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(("../mine", "x"), "has the path '../mine'", id="parent"),
        pytest.param(("static/../../m", "x"), "has the path 'static/../../m'", id="..."),
        pytest.param(("/static/mine", "x"), "has the path '/static/mine'", id="absolute"),
        pytest.param(("other/mine", "x"), "has the path 'other/mine'", id="another name"),
        pytest.param(("static/" + "n" * 300, "x"), "File name too long", id="long name"),
        pytest.param(("static/" + "n/" * 2**20, "x"), "1048576 bytes between", id="huge name"),
        pytest.param(("static/logo.svg", "x"), "File exists", id="same name twice"),
        pytest.param(("static/logo.svg/x", "x"), "File exists", id="file as a directory"),
    ],
)  # fmt: skip
def test_stream_that_leads_elsewhere_is_refused(copy, engine, dest, tmp_path, bad, reason: str):
    assert reason in copy(**engine(archive(*GOOD, bad)))["msg"]
    assert not dest.exists()
    assert [*tmp_path.rglob("mine"), *tmp_path.rglob("m")] == []


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        pytest.param(archive(*GOOD)[:1538], "its archive cannot be read", id="cut off"),
        pytest.param(b"x" * 10240, "its archive cannot be read", id="no archive"),
        pytest.param(archive(*GOOD) + b"\0" * 2**21, "bytes between two files", id="endless"),
        pytest.param(bytes(10240), "its archive is empty", id="empty"),
        pytest.param(
            archive(("static", "text")), "no such directory (static: Not a directory)", id="file"
        ),
        pytest.param(
            archive(member("static", tarfile.SYMTYPE, "/etc")),
            "no such directory (static: Not a directory)",
            id="link",
        ),
    ],
)
def test_stream_without_the_directory_is_refused(copy, engine, dest, stream: bytes, reason: str):
    assert reason in copy(**engine(stream))["msg"]
    assert not dest.exists()


def test_engine_that_fails_is_quoted(copy, engine):
    how = engine(b"", says="Error: could not find the file\n", status=125)
    assert copy(**how)["msg"] == (
        "wsgi_app_static_paths has 'shop/static', but the image of the release has no such "
        "directory (Error: could not find the file). Write a directory that is in the image when "
        "the release is built; links are not followed."
    )


def test_hidden_file_may_be_large(copy, engine, dest: Path):
    copy(**engine(archive(("static", None), ("static/.cache", "x" * 2**21), ("static/a", "a"))))
    assert files(dest) == {"static/a": "a"}


def test_second_name_of_a_file_is_a_file(copy, engine, dest: Path):
    linked = member("static/b.css", tarfile.LNKTYPE, "static/a.css")
    copy(**engine(archive(("static", None), ("static/a.css", "a"), linked)))
    assert files(dest) == {"static/a.css": "a", "static/b.css": "a"}


@pytest.mark.parametrize("target", ["static/none.css", "static/../../x", "/etc/passwd", "static"])
def test_second_name_of_no_file_is_refused(copy, engine, dest: Path, target: str):
    linked = member("static/b.css", tarfile.LNKTYPE, target)
    assert "cannot be copied" in copy(**engine(archive(("static", None), linked)))["msg"]
    assert not dest.exists()


def test_directories_above_files_are_counted(copy, engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(static_files, "MOST", 20)
    deep = ("static/" + "a/" * 30 + "x.css", "x")
    assert "more than 20 files" in copy(**engine(archive(("static", None), deep)))["msg"]


def test_engine_that_does_not_run_is_quoted(copy, stand_in):
    stand_in("podman", "sys.exit('Error: cannot reach the engine')\n")
    how = {"engine": ["podman"], "image": "localhost/wsgi-shop:4d1c", "directory": "/srv/app"}
    assert copy(**how)["msg"] == (
        "wsgi_app_static_paths has 'shop/static', which cannot be copied: Error: cannot reach the "
        "engine."
    )


def test_engine_that_fails_after_a_complete_stream_is_quoted(copy, engine, dest: Path):
    how = engine(archive(*GOOD), says="Error: input/output error\n", status=125)
    assert "cannot be copied: Error: input/output error." in copy(**how)["msg"]
    assert not dest.exists()
