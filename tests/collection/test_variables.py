"""Each internal variable is defined once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

INPUTS = re.compile(r"\A---\n# Inputs? set by the caller: ((?:.*\n)+?)(?:.*The result is|\n)")
"""The comment at the head of a file of tasks that names its inputs."""
KEPT = re.compile(r"^\s+register: (\w+)$|set_fact:\n((?:\s+\w+: .*\n)+)", re.MULTILINE)


@pytest.fixture(params=["wsgi_app", "nginx_site"])
def role(request, root: Path) -> Path:
    return root / "roles" / request.param


@pytest.fixture
def defined(role: Path) -> Counter[str]:
    """Count the definitions of each variable."""
    files = [*role.glob("defaults/*.yml"), *role.rglob("vars/**/*.yml")]
    return Counter(name for path in set(files) for name in yaml.safe_load(path.read_text()))


def test_variable_is_defined_once(defined: Counter[str]):
    assert [name for name, count in defined.items() if count > 1] == []


def test_variables_are_loaded_with_the_role(role: Path):
    """A name that include_vars brings would stay for the role's next call (set_fact, too)."""
    tasks = "\n".join(path.read_text() for path in role.rglob("tasks/**/*.yml"))
    assert "include_vars" not in tasks


def test_registered_name_is_no_variable(role: Path, defined: Counter[str]):
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


def test_each_caller_sets_the_inputs(role: Path, defined: Counter[str]):
    """A name that another caller sets is defined, but not in this call."""
    files = {path: path.read_text() for path in (role / "tasks").rglob("*.yml")}
    kept = {name for text in files.values() for name in re.findall(r"register: (\w+)$", text, re.M)}
    inputs = {
        f"{{{{ role_path }}}}/{path.relative_to(role)}": {
            name
            for name in re.findall(rf"\b__{role.name}_\w+", head[1] if head else "")
            if name not in defined and name not in kept
        }
        for path, text in files.items()
        for head in [INPUTS.match(text)]
    }
    # A file passes its own inputs on.
    calls = [
        call
        for text, given in zip(files.values(), inputs.values(), strict=True)
        for call in includes(yaml.safe_load(text), given)
    ]
    # The files of nginx_site have no such inputs.
    assert role.name == "nginx_site" or any(inputs.get(path) for path, _ in calls)
    missing = [(path, name) for path, given in calls for name in inputs.get(path, set()) - given]
    assert missing == []


def includes(tasks: list[dict], outer: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield each file that ``tasks`` include, and the names that its tasks get."""
    for task in tasks:
        given = outer | {task.get("loop_control", {}).get("loop_var"), *task.get("vars", {})}
        if path := task.get("ansible.builtin.include_tasks"):
            yield path, given
        for part in ("block", "rescue", "always"):
            yield from includes(task.get(part, []), given)
