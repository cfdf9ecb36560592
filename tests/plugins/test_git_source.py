"""A commit of a repository: which one it is, who signed it, and what comes of it on the host."""

from __future__ import annotations

import base64
import fcntl
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from ansible_collections.subsite.deploy.plugins.module_utils.git_repository import opened
from ansible_collections.subsite.deploy.plugins.modules import git_source
from patience import eventually

TOKEN = f"CANARY-{uuid.uuid4()}"
IDENTITY = ("author", "committer")


def git(directory: Path, *command: str | Path) -> str:
    """Run git in ``directory``, with no configuration but the repository's own."""
    people = {
        f"GIT_{who.upper()}_{what}": value
        for who in IDENTITY
        for what, value in (("NAME", "Author"), ("EMAIL", "author@example.org"))
    }
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *map(str, command)],
        cwd=directory,
        env={**os.environ, **people, **alone},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


class Forge:
    """A repository to fetch from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        git(path.parent, "init", "--quiet", "--initial-branch=main", path)

    def __call__(self, *command: str | Path) -> str:
        return git(self.path, *command)

    def commit(self, text: str = "", *options: str) -> str:
        """Commit a new ``app.py``, and return the commit's id."""
        (self.path / "app.py").write_text(f"# {text}\n")
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", f"--message={text or 'Work'}", *options)
        return self("rev-parse", "HEAD")

    @property
    def url(self) -> str:
        return self.path.as_uri()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give root a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "forge")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "srv/repository"


@pytest.fixture
def fetch(run_module, forge: Forge, repository: Path) -> Callable[..., dict]:
    def fetch(version: str = "main", **more) -> dict:
        """Return what the module says about ``version``."""
        arguments = {"url": forge.url, "repository": str(repository), "version": version}
        return run_module(git_source, **{**arguments, **more})

    return fetch


@pytest.fixture
def export(run_module, repository: Path, tmp_path: Path) -> Callable[..., dict]:
    def export(commit: str, **more) -> dict:
        """Export ``commit`` to ``exported``, without a word to the forge."""
        arguments = {"repository": str(repository), "dest": f"{tmp_path}/exported"}
        return run_module(git_source, version=commit, **arguments, **more)

    return export


class TestVersion:
    @pytest.mark.parametrize(
        "version", ["v1", "refs/tags/v1", "old", "refs/heads/old", "annotated", "fix/käse"]
    )
    def test_is_a_branch_or_a_tag(self, fetch, forge: Forge, version: str):
        wanted = forge.commit("wanted")
        for branch in ("old", "fix/käse"):
            forge("branch", branch)
        forge("tag", "v1")
        forge("tag", "--message=x", "annotated")
        forge.commit("later")
        assert fetch(version)["after"] == wanted

    def test_is_a_commit(self, fetch, forge: Forge):
        wanted = forge.commit("wanted")
        forge.commit("later")
        assert fetch(wanted)["after"] == wanted

    def test_that_is_a_commit_is_not_a_branch_of_that_name(self, fetch, forge: Forge):
        wanted = forge.commit("wanted")
        other = forge.commit("other")
        forge("update-ref", f"refs/heads/{wanted}", other)
        assert fetch(wanted)["after"] == wanted
        assert fetch(f"refs/heads/{wanted}")["after"] == other

    def test_that_is_a_branch_and_a_tag_is_refused(self, fetch, forge: Forge):
        first = forge.commit("first")
        forge("tag", "main")
        second = forge.commit("second")
        assert fetch("main")["msg"] == (
            "'main' is a branch and a tag of the repository. Write 'refs/heads/main' or "
            "'refs/tags/main'."
        )
        assert fetch("refs/tags/main")["after"] == first
        assert fetch("refs/heads/main")["after"] == second

    @pytest.mark.parametrize("version", ["v2", "HEAD", "heads/main", "refs/heads/v1", "-x", "mai*"])
    def test_that_is_neither_is_refused(self, fetch, forge: Forge, version: str):
        forge.commit()
        forge("tag", "v1")
        assert fetch(version)["msg"].startswith(
            f"The repository has no branch and no tag {version!r}."
        )

    def test_that_is_abbreviated_is_refused(self, fetch, forge: Forge):
        assert "all of its 40" in fetch(forge.commit()[:12])["msg"]

    def test_that_is_an_unknown_commit_is_refused(self, fetch, forge: Forge):
        forge.commit()
        assert fetch("0" * 40)["msg"] == (
            f"The repository's branches and tags have no commit {'0' * 40}."
        )

    def test_that_is_no_commit_is_refused(self, fetch, forge: Forge):
        forge.commit()
        forge("tag", "file", forge("rev-parse", "HEAD:app.py"))
        assert fetch("file")["msg"] == "'refs/tags/file' is not the name of a commit."
        assert "have no commit" in fetch(forge("rev-parse", "HEAD:app.py"))["msg"]


class TestDescription:
    """What people read of a commit."""

    def test_has_the_subject(self, fetch, forge: Forge):
        forge.commit("Fix the cart\n\nIt was broken.")
        assert fetch()["subject"] == "Fix the cart"

    def test_subject_is_one_short_printable_line(self, fetch, forge: Forge):
        forge.commit("\x1b[2J" + "a" * 200)
        subject = fetch()["subject"]
        assert "\x1b" not in subject and len(subject) == 100

    def test_signature_is_not_verified(self, fetch, forge: Forge, home: Path, stand_in):
        calls = stand_in("gpg")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----"
        head, _, message = forge("cat-file", "commit", forge.commit()).partition("\n\n")
        (forge.path / "signed").write_text(f"{head}\n{signature}\n\n{message}\n")
        forge("update-ref", "HEAD", forge("hash-object", "-t", "commit", "-w", "signed"))
        (home / ".gitconfig").write_text("[log]\nshowSignature = true\n")
        assert fetch()["subject"] == "Work"
        assert calls() == []

    @pytest.mark.parametrize("directory", ["", "back"])
    @pytest.mark.parametrize("linked", [False, True], ids=["file", "link"])
    def test_has_modules_in_src(self, fetch, forge: Forge, directory: str, linked: bool):
        top = forge.path / directory
        (top / "src/shop").mkdir(parents=True)
        (top / "src/shop/__init__.py").touch()
        (top / "project.toml").write_text("[build-system]\n")
        (top / "pyproject.toml").symlink_to("project.toml")
        if not linked:
            (top / "project.toml").rename(top / "pyproject.toml")
        forge.commit()
        assert fetch("main", directory=directory)["has_src"] is not linked

    def test_has_the_files_of_another_commit(self, fetch, forge: Forge):
        first = forge.commit("first")
        (forge.path / "run it").write_text("")
        (forge.path / "run it").chmod(0o755)
        second = forge.commit("second")
        listed = [line.split("\t") for line in forge("ls-tree", "-r", second).splitlines()]
        files = {path: attributes.replace(" blob", "") for attributes, path in listed}
        assert fetch(listed_unless=first)["files"] == files
        assert fetch(listed_unless="")["files"] == files
        assert "files" not in fetch(listed_unless=second)
        assert "files" not in fetch()


