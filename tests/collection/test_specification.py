"""The argument specification and the defaults of a role agree."""

from collections.abc import Iterator

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROLES = ["nginx_site", "wsgi_app"]


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)


def walk(options: dict, path: str = "") -> Iterator[tuple[str, dict]]:
    """Yield each option, also of dictionaries in dictionaries, by its path."""
    for name, option in options.items():
        yield f"{path}{name}", option
        yield from walk(option.get("options", {}), f"{path}{name}.")


def test_defaults_are_in_the_specification(role):
    specified = {name for name, option in role.options.items() if "default" in option}
    assert specified == set(role.defaults)


def test_defaults_equal_the_role_defaults(role):
    name = {f"{role.name}_name": "NAME"}
    defaults = {variable: role.value(variable, name) for variable in role.defaults}
    validator = ArgumentSpecValidator(role.options)
    specified, given = (validator.validate(inputs) for inputs in (name, {**name, **defaults}))
    assert given.validated_parameters == specified.validated_parameters


def test_option_without_default_is_required(role):
    required = [name for name, option in role.options.items() if option.get("required")]
    assert required == [f"{role.name}_name"]


def test_options_have_the_role_prefix(role):
    assert [name for name in role.options if not name.startswith(f"{role.name}_")] == []


def test_options_have_a_description(role):
    undescribed = [path for path, option in walk(role.options) if not option.get("description")]
    assert undescribed == []


def test_options_have_a_type(role):
    assert [path for path, option in walk(role.options) if "type" not in option] == []


def test_lists_have_an_element_type(role):
    lists = [(path, option) for path, option in walk(role.options) if option["type"] == "list"]
    assert [path for path, option in lists if "elements" not in option] == []


def test_default_is_a_choice(role):
    chosen = [option for _, option in walk(role.options) if {"choices", "default"} <= set(option)]
    assert [option for option in chosen if not defaults(option) <= set(option["choices"])] == []


def defaults(option: dict) -> set:
    """Return what is chosen by default, of which a list may hold several."""
    return set(option["default"]) if option["type"] == "list" else {option["default"]}


def test_example_variables_are_specified(root, role, hosts_of):
    used = {
        name
        for inventory in (root / "inventories").iterdir()
        for host in hosts_of(inventory.name, "all").values()
        for name in host
        if name.startswith(f"{role.name}_")
    }
    assert used - set(role.options) == set() != used
