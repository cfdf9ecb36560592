"""Fetch, find, verify and export a commit, without running code of the repository."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.subsite.deploy.plugins.module_utils import (
    git_large_files,
    git_submodules,
    source_tree,
    tag_version,
)
from ansible_collections.subsite.deploy.plugins.module_utils.git_address import (
    COMMIT,
    TRANSPORTS,
    Address,
)
from ansible_collections.subsite.deploy.plugins.module_utils.git_submodules import (
    Submodule,
    SubmoduleError,
)

CURRENT = "refs/subsite/current"
"""The ref of the commit that was fetched last for the app."""

SUBMODULES = "refs/subsite/submodules"
"""Where a ref for each commit of a submodule is, named after the commit."""

FETCHED = "refs/subsite/fetched"
"""Where the branches and tags of a submodule are while it is fetched."""

NOWHERE = f"file://{os.devnull}"
"""A repository that git-lfs cannot fetch from."""

SETTINGS = [
    ("core.attributesFile", os.devnull),
    ("core.hooksPath", os.devnull),
]
"""Settings that override root's own git configuration."""

NO_CONFIGURATION = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
"""Environment variables that turn off root's and the host's configuration.

Without a configuration, a .gitattributes file cannot run a filter.
"""

HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$SUBSITE_GIT_USERNAME" "$SUBSITE_GIT_PASSWORD"; }; f'
)
"""A credential helper (gitcredentials(7)) that stores nothing and needs no file."""


class GitError(Exception):
    """There is no such commit, or git fails; the message says why and what would be right."""


class Found(NamedTuple):
    """A version: its full name, the object with this name, and the commit of the object."""

    name: str
    object: str
    commit: str


FILES = ("100644", "100755")
"""The modes of files that are no links."""


