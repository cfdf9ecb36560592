"""Complete the inputs of a role by its argument specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator


class InputsError(Exception):
    """Inputs do not have the types or choices of the specification."""


def resolve(options: Mapping[str, Any], given: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return the inputs with their types, the defaults of options and of suboptions filled in.

    Suboptions without a default are ``None`` where they are not given. The names are those of
    ``options`` without the role's prefix: ``wsgi_app_name`` becomes ``name``.

    :param options: the options of an entry point, as ``meta/argument_specs.yml`` has them.
    :param given: values of the options by name; other names are left out.
    :raises InputsError: with one sentence for each wrong type or choice.
    """
    known = {name: given[name] for name in options if name in given}
    result = ArgumentSpecValidator(dict(options)).validate(known)
    if result.error_messages:
        raise InputsError("\n".join(result.error_messages))
    prefix = f"{role}_"
    return {name.removeprefix(prefix): value for name, value in result.validated_parameters.items()}