EARLIER = "--faked-system-time=20240101T000000"


class Keys(NamedTuple):
    """Fingerprints in root's keyring."""

    author: str
    stranger: str
    expired: str
    subkey: str
    its_primary: str


@pytest.fixture(scope="module")
def keyring() -> Iterator[tuple[str, Keys]]:
    """Make a keyring, in a directory whose name is short enough for the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="gpg", dir="/tmp") as directory:
        environ = {**os.environ, "GNUPGHOME": directory}

        def gpg(*arguments: str) -> list[list[str]]:
            command = ["gpg", "--batch", "--quiet", "--passphrase=", "--with-colons", *arguments]
            done = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
            return [line.split(":") for line in done.stdout.splitlines()]

        def prints(name: str) -> list[str]:
            listed = gpg("--list-keys", f"{name}@example.org")
            return [words[9] for words in listed if words[0] == "fpr"]

        for name in ("author", "stranger", "team"):
            gpg("--quick-generate-key", f"{name}@example.org", "ed25519", "sign")
        gpg(EARLIER, "--quick-generate-key", "expired@example.org", "ed25519", "sign", "1d")
        gpg("--quick-add-key", prints("team")[0], "ed25519", "sign")
        primary, subkey = prints("team")
        yield (
            directory,
            Keys(*(prints(name)[0] for name in ("author", "stranger", "expired")), subkey, primary),
        )
        subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=True)


@pytest.fixture
def keys(keyring: tuple[str, Keys], monkeypatch: pytest.MonkeyPatch) -> Keys:
    directory, keys = keyring
    monkeypatch.setenv("GNUPGHOME", directory)
    return keys


class TestSignature:
    @pytest.fixture
    def signed(self, forge: Forge, keys: Keys) -> str:
        return forge.commit("signed", f"--gpg-sign={keys.author}")

    @pytest.fixture
    def verify(self, fetch, keys: Keys) -> Callable[[str], dict]:
        return partial(fetch, signed_by=[keys.author])

    @pytest.mark.parametrize("version", ["main", "light", "annotated", None])
    def test_of_a_key_that_was_named_is_taken(
        self, verify, forge: Forge, keys: Keys, signed: str, version: str | None
    ):
        forge("tag", "light")
        forge("tag", "--message=x", f"--local-user={keys.author}", "annotated")
        assert verify(version or signed)["after"] == signed

    @pytest.mark.parametrize("named", ["subkey", "its_primary"])
    def test_of_a_subkey_is_taken(self, fetch, forge: Forge, keys: Keys, named: str):
        commit = forge.commit("signed", f"--gpg-sign={keys.subkey}!")
        assert fetch("main", signed_by=[getattr(keys, named)])["after"] == commit

    def test_of_another_key_is_refused(self, verify, forge: Forge, keys: Keys):
        commit = forge.commit("foreign", f"--gpg-sign={keys.stranger}")
        assert verify("main")["msg"] == (
            f"The commit of 'refs/heads/main' ({commit}) is signed by {keys.stranger}, but not by "
            f"one of {keys.author}."
        )

    def test_of_a_key_that_the_keyring_has_not_is_refused(
        self, verify, forge: Forge, signed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        (tmp_path / "gnupg").mkdir(mode=0o700)
        monkeypatch.setenv("GNUPGHOME", str(tmp_path / "gnupg"))
        assert "NO_PUBKEY" in verify("main")["msg"]

    def test_of_a_key_that_has_expired_is_refused(
        self, fetch, forge: Forge, keys: Keys, tmp_path: Path
    ):
        (tmp_path / "gpg").write_text(f'#!/bin/sh\nexec gpg {EARLIER} "$@"\n')
        (tmp_path / "gpg").chmod(0o755)
        forge("config", "gpg.program", tmp_path / "gpg")
        forge.commit("signed", f"--gpg-sign={keys.expired}")
        assert "EXPKEYSIG" in fetch("main", signed_by=[keys.expired])["msg"]

    @pytest.mark.parametrize("version", ["main", "light", "annotated", None])
    def test_is_wanted(self, verify, forge: Forge, signed: str, version: str | None):
        commit = forge.commit("unsigned")
        forge("tag", "light")
        forge("tag", "--message=x", "annotated")
        assert "has no valid signature" in verify(version or commit)["msg"]

    def test_of_a_commit_is_not_enough_for_a_tag_object(self, verify, forge: Forge, signed: str):
        forge("tag", "--message=x", "v1")
        assert "The tag of 'refs/tags/v1'" in verify("v1")["msg"]

    def test_that_was_changed_is_refused(self, verify, forge: Forge, signed: str):
        text = forge("cat-file", "commit", signed)
        (forge.path / "forged").write_text(f"{text}\nforged\n")
        forged = forge("hash-object", "-t", "commit", "-w", "forged")
        forge("update-ref", "refs/heads/main", forged)
        assert "BADSIG" in verify("main")["msg"]

    @pytest.mark.parametrize("version", ["main", "refs/heads/main"])
    def test_of_a_tag_that_is_called_as_the_branch_does_not_count(
        self, verify, forge: Forge, signed: str, version: str
    ):
        forge("tag", "main", signed)
        forge.commit("EVIL unsigned")
        assert "after" not in verify(version)

    def test_of_a_tag_of_another_version_does_not_count(
        self, verify, forge: Forge, keys: Keys, signed: str
    ):
        forge("tag", "--message=x", f"--local-user={keys.author}", "v1.3")
        forge("update-ref", "refs/tags/v1.4", "refs/tags/v1.3")
        assert verify("v1.3")["after"] == signed
        assert verify("v1.4")["msg"].endswith("was signed as 'v1.3'.")

    def test_is_not_replaced(self, verify, forge: Forge, signed: str, repository: Path):
        evil = forge.commit("EVIL unsigned")
        verify(signed)
        git(repository, "update-ref", f"refs/replace/{evil}", signed)
        assert "has no valid signature" in verify("main")["msg"]


ATTRIBUTES = """
left.txt export-ignore
filled.txt export-subst
crlf.txt text eol=crlf
id.txt ident
*.bin filter=lfs
"""


class TestExport:
    def test_is_what_a_checkout_has(
        self, fetch, export, forge: Forge, tmp_path: Path, repository: Path
    ):
        files = {
            ".gitattributes": ATTRIBUTES,
            "left.txt": "kept\n",
            "filled.txt": "$Format:%H$\n",
            "crlf.txt": "a\nb\n",
            "id.txt": "$Id$\n",
            "weights.bin": "pointer\n",
            "!first": "",
            "pkg/a.py": "",
            "-x": "",
        }
        for name, text in files.items():
            (forge.path / name).parent.mkdir(exist_ok=True)
            (forge.path / name).write_text(text)
        (forge.path / "run").write_text("#!/bin/sh\n")
        (forge.path / "run").chmod(0o755)
        (forge.path / "link").symlink_to("pkg/a.py")
        submodule(forge, "https://127.0.0.1:9/x.git")
        export(fetch(forge.commit())["after"])
        git(tmp_path, "clone", "--quiet", forge.path, "clone")
        git(tmp_path / "clone", "checkout-index", "--all", f"--prefix={tmp_path}/before/")
        assert content(tmp_path / "exported") == content(tmp_path / "before")
        assert len(content(tmp_path / "exported")) == 15

    def test_is_of_the_commit_that_was_verified(
        self, fetch, export, forge: Forge, keys: Keys, tmp_path: Path
    ):
        forge.commit("signed", f"--gpg-sign={keys.author}")
        verified = fetch("main", signed_by=[keys.author])["after"]
        forge.commit("EVIL unsigned")
        fetch("main")
        export(verified)
        assert (tmp_path / "exported/app.py").read_text() == "# signed\n"

    @pytest.mark.parametrize(
        ("links", "named"),
        [
            pytest.param({"leak.py": "{canary}"}, "leak.py", id="absolute"),
            pytest.param({"leak.py": "../canary"}, "leak.py", id="above"),
            pytest.param({"\x1b[31m": "/"}, "\x1b[31m", id="with a name for terminals"),
            pytest.param({"pkg/leak": "../../canary"}, "pkg/leak", id="above, from below"),
            pytest.param({"leak": "{exported}/app.py"}, "leak", id="absolute, to itself"),
            pytest.param({"a/b/up": "../..", "leak": "a/b/up/../canary"}, "leak", id="by a link"),
        ],
    )
    def test_has_no_link_that_leads_out(
        self, fetch, export, forge: Forge, tmp_path: Path, links: dict[str, str], named: str
    ):
        canary = tmp_path / "canary"
        canary.write_text("SECRET = 1\n")
        for name, target in links.items():
            (forge.path / name).parent.mkdir(parents=True, exist_ok=True)
            (forge.path / name).symlink_to(
                target.format(canary=canary, exported=tmp_path / "exported")
            )
        result = export(fetch(forge.commit())["after"])
        assert result["msg"].startswith(f"{named!r} links to ")
        assert not (tmp_path / "exported").exists()

    def test_runs_no_filter(self, fetch, export, forge: Forge, home: Path, tmp_path: Path):
        """As one of Git LFS would ask the server that a file of the commit names."""
        (home / ".gitattributes").write_text("*.py filter=evil\n")
        (home / ".gitconfig").write_text(
            f'[filter "evil"]\nsmudge = touch {tmp_path}/ran; cat\n'
            f"[core]\nattributesFile = {home}/.gitattributes\n"
        )
        (forge.path / ".gitattributes").write_text("*.py filter=evil\n")
        export(fetch(forge.commit())["after"])
        assert (tmp_path / "exported/app.py").exists()
        assert not (tmp_path / "ran").exists()

    def test_does_not_depend_on_root_s_attributes(
        self, fetch, export, forge: Forge, home: Path, tmp_path: Path, monkeypatch
    ):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
        (home / "git").mkdir()
        (home / "git/attributes").write_text("*.py text eol=crlf\n")
        export(fetch(forge.commit())["after"])
        assert b"\r" not in (tmp_path / "exported/app.py").read_bytes()

    def test_is_not_repeated_if_another_run_came_first(
        self, fetch, export, forge: Forge, tmp_path: Path, monkeypatch
    ):
        """It has held the lock of the repository meanwhile."""
        commit, wait = fetch(forge.commit())["after"], git_source.opened

        def wait_for_the_other_run(path: Path):
            (tmp_path / "exported").mkdir()
            (tmp_path / "exported/app.py").touch()
            return wait(path)

        monkeypatch.setattr(git_source, "opened", wait_for_the_other_run)
        assert "failed" not in export(commit)

    def test_is_left_to_a_newer_run(self, fetch, export, forge: Forge, tmp_path: Path):
        commit = fetch(forge.commit())["after"]
        result = export(commit, check=["sh", "-c", "echo A newer run has begun.; exit 1"])
        assert (result["failed"], result["msg"]) == (True, "A newer run has begun.")
        assert not (tmp_path / "exported").exists()

    def test_belongs_to_root_and_the_group(self, fetch, export, forge: Forge, tmp_path: Path):
        (forge.path / "pkg").mkdir()
        (forge.path / "pkg/run").touch(0o755)
        umask = os.umask(0o077)
        export(fetch(forge.commit())["after"], group="daemon")
        os.umask(umask)
        top = tmp_path / "exported"
        paths = (top, top / "pkg", top / "pkg/run", top / "app.py")
        assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o750] * 3 + [0o640]
        assert {(path.owner(), path.group()) for path in paths} == {("root", "daemon")}

    def test_happens_once(self, fetch, export, forge: Forge, tmp_path: Path):
        commit = fetch(forge.commit())["after"]
        assert export(commit)["changed"] is True
        (tmp_path / "exported/app.py").unlink()
        assert export(commit)["changed"] is False
        assert not (tmp_path / "exported/app.py").exists()

    def test_in_check_mode_is_said_alone(self, export, repository: Path, tmp_path: Path):
        result = export("not fetched yet", _ansible_check_mode=True)
        assert result["changed"] is True
        assert not (tmp_path / "exported").exists() and not repository.exists()


def submodule(forge: Forge, url: str) -> None:
    """Have the next commit name a submodule at ``url``."""
    (forge.path / ".gitmodules").write_text(f'[submodule "sub"]\npath = sub\nurl = {url}\n')
    (forge.path / "sub").mkdir()
    forge("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")


def content(top: Path) -> dict[str, tuple]:
    """Return what is below ``top``, with its permissions."""
    found = {}
    for path in top.rglob("*"):
        mode = path.lstat().st_mode
        text = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        found[str(path.relative_to(top))] = (mode, text)
    return found


@pytest.fixture
def listener() -> Iterator[tuple[int, list]]:
    """Listen, and note who connects."""
    connections: list = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                connections.append(peer)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], connections
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


class TestTransport:
    @pytest.mark.parametrize(
        "url",
        [
            "ext::sh -c touch% {canary}",
            "http://127.0.0.1:{port}/x.git",
            "--upload-pack=touch {canary}",
            "-x",
            "fd::0",
            "https://[:::]/x",
            "https://[127.0.0.1]:{port}/x",
        ],
    )
    def test_others_are_refused(self, fetch, home: Path, listener, tmp_path: Path, url: str):
        port, connections = listener
        (home / ".gitconfig").write_text("[protocol]\nallow = always\n")
        url = url.format(canary=tmp_path / "canary", port=port)
        assert fetch(url=url)["msg"] == f"{url!r} is not an https, ssh, git or file URL."
        assert not (tmp_path / "canary").exists() and connections == []

    def test_others_are_refused_when_a_rule_of_root_s_leads_to_them(
        self, fetch, home: Path, tmp_path: Path
    ):
        (home / ".gitconfig").write_text(
            f'[protocol]\nallow = always\n[url "ext::sh -c touch% {tmp_path}/canary% #"]\n'
            "insteadOf = https://git.example.org/\n"
        )
        assert "'ext' not allowed" in fetch(url="https://git.example.org/x")["msg"]
        assert not (tmp_path / "canary").exists()

    def test_git_daemon(self, fetch, forge: Forge):
        commit = forge.commit()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
        daemon = subprocess.Popen(
            [*command, f"--base-path={forge.path.parent}"], stderr=subprocess.DEVNULL
        )
        try:
            assert eventually(lambda: not socket.create_connection(("127.0.0.1", port)).close())
            assert fetch(url=f"git://127.0.0.1:{port}/forge")["after"] == commit
        finally:
            daemon.terminate()
            daemon.wait()

    @pytest.mark.parametrize("url", ["git@localhost:forge", "ssh://git@localhost/forge"])
    def test_ssh(self, fetch, forge: Forge, stand_in, url: str):
        commit = forge.commit()
        text = f"os.execvp('git-upload-pack', ['git-upload-pack', {str(forge.path)!r}])\n"
        commands = stand_in("ssh", text)
        assert fetch(url=url)["after"] == commit
        assert "git@localhost" in commands()[-1]

    def test_ssh_cannot_wait_for_an_answer(self, fetch, stand_in):
        """The session of a deploy may have a terminal, where ssh would wait."""
        terminal = "sys.exit('terminal' if os.getsid(0) == {} else 'no terminal')\n"
        stand_in("ssh", terminal.format(os.getsid(0)))
        assert "no terminal" in fetch(url="git@localhost:forge")["msg"]

    def test_failure_has_no_control_characters(self, fetch, stand_in):
        stand_in("ssh", r"sys.exit('\033]0;title\007\033[31mred')")
        message = fetch(url="git@localhost:forge")["msg"]
        assert ("red" in message, re.findall(r"[\x00-\x09\x0b-\x1f]", message)) == (True, [])

    @pytest.mark.parametrize("name", ["new\u2028line", "next\u0085line"])
    def test_branch_whose_name_ends_lines_elsewhere_is_not_in_the_way(self, fetch, forge, name):
        commit = forge.commit()
        git(forge.path, "branch", name)
        assert fetch(version="main")["after"] == commit


def waits_for(path: Path) -> bool:
    """Return whether a process waits for a lock of ``path`` (proc_locks(5))."""
    lines = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and f":{path.stat().st_ino} " in line for line in lines)


class Web(http.server.SimpleHTTPRequestHandler):
    """A web server that requires a name and a token, and records all command lines."""

    command_lines: list[str] = []
    wants = base64.b64encode(f"deploy:{TOKEN}".encode()).decode()
    moved: str | None = None

    def do_GET(self) -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.command_lines.append(path.read_bytes().decode(errors="replace"))
            except OSError:
                pass
        if self.moved:
            self.send_response(302)
            self.send_header("Location", self.moved + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.headers["Authorization"] == f"Basic {self.wants}":
            super().do_GET()
        else:
            self.given(self.headers["Authorization"])
            text = f"bad token {TOKEN}-2\n".encode()
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def given(self, authorization: str | None) -> None:
        """Note what was given in vain."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority: trustme.CA, forge: Forge, tmp_path: Path, monkeypatch) -> Iterator[Callable]:
    """Serve the forge by https, and return a function that tells its address."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "ca.pem"))
    servers = []

    def serve(handler: type[Web] = Web) -> str:
        forge("update-server-info")
        directory = str(forge.path.parent)
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(handler, directory=directory)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}/forge/.git"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class TestToken:
    def test_is_given(self, fetch, forge: Forge, serve):
        commit = forge.commit()
        assert fetch(url=f"https://deploy:{TOKEN}@{serve()}")["after"] == commit

    def test_is_in_no_command_line_file_or_result(
        self, fetch, forge: Forge, serve, home: Path, repository: Path
    ):
        (home / ".gitconfig").write_text("[credential]\nhelper = store\n")
        forge.commit()
        Web.command_lines.clear()
        result = fetch(url=f"https://deploy:{TOKEN}@{serve()}")
        assert "after" in result and TOKEN not in str(result)
        assert any("remote-https" in line and "127.0.0.1" in line for line in Web.command_lines)
        assert not any(TOKEN in line for line in Web.command_lines)
        files = [path for top in (home, repository) for path in top.rglob("*") if path.is_file()]
        assert not any(TOKEN.encode() in path.read_bytes() for path in files)

    def test_wrong_password_is_not_in_the_message(self, fetch, forge: Forge, serve):
        forge.commit()
        result = fetch(url=f"https://deploy:{TOKEN}-2@{serve()}")
        assert "remote: bad token ***" in result["msg"]
        assert TOKEN not in str(result)

    def test_token_as_user_name_is_not_in_the_message(self, fetch, forge: Forge, serve):
        forge.commit()
        result = fetch(url=f"https://{TOKEN}@{serve()}")
        assert "https://***@127.0.0.1" in result["msg"]
        assert TOKEN not in str(result)

    def test_is_not_given_to_another_host(self, fetch, forge: Forge, serve):
        class Stranger(Web):
            wants = "nothing"
            got: list = []

            def given(self, authorization: str | None) -> None:
                self.got.append(authorization)

        class Moved(Web):
            moved = f"https://{serve(Stranger)}".removesuffix("/forge/.git")

        forge.commit()
        assert "msg" in fetch(url=f"https://deploy:{TOKEN}@{serve(Moved)}")
        assert set(Stranger.got) == {None}

    def test_configured_helper_is_used_with_a_name(self, fetch, forge: Forge, serve, home: Path):
        commit, host = forge.commit(), serve()
        credentials = [
            f"https://{who}@{host.split('/')[0]}\n" for who in ("me:x", f"deploy:{TOKEN}")
        ]
        (home / ".git-credentials").write_text("".join(credentials))
        (home / ".gitconfig").write_text("[credential]\nhelper = store\n")
        assert fetch(url=f"https://deploy@{host}")["after"] == commit


class TestRepository:
    @pytest.mark.parametrize("mode", [None, 0o755, 0o700])
    def test_is_its_owner_s_alone(self, fetch, forge: Forge, repository: Path, mode: int | None):
        forge.commit()
        if mode:
            repository.mkdir(parents=True)
            repository.chmod(mode)
            os.chown(repository, 65534, 65534)
        fetch()
        status = repository.stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o700, 0, 0)

    def test_cannot_be_read_by_another_user(self, fetch, forge: Forge):
        forge.commit()
        with tempfile.TemporaryDirectory(dir="/tmp") as directory:
            os.chmod(directory, 0o755)
            repository = Path(directory, "repository")
            shutil.copytree(forge.path, repository)  # as earlier versions left it
            repository.chmod(0o755)
            reading = ["cat", str(repository / "config"), str(repository / ".git/config")]
            fetch(repository=str(repository))
            done = subprocess.run(reading, user="nobody", capture_output=True, text=True)
            assert (done.stdout, done.stderr.count("Permission denied")) == ("", 2)

    def test_takes_the_place_of_a_working_tree(self, fetch, forge: Forge, repository: Path):
        commit = forge.commit()
        git(forge.path.parent, "clone", "--quiet", forge.path, repository)
        (repository / ".git/config").write_text(f"# {TOKEN}\n")
        assert fetch()["after"] == commit
        assert not (repository / ".git").exists()

    def test_runs_no_hook(self, fetch, forge: Forge, home: Path, tmp_path: Path):
        hook = home / "hooks/reference-transaction"
        hook.parent.mkdir()
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
        (home / ".gitconfig").write_text(f"[core]\nhooksPath = {hook.parent}\n")
        forge.commit()
        assert "after" in fetch()
        assert not (tmp_path / "ran").exists()

    def test_second_run_changes_nothing(self, fetch, forge: Forge):
        forge.commit()
        assert fetch()["changed"] is True
        forge("branch", "other")
        assert fetch()["changed"] is False

    def test_other_permissions_are_a_change(self, fetch, forge: Forge, repository: Path):
        forge.commit()
        fetch()
        repository.chmod(0o755)
        assert fetch()["changed"] is True

    def test_check_mode_fetches_nothing_again(self, fetch, forge: Forge, stand_in, tmp_path: Path):
        (forge.path / "big").write_bytes(os.urandom(100_000))
        forge.commit()
        fetch()
        forge.commit("later")
        sent = tmp_path / "sent"
        stand_in("ssh", f"os.system('git-upload-pack {forge.path} | tee {sent}')\n")
        assert fetch(url="git@localhost:forge", _ansible_check_mode=True)["changed"] is True
        assert sent.stat().st_size < 10_000

    def test_version_that_moves_is_a_change(self, fetch, forge: Forge):
        before = fetch(forge.commit())["after"]
        after = forge.commit("later", "--amend")
        result = fetch()
        assert result == {**result, "changed": True, "before": before, "after": after}

    def test_branch_may_become_a_directory_of_branches(self, fetch, forge: Forge):
        forge.commit()
        forge("branch", "fix")
        assert "after" in fetch("fix")
        forge("branch", "--move", "fix", "fix/one")
        assert "after" in fetch("fix/one")
        assert "no branch" in fetch("fix")["msg"]

    def test_check_mode_tells_and_changes_nothing(self, fetch, forge: Forge, repository: Path):
        commit = forge.commit()
        check = partial(fetch, _ansible_check_mode=True)
        assert (check()["after"], check()["changed"]) == (commit, True)
        assert not repository.exists()
        fetch()
        assert check()["changed"] is False
        before, later = content(repository), forge.commit("later")
        assert (check()["after"], check()["before"], check()["changed"]) == (later, commit, True)
        assert content(repository) == before

    def test_check_mode_verifies(self, fetch, forge: Forge, keys: Keys):
        forge.commit()
        assert "signature" in fetch(signed_by=[keys.author], _ansible_check_mode=True)["msg"]

    def test_waits_for_another_run(self, fetch, forge: Forge, repository: Path):
        forge.commit()
        fetch()
        held = os.open(repository, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        done = threading.Event()
        waiting = threading.Thread(target=lambda: opened(repository).__enter__() and done.set())
        waiting.start()
        assert eventually(lambda: waits_for(repository))
        assert not done.is_set()
        os.close(held)
        waiting.join()
        assert done.is_set()

    def test_other_runs_wait_for_git_even_when_the_module_was_killed(
        self, fetch, stand_in, repository: Path
    ):
        held = "[os.path.realpath(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')]"
        stand_in("ssh", f"sys.exit(str({str(repository)!r} in {held}))\n")
        assert "True" in fetch(url="git@localhost:forge")["msg"]

    def test_goes_on_where_a_run_was_cut_off(self, fetch, forge: Forge, repository: Path):
        forge.commit()
        fetch()
        commit = forge.commit("later")
        for name in ("refs/heads/main.lock", "packed-refs.lock", "config.lock"):
            (repository / name).touch()
        assert fetch()["after"] == commit

    def test_unreachable_repository_fails_with_output_of_git(self, fetch, tmp_path: Path):
        assert fetch(url=f"{tmp_path}/missing")["msg"].startswith("git fetch failed: fatal: ")


class TestSubmodules:
    """Each has the rules of a repository: what a committer names must not reach the host."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> Forge:
        library = Forge(tmp_path / "library")
        library.commit("library")
        return library

    @pytest.fixture
    def served(self, serve, forge: Forge, library: Forge) -> Callable[[], str]:
        """Return a function that returns the URL of the forge, beside which the library is."""

        def served() -> str:
            library("update-server-info")
            return f"https://deploy:{TOKEN}@{serve()}"

        return served

    @pytest.fixture
    def exported(self, fetch, export, served, tmp_path: Path) -> Callable[..., Path]:
        def exported(version: str = "main") -> Path:
            fetched = fetch(version, url=served(), submodules=True)
            assert "failed" not in export(fetched["after"], submodules=True)
            return tmp_path / "exported"

        return exported

    def test_have_their_files_at_their_place(self, exported, forge: Forge, library: Forge):
        commit_with(forge, {"libs/own": ("../../library/.git", library("rev-parse", "HEAD"))})
        library.commit("later")
        assert (exported() / "libs/own/app.py").read_text() == "# library\n"

    def test_have_submodules_themselves(self, exported, forge: Forge, library: Forge, tmp_path):
        deep = Forge(tmp_path / "deep")
        deep_commit = deep.commit("deep")
        deep("update-server-info")
        commit = commit_with(library, {"deep": ("../../deep/.git", deep_commit)})
        commit_with(forge, {"own": ("../../library/.git", commit)})
        assert (exported() / "own/deep/app.py").read_text() == "# deep\n"

    def test_are_among_the_listed_files(self, fetch, served, forge: Forge, library: Forge):
        commit_with(forge, {"own": ("../../library/.git", library("rev-parse", "HEAD"))})
        listed = fetch(url=served(), submodules=True, listed_unless="")["files"]
        assert listed["own/app.py"] == f"100644 {library('rev-parse', 'HEAD:app.py')}"
        assert "own" not in listed

    @pytest.mark.parametrize("says", [None, False])
    def test_are_not_fetched_unasked(
        self, fetch, export, forge: Forge, listener, tmp_path: Path, warnings, says: bool | None
    ):
        port, connections = listener
        commit = commit_with(forge, {"own": (f"https://127.0.0.1:{port}/x.git", "1" * 40)})
        more = {} if says is None else {"submodules": says}
        assert fetch(**more)["after"] == commit
        export(commit, **more)
        assert list((tmp_path / "exported/own").iterdir()) == [] and connections == []
        assert [text.split(": ", 1)[1] for text in warnings] == (
            ["own. wsgi_app_source.submodules: true fetches them, and false ends this warning."]
            if says is None
            else []
        )

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("{forge}", id="path"),
            pytest.param("file://{forge}", id="file URL"),
            pytest.param("../library", id="relative to a path"),
            pytest.param("ext::sh -c touch% {canary}", id="command"),
            pytest.param("http://127.0.0.1/x.git", id="plain HTTP"),
            pytest.param("--upload-pack=touch {canary}", id="option"),
            pytest.param("git@-oProxyCommand=touch:x", id="option of ssh"),
            pytest.param("", id="none"),
        ],
    )
    def test_at_other_places_are_refused(self, fetch, forge: Forge, tmp_path: Path, url: str):
        url = url.format(forge=forge.path, canary=tmp_path / "canary")
        commit_with(forge, {"own": (url, forge.commit())})
        assert fetch(submodules=True)["msg"].startswith(
            f"The submodule 'own' has the URL {url!r}: write an https, ssh or git URL"
        )
        assert not (tmp_path / "canary").exists()

    def test_at_a_path_are_refused_when_a_rule_of_root_s_leads_there(
        self, fetch, forge: Forge, library: Forge, home: Path
    ):
        (home / ".gitconfig").write_text(
            f'[url "{library.path}/"]\ninsteadOf = https://git.example.org/\n'
        )
        wanted = library("rev-parse", "HEAD")
        commit_with(forge, {"own": ("https://git.example.org/.git", wanted)})
        assert "'file' not allowed" in fetch(submodules=True)["msg"]

    def test_of_another_server_get_no_token(self, fetch, serve, forge: Forge, library: Forge):
        class Stranger(Web):
            wants = "nothing"
            got: list = []

            def given(self, authorization: str | None) -> None:
                self.got.append(authorization)

        other = serve(Stranger).removesuffix("/forge/.git")
        wanted = library("rev-parse", "HEAD")
        commit_with(forge, {"own": (f"https://{other}/library/.git", wanted)})
        result = fetch(url=f"https://deploy:{TOKEN}@{serve()}", submodules=True)
        assert "msg" in result and TOKEN not in str(result)
        assert set(Stranger.got) == {None}

    @pytest.mark.parametrize("left", [".gitmodules", "its section"])
    def test_without_a_url_are_refused(self, fetch, forge: Forge, left: str):
        commit_with(forge, {"own": ("https://git.example.org/x", forge.commit())})
        path = forge.path / ".gitmodules"
        path.unlink() if left == ".gitmodules" else path.write_text("")
        forge.commit("less")
        assert "The repository has the submodule 'own', but" in fetch(submodules=True)["msg"]

    def test_without_the_commit_are_refused(self, fetch, served, forge: Forge):
        commit_with(forge, {"own": ("../../library/.git", "1" * 40)})
        assert fetch(url=served(), submodules=True)["msg"] == (
            "The repository of the submodule 'own' has no branch and no tag with its commit "
            f"{'1' * 40}."
        )

    def test_have_no_link_that_leads_out_of_the_source(
        self, fetch, export, served, forge: Forge, library: Forge, tmp_path: Path
    ):
        (library.path / "up").symlink_to("../app.py")
        inside = library.commit("to a file of the source")
        commit_with(forge, {"own": ("../../library/.git", inside)})
        export(fetch(url=served(), submodules=True)["after"], submodules=True)
        assert (tmp_path / "exported/own/up").read_text() == (
            tmp_path / "exported/app.py"
        ).read_text()
        shutil.rmtree(tmp_path / "exported")
        (library.path / "leak").symlink_to("../../secret")
        commit_with(forge, {"own": ("../../library/.git", library.commit("out"))})
        result = export(fetch(url=served(), submodules=True)["after"], submodules=True)
        assert result["msg"].startswith("'own/leak' links to '../../secret', outside of the source")

    def test_are_not_written_below_a_link(
        self, fetch, export, served, forge: Forge, library: Forge, tmp_path: Path
    ):
        """A committer can forge a tree that has a link and a directory of the same name."""
        (tmp_path / "outside").mkdir()
        wanted = library("rev-parse", "HEAD")
        commit_with(forge, {"a/own": ("../../library/.git", wanted)})
        (forge.path / "target").write_text(str(tmp_path / "outside"))
        link = forge("hash-object", "-w", "target")
        listed = [f"120000 blob {link}\ta", *forge("ls-tree", "HEAD").splitlines()]
        (forge.path / "entries").write_text("".join(f"{line}\n" for line in listed))
        with (forge.path / "entries").open() as entries:
            tree = subprocess.run(
                ["git", "mktree"], cwd=forge.path, stdin=entries, capture_output=True, check=True
            ).stdout.decode()
        forge("update-ref", "refs/heads/main", forge("commit-tree", "-m", "forged", tree.strip()))
        export(fetch(url=served(), submodules=True)["after"], submodules=True)
        assert list((tmp_path / "outside").iterdir()) == []

    def test_are_fetched_once_and_then_forgotten(
        self, fetch, served, forge: Forge, library: Forge, repository: Path
    ):
        commit_with(forge, {"own": ("../../library/.git", library("rev-parse", "HEAD"))})
        url = served()
        fetch(url=url, submodules=True)
        refs = git(repository, "for-each-ref", "refs/subsite")
        library("checkout", "--quiet", "--orphan", "other")
        library.commit("other history")
        library("branch", "--delete", "--force", "main")
        library("update-server-info")
        assert "after" in fetch(url=url, submodules=True)
        assert git(repository, "for-each-ref", "refs/subsite") == refs
        assert refs.count("refs/subsite/submodules/") == 1 and "fetched" not in refs
        forge("rm", "--quiet", "--cached", "own", ".gitmodules")
        forge("commit", "--quiet", "--message=less")
        forge("update-server-info")
        fetch(url=url, submodules=True)
        assert git(repository, "for-each-ref", "refs/subsite/submodules") == ""

    def test_in_check_mode_leave_nothing(
        self, fetch, served, forge: Forge, library: Forge, repository: Path
    ):
        wanted = library("rev-parse", "HEAD")
        commit = commit_with(forge, {"own": ("../../library/.git", wanted)})
        result = fetch(url=served(), submodules=True, _ansible_check_mode=True)
        assert (result["after"], repository.exists()) == (commit, False)


