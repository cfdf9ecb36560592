"""Complete the inputs of a role by its argument specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict, check_type_list
from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names

CONVERSIONS = {"nginx_site": host_names.convert}
"""What changes the values of a role, so that rules, tasks and templates see the same."""


class InputsError(Exception):
    """Inputs of a role are wrong."""

    def __init__(self, errors: list[str]) -> None:
        """Keep one sentence for each error."""
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Inputs:
    """The inputs of a role. Their names lack the role's prefix: ``wsgi_app_name`` is ``name``."""

    values: dict[str, Any]
    """All options, with their types and with the defaults of suboptions. Suboptions without a
    default are ``None`` where they are not given."""

    given: dict[str, Any]
    """What the caller wrote, for rules about types and about suboptions that must not be set."""

    defaults: dict[str, Any]
    """The defaults of the specification."""

    def is_default(self, name: str) -> bool:
        """Return whether the option ``name`` has its default."""
        return bool(self.values[name] == self.defaults[name])


def resolve(options: Mapping[str, Any], given: Mapping[str, Any], role: str) -> Inputs:
    """Return the inputs with their types, all defaults, and host names in ASCII.

    :param options: the options of an entry point, as ``meta/argument_specs.yml`` has them.
    :param given: values of the options by name; other names are left out.
    :raises InputsError: when values do not have the types or choices of the specification.
    """
    values = {name: given[name] for name in options if name in given}
    result = ArgumentSpecValidator(dict(options)).validate(values)
    if result.error_messages:
        raise InputsError(result.error_messages)
    convert = CONVERSIONS.get(role, dict)
    return Inputs(
        convert(_without_prefix(result.validated_parameters, role)),
        _without_prefix(_containers(options, values), role),
        _without_prefix({name: option.get("default") for name, option in options.items()}, role),
    )


def _without_prefix(values: Mapping[str, Any], role: str) -> dict[str, Any]:
    return {name.removeprefix(f"{role}_"): value for name, value in values.items()}


def _containers(options: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``given`` with its dictionaries and lists as such, since both can come as text."""
    return {
        name: _container(options[name], value) for name, value in given.items() if value is not None
    }


def _container(option: Mapping[str, Any], value: Any) -> Any:
    if option["type"] == "list":
        return [_element(option, element) for element in check_type_list(value)]
    return _element(option, value) if option["type"] == "dict" else value


def _element(option: Mapping[str, Any], value: Any) -> Any:
    return _containers(option["options"], check_type_dict(value)) if "options" in option else value
