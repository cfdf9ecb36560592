"""Wheels and projects that are made without a network."""

from __future__ import annotations

import zipfile
from pathlib import Path


def write(directory: Path, files: dict[str, str]) -> None:
    """Write ``files`` below ``directory``, by their paths."""
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


def wheel(directory: Path, name: str, version: str, *requires: str) -> Path:
    """Make a wheel whose one module says its version and in which directory it was."""
    directory.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += ["Provides-Extra: extra", *(f"Requires-Dist: {line}" for line in requires)]
    files = {
        f"{name}.py": f"# {version} from {directory.name}",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(
            f"{info}/RECORD", "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
        )
    return path


def project(directory: Path, name: str, *requires: str) -> None:
    """Make a project that is built without any other, and writes beside its code meanwhile."""
    wheel(directory / "built", name, "1", *requires)
    write(directory, {"pyproject.toml": PROJECT, "backend.py": BACKEND})


PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import pathlib, shutil

def build_wheel(directory, settings=None, metadata=None):
    [wheel] = pathlib.Path("built").glob("*.whl")
    pathlib.Path("build").mkdir(exist_ok=True)
    return shutil.copy(wheel, directory) and wheel.name
"""