class TestVersionFiles:
    """A project whose version is a tag of git has it in a release, too."""

    @pytest.fixture
    def forge(self, forge: Forge) -> Forge:
        (forge.path / "pyproject.toml").write_text('[build-system]\nrequires=["setuptools-scm"]\n')
        forge.commit("tagged")
        forge("tag", "v1.2.0")
        return forge

    def test_name_the_tag(self, fetch, export, forge: Forge, tmp_path: Path):
        commit = forge.commit("later")
        fetched = fetch()
        assert fetched["tag"].startswith(f"v1.2.0-1-g{commit[:7]}")
        export(commit)
        assert (tmp_path / "exported/.git_archival.txt").read_text().splitlines() == [
            f"node: {commit}",
            f"node-date: {forge('log', '-1', '--format=%cI')}",
            f"describe-name: {fetched['tag']}",
        ]

    def test_follow_a_tag_that_comes_later(self, fetch, forge: Forge):
        forge.commit("later")
        assert fetch()["tag"].startswith("v1.2.0-1-g")
        forge("tag", "v1.3.0")
        assert fetch()["tag"].startswith("v1.3.0-0-g")

    def test_replace_a_template_of_git_archive(self, fetch, export, forge: Forge, tmp_path: Path):
        (forge.path / ".git_archival.txt").write_text("node: $Format:%H$\n")
        export(fetch(forge.commit("template"))["after"])
        assert "$Format" not in (tmp_path / "exported/.git_archival.txt").read_text()

    def test_are_not_written_through_a_link(self, fetch, export, forge: Forge, tmp_path: Path):
        (tmp_path / "canary").write_text("canary")
        (forge.path / ".git_archival.txt").symlink_to(tmp_path / "canary")
        export(fetch(forge.commit("link"))["after"])
        assert (tmp_path / "canary").read_text() == "canary"
        assert not (tmp_path / "exported/.git_archival.txt").is_symlink()

    def test_are_not_for_other_projects(self, fetch, export, forge: Forge, tmp_path: Path):
        (forge.path / "pyproject.toml").write_text("[project]\n")
        fetched = fetch(forge.commit("another tool"))
        export(fetched["after"])
        assert fetched["tag"] == ""
        assert not list((tmp_path / "exported").glob(".git_archival*"))


