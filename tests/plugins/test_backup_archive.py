"""A backup has all data, and unpacks to the same; nothing in a backup of others is trusted."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import (
    backup_reader,
    backup_record,
    backup_writer,
)
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import (
    BackupError,
    Record,
)

RECORD = Record("shop", "2026-11-30T08:15:00Z", "1.0.0", {"release": "4d1c", "revision": "9c2e"})
HOLES = 50 * 2**20
WEB_GROUP = 33
NAMES = ["-rf", "a b", "é", "line\nfeed", os.fsdecode(b"\xff\xfe"), "n" * 250, "*", "\\"]
Member = tuple[str, dict]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory with all kinds of data; the working directory."""
    state = tmp_path / "shop"
    for directory in ("data/deep/er", "public/media", "shared/media", "data/empty"):
        (state / directory).mkdir(parents=True)
    for name in NAMES:
        (state / "data" / name).write_text(name, errors="surrogateescape")
    with (state / "data/holes").open("wb") as file:
        file.seek(HOLES // 2)
        file.write(b"middle")
        file.truncate(HOLES)
    (state / "data/deep/er/first").write_text("two names")
    os.link(state / "data/deep/er/first", state / "data/second")
    (state / "data/deep").chmod(0o500)
    (state / "data/tool").write_text("#!/bin/sh\n")
    (state / "data/tool").chmod(0o4750)
    (state / "data/inside").symlink_to("deep/er/first")
    (state / "data/across").symlink_to("../public/media")
    (state / "data/outside").symlink_to("/etc/passwd")
    (state / "data/far").symlink_to("../../../../etc/passwd")
    (state / "shared/media/picture").write_bytes(b"\x89PNG")
    os.utime(state / "public/media", (1, 1.5))
    monkeypatch.chdir(state)
    return state


@pytest.fixture
def backup(state: Path) -> Callable[[], bytes]:
    """Return a function that makes a backup of the state directory."""

    def make() -> bytes:
        stream = io.BytesIO()
        backup_writer.write(stream, RECORD, ["data", "public", "shared/media"])
        return stream.getvalue()

    return make


@pytest.fixture
def restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that unpacks a backup into a new directory."""

    def unpack(backup: bytes) -> tuple[Path, backup_reader.Reader]:
        top = tmp_path / "restored"
        for name in backup_reader.TOPS:
            (top / name).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(top)
        umask = os.umask(0o022)
        try:
            return top, backup_reader.unpack(io.BytesIO(backup))
        finally:
            os.umask(umask)

    return unpack


def described(top: Path) -> dict[str, tuple]:
    """Return the kind, the rights, the time and the content of all paths below ``top``."""
    found = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        content = b""
        if path.is_symlink():
            content = os.fsencode(os.readlink(path))
        elif path.is_file():
            content = path.read_bytes()
        mode = status.st_mode & ~(stat.S_ISUID | stat.S_ISGID)
        if len(path.relative_to(top).parts) > 1:
            found[str(path.relative_to(top))] = (mode, status.st_mtime, content)
    return found


def archive(*members: Member, record: bytes = RECORD.to_json.encode()) -> bytes:
    """Return a backup with ``members``, each a path and the fields of its head."""
    stream = io.BytesIO()
    with (
        gzip.open(stream, "wb") as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        if record:
            head = tarfile.TarInfo(backup_record.NAME)
            head.size = len(record)
            tar.addfile(head, io.BytesIO(record))
        for name, fields in members:
            member = tarfile.TarInfo(name)
            content = fields.get("content", b"")
            member.size = len(content)
            for field in fields.keys() - {"content"}:
                setattr(member, field, fields[field])
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_restores_the_same(state: Path, backup, restore):
    before = described(state)
    top, reader = restore(backup())
    after = described(top)
    outside = {"data/outside", "data/far"}
    assert after == {path: before[path] for path in before if path not in outside}
    assert reader.record == RECORD


def test_names_links_that_lead_out(backup, restore):
    _, reader = restore(backup())
    assert sorted(reader.left_out) == [
        "data/far -> ../../../../etc/passwd",
        "data/outside -> /etc/passwd",
    ]


def test_hard_links_stay_one_file(backup, restore):
    top, _ = restore(backup())
    assert (top / "data/second").samefile(top / "data/deep/er/first")


def test_holes_stay_holes(backup, restore):
    made = backup()
    assert len(made) < 2**16
    top, _ = restore(made)
    assert (top / "data/holes").stat().st_blocks * 512 < 2**20


def test_setuid_is_not_recorded(backup, restore):
    top, _ = restore(backup())
    assert stat.S_IMODE((top / "data/tool").stat().st_mode) == 0o750


def test_new_files_get_the_group_of_the_public_directory(backup, restore, tmp_path: Path):
    public = tmp_path / "restored/public"
    public.mkdir(parents=True)
    os.chown(public, 0, WEB_GROUP)
    public.chmod(0o2750)
    restore(backup())
    status = (public / "media").stat()
    assert (status.st_gid, bool(status.st_mode & stat.S_ISGID)) == (WEB_GROUP, True)


def test_tar_reads_it(backup, tmp_path: Path):
    made = tmp_path / "backup.tar.gz"
    made.write_bytes(backup())
    (tmp_path / "by_tar").mkdir()
    command = ["tar", "-xzf", str(made), "-C", str(tmp_path / "by_tar")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "by_tar/data/holes").stat().st_size == HOLES


def test_leaves_out_what_is_no_file(state: Path):
    os.mkfifo("data/pipe")
    os.mknod("data/device", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    stream = io.BytesIO()
    writer = backup_writer.write(stream, RECORD, ["data"])
    assert writer.left_out == ["data/device", "data/pipe"]
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        assert {"data/device", "data/pipe"} & set(tar.getnames()) == set()


def test_follows_no_link(state: Path, backup):
    (state / "data/etc").symlink_to("/etc")
    with tarfile.open(fileobj=io.BytesIO(backup())) as tar:
        assert [name for name in tar.getnames() if name.startswith("data/etc")] == ["data/etc"]
        assert tar.getmember("data/etc").issym()


def test_file_that_shrinks_is_filled_and_named(state: Path, monkeypatch: pytest.MonkeyPatch):
    Path("data/log").write_bytes(b"x" * 1000)
    parts = backup_writer.written_parts

    def shrink(descriptor: int, size: int) -> list:
        found = parts(descriptor, size)
        if size == 1000:
            os.truncate("data/log", 10)
        return found

    monkeypatch.setattr(backup_writer, "written_parts", shrink)
    stream = io.BytesIO()
    writer = backup_writer.write(stream, RECORD, ["data"])
    assert writer.changed_files == ["data/log"]
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        assert tar.extractfile("data/log").read() == b"x" * 10 + b"\0" * 990


def test_file_that_vanishes_is_not_in_it(state: Path, monkeypatch: pytest.MonkeyPatch):
    listed = os.listdir
    monkeypatch.setattr(
        os, "listdir", lambda top: [*listed(top), "gone"] if isinstance(top, int) else listed(top)
    )
    stream = io.BytesIO()
    backup_writer.write(stream, RECORD, ["data"])
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        assert "data/gone" not in tar.getnames()


def test_file_that_cannot_be_read_fails(state: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: object, *arguments: object, **more: object) -> int:
        if path == "tool":
            raise PermissionError
        return opened(path, *arguments, **more)

    opened = os.open
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BackupError, match="the app's user cannot read data/tool"):
        backup_writer.write(io.BytesIO(), RECORD, ["data"])


def test_nested_too_deep_fails(state: Path):
    directory = "data/" + "/".join(["d"] * backup_writer.DEPTH)
    os.makedirs(directory)
    with pytest.raises(BackupError, match="is below 128 other directories"):
        backup_writer.write(io.BytesIO(), RECORD, ["data"])


@pytest.mark.parametrize(
    ("members", "said"),
    [
        pytest.param([("/etc/cron.d/evil", {})], "the path '/etc/cron.d/evil'", id="absolute path"),
        pytest.param([("data/../../evil", {})], r"the path 'data/../../evil'", id="two dots"),
        pytest.param([("../evil", {})], r"the path '../evil'", id="two dots first"),
        pytest.param([("data//evil", {})], "the path 'data//evil'", id="empty part"),
        pytest.param([("static/evil", {})], "the path 'static/evil'", id="another directory"),
        pytest.param([("evil", {})], "the path 'evil'", id="outside of the directories"),
        pytest.param([("data", {})], "'data', which is no directory", id="file for a directory"),
        pytest.param(
            [("data", {"type": tarfile.SYMTYPE, "linkname": "/etc"})],
            "'data', which is no directory",
            id="link for a directory",
        ),
        pytest.param(
            [("shared/media", {"type": tarfile.SYMTYPE, "linkname": "/etc"})],
            "'shared/media', which is no directory",
            id="link for a shared directory",
        ),
        pytest.param(
            [("shared/a b", {"type": tarfile.DIRTYPE})],
            "no app has such a directory",
            id="shared directory that a unit cannot mount",
        ),
        pytest.param([("shared/file", {})], "'shared/file', which is no directory", id="shared"),
        pytest.param(
            [("data/null", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})],
            "neither a file, a directory nor a link",
            id="device",
        ),
        pytest.param(
            [("data/disk", {"type": tarfile.BLKTYPE, "devmajor": 8})],
            "neither a file, a directory nor a link",
            id="block device",
        ),
        pytest.param(
            [("data/pipe", {"type": tarfile.FIFOTYPE})],
            "neither a file, a directory nor a link",
            id="pipe",
        ),
        pytest.param(
            [
                ("data/way", {"type": tarfile.SYMTYPE, "linkname": "/tmp"}),
                ("data/way/evil", {"content": b"evil"}),
            ],
            "'data/way/evil' before its directory",
            id="file through a link",
        ),
        pytest.param(
            [("data/evil", {"type": tarfile.LNKTYPE, "linkname": "/etc/shadow"})],
            "the path '/etc/shadow'",
            id="hard link out",
        ),
        pytest.param(
            [("data/evil", {"type": tarfile.LNKTYPE, "linkname": "data"})],
            "a hard link to 'data', which is no file",
            id="hard link to a directory",
        ),
        pytest.param(
            [("data/evil", {"type": tarfile.LNKTYPE, "linkname": "data/later"})],
            "before its directory",
            id="hard link to nothing",
        ),
        pytest.param([("data/a", {}), ("data/a", {})], "'data/a' twice", id="twice"),
        pytest.param(
            [("data/a", {}), ("data/a", {"type": tarfile.SYMTYPE, "linkname": "b"})],
            "'data/a' twice",
            id="file and link",
        ),
        pytest.param(
            [("data/a", {"type": tarfile.SYMTYPE, "linkname": "b"}), ("data/a", {})],
            "'data/a' twice",
            id="link and file",
        ),
        pytest.param(
            [("data/" + "/".join(["d"] * 200), {})], "more than 128 directories", id="deep"
        ),
    ],
)
def test_hostile_member_is_refused(restore, members: list[Member], said: str):
    with pytest.raises(BackupError) as refused:
        restore(archive(*members))
    assert said in str(refused.value)
    assert not Path("/tmp/evil").exists()


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE], ids=["file", "directory"])
def test_setuid_of_others_is_not_restored(restore, kind: bytes):
    top, _ = restore(archive(("data/evil", {"type": kind, "mode": 0o7711})))
    assert stat.S_IMODE((top / "data/evil").stat().st_mode) == 0o711


def test_link_that_leads_out_by_another_link_is_left_out(restore):
    directories = [
        (f"data/{path}", {"type": tarfile.DIRTYPE, "mode": 0o755}) for path in ("a", "a/b")
    ]
    links = [
        ("data/deep", {"type": tarfile.SYMTYPE, "linkname": "a/../../data/a/.."}),
        ("data/up", {"type": tarfile.SYMTYPE, "linkname": "a/b"}),
        ("data/evil", {"type": tarfile.SYMTYPE, "linkname": "up/../../../../../etc"}),
        ("data/a/b/top", {"type": tarfile.SYMTYPE, "linkname": "../.."}),
        ("data/sly", {"type": tarfile.SYMTYPE, "linkname": "a/b/top/../.."}),
    ]
    top, reader = restore(archive(*directories, *links))
    assert sorted(reader.left_out) == [
        "data/evil -> up/../../../../../etc",
        "data/sly -> a/b/top/../..",
    ]
    assert (top / "data/deep").is_symlink() and not os.path.lexists(top / "data/sly")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda made: made[: len(made) // 2], id="cut"),
        pytest.param(lambda made: made[:-8], id="without its checksum"),
        pytest.param(lambda made: made[:-8] + b"12345678", id="wrong checksum"),
        pytest.param(lambda made: b"", id="empty"),
        pytest.param(lambda made: b"PK\x03\x04", id="another kind"),
        pytest.param(lambda made: made[:200] + bytes(20) + made[220:], id="overwritten"),
        pytest.param(lambda made: gzip.compress(b"no archive" * 1000), id="no archive"),
    ],
)
def test_damaged_backup_is_refused(backup, restore, tmp_path: Path, damage):
    damaged = damage(backup())
    (tmp_path / "damaged.tar.gz").write_bytes(damaged)
    with pytest.raises(BackupError):
        backup_record.check_file(str(tmp_path / "damaged.tar.gz"))
    with pytest.raises(BackupError):
        restore(damaged)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        pytest.param(b"", "it does not begin with backup.json", id="none"),
        pytest.param(b"{", "its backup.json cannot be read", id="no JSON"),
        pytest.param(b"[]", "its backup.json is none of this collection", id="list"),
        pytest.param(b'{"format": 1, "app": "shop"}', "incomplete", id="incomplete"),
        pytest.param(
            b'{"format": 2, "collection": "9.1.0"}',
            r"a later version of subsite.deploy has made it \(9.1.0\)",
            id="later format",
        ),
    ],
)
def test_unknown_record_is_refused(restore, tmp_path: Path, record: bytes, said: str):
    made = archive(("data/file", {}), record=record)
    (tmp_path / "backup.tar.gz").write_bytes(made)
    with pytest.raises(BackupError, match=said):
        backup_record.check_file(str(tmp_path / "backup.tar.gz"))
    with pytest.raises(BackupError, match=said):
        restore(made)


def test_controller_reads_the_record(backup, tmp_path: Path):
    (tmp_path / "backup.tar.gz").write_bytes(backup())
    record, size = backup_record.check_file(str(tmp_path / "backup.tar.gz"))
    unpacked = gzip.decompress((tmp_path / "backup.tar.gz").read_bytes())
    assert (record, size) == (RECORD, len(unpacked))
