#!/usr/bin/python
"""Place a set of files as one change: all of them, or none."""

from __future__ import annotations

DOCUMENTATION = r"""
module: file_set
author: The Subsite maintainers (@subsite)
short_description: Place a set of files as one change
description:
  - Compares directories, files and links with what is on the host, and changes what differs,
    in one call.
  - After a change, O(check) must succeed with the new files in place, and then O(apply). If either
    fails, all files are put back, O(apply) runs again for the old files, and the module fails with
    the command's output.
  - If a run is interrupted before O(apply) succeeded, a mark in C(/var/lib/subsite) stays. The next
    run with the same O(apply) then runs O(check) and O(apply), and reports a change, although no
    file differs.
options:
  files:
    description: The files, in the order in which they are placed.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Absolute path on the host.
        type: path
        required: true
      content:
        description: Makes O(files[].dest) a file with this content.
        type: str
      secret:
        description: Makes it a file with this content, which is never shown.
        type: str
      key:
        description:
          - Makes it a file with 64 random hexadecimal digits, which are never shown. The host makes
            them once; a file that exists keeps its content.
        type: bool
      link:
        description: Makes it a symbolic link to this target.
        type: str
      directory:
        description: Makes it a directory.
        type: bool
      absent:
        description: Removes the file, link or empty directory.
        type: bool
      copy_of:
        description:
          - Copies all files below this directory of the host into it, with their modes. Other files
            in it stay. A directory that does not exist has no files.
          - The file C(DIRECTORY.secret) beside it may have relative paths, one in a line. These
            files are never shown.
        type: path
      instead_of:
        description:
          - Another directory of the host. Its files are removed from O(files[].dest), except those
            that O(files[].copy_of) has, too.
        type: path
      diff:
        description: Whether C(--diff) shows a change of it.
        type: bool
        default: true
      ours:
        description:
          - Text that an existing file must contain. If it does not, the role did not write it, and
            the module fails before it changes anything.
        type: str
      owner:
        description:
          - User who owns it. If this is not root, the file is read and written with the rights of
            this user, so that no link in the user's directories can lead root to another file.
            If the user has a directory at this path, it is renamed to C(NAME.replaced).
        type: str
        default: root
      group:
        description: Group that owns it.
        type: str
        default: root
      mode:
        description: Permissions, in octal. Default is C(0755) for directories, else C(0644).
        type: str
  made:
    description:
      - Directories that the same run has made for these files. They are removed if the module
        fails.
    type: list
    elements: path
    default: []
  check:
    description: Command, as a list, that checks the files in place.
    type: list
    elements: str
  apply:
    description: Command, as a list, that makes running services use the files.
    type: list
    elements: str
attributes:
  check_mode:
    description: Reports what would change. Neither O(check) nor O(apply) runs.
    support: full
  diff_mode:
    description:
      - Shows each file before and after, except secret ones and those without O(files[].diff).
    support: full
"""

EXAMPLES = r"""
- name: Write the site's configuration
  subsite.deploy.file_set:
    files:
      - dest: /etc/nginx/conf.d/shop.conf
        content: "{{ lookup('ansible.builtin.template', 'shop.conf.j2') }}"
    check: [nginx, -t, -q]
    apply: [systemctl, reload, nginx.service]
"""

