"""A run that changes an app claims it, which voids the claims of all earlier runs."""

from __future__ import annotations

import secrets
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout

SUPERSEDED = (
    "Another run has begun to change {name} on this host since, or the host has rebooted. This run "
    "stops before it changes the release that serves. Run again when the other run has ended."
)


def write(name: str) -> str:
    """Claim the app ``name``, and return the claim."""
    path = Path(layout(name).claim_path)
    claim = secrets.token_hex(8)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{claim}")
    new.write_text(claim)
    new.replace(path)
    return claim


def is_current(name: str, claim: str) -> bool:
    """Return whether ``claim`` is the newest one of the app ``name``."""
    try:
        return Path(layout(name).claim_path).read_text() == claim
    except FileNotFoundError:
        return False
