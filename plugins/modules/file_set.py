#!/usr/bin/python
"""Place a set of files as one change that is made whole or not at all."""

from __future__ import annotations

DOCUMENTATION = r"""
module: file_set
author: The Subsite maintainers (@subsite)
short_description: Place a set of files as one change
description:
  - Compares directories, files and links with what is on the host, and changes what differs,
    in one round trip.
  - When anything changed, O(check) has to succeed with the new files in place and O(apply)
    after it. If either fails, everything is put back, O(apply) runs again for what was there
    before, and the module fails with what the command said.
  - If a run is interrupted before O(apply) succeeded, a mark in C(/var/lib/subsite) makes the next
    one with the same O(apply) run O(check) and O(apply) and be a change, although no file differs.
options:
  files:
    description: The set, in the order in which it is placed.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Path on the host, absolute or relative to O(base).
        type: path
        required: true
      content:
        description: Makes it a file with this content.
        type: str
      secret:
        description: Makes it a file with this content, which is never shown.
        type: str
      key:
        description:
          - Makes it a file with 64 random hexadecimal digits, which are never shown. They are made
            on the host, once; a file that is there keeps its content.
        type: bool
      link:
        description: Makes it a symbolic link to this target.
        type: str
      directory:
        description: Makes it a directory.
        type: bool
      absent:
        description: Makes sure that no file or link is there.
        type: bool
      copy_of:
        description:
          - Makes it hold the files of this directory of the host, each by its path and with its
            mode. Its other files stay. A directory that is not there has no files.
        type: path
      instead_of:
        description: With C(copy_of), a directory whose files go unless C(copy_of) has them, too.
        type: path
      ours:
        description:
          - Text that a file which is there already has to hold. If it does not, it is somebody
            else's, and the module fails before it changes anything.
        type: str
      owner:
        description:
          - User who owns it. A file of another user than root is read and written as that user,
            so that no link in their directories can lead root astray. What the user has put in
            its way, as a directory of its name, is renamed to C(NAME.replaced).
        type: str
        default: root
      group:
        description: Group that owns it.
        type: str
        default: root
      mode:
        description: Permissions, in octal. Default is C(0755) for directories, else C(0644).
        type: str
  base:
    description: Directory that relative paths start from.
    type: path
    default: /
  check:
    description: Command, as a list, that judges the files in place.
    type: list
    elements: str
  apply:
    description: Command, as a list, that makes running services take up the files.
    type: list
    elements: str
attributes:
  check_mode:
    description: Says what would change; neither O(check) nor O(apply) runs.
    support: full
  diff_mode:
    description: Shows each file before and after, except secret ones.
    support: full
"""

EXAMPLES = r"""
- name: Serve the site
  subsite.deploy.file_set:
    files:
      - dest: /etc/nginx/conf.d/shop.conf
        content: "{{ lookup('ansible.builtin.template', 'shop.conf.j2') }}"
    check: [nginx, -t, -q]
    apply: [systemctl, reload, nginx.service]
"""

RETURN = r"""
paths:
  description: What changed.
  type: list
  elements: str
  returned: success
"""

import grp
import hashlib
import itertools
import json
import os
import pwd
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt, printable

KINDS = ("content", "secret", "key", "link", "directory", "absent", "copy_of")
MARKS = "/var/lib/subsite"
LARGEST = 16 * 2**20
"""Bytes of a file that is read to compare it; a user could make one as large as a disk."""