RETURN = r"""
paths:
  description: The paths that changed.
  type: list
  elements: str
  returned: success
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.directory_sync import expand_copies
from ansible_collections.subsite.deploy.plugins.module_utils.path_change import Change
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule
from ansible_collections.subsite.deploy.plugins.module_utils.user_rights import (
    acting_as,
    place_as_user,
)

KINDS = ("content", "secret", "key", "link", "directory", "absent", "copy_of")
WANTED = (*KINDS, "owner", "group", "mode")
"""What two entries of one path must agree in."""
MARKS = "/var/lib/subsite"
BLOCKING = frozenset({"directory", "special file", "large file"})
"""Kinds that no other kind may replace."""


class FileSet:
    """The whole set, and how to put the old files back."""

    def __init__(self, module: AnsibleModule) -> None:
        """Compare the entries of ``module`` with the host."""
        self.module = module
        self.mark = mark_path(module.params["apply"])
        self.is_interrupted = os.path.exists(self.mark)
        self.changes: list[Change] = []
        entries = list(expand_copies(module.params["files"]))
        self._refuse_contradictions(entries)
        for entry in entries:
            change = self._compare(entry)
            if change:
                self.changes.append(change)

    def _compare(self, entry: dict) -> Change | None:
        path = entry["dest"]
        writer = "root" if entry["directory"] else entry["owner"]
        is_secret = entry["secret"] is not None or bool(entry["key"])
        try:
            before = self._read(path, writer)
            after = PathState.wanted(entry, before)
        except KeyError as error:
            if not self.module.check_mode:
                self.module.fail_json(msg=f"{path}: {error.args[0]}")
            return Change(path, "root", PathState(), None, is_secret, entry["diff"])
        except OSError as error:
            self.module.fail_json(msg=str(error))
        self._refuse_foreign_file(path, entry, before)
        if before == after:
            return None
        self._refuse_blocking_kind(path, before, after)
        return Change(path, writer, before, after, is_secret, entry["diff"])

    def _refuse_contradictions(self, entries: list[dict]) -> None:
        """Refuse two entries that would change what the other one wants, in every run."""
        wanted: dict[str, dict] = {}
        for entry in entries:
            first = wanted.setdefault(entry["dest"], entry)
            differ = [name for name in WANTED if first[name] != entry[name]]
            if differ:
                self.module.fail_json(
                    msg=f"{entry['dest']} has two entries, which differ in {', '.join(differ)}."
                )

    def _refuse_foreign_file(self, path: str, entry: dict, before: PathState) -> None:
        if entry["ours"] and before.kind == "file" and entry["ours"].encode() not in before.content:
            self.module.fail_json(
                msg=f"{path} exists and was not written by this role: it does not contain "
                f"{entry['ours']!r}. Use another name, or move the file away."
            )

    def _refuse_blocking_kind(self, path: str, before: PathState, after: PathState) -> None:
        if before.kind not in ("absent", after.kind) and {before.kind, after.kind} & BLOCKING:
            wanted = "nothing" if after.kind == "absent" else f"a {after.kind}"
            self.module.fail_json(
                msg=f"{path} is a {before.kind}, but {wanted} must be there. Move it away, then "
                "run again."
            )

    def _read(self, path: str, writer: str) -> PathState:
        """Return what is at ``path``; nothing if ``writer`` is a user whose file replaces it."""
        with acting_as(writer):
            try:
                found = PathState.read(path)
            except OSError:
                if writer == "root":
                    raise
                return PathState()
        is_replaced = writer != "root" and found.kind in BLOCKING
        return PathState() if is_replaced else found

    def place(self) -> None:
        """Make every change, or none, and run check and apply."""
        done: list[Change] = []
        is_checked = False
        try:
            self._set_mark()
            for change in self.changes:
                if change.after is None:  # only in check mode, which does not get here
                    continue
                with acting_as(change.owner):
                    if change.owner != "root" and change.after.kind == "file":
                        place_as_user(change.after, change.path)
                    else:
                        change.after.place(change.path)
                done.append(change)
            self._run("check")
            is_checked = True
            self._run("apply")
        except (OSError, CommandError) as error:
            self._put_back(done, is_checked)
            self.module.fail_json(msg=f"{error}\n{self._state_after_failure}")
        self._remove_mark()

    def _put_back(self, done: list[Change], is_checked: bool) -> None:
        for change in reversed(done):
            with acting_as(change.owner):
                change.before.place(change.path)
        with suppress(OSError, CommandError):
            if done and is_checked:
                self._run("apply")
            if not self.is_interrupted:
                self._remove_mark()

    @property
    def _state_after_failure(self) -> str:
        if self.is_interrupted:
            return "The files in place are from an earlier run, which was interrupted."
        return "The previous files are back in place."

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


@contextmanager
def removed_after_failure(directories: list[str]) -> Iterator[None]:
    """Remove ``directories`` if the module fails, which ends in an exception."""
    try:
        yield
    except BaseException:
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
        raise


def mark_path(apply: list[str] | None) -> str:
    """Return the file that exists from the first change until ``apply`` has succeeded."""
    return f"{MARKS}/unapplied-{hashlib.sha256(json.dumps(apply).encode()).hexdigest()[:12]}"


class CommandError(Exception):
    """A command failed; the message has its output."""


def main() -> None:
    """Compare, and place the files unless nothing differs or check mode is on."""
    module = UnloggedModule(
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
                    "diff": {"type": "bool", "default": True},
                    "ours": {"type": "str"},
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str"},
                },
                "mutually_exclusive": [KINDS],
                "required_one_of": [KINDS],
                "required_by": {"instead_of": ["copy_of"]},
            },
            "made": {"type": "list", "elements": "path", "default": []},
            "check": {"type": "list", "elements": "str"},
            "apply": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    with removed_after_failure(module.params["made"]):
        file_set = FileSet(module)
        is_due = bool(file_set.changes) or file_set.is_interrupted
        if is_due and not module.check_mode:
            file_set.place()
    module.exit_json(
        changed=is_due,
        paths=[change.path for change in file_set.changes],
        diff=[change.diff() for change in file_set.changes if change.has_diff],
    )


if __name__ == "__main__":
    main()
