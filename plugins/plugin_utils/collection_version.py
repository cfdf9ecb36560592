"""The version of this collection."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def collection_version() -> str:
    """Return the version, from the manifest, or in a clone from ``galaxy.yml``."""
    manifest = ROOT / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text())["collection_info"]["version"])
    return str(yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"])
