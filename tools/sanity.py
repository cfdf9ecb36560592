"""Run `ansible-test sanity` on the collection as it is published.

The collection is built and installed to a temporary directory, because ansible-test works only
below `ansible_collections/subsite/deploy`. The tests run with the Python of this environment.
ansible-test makes further environments for single tests; they stay in `.cache/sanity`.

Usage: sanity.py [ARGUMENT OF ansible-test ...]
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

# ansible-test runs this script to install pip, and downloads it if it is not in its cache.
# Python brings a pip of its own, so that no download is needed.
PIP_SCRIPT = ".ansible/test/cache/get_pip_24_2.py"
PIP_SCRIPT_TEXT = "import ensurepip\n\nensurepip.bootstrap()\n"

# shellcheck is a program that pip cannot install. It would reject the scripts of the roles, which
# have no shebang, because `sh -c` runs them.
SKIPPED = ["--skip-test", "shellcheck"]


def output_of(*command: str) -> str:
    """Run ``command`` in the project and return its output."""
    return subprocess.run(
        command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def install_collection(directory: Path) -> Path:
    """Install the collection below ``directory``, add its sanity settings, and return its path."""
    galaxy = ("ansible-galaxy", "collection")
    output_of(*galaxy, "build", "--output-path", str(directory))
    archive = next(directory.glob("*.tar.gz"))
    # ansible.cfg makes this clone an installed collection, too: hence --force.
    options = ("--force", "--no-deps", "--collections-path", str(directory))
    output_of(*galaxy, "install", *options, str(archive))
    collection = directory / "ansible_collections/subsite/deploy"
    (collection / "tests/sanity").mkdir(parents=True)
    shutil.copy2(PROJECT / "tests/config.yml", collection / "tests")
    for path in (PROJECT / "tests/sanity").glob("ignore-*.txt"):
        # An entry for a file that the collection does not ship would be an error.
        lines = path.read_text().splitlines(keepends=True)
        kept = [line for line in lines if (collection / line.split()[0]).exists()]
        (collection / "tests/sanity" / path.name).write_text("".join(kept))
    return collection


def write_pip_configuration() -> None:
    """Write this machine's pip settings to a file: ansible-test drops environment variables."""
    settings = RawConfigParser()
    settings.add_section("global")
    for line in output_of(sys.executable, "-m", "pip", "config", "list").splitlines():
        key, _, value = line.partition("=")
        settings.set("global", key.rsplit(".", 1)[1], value.strip("'\"").replace("\\n", "\n"))
    path = HOME / ".config/pip/pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        settings.write(file)


def write_pip_script() -> None:
    """Put the script that installs pip where ansible-test looks for it."""
    path = HOME / PIP_SCRIPT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PIP_SCRIPT_TEXT)


def main() -> int:
    """Run the sanity tests and return the exit status of ansible-test."""
    write_pip_configuration()
    write_pip_script()
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run(
            ["ansible-test", "sanity", "--color", "no", "--requirements", "--python", PYTHON]
            + SKIPPED
            + sys.argv[1:],
            cwd=install_collection(Path(directory)),
            env=os.environ | {"HOME": str(HOME)},
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