@dataclass(frozen=True)
class State:
    """What is at a path, or what should be."""

    kind: str = "absent"
    content: bytes = b""
    owner: int | None = None
    group: int | None = None
    mode: int | None = None

    @classmethod
    def found(cls, path: str) -> State:
        """Return what is at ``path`` now."""
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return cls()
        if stat.S_ISLNK(status.st_mode):
            return cls("link", os.fsencode(os.readlink(path)))
        content = b""
        if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST:
            return cls("large file")
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb", opener=open_itself) as file:
                content, status = file.read(), os.fstat(file.fileno())
        kind = {stat.S_IFREG: "file", stat.S_IFDIR: "directory"}.get(
            stat.S_IFMT(status.st_mode), "special file"
        )
        return cls(kind, content, status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))

    @classmethod
    def wanted(cls, entry: dict, before: State) -> State:
        """Return what ``entry`` of the module's ``files`` asks for, where ``before`` is.

        :raises KeyError: when it names a user or a group that the host does not have.
        """
        if entry["absent"]:
            return cls()
        if entry["link"] is not None:
            return cls("link", entry["link"].encode())
        kind, default = ("directory", "0755") if entry["directory"] else ("file", "0644")
        content = entry["content"] if entry["secret"] is None else entry["secret"]
        if entry["key"]:
            content = before.content.decode() or secrets.token_hex(32)
        return cls(
            kind,
            (content or "").encode(),
            pwd.getpwnam(entry["owner"]).pw_uid,
            grp.getgrnam(entry["group"]).gr_gid,
            int(entry["mode"] or default, 8),
        )

    def place(self, path: str) -> None:
        """Make ``path`` this, so that whoever opens it meets the old or the new, whole."""
        if self.kind == "absent":
            self._remove(path)
        elif self.kind == "directory":
            self._make_directory(path)
        elif self.kind == "link":
            beside = tempfile.mktemp(dir=os.path.dirname(path), prefix=".")
            os.symlink(self.content, beside)
            os.rename(beside, path)
        else:
            self._write(path)

    def _remove(self, path: str) -> None:
        if State.found(path).kind == "directory":
            with suppress(OSError):  # somebody else may have put something there meanwhile
                os.rmdir(path)
        else:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _make_directory(self, path: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        handle = open_itself(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._give_rights(handle)
        finally:
            os.close(handle)

    def _write(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
                self._give_rights(file.fileno())
                file.flush()
                os.fsync(file.fileno())
            os.rename(beside, path)
        except OSError:
            os.unlink(beside)
            raise

    def _give_rights(self, handle: int) -> None:
        if self.owner is None or self.group is None or self.mode is None:
            raise TypeError(f"A {self.kind} cannot be placed")
        os.fchown(handle, self.owner, self.group)
        os.fchmod(handle, self.mode)

    @property
    def rights(self) -> str:
        """Owner, group and permissions, as numbers; empty where they mean nothing."""
        return "" if self.mode is None else f"{self.owner}:{self.group} {self.mode:04o}"

    def shown(self, secret: bool) -> str:
        """Return it for a diff: its content, or what can be said instead."""
        if self.kind == "file":
            return "a secret\n" if secret else printable(self.content.decode(errors="replace"))
        if self.kind == "link":
            return f"link to {excerpt(os.fsdecode(self.content), 4096)}\n"
        return "" if self.kind == "absent" else f"{self.kind}\n"


@dataclass(frozen=True)
class Change:
    """One path that differs from what is wanted; ``after`` is None if it cannot be told yet."""

    path: str
    owner: str
    before: State
    after: State | None
    secret: bool

    def diff(self) -> dict[str, str]:
        """Return the change as Ansible shows it under ``--diff``."""
        before, after = self.before, self.after
        if after is None:
            return {"prepared": f"{self.path}: to come with its owner\n"}
        if (before.kind, before.content) == (after.kind, after.content):
            return {"prepared": f"{self.path}: {before.rights} becomes {after.rights}\n"}
        return {
            "before_header": f"{self.path} {before.rights}".strip(),
            "after_header": f"{self.path} {after.rights}".strip(),
            "before": before.shown(self.secret),
            "after": after.shown(self.secret),
        }


class FileSet:
    """The whole set, and the way back."""

    def __init__(self, module: AnsibleModule) -> None:
        """Compare what ``module`` asks for with the host."""
        self.module = module
        self.mark = mark_of(module.params["apply"])
        self.interrupted = os.path.exists(self.mark)
        self.changes: list[Change] = []
        for entry in expanded(module.params["files"]):
            change = self._compare(entry)
            if change:
                self.changes.append(change)

    def _compare(self, entry: dict) -> Change | None:
        path = os.path.join(self.module.params["base"], entry["dest"])
        writer = "root" if entry["directory"] else entry["owner"]
        secret = entry["secret"] is not None or bool(entry["key"])
        try:
            before = self._found(path, writer)
            after = State.wanted(entry, before)
        except KeyError as error:
            if not self.module.check_mode:
                self.module.fail_json(msg=f"{path}: {error.args[0]}")
            return Change(path, "root", State(), None, secret)
        except OSError as error:
            self.module.fail_json(msg=str(error))
        if entry["ours"] and before.kind == "file" and entry["ours"].encode() not in before.content:
            self.module.fail_json(
                msg=f"{path} is somebody else's, since it does not say {entry['ours']!r}: give "
                "yours another name, or move it away."
            )
        if before == after:
            return None
        kinds = {before.kind, after.kind}
        unlike = {"directory", "special file", "large file"}
        if before.kind not in ("absent", after.kind) and kinds & unlike:
            wanted = "nothing" if after.kind == "absent" else f"a {after.kind}"
            self.module.fail_json(
                msg=f"{path} is a {before.kind} where {wanted} belongs; "
                "move it away, then run again"
            )
        return Change(path, writer, before, after, secret)

    def _found(self, path: str, writer: str) -> State:
        """Return what is at ``path``; nothing if a file of ``writer`` replaces it."""
        with acting_as(writer):
            try:
                found = State.found(path)
            except OSError:
                if writer == "root":
                    raise
                return State()
        blocks = writer != "root" and found.kind in ("directory", "special file", "large file")
        return State() if blocks else found

    def place(self) -> None:
        """Make every change, or none, and have what is in place applied."""
        done: list[Change] = []
        applied = False
        try:
            self._set_mark()
            for change in self.changes:
                if change.after is None:  # which only check mode goes on with
                    continue
                with acting_as(change.owner):
                    if change.owner != "root" and change.after.kind == "file":
                        place_in_tree_of_user(change.after, change.path)
                    else:
                        change.after.place(change.path)
                done.append(change)
            self._run("check")
            applied = True
            self._run("apply")
        except (OSError, CommandError) as error:
            self._put_back(done, applied)
            self.module.fail_json(msg=f"{error}\n{self._left}")
        self._remove_mark()

    def _put_back(self, done: list[Change], applied: bool) -> None:
        for change in reversed(done):
            with acting_as(change.owner):
                change.before.place(change.path)
        with suppress(OSError, CommandError):
            if done and applied:
                self._run("apply")
            if not self.interrupted:
                self._remove_mark()

    @property
    def _left(self) -> str:
        if self.interrupted:
            return "The files that are there now were placed by an earlier, interrupted run."
        return "The files that were there are back in place."

    def _set_mark(self) -> None:
        if self.module.params["apply"] is not None:
            os.makedirs(MARKS, mode=0o700, exist_ok=True)
            open(self.mark, "wb").close()

    def _remove_mark(self) -> None:
        if self.module.params["apply"] is not None:
            with suppress(FileNotFoundError):
                os.unlink(self.mark)

    def _run(self, name: str) -> None:
        command = self.module.params[name]
        if command is None:
            return
        code, out, err = self.module.run_command(command, handle_exceptions=False)
        if code != 0:
            raise CommandError(f"{command[0]} failed ({code}): {(out + err).strip()}")


def expanded(entries: list[dict]) -> Iterator[dict]:
    """Yield ``entries``, with one entry for each file of those that are copies of a directory."""
    for entry in entries:
        if not entry["copy_of"]:
            yield entry
            continue
        wanted = files_below(entry["copy_of"])
        for path in sorted(files_below(entry["instead_of"]) - wanted):
            yield entry | {"dest": os.path.join(entry["dest"], path), "absent": True}
        for path in sorted(wanted):
            with open(os.path.join(entry["copy_of"], path), encoding="utf-8") as file:
                mode = f"{stat.S_IMODE(os.fstat(file.fileno()).st_mode):04o}"
                one = {"dest": os.path.join(entry["dest"], path), "mode": mode}
                yield entry | one | {"content": file.read()}


def files_below(directory: str | None) -> set[str]:
    """Return the paths of all files below ``directory``, which may be missing."""
    return {
        os.path.relpath(os.path.join(top, name), directory)
        for top, _, names in os.walk(directory or "")
        for name in names
    }


def place_in_tree_of_user(state: State, path: str, tries: int = 20) -> None:
    """Place ``state`` at ``path`` with the rights of a user who may be working against it.

    The user's processes can put something in the way again, so a few tries are made.
    """
    for left in reversed(range(tries)):
        try:
            clear_way(path)
            state.place(path)
            return
        except OSError:
            if not left:
                raise


def clear_way(path: str) -> None:
    """Rename what the user has where ``path``, or a directory that leads to it, belongs."""
    parts = path.strip("/").split("/")
    for number in range(1, len(parts) + 1):
        part = "/" + "/".join(parts[:number])
        try:
            status = os.lstat(part)
        except FileNotFoundError:
            return
        if status.st_uid != os.geteuid():
            continue  # the user cannot rename it
        is_directory, is_last = stat.S_ISDIR(status.st_mode), number == len(parts)
        # A file replaces anything but a directory; what leads to it has to be one.
        if is_directory if is_last else not is_directory:
            os.rename(part, free_name(part))
        elif is_directory and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(part, stat.S_IMODE(status.st_mode) | stat.S_IRWXU)


def free_name(path: str) -> str:
    """Return a name beside ``path`` that nothing has."""
    names = (f"{path}.replaced{number or ''}" for number in itertools.count())
    return next(name for name in names if not os.path.lexists(name))


def open_itself(path: str, flags: int) -> int:
    """Open ``path``, but neither follow a link that it is nor wait for the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def mark_of(apply: list[str] | None) -> str:
    """Return the file that is there while files are placed and ``apply`` has not succeeded yet."""
    return f"{MARKS}/unapplied-{hashlib.sha256(json.dumps(apply).encode()).hexdigest()[:12]}"


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Have the rights of user ``name``, and no others, for a while.

    Whoever is not root has no others anyway.
    """
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam(name)
    groups = os.getgroups()
    os.setgroups([] if user.pw_uid else groups)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


class CommandError(Exception):
    """A command refused the files; the message holds what it said."""


def main() -> None:
    """Compare, and place unless nothing is due or nothing may change."""
    module = DiscreetModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "dest": {"type": "path", "required": True},
                    "content": {"type": "str"},
                    "secret": {"type": "str", "no_log": True},
                    "key": {"type": "bool", "no_log": False},
                    "link": {"type": "str"},
                    "directory": {"type": "bool"},
                    "absent": {"type": "bool"},
                    "copy_of": {"type": "path"},
                    "instead_of": {"type": "path"},
                    "ours": {"type": "str"},
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str"},
                },
                "mutually_exclusive": [KINDS],
                "required_one_of": [KINDS],
                "required_by": {"instead_of": ["copy_of"]},
            },
            "base": {"type": "path", "default": "/"},
            "check": {"type": "list", "elements": "str"},
            "apply": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    file_set = FileSet(module)
    due = bool(file_set.changes) or file_set.interrupted
    if due and not module.check_mode:
        file_set.place()
    module.exit_json(
        changed=due,
        paths=[change.path for change in file_set.changes],
        diff=[change.diff() for change in file_set.changes],
    )


if __name__ == "__main__":
    main()
