"""galaxy.yml declares the collections that the roles and playbooks use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible.utils.collection_loader import AnsibleCollectionConfig
from packaging.specifiers import SpecifierSet

SHIPPED = {"ansible.builtin", "subsite.deploy"}
MODULE = re.compile(r"([a-z0-9_]+\.[a-z0-9_]+)\.[a-z0-9_]+")
EXPRESSION = re.compile(r"(?:\||\bis\b|\b(?:lookup|query)\(')\s*([a-z_]+\.[a-z_]+)\.[a-z0-9_]+")
"""A filter, a test or a lookup with the name of its collection."""


def keys(value: object) -> Iterator[str]:
    """Yield the keys of all dictionaries in ``value``, among them the modules of tasks."""
    if isinstance(value, dict):
        yield from map(str, value)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.fixture(scope="module")
def used(root: Path) -> set[str]:
    """The collections that the roles and playbooks name."""
    tops = ("roles/*/tasks", "roles/*/handlers", "playbooks")
    files = [file for top in tops for file in root.glob(f"{top}/**/*.yml")]
    names = [name for file in files for name in keys(yaml.safe_load(file.read_text()))]
    found = {match[1] for name in names if (match := MODULE.fullmatch(name))}
    files += [*root.glob("roles/*/vars/**/*.yml"), *root.glob("roles/*/templates/**/*.j2")]
    for file in files:
        found |= set(EXPRESSION.findall(file.read_text()))
    return found - SHIPPED


@pytest.fixture(scope="module")
def declared(root: Path) -> dict[str, str]:
    return yaml.safe_load((root / "galaxy.yml").read_text())["dependencies"]


def installed(name: str) -> Path:
    """Return the directory of a collection."""
    finder = AnsibleCollectionConfig.collection_finder
    places = [
        Path(top, "ansible_collections", *name.split(".")) for top in finder._n_collection_paths
    ]
    return next(place for place in places if (place / "MANIFEST.json").exists())


def test_used_collections_are_declared(used, declared):
    assert set(declared) == used


@pytest.mark.parametrize("name", ["community.crypto", "community.docker"])
def test_version_is_tested(declared, name: str):
    manifest = yaml.safe_load((installed(name) / "MANIFEST.json").read_text())
    versions = SpecifierSet(declared[name])
    assert manifest["collection_info"]["version"] in versions
    assert {version.operator for version in versions} == {">=", "<"}


PLAYBOOKS = sorted(path.name for path in Path(__file__).parents[2].glob("playbooks/*.yml"))


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbook_needs_no_other_collection(root: Path, run, declared, tmp_path, playbook: str):
    for name in declared:
        place = Path(tmp_path, "ansible_collections", *name.split("."))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(installed(name))
    done = run(
        *("ansible-playbook", "--syntax-check", "--inventory", "inventories/single_host"),
        f"playbooks/{playbook}",
        ANSIBLE_COLLECTIONS_PATH=f"{root}/.collections:{tmp_path}",
        ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
    )
    assert done.returncode == 0, done.stdout + done.stderr
