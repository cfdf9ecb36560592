"""Make the backup of an app on its host, and unpack one.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.backup_on_host DIRECTORY

hands a backup over in pieces (:mod:`pieces`), at the socket ``DIRECTORY/private/socket``. The
request is in ``DIRECTORY/private/request.json``.

Root never reads or writes the data of an app. Programs in units of the app's user do, in a sandbox
that has nothing but these data: :mod:`backup_writer` and :mod:`backup_reader`.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from ansible_collections.subsite.deploy.plugins.module_utils import (
    backup_reader,
    backup_record,
    backup_writer,
    lent_directory,
    pieces,
    source,
    source_tree,
    transient_unit,
)
from ansible_collections.subsite.deploy.plugins.module_utils import layout as layouts
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import (
    BackupError,
    Record,
)
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout

PROGRAMS = (backup_reader, backup_record, backup_writer)
"""What a unit of the app's user needs."""

WEB_GROUP = "www-data"

MEMORY = "1G"
"""A unit that needs more ends: the archive that it reads may have been made for that."""


@dataclass(frozen=True)
class Backup:
    """A backup to make."""

    app: str
    record: dict[str, Any]
    """The fields of its :class:`Record`."""
    sandbox: dict[str, Any] = field(default_factory=dict)
    """Settings of the unit that reads the data."""

    @property
    def unit(self) -> str:
        """The unit that reads the data."""
        return f"{layout(self.app).unit_prefix}_backup.service"

    @property
    def relay_unit(self) -> str:
        """The unit that hands the backup over in pieces."""
        return f"{layout(self.app).unit_prefix}_backup_relay.service"

    def write(self, stream: IO[bytes], library: Path) -> dict[str, Any]:
        """Write the backup to ``stream``, and return the report of :mod:`backup_writer`.

        :param library: the directory of :func:`placed_library`.
        :raises BackupError: when it fails.
        """
        places = layout(self.app)
        directories = list(directories_of(self.app))
        paths = [f"{places.state_dir}/{directory}" for directory in directories]
        request = {"record": self.record, "directories": directories}
        with tempfile.TemporaryFile() as standard_input:
            standard_input.write(json.dumps(request).encode())
            standard_input.seek(0)
            report = run(
                backup_writer,
                self.app,
                library,
                self.unit,
                {**self.sandbox, "BindReadOnlyPaths": paths, "Nice": 10},
                places.state_dir,
                (standard_input, stream),
            )
        return dict(json.loads(report))

    def write_file(self, dest: Path) -> dict[str, Any]:
        """Write the backup to the new file ``dest`` on the host, which root owns.

        :raises BackupError: when it fails. Then there is no such file.
        """
        with placed_library(self.app, PROGRAMS) as library:
            handle, partial = tempfile.mkstemp(dir=dest.parent, prefix=".", suffix=".partial")
            try:
                with os.fdopen(handle, "wb") as file:
                    report = self.write(file, library)
                    os.fsync(file.fileno())
                os.link(partial, dest)  # not rename(2), which would replace another backup
            finally:
                os.unlink(partial)
        with dest.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        return {**report, "sha256": digest, "size": dest.stat().st_size}

    def begin_pieces(self) -> Path:
        """Start the unit that hands the backup over in pieces, and return its directory.

        The unit ends, and removes the directory, with the last piece, or if no piece is requested
        for some time.

        :raises BackupError: when it does not start.
        """
        transient_unit.stop(self.relay_unit)  # of an older run, whose controller may be gone
        library = place_library(self.app, (*PROGRAMS, *RELAY))
        private = library / "private"
        private.mkdir(mode=0o700)
        (private / "request.json").write_text(json.dumps(asdict(self)))
        properties = {
            "Type": "notify",
            "ExecStopPost": [
                f"-/bin/systemctl stop {self.unit}",
                f"/bin/rm -rf {library}",
            ],
        }
        command = ["systemd-run", *transient_unit.options(library, self.relay_unit, properties)]
        command += [*transient_unit.program_of(sys.modules[__name__]), str(library)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            lent_directory.remove(library)
            raise BackupError(
                f"{self.relay_unit} does not start, and journalctl --unit={self.relay_unit} says "
                f"why {done.stderr.strip()}".strip()
            )
        return library


def directories_of(app: str) -> Iterator[str]:
    """Yield the directories of an app's data, relative to the state directory.

    Root owns the directories above them, so the app has chosen none of these names.

    :raises BackupError: when the app has no data directory.
    """
    places = layout(app)
    for path in (places.data_dir, places.public_dir):
        if not os.path.isdir(path):
            raise BackupError(f"the host has no app {app!r}: there is no {path}")
        yield os.path.basename(path)
    for name in shared_directories(app):
        yield f"{os.path.basename(places.shared_dir)}/{name}"


def shared_directories(app: str) -> list[str]:
    """Return the names of the shared directories of an app."""
    try:
        return sorted(os.listdir(layout(app).shared_dir))
    except FileNotFoundError:
        return []


def unpack(app: str, archive: Path, sandbox: dict[str, Any]) -> dict[str, Any]:
    """Unpack a backup into the directory ``restore`` of the app, and return the report.

    :raises BackupError: when that fails. Then there is no such directory.
    """
    places = layout(app)
    staging, user = Path(places.restore_dir), pwd.getpwnam(places.user)
    lent_directory.remove(staging)
    # No process of the app can enter the directory.
    staging.mkdir(mode=0o700)
    try:
        for name in backup_reader.TOPS:
            lent_directory.lend(staging / name, user.pw_uid, user.pw_gid)
        public = staging / "public"
        os.chown(public, user.pw_uid, grp.getgrnam(WEB_GROUP).gr_gid)
        public.chmod(0o2750)
        paths = [str(staging / name) for name in backup_reader.TOPS]
        with placed_library(app, PROGRAMS) as library, archive.open("rb") as stream:
            report = run(
                backup_reader,
                app,
                library,
                f"{places.unit_prefix}_restore.service",
                {**sandbox, "BindPaths": paths},
                str(staging),
                (stream, subprocess.DEVNULL),
            )
        _take_shared(app, staging / "shared", user)
    except BaseException:
        lent_directory.remove(staging)
        raise
    os.sync()
    return dict(json.loads(report))


def _take_shared(app: str, shared: Path, user: pwd.struct_passwd) -> None:
    """Give the parent of the shared directories to root, with all that the app has now."""
    os.chown(shared, 0, 0)
    shared.chmod(0o711)
    for directory in shared_directories(app):
        if not (shared / directory).exists():
            (shared / directory).mkdir(mode=0o750)
            os.chown(shared / directory, user.pw_uid, user.pw_gid)


def run(
    program: ModuleType,
    app: str,
    library: Path,
    unit: str,
    properties: dict[str, Any],
    directory: str,
    streams: tuple[Any, Any],
) -> str:
    """Run ``program`` as the app's user in ``directory``, and return what it writes as its report.

    :param streams: its standard input and output.
    :raises BackupError: when it fails.
    """
    places = layout(app)
    transient_unit.stop(unit)  # of an older run
    hidden = [properties.get("TemporaryFileSystem", ""), f"{layouts.STATE_ROOT}:ro"]
    options = transient_unit.options(
        library,
        unit,
        {
            **properties,
            "TemporaryFileSystem": " ".join(hidden).strip(),
            "InaccessiblePaths": f"-/run/dbus -{layouts.ROOT}",
            "User": places.user,
            "Group": pwd.getpwnam(places.user).pw_gid,
            "PrivateNetwork": True,
            "RestrictAddressFamilies": "AF_UNIX",
            "WorkingDirectory": directory,
            "MemoryMax": MEMORY,
            "Environment": "PYTHONUTF8=1",
        },
    )
    command = ["systemd-run", "--pipe", "--wait", *options, *transient_unit.program_of(program)]
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            command, check=False, stdin=streams[0], stdout=streams[1], stderr=errors
        )
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise BackupError(said or f"{unit} ended with status {done.returncode}")
    return said


