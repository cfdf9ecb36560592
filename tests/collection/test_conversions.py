"""Each option gets its type from text, as --extra-vars passes it, and its default."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROLES = Path(__file__).parents[2] / "roles"
CONTAINERS = {
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_files": {"dest": "a", "content": ""},
    "wsgi_app_processes": {"name": "worker", "command": "work"},
    "wsgi_app_schedules": {"name": "mails", "command": "send", "calendar": "daily"},
    "nginx_site_mounts": {"path": "/", "app": "shop"},
    "nginx_site_mounts.upstreams": {"path": "/"},
    "nginx_site_mounts.static": {"path": "/static", "root": "/srv/static"},
}
"""What is required beside a suboption, by its own path or by the path of the option that has it."""

TEXTS = {
    "bool": [("true", True), ("false", False), ("no", False), ("1", True)],
    "int": [("7", 7)],
    "float": [("1.5", 1.5)],
}


class Option(NamedTuple):
    """An option of a role, and the names of the options that it is in."""

    role: str
    names: tuple[str, ...]
    specification: dict
    lists: tuple[bool, ...]

    @property
    def path(self) -> str:
        return ".".join(self.names)

    def given(self, value: object) -> dict:
        """Return the least inputs that have ``value`` in this option."""
        *containers, name = self.names
        given: dict = {name: value}
        for depth in range(len(containers), 0, -1):
            element = {**needed(*self.names[: depth + 1]), **given}
            given = {containers[depth - 1]: [element] if self.lists[depth - 1] else element}
        return {f"{self.role}_name": "main", **given}

    def find(self, values: dict) -> object:
        """Return what this option is in complete inputs."""
        first, *others = self.names
        value = values[first.removeprefix(f"{self.role}_")]
        for name in others:
            value = (value[0] if isinstance(value, list) else value)[name]
        return value


def needed(*names: str) -> dict:
    """Return what is required beside the suboption with the path ``names``."""
    parent = CONTAINERS.get(".".join(names[:-1]), {})
    return CONTAINERS.get(".".join(names), parent) if parent else parent


def walk(role: str, options: dict, above: Option | None = None) -> Iterator[Option]:
    for name, specification in options.items():
        is_list = specification["type"] == "list"
        option = Option(role, (name,), specification, (is_list,))
        if above:
            option = Option(role, (*above.names, name), specification, (*above.lists, is_list))
        yield option
        yield from walk(role, specification.get("options", {}), option)


def options() -> Iterator[Option]:
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        specification = yaml.safe_load(path.read_text())["argument_specs"]
        yield from walk(path.parts[-3], specification["main"]["options"])


def texts(option: Option) -> list[tuple[str, object]]:
    """Return texts for an option, and the values that they become."""
    kind, choices = option.specification["type"], option.specification.get("choices", [])
    if kind in TEXTS:
        return [(str(choice), choice) for choice in choices] or TEXTS[kind]
    if kind == "list" and option.specification["elements"] == "int":
        return [("200,204", [200, 204])]
    if kind == "list" and option.specification["elements"] == "str":
        first, second = [*choices, "a", "b"][-2:] if not choices else choices[1:3]
        return [(f"{first},{second}", [first, second]), (first, [first])]
    return []


CONVERSIONS = [
    pytest.param(option, text, value, id=f"{option.path}={text}")
    for option in options()
    for text, value in texts(option)
]
SUBOPTIONS = [
    pytest.param(option, id=option.path)
    for option in options()
    if option.names[1:] and option.names[-1] not in needed(*option.names)
]


@pytest.mark.parametrize(("option", "text", "value"), CONVERSIONS)
def test_text_gets_the_type(request, option: Option, text: str, value: object):
    resolved = request.getfixturevalue(option.role).resolve(option.given(text))
    found = option.find(resolved.values)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("option", SUBOPTIONS)
def test_suboption_gets_its_default(request, option: Option):
    container = Option(option.role, option.names[:-1], {}, option.lists[:-1])
    least = CONTAINERS.get(container.path, {})
    given = container.given([least] if container.lists[-1] else least)
    resolved = request.getfixturevalue(option.role).resolve(given)
    found = option.find(resolved.values)
    if isinstance(found, dict):  # its suboptions without a default are None
        found = {name: value for name, value in found.items() if value is not None}
    assert found == option.specification.get("default")


def test_every_kind_of_option_is_converted():
    kinds = {option.specification["type"] for option in options()}
    assert kinds == {*TEXTS, "list", "dict", "str", "path", "raw"}
