"""The complete releases of an app on its host, and how they were deployed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import deployments
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout


def engines(name: str) -> dict[str, str]:
    """Return the commands of the container engines, by backend."""
    return {"podman": "podman", "docker": "docker", "rootless_podman": layout(name).podman_path}


def images_of(name: str) -> dict[str, list[str]]:
    """Return the releases with an image, by the command of each engine of the host."""
    reference = f"reference={layout(name).image_name}"
    arguments = ("images", "--filter", reference, "--format", "{{.Tag}}")
    return {
        engine: sorted(output_of(engine, *arguments).split())
        for engine in engines(name).values()
        if shutil.which(engine)
    }


def output_of(*command: str) -> str:
    """Return the output of ``command``; nothing if it fails, for example without its daemon."""
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def complete(name: str, images: dict[str, list[str]]) -> list[dict]:
    """Return the complete releases, newest first.

    :param images: the releases with an image, by engine.
    """
    records = Path(layout(name).releases_dir).glob("*/release.json")
    return [
        {
            "static_paths": [],
            **recorded(record),
            "release": record.parent.name,
            "environment": os.path.basename(os.path.realpath(record.parent / "venv")),
            "deployed": time_of(record),
        }
        for record in sorted(records, key=lambda record: record.stat().st_mtime_ns, reverse=True)
        if can_start(name, record.parent, recorded(record), images)
    ]


def can_start(name: str, path: Path, record: dict, images: dict[str, list[str]]) -> bool:
    """Return whether the release at ``path`` has the environment or the image of its record."""
    engine = engines(name).get(record.get("backend", "systemd"))
    if engine:
        return path.name in images.get(engine, [])
    return bool(record) and (path / "venv/bin/gunicorn").exists()


def previous(names: list[str], serving: str) -> str:
    """Return the release that was deployed before ``serving``; ``names`` has the newest first."""
    older = names[names.index(serving) + 1 :] if serving in names else []
    return older[0] if older else ""


def recorded(path: Path) -> dict:
    """Return the record in ``path``; nothing if an interrupted run has left half of it."""
    try:
        return json.loads(path.read_text())
    except ValueError:
        return {}


def time_of(path: Path) -> str:
    """Return when ``path`` was last changed, in UTC; a link is not followed. Empty without it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(path.lstat().st_mtime))
    except FileNotFoundError:
        return ""


def with_history(name: str, releases: list[dict]) -> dict[str, list[dict]]:
    """Return the ``releases`` with their newest deployments, and all deployments."""
    history = deployments.read(name)
    brought = {each["release"]: each for each in reversed(history) if each["how"] == "deploy"}
    completed = [
        {
            **release,
            "deployment": deployments.latest(name, release["release"]),
            "changes": brought.get(release["release"], {}).get("changes", []),
        }
        for release in releases
    ]
    return {"releases": completed, "deployments": history}


def serving_since(name: str, current: str) -> str:
    """Return when ``current`` became current; empty if it has not yet.

    The link to its unit is older: the first release has it before it is healthy.
    """
    newest = deployments.read(name)[:1]
    return newest[0]["at"] if newest and newest[0]["release"] == current else ""
