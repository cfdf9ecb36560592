"""Check manifests of Kubernetes against the schemas of two of its versions, strictly.

A key that the schema does not have is an error, too. It asks no cluster, so it knows nothing of
what a cluster adds, forbids or does.

Usage: check_manifests.py DIRECTORY...
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import yaml

VERSIONS = ("1.33", "1.37")
"""The oldest and the newest version that the manifests are written for."""

KUSTOMIZATION = "Kustomization"
"""A kind that kustomize reads, and no cluster."""


def documents(directory: Path) -> Iterator[tuple[Path, dict]]:
    """Yield each object of the manifests in ``directory``, with its file."""
    for path in sorted(directory.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document and document["kind"] != KUSTOMIZATION:
                yield path, document


def faults(document: dict) -> Iterator[str]:
    """Yield what is wrong with an object, once for each version."""
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(part) for part in error.absolute_path) or "the object"
            yield f"{version}: {where}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{version}: {error.message}"


def main(directories: list[str]) -> int:
    """Print the faults of all manifests in ``directories``, and return how many there are."""
    count = 0
    for directory in map(Path, directories):
        for path, document in documents(directory):
            for fault in faults(document):
                name = document.get("metadata", {}).get("name", "")
                print(f"{path}: {document['kind']} {name}: {fault}")
                count += 1
    return count


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
