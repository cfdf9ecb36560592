"""wsgi-run runs commands with the settings of an app; scenario `release` runs it on hosts."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout, wsgi_run

COLLECTIONS = Path(__file__).parents[2] / ".collections"
SETTINGS = """\
# Written by the role.
User=wsgi-shop

RuntimeDirectory=%N
SystemCallFilter=@system-service
"""


def test_settings_of_the_unit():
    assert list(wsgi_run.unit_settings(SETTINGS, "wsgi-shop_run_1")) == [
        "User=wsgi-shop",
        "RuntimeDirectory=wsgi-shop_run_1",
        "SystemCallFilter=@system-service",
    ]


@pytest.mark.parametrize(
    ("apps", "advice"),
    [
        pytest.param(["blog", "shop"], "do you mean 'shop'?", id="similar"),
        pytest.param(["blog", "wiki"], "it has blog, wiki.", id="none is similar"),
        pytest.param([], "it has none.", id="no app"),
    ],
)
def test_unknown_app(apps: list[str], advice: str):
    message = "this host has no app 'shpo' with a current release: "
    assert wsgi_run.unknown("shpo", apps) == message + advice


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an app with a current release below a temporary directory."""
    release = tmp_path / "shop/releases/4d1c"
    release.mkdir(parents=True)
    (release / "run_settings").write_text(SETTINGS)
    (release / "release.json").write_text("{}")
    (tmp_path / "half").mkdir()
    link = tmp_path / "wsgi-shop.service"
    link.symlink_to("wsgi-shop.4d1c.service")
    for module in (layout, wsgi_run):
        monkeypatch.setattr(module, "ROOT", str(tmp_path))
    monkeypatch.setattr(layout, "UNIT_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def wsgi(shop: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that calls the program, and returns its status or its message."""

    def call(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["wsgi-run", *arguments])
        try:
            wsgi_run.main()
        except SystemExit as end:
            return end.code
        return 0

    return call


def test_command_runs_in_a_unit_with_these_settings(wsgi, stand_in, shop: Path):
    started = stand_in("systemd-run", "sys.exit(3)")
    assert wsgi("shop", "echo", "$HOME", "a b") == 3
    [arguments] = started()
    [unit] = [word.removeprefix("--unit=") for word in arguments if word.startswith("--unit=")]
    assert "--pipe" in arguments
    assert f"--property=RuntimeDirectory={unit}" in arguments
    script = f"{shop}/shop/releases/4d1c/run"
    assert arguments[-7:] == ["/bin/sh", script, unit, "false", "echo", "$$HOME", "a b"]


def test_overview(wsgi, stand_in, capsys: pytest.CaptureFixture[str]):
    stand_in("systemctl")
    assert wsgi() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["shop", "  releases"]
    assert lines[2].startswith("  * 4d1c  deployed 20")
    assert lines[3:] == [], "an app without a current release is not listed"


def test_misspelt_app(wsgi):
    assert "do you mean 'shop'?" in str(wsgi("shpo", "id"))


def test_users_other_than_root(wsgi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert wsgi("shop", "id") == "wsgi-run: only root can run it, as in: sudo wsgi-run shop id"


def test_usage(wsgi, capsys: pytest.CaptureFixture[str]):
    assert not wsgi("--help")
    assert capsys.readouterr().out.startswith("Usage: wsgi-run")


class TestProgram:
    """The file /usr/local/bin/wsgi-run."""

    @pytest.fixture
    def program(self, wsgi_app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        inputs = {"wsgi_app_name": "shop"}
        monkeypatch.setattr(layout, "TOOLS_DIR", f"{tmp_path}/tools")
        path = tmp_path / "wsgi-run"
        for entry in wsgi_app.value("__wsgi_app_wsgi_run_files", inputs):
            if "content" in entry:
                is_program = entry["dest"].endswith("wsgi-run")
                placed = path if is_program else Path(entry["dest"])
                placed.parent.mkdir(parents=True, exist_ok=True)
                placed.write_text(entry["content"])
        path.chmod(0o755)
        return path

    def test_takes_no_code_from_elsewhere(self, program: Path, tmp_path: Path):
        """Root may call it in a directory that others can write."""
        other = tmp_path / "other"
        other.mkdir()
        for name in ("subprocess", "secrets", "ansible_collections", "sitecustomize"):
            (other / f"{name}.py").write_text("print('taken over')\n")
        done = subprocess.run(
            [program, "--help"],
            cwd=other,
            env={"PYTHONPATH": str(other), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == wsgi_run.USAGE + "\n"


class TestTerminal:
    """The app never gets the terminal of root: it could read what root types."""

    @pytest.fixture
    def terminal(self) -> Iterator[tuple[int, int]]:
        """Our side of a pseudo-terminal, and that of wsgi-run."""
        ours, theirs = pty.openpty()
        yield ours, theirs
        os.close(ours)

    @pytest.fixture
    def call(self, shop: Path, stand_in, terminal):
        """Return a function that calls wsgi-run in the terminal, with some other streams.

        In place of systemd-run, a program says where its streams lead and passes its input on.
        """
        stand_in(
            "systemd-run",
            "print(*(os.readlink(f'/proc/self/fd/{number}') for number in range(3)))\n"
            "print(sys.stdin.readline(), end='')\n",
        )
        code = (
            "import sys; from ansible_collections.subsite.deploy.plugins.module_utils import "
            "layout, wsgi_run; layout.ROOT = wsgi_run.ROOT = layout.UNIT_DIR = sys.argv.pop(1); "
            "wsgi_run.main()"
        )

        def start(**streams) -> subprocess.Popen:
            _, theirs = terminal
            given = dict.fromkeys(("stdin", "stdout", "stderr"), theirs) | streams
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(shop), "shop", "id"],
                env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
                start_new_session=True,
                **given,
            )
            os.close(theirs)
            return process

        return start

    def test_output_to_a_file(self, call, terminal):
        ours, _ = terminal
        process = call(stdout=subprocess.PIPE)
        os.write(ours, b"typed\n")
        output, _ = process.communicate()
        streams, typed = output.decode().splitlines()
        assert typed == "typed"
        assert all(stream.startswith("pipe:") for stream in streams.split())

    def test_input_from_a_file(self, call, terminal):
        ours, _ = terminal
        process = call(stdin=subprocess.PIPE)
        process.communicate(b"piped\n")
        streams, typed = os.read(ours, 1024).decode().splitlines()
        assert typed == "piped"
        assert all(stream.startswith("pipe:") for stream in streams.split())