LARGE = bytes(range(256)) * 20
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 5\n"


class LargeFileServer(Web):
    """A server of Git LFS (its batch API), which also serves the repository."""

    objects: Path

    def do_POST(self) -> None:
        if self.headers["Authorization"] != f"Basic {self.wants}":
            self.given(self.headers["Authorization"])
            self.send_error(401)
            return
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        address = f"https://{self.headers['Host']}"
        answers = []
        for each in wanted["objects"]:
            found = next(self.objects.glob(f"*/*/{each['oid']}"), None)
            href = f"{address}/{found and found.relative_to(self.directory)}"
            answers.append(
                {**each, "actions": {"download": {"href": href}}}
                if found
                else {**each, "error": {"code": 404, "message": "Object does not exist"}}
            )
        text = json.dumps({"transfer": "basic", "objects": answers}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.git-lfs+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class TestLargeFiles:
    """Files of Git LFS are there, or the deploy fails: the app never gets a pointer."""

    @pytest.fixture
    def forge(self, forge: Forge) -> Forge:
        return large(forge)

    @pytest.fixture
    def secured(self, serve, forge: Forge) -> str:
        class Server(LargeFileServer):
            objects = forge.path / ".git/lfs/objects"

        return f"https://deploy:{TOKEN}@{serve(Server)}"

    @pytest.fixture
    def without_git_lfs(self, forge: Forge, tmp_path: Path, monkeypatch) -> None:
        (tmp_path / "bin").mkdir()
        for program in ("git", "gpg"):
            (tmp_path / "bin" / program).symlink_to(shutil.which(program) or "")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    @pytest.mark.parametrize("kind", ["path", "file URL"])
    def test_come_from_a_repository_on_the_host(
        self, fetch, export, forge: Forge, tmp_path: Path, kind: str
    ):
        commit = fetch(url=str(forge.path) if kind == "path" else forge.url)["after"]

        assert "failed" not in export(commit)
        assert (tmp_path / "exported/weights.bin").read_bytes() == LARGE

    def test_come_from_the_server_of_the_repository(self, fetch, export, secured, tmp_path: Path):
        Web.command_lines.clear()
        result = fetch(url=secured)
        export(result["after"])
        assert (tmp_path / "exported/weights.bin").read_bytes() == LARGE
        assert TOKEN not in str(result)
        assert not any(TOKEN in line for line in Web.command_lines)

    def test_come_with_a_submodule(self, fetch, export, serve, forge: Forge, tmp_path: Path):
        library = large(Forge(tmp_path / "library"))

        class Server(LargeFileServer):
            objects = library.path / ".git/lfs/objects"

        library("update-server-info")
        forge("rm", "--quiet", "weights.bin", ".gitattributes")
        commit_with(forge, {"own": ("../../library/.git", library("rev-parse", "HEAD"))})
        fetched = fetch(url=f"https://deploy:{TOKEN}@{serve(Server)}", submodules=True)
        export(fetched["after"], submodules=True)
        assert (tmp_path / "exported/own/weights.bin").read_bytes() == LARGE

    @pytest.mark.parametrize("more", [{}, {"_ansible_check_mode": True}])
    @pytest.mark.usefixtures("without_git_lfs")
    def test_are_refused_without_git_lfs(self, fetch, more: dict):
        assert fetch(**more)["msg"] == (
            "The commit has files of Git LFS, such as 'weights.bin', but the host has no git-lfs. "
            "Install it: wsgi_app_system_packages: [git-lfs] with wsgi_app_backend 'systemd', else "
            "apt-get install git-lfs."
        )

    def test_that_the_server_does_not_have_are_refused(self, fetch, secured, forge: Forge):
        shutil.rmtree(forge.path / ".git/lfs/objects")
        assert fetch(url=secured)["msg"].startswith("git lfs failed: ")

    def test_come_from_no_server_that_a_committer_names(
        self, fetch, secured, forge: Forge, listener
    ):
        port, connections = listener
        (forge.path / ".lfsconfig").write_text(f"[lfs]\nurl = https://127.0.0.1:{port}/\n")
        forge.commit("elsewhere")
        forge("update-server-info")
        assert "its .lfsconfig names another server" in fetch(url=secured)["msg"]
        assert connections == []

    def test_are_all_there_whatever_a_committer_excludes(
        self, fetch, export, forge: Forge, tmp_path: Path
    ):
        (forge.path / ".lfsconfig").write_text("[lfs]\nfetchexclude = *\n")
        export(fetch(forge.commit("nothing"))["after"])
        assert (tmp_path / "exported/weights.bin").read_bytes() == LARGE

    def test_of_other_commits_are_removed(self, fetch, forge: Forge, repository: Path):
        fetch()
        assert len(list(repository.glob("lfs/objects/*/*/*"))) == 1
        (forge.path / "weights.bin").write_bytes(LARGE[1:])
        fetch(forge.commit("other weights"))
        assert len(list(repository.glob("lfs/objects/*/*/*"))) == 1

    def test_pointer_without_the_attribute_is_refused(self, fetch, export, forge: Forge):
        forge("rm", "--quiet", ".gitattributes")
        (forge.path / "forgotten").write_text(POINTER.format("0" * 64))
        assert export(fetch(forge.commit("pointer"))["after"])["msg"] == (
            "'forgotten' is a pointer of Git LFS, not the file itself: 'git lfs pull' gets the file"
        )

    def test_attribute_without_files_needs_no_git_lfs(self, fetch, forge, without_git_lfs):
        (forge.path / ".gitattributes").write_text("*.iso filter=lfs\n")
        forge("rm", "--quiet", "--force", "weights.bin")
        assert "after" in fetch(forge.commit("no large files"))


def large(forge: Forge) -> Forge:
    """Commit a file of Git LFS."""
    forge("lfs", "install", "--local", "--skip-smudge")
    (forge.path / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (forge.path / "weights.bin").write_bytes(LARGE)
    forge.commit("large")
    return forge


def commit_with(forge: Forge, submodules: dict[str, tuple[str, str]]) -> str:
    """Commit submodules: the URL and the commit of each, by its path."""
    text = ""
    for path, (url, commit) in submodules.items():
        text += f'[submodule "{path}.name"]\n\tpath = {path}\n\turl = {url}\n'
        (forge.path / path).mkdir(parents=True, exist_ok=True)
        forge("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    (forge.path / ".gitmodules").write_text(text)
    (forge.path / "app.py").write_text("# app\n")
    forge("add", ".gitmodules", "app.py")
    forge("commit", "--quiet", "--message=Add submodules")
    return forge("rev-parse", "HEAD")