class Repository:
    """A bare repository."""

    def __init__(self, path: Path, lock: int | None = None, lender: Path | None = None) -> None:
        """Make it at ``path``, unless it exists. A working tree at ``path`` is removed.

        :param lock: a locked file, which git inherits, so that the lock outlives a killed module.
        :param lender: another repository, whose objects are used and not fetched again.
        """
        self.path = path
        self.lock = lock
        self.environ = {"GIT_DIR": str(path), "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C.UTF-8"}
        if lender:
            self.environ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(lender / "objects")
        if (path / ".git").is_dir():
            _empty(path)
        # No other git runs here now: these are from an interrupted run.
        for left in path.rglob("*.lock"):
            left.unlink()
        self._git("init", "--quiet", "--bare", "--template=")

    @property
    def current(self) -> str | None:
        """The commit that was fetched last for the app; none if there is none."""
        return self._refs(CURRENT).get(CURRENT)

    @current.setter
    def current(self, commit: str) -> None:
        self._git("update-ref", CURRENT, commit)

    def fetch(self, address: Address) -> None:
        """Fetch all branches and tags, but no submodules.

        :raises GitError: when it fails, with git's output.
        """
        self._fetch(
            address,
            *("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"),
            transports=TRANSPORTS,
        )

    def fetch_submodules(self, commit: str, address: Address) -> dict[str, Address]:
        """Fetch the submodules of ``commit``, and theirs, and forget those of other commits.

        :param address: the repository that has ``commit``.
        :return: the repository of each of their commits.
        :raises GitError: when one cannot be fetched.
        """
        found = dict(self._fetch_below(commit, address, address))
        used = {f"{SUBMODULES}/{each}" for each in found}
        for ref in self._refs(SUBMODULES, FETCHED).keys() - used:
            self._git("update-ref", "-d", ref)
        return found

    def _fetch_below(
        self, commit: str, parent: Address, owner: Address
    ) -> Iterator[tuple[str, Address]]:
        """Fetch the submodules of ``commit`` and theirs, and yield their commits."""
        for each in self._submodules(commit, parent, owner):
            if not self._has(each.commit):
                self._fetch(
                    each.address,
                    *(f"+refs/heads/*:{FETCHED}/heads/*", f"+refs/tags/*:{FETCHED}/tags/*"),
                    transports=git_submodules.TRANSPORTS,
                )
            if not self._has(each.commit):
                raise GitError(
                    f"The repository of the submodule {each.path!r} has no branch and no tag with "
                    f"its commit {each.commit}."
                )
            self._git("update-ref", f"{SUBMODULES}/{each.commit}", each.commit)
            yield each.commit, each.address
            yield from self._fetch_below(each.commit, each.address, owner)

    def fetch_large_files(self, commits: dict[str, Address], is_check: bool) -> None:
        """Fetch the files of Git LFS that ``commits`` have, and forget those of other commits.

        :param commits: the repository of each commit.
        :param is_check: whether only to check that they can be fetched.
        :raises GitError: when the host has no git-lfs, or a file cannot be fetched.
        """
        used = set()
        for commit, address in commits.items():
            if not self._uses_large_files(commit):
                continue
            pointers = self._git(*git_large_files.POINTER, commit, ok=1).split("\0")[:-1]
            if not pointers:
                continue
            example = pointers[0].partition(":")[2]
            if not shutil.which("git-lfs"):
                raise GitError(git_large_files.MISSING.format(path=example))
            if self._setting(commit, ".lfsconfig", "lfs.url"):
                raise GitError(git_large_files.ELSEWHERE.format(path=example))
            if not is_check:
                used |= self._fetch_files(commit, address)
        for path in (self.path / "lfs/objects").glob("*/*/*"):
            if path.name not in used:
                path.unlink()

    def _fetch_files(self, commit: str, address: Address) -> set[str]:
        """Fetch the files of Git LFS that ``commit`` has, and return their names."""
        self._git(
            *("lfs", "fetch", git_large_files.remote(address.url), commit),
            settings=_credentials(address) + git_large_files.settings(address.url),
            environ=_secrets(address),
        )
        listed = self._git("lfs", "ls-files", "--long", commit)
        return {line.partition(" ")[0] for line in listed.split("\n")}

    def _uses_large_files(self, commit: str) -> bool:
        question = (*git_large_files.ATTRIBUTE, commit, *git_large_files.ATTRIBUTE_FILES)
        return self._run(*question).returncode == 0

    def _setting(self, commit: str, path: str, name: str) -> str:
        """Return a setting in a configuration file of ``commit``; nothing without it."""
        return self._run("config", f"--blob={commit}:{path}", name).stdout.strip()

    def _submodules(self, commit: str, parent: Address, owner: Address) -> list[Submodule]:
        links = self.submodules(commit)
        if not links:
            return []
        if not self._git("ls-tree", "--full-tree", commit, "--", ".gitmodules"):
            raise GitError(f"The repository has the submodule {min(links)!r}, but no .gitmodules.")
        blob = f"--blob={commit}:.gitmodules"
        try:
            return git_submodules.submodules(
                links, self._git("config", blob, "--null", "--list"), parent, owner
            )
        except SubmoduleError as error:
            raise GitError(str(error)) from error

    def submodules(self, commit: str) -> dict[str, str]:
        """Return the commit of each submodule of ``commit``, by its path."""
        entries = self._entries(commit)
        return {path: object_id for path, _mode, kind, object_id in entries if kind == "commit"}

    def _fetch(self, address: Address, *refs: str, transports: tuple[str, ...]) -> None:
        self._git(
            *("fetch", "--quiet", "--prune", "--no-tags"),
            *("--no-write-fetch-head", "--no-recurse-submodules", "--", address.url),
            *refs,
            settings=_credentials(address),
            environ={
                "GIT_ALLOW_PROTOCOL": ":".join(transports),
                **_secrets(address),
            },
        )

    def find(self, version: str) -> Found:
        """Return the commit, the branch or the tag that ``version`` names.

        :raises GitError: when none has this name, or a branch and a tag have it.
        """
        if COMMIT.fullmatch(version):
            if self._type(version) != "commit":
                raise GitError(f"The repository's branches and tags have no commit {version}.")
            return Found(version, version, version)
        refs = self._refs("refs/heads", "refs/tags")
        full = version.startswith("refs/")
        names = [version] if full else [f"refs/heads/{version}", f"refs/tags/{version}"]
        found = [name for name in names if name in refs]
        if not found:
            raise GitError(
                f"The repository has no branch and no tag {version!r}. Write a commit with all of "
                "its 40 hexadecimal digits, in lower case."
            )
        if len(found) > 1:
            raise GitError(
                f"{version!r} is a branch and a tag of the repository. Write {names[0]!r} or "
                f"{names[1]!r}."
            )
        commit = self._git("rev-parse", "--verify", "--quiet", f"{refs[found[0]]}^{{commit}}", ok=1)
        if not commit:
            raise GitError(f"{found[0]!r} is not the name of a commit.")
        return Found(found[0], refs[found[0]], commit)

    def subject(self, commit: str) -> str:
        """Return the first line of the message of ``commit``."""
        return self._git("log", "-1", "--no-show-signature", "--format=%s", commit)

    def tag(self, commit: str) -> str:
        """Return what git describe says of ``commit``; empty without a tag."""
        return self._git(*tag_version.DESCRIBE, commit, ok=128)

    def version_files(self, commit: str) -> dict[str, str]:
        """Return the files for projects of ``commit`` that take their version from a tag."""
        projects = {name: self._naming(commit, tools) for name, tools in tag_version.TOOLS.items()}
        if not any(projects.values()):
            return {}
        date = self._git(*tag_version.DATE, commit)
        return tag_version.files(projects, tag_version.Description(commit, date, self.tag(commit)))

    def _naming(self, commit: str, pattern: str) -> list[str]:
        """Return the paths of declarations in which ``pattern`` is."""
        paths = (f":(glob)**/{name}" for name in tag_version.DECLARATIONS)
        found = self._git(
            *("grep", "--name-only", "-z", "--extended-regexp", "-e", pattern, commit, "--"),
            *paths,
            ok=1,
        )
        return [each.partition(":")[2] for each in found.split("\0") if each]

    def files(self, commit: str, submodules: bool = False) -> dict[str, str]:
        """Return the mode and the ID of each file of ``commit``, by its path.

        :param submodules: whether those of its submodules are among them.
        """
        found = {}
        for path, mode, kind, object_id in self._entries(commit):
            if kind == "blob":
                found[path] = f"{mode} {object_id}"
            elif submodules:
                below = self.files(object_id, submodules)
                found.update({f"{path}/{name}": value for name, value in below.items()})
        return found

    def _entries(self, commit: str) -> Iterator[tuple[str, str, str, str]]:
        """Yield path, mode, type and ID of each file and submodule, whose type is "commit"."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit)
        for entry in listed.split("\0"):
            attributes, _tab, path = entry.partition("\t")
            if path:
                mode, kind, object_id = attributes.split(" ")
                yield path, mode, kind, object_id

    def names_in(self, commit: str, directory: str) -> list[str]:
        """Return the names in a directory of ``commit``, which may be missing."""
        listed = self._git("ls-tree", "-z", "--name-only", f"{commit}:{directory}", ok=128)
        return [name for name in listed.split("\0") if name]

    def text(self, commit: str, path: str) -> str | None:
        """Return the text of a file of ``commit``, or None if there is no such file."""
        mode = self._git("ls-tree", commit, "--", path).partition(" ")[0]
        return self._git("cat-file", "blob", f"{commit}:{path}") if mode in FILES else None

    def verify(self, found: Found, keys: list[str]) -> None:
        """Verify that one of ``keys``, or a subkey of it, has signed the object of ``found``.

        The object is a commit or an annotated tag. The signed name of a tag must be the name of
        ``found``: otherwise another signed tag could replace it.

        :raises GitError: when the object is not signed, or by another key.
        """
        kind = self._type(found.object)
        what = f"The {kind} of {found.name!r} ({found.object})"
        name = found.name.removeprefix("refs/tags/")
        if kind == "tag" and self._tag_name(found.object) != name:
            raise GitError(f"{what} was signed as {self._tag_name(found.object)!r}.")
        done = self._run(f"verify-{kind}", "--raw", found.object)
        lines = [line.split() for line in done.stderr.split("\n")]
        status = [fields[1:] for fields in lines if fields[:1] == ["[GNUPG:]"]]
        signers = [fields[1:] for fields in status if fields[:1] == ["VALIDSIG"]]
        if done.returncode != 0 or len(signers) != 1:
            reason = "; ".join(" ".join(fields) for fields in status) or "GnuPG found none"
            raise GitError(f"{what} has no valid signature by a key in the keyring: {reason}.")
        # The signing key comes first, and its primary key last (GnuPG's doc/DETAILS).
        if not {signers[0][0], signers[0][-1]} & set(keys):
            raise GitError(
                f"{what} is signed by {signers[0][-1]}, but not by one of {', '.join(keys)}."
            )

    def export(self, commit: str, dest: str, group: str | None, submodules: bool = False) -> None:
        """Write the files of ``commit`` to ``dest``, like a checkout.

        :param submodules: whether those of its submodules are written, too.
        :raises GitError: when git fails.
        :raises TreeError: when the commit has a file that a source must not have.
        """
        with source_tree.placed(dest, group) as partial:
            self._write(commit, partial, submodules)
            for path, text in self.version_files(commit).items():
                # A committer could have put a link there.
                (partial / path).unlink(missing_ok=True)
                (partial / path).write_text(text)
            source_tree.check(partial)

    def _write(self, commit: str, directory: Path, submodules: bool) -> None:
        with tempfile.TemporaryDirectory(dir=self.path) as scratch:
            self._git(
                *("read-tree", "--reset", "-u", commit),
                cwd=directory,
                environ={
                    "GIT_WORK_TREE": str(directory),
                    "GIT_INDEX_FILE": f"{scratch}/index",
                    **NO_CONFIGURATION,
                },
                settings=self._filter(commit),
            )
        # git has made an empty directory for each. In its index, no path is below a link.
        for path, below in self.submodules(commit).items() if submodules else ():
            self._write(below, directory / path, submodules)

    def _filter(self, commit: str) -> list[tuple[str, str]]:
        """Return the settings for the files of Git LFS, which have been fetched before."""
        uses = self._uses_large_files(commit) and shutil.which("git-lfs")
        return git_large_files.FILTER + git_large_files.settings(NOWHERE) if uses else []

    def _has(self, commit: str) -> bool:
        return self._type(commit) == "commit"

    def _refs(self, *patterns: str) -> dict[str, str]:
        """Return the object of each ref, by the full name of the ref."""
        listed = self._git("for-each-ref", "--format=%(refname) %(objectname)", *patterns)
        # Other line breaks than this can be part of a name (git-check-ref-format(1)).
        return dict(line.split(" ") for line in listed.split("\n") if line)

    def _type(self, object_id: str) -> str:
        return self._git("cat-file", "-t", object_id, ok=128)

    def _tag_name(self, object_id: str) -> str:
        """Return the name in an annotated tag (git-mktag(1): object, type, tag)."""
        lines = self._git("cat-file", "tag", object_id).split("\n")
        return lines[2].removeprefix("tag ") if len(lines) > 2 else ""

    def _git(self, *arguments: str, ok: int = 0, **how: Any) -> str:
        done = self._run(*arguments, **how)
        if done.returncode not in (0, ok):
            raise GitError(f"git {arguments[0]} failed: {_without_credentials(done.stderr)}")
        return done.stdout.strip()

    def _run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        settings: list[tuple[str, str]] | None = None,
        environ: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run git without a terminal, so that neither git nor ssh waits for input."""
        return subprocess.run(
            ["git", *arguments],
            check=False,
            cwd=cwd or self.path,
            env={
                **os.environ,
                **self.environ,
                **_configuration(SETTINGS + (settings or [])),
                **(environ or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            umask=0o022,
            start_new_session=True,
            pass_fds=[] if self.lock is None else [self.lock],
        )


@contextmanager
def opened(path: Path) -> Iterator[Repository]:
    """Lock and yield the repository at ``path``; only its owner can read it. Other runs wait."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchown(lock, os.geteuid(), os.getegid())
        os.fchmod(lock, 0o700)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Repository(path, lock)
    finally:
        os.close(lock)


@contextmanager
def copied(path: Path) -> Iterator[Repository]:
    """Yield a temporary copy of the repository at ``path``, which uses the same objects."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "repository")
        if (path / "objects").is_dir():
            shutil.copytree(path, copy, ignore=shutil.ignore_patterns("objects"))
        (copy / "objects").mkdir(parents=True)
        yield Repository(copy, lender=path)


def is_private(path: Path) -> bool:
    """Return whether ``path`` is a directory that only the current user can read."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (status.st_mode, status.st_uid) == (stat.S_IFDIR | 0o700, os.geteuid())


def _credentials(address: Address) -> list[tuple[str, str]]:
    """Return the settings that give git the credentials, for this host only.

    The empty helper removes the configured ones, which could write the credentials to a disk.
    """
    section = f"credential.{'/'.join(address.url.split('/')[:3])}"
    settings = [(f"{section}.username", address.username)] if address.username else []
    if address.password is not None:
        settings += [(f"{section}.helper", ""), (f"{section}.helper", HELPER)]
    return settings


def _secrets(address: Address) -> dict[str, str]:
    """Return the credentials as environment variables for :data:`HELPER`."""
    return {
        "SUBSITE_GIT_USERNAME": address.username or "",
        "SUBSITE_GIT_PASSWORD": address.password or "",
    }


def _configuration(settings: list[tuple[str, str]]) -> dict[str, str]:
    """Return ``settings`` as environment variables of git (git-config(1))."""
    environ = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        environ |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environ


def _without_credentials(text: str) -> str:
    """Return git's output without the credentials in URLs."""
    return re.sub(r"://[^/\s]*@", "://***@", text).strip()


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
