"""Which interpreters apps can have."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import interpreter
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError


@pytest.fixture
def opt() -> Iterator[Path]:
    """A directory like /opt."""
    with tempfile.TemporaryDirectory(dir="/opt") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def test_says_what_it_is():
    found = interpreter.inspect(sys.executable)
    assert found.version == sys.version_info[:3]
    assert found.minor == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert found.identity.startswith(f"CPython {found.minor} cpython-")


@pytest.mark.parametrize("text", ["exit 1", "echo none"])
def test_what_is_none_is_refused(tmp_path: Path, text: str):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{text}\n")
    python.chmod(0o755)
    with pytest.raises(BuildError, match="cannot be run as an interpreter"):
        interpreter.inspect(str(python))


def python_in(directory: Path) -> Path:
    (directory / "bin").mkdir(mode=0o755)
    python = directory / "bin/python3"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return python


def test_below_opt_is_accepted(opt: Path):
    assert list(interpreter.faults(str(python_in(opt)))) == []


def test_that_packages_bring_is_accepted():
    assert list(interpreter.faults("/usr/bin/python3.99")) == []


def test_that_apps_cannot_see_is_refused(tmp_path: Path):
    python = python_in(tmp_path)
    [fault] = interpreter.faults(str(python))
    assert fault.startswith(f"wsgi_app_python is {str(python)!r}, but apps see nothing below /tmp")
    assert "uv python install --install-dir /opt/python" in fault


def test_link_to_one_that_apps_cannot_see_is_refused(tmp_path: Path, opt: Path):
    python = python_in(tmp_path)
    (opt / "python3").symlink_to(python)
    [fault] = interpreter.faults(str(opt / "python3"))
    assert f"nothing below /tmp, where {os.path.realpath(python)} is" in fault


@pytest.mark.parametrize(
    ("closed", "mode"), [pytest.param("bin", 0o750, id="directory"), ("bin/python3", 0o744)]
)
def test_that_the_app_s_user_cannot_use_is_refused(opt: Path, closed: str, mode: int):
    python = python_in(opt)
    (opt / closed).chmod(mode)
    [fault] = interpreter.faults(str(python))
    assert f"not all users can use {opt / closed}" in fault