def place_library(app: str, modules: tuple[ModuleType, ...]) -> Path:
    """Write ``modules`` to a new directory that the app's user can read."""
    parent = Path(layout(app).claim_path).parent
    parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    library = Path(tempfile.mkdtemp(dir=parent, prefix="backup-"))
    transient_unit.place(modules, library, pwd.getpwnam(layout(app).user).pw_gid)
    return library


@contextmanager
def placed_library(app: str, modules: tuple[ModuleType, ...]) -> Iterator[Path]:
    """Place a library, and remove it afterwards."""
    library = place_library(app, modules)
    try:
        yield library
    finally:
        lent_directory.remove(library)


class _Hashed:
    """A stream that is read, and the digest and size of what has been read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data


def hand_over(backup: Backup, library: Path) -> None:
    """Make the backup while its pieces are requested."""
    read, write = os.pipe()
    result: dict[str, Any] = {}

    def make() -> None:
        with os.fdopen(write, "wb") as stream:
            try:
                result.update(backup.write(stream, library))
            except (BackupError, OSError) as error:
                result["error"] = str(error)

    maker = threading.Thread(target=make)
    with closing(pieces.Pieces(str(library / "private/socket"))) as server:
        notify("READY=1")
        maker.start()
        with os.fdopen(read, "rb") as stream:
            hashed = _Hashed(stream)
            server.hand_over(hashed)  # type: ignore[arg-type]  # it only reads
        maker.join()
        server.end({**result, "sha256": hashed.digest.hexdigest(), "size": hashed.size})


def notify(state: str) -> None:
    """Report a state of this service to systemd (sd_notify(3))."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
        client.send(state.encode())


RELAY = (
    layouts,
    lent_directory,
    pieces,
    source,
    source_tree,
    transient_unit,
    sys.modules[__name__],
)
"""What the unit that hands a backup over needs besides :data:`PROGRAMS`."""


def main() -> None:
    """Hand over the backup that the request describes."""
    library = Path(sys.argv[1])
    request = json.loads((library / "private/request.json").read_text())
    Record(**request["record"])
    hand_over(Backup(**request), library)


if __name__ == "__main__":
    main()
