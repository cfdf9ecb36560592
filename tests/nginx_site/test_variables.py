"""What a task registers or sets outlives the role's next call, and so has a name of its own."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

KEPT = re.compile(r"^\s+register: (\w+)$|set_fact:\n((?:\s+\w+: .*\n)+)", re.MULTILINE)


def test_no_registered_name_is_a_variable_of_the_role(root: Path):
    role = root / "roles/nginx_site"
    tasks = "\n".join(path.read_text() for path in role.rglob("tasks/**/*.yml"))
    kept = set()
    for registered, facts in KEPT.findall(tasks):
        kept |= {registered, *re.findall(r"^\s+(\w+):", facts, re.MULTILINE)} - {""}
    derived = {
        name for path in role.rglob("vars/**/*.yml") for name in yaml.safe_load(path.read_text())
    }
    assert {"__nginx_site_placed", "__nginx_site_made"} <= kept
    assert kept & derived == set()


def test_no_tls_mode_replaces_a_variable_of_the_role(root: Path):
    variables = root / "roles/nginx_site/vars"
    main = set(yaml.safe_load((variables / "main.yml").read_text()))
    for path in sorted((variables / "tls").glob("*.yml")):
        assert main & set(yaml.safe_load(path.read_text())) == set(), path.name
