"""Which releases of an app became current, when and by whom; and whether the app is pinned.

Both are files that only root can read: the app is not to find out who deploys it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState

KEPT = 100
"""How many deployments are remembered."""


def read(app: str) -> list[dict[str, Any]]:
    """Return the deployments of ``app``, the newest first."""
    deployments: list[dict[str, Any]] = _content(layout(app).deployments_path) or []
    return deployments


def latest(app: str, release: str) -> dict[str, Any]:
    """Return the newest deployment of ``release``; nothing if there is none."""
    return next((each for each in read(app) if each["release"] == release), {})


def record(app: str, release: str, deployment: dict[str, Any]) -> None:
    """Record that ``release`` became current now, unless it was current before.

    A rollback has the source of the deployment that brought the release.
    """
    earlier = read(app)
    if earlier and earlier[0]["release"] == release:
        return
    source = {"source": latest(app, release).get("source", {})}
    entry = {"release": release, "at": now(), **source, **deployment}
    _write(layout(app).deployments_path, [entry, *earlier][:KEPT])


def pin_of(app: str) -> dict[str, Any] | None:
    """Return who has pinned ``app``, when, and to which release; none if it is not pinned."""
    return _content(layout(app).pin_path)


def pin(app: str, release: str, by: dict[str, str]) -> None:
    """Keep deploys from changing ``app``."""
    _write(layout(app).pin_path, {"release": release, "at": now(), "by": by})


def unpin(app: str) -> None:
    """Let deploys change ``app`` again."""
    Path(layout(app).pin_path).unlink(missing_ok=True)


def now() -> str:
    """Return the time in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def _content(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        return None


def _write(path: str, content: Any) -> None:
    PathState("file", json.dumps(content, indent=1).encode(), 0, 0, 0o600).place(path)
