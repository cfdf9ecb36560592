"""Run `ansible-test sanity` on a copy of the tracked files, with the Python of this environment.

ansible-test wants the collection below `ansible_collections/subsite/deploy`, and a Python
environment for some of its tests. These environments stay in `.cache/sanity`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from configparser import RawConfigParser
from pathlib import Path

PROJECT = Path(__file__).parents[1]
HOME = PROJECT / ".cache/sanity"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# ansible-test downloads this script if it is not in its cache. Python has pip already.
GET_PIP = "import ensurepip\n\nensurepip.bootstrap()\n"
GET_PIP_VERSION = "24_2"


def copy_tracked_files(directory: Path) -> None:
    """Copy the files that git tracks to ``directory``, as they are in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    for name in listed.rstrip("\0").split("\0"):
        source, copy = PROJECT / name, directory / name
        if source.exists() or source.is_symlink():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)


def configure_pip() -> None:
    """Write this machine's pip settings to a file: ansible-test drops environment variables."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    settings = RawConfigParser()
    settings.add_section("global")
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        settings.set("global", key.rsplit(".", 1)[1], value.strip("'\"").replace("\\n", "\n"))
    configuration = HOME / ".config/pip/pip.conf"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    with configuration.open("w") as file:
        settings.write(file)


def provide_pip() -> None:
    """Put the script that installs pip where ansible-test looks for it."""
    script = HOME / f".ansible/test/cache/get_pip_{GET_PIP_VERSION}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GET_PIP)


def main() -> int:
    """Run the tests that the arguments name, by default all of them."""
    configure_pip()
    provide_pip()
    with tempfile.TemporaryDirectory() as temporary:
        collection = Path(temporary) / "ansible_collections/subsite/deploy"
        copy_tracked_files(collection)
        return subprocess.run(
            ["ansible-test", "sanity", "--color", "no", "--requirements", "--python", PYTHON]
            + sys.argv[1:],
            cwd=collection,
            env=os.environ | {"HOME": str(HOME), "LC_ALL": "C.UTF-8"},
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
