"""Each internal variable has one meaning, whatever a play does before."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

KEPT = re.compile(r"^\s+register: (\w+)$|set_fact:\n((?:\s+\w+: .*\n)+)", re.MULTILINE)


@pytest.fixture(params=["wsgi_app", "nginx_site"])
def role(request, root: Path) -> Path:
    return root / "roles" / request.param


@pytest.fixture
def defined(role: Path) -> Counter[str]:
    """Count the definitions of each variable."""
    files = [*role.glob("defaults/*.yml"), *role.rglob("vars/**/*.yml")]
    return Counter(name for path in set(files) for name in yaml.safe_load(path.read_text()))


def test_is_defined_once(defined: Counter[str]):
    assert [name for name, count in defined.items() if count > 1] == []


def test_all_are_loaded_with_the_role(role: Path):
    """A name that include_vars brings would stay for the role's next call (set_fact, too)."""
    tasks = "\n".join(path.read_text() for path in role.rglob("tasks/**/*.yml"))
    assert "include_vars" not in tasks


def test_is_not_what_a_task_registers(role: Path, defined: Counter[str]):
    """What a task registers or sets outlives the role's call, and would come before it."""
    tasks = "\n".join(path.read_text() for path in role.rglob("tasks/**/*.yml"))
    kept = set()
    for registered, facts in KEPT.findall(tasks):
        kept |= {registered, *re.findall(r"^\s+(\w+):", facts, re.MULTILINE)} - {""}
    assert kept and kept & set(defined) == set()


def test_is_defined_if_it_is_used(role: Path):
    """A name without a definition fails only in the run that needs it."""
    files = [
        path
        for part in ("tasks", "templates", "vars")
        for path in (role / part).rglob("*")
        if path.is_file()
    ]
    text = "\n".join(path.read_text() for path in files)
    name = rf"__{role.name}(?:_\w+)?"
    definitions = rf"^\s*(?:- )?({name}):|(?:register|loop_var): ({name})"
    defined = {first or second for first, second in re.findall(definitions, text, re.MULTILINE)}
    # The names of choices end with an input.
    chosen = set(re.findall(rf"'({name}_)' ~", text))
    assert set(re.findall(rf"\b{name}\b", text)) - defined - chosen == set()
