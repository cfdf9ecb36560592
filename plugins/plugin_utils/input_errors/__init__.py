"""Find what is wrong with the inputs of a role. Each error is one sentence.

- ``spelling``: names of variables and suboptions that do not exist.
- ``wsgi_app``: inputs of an app, by area.
- ``nginx_site``: inputs of a site, by area.
- ``compose``: inputs that Compose does not support.
- ``secrets``: what no error may print.
- ``common``: names, paths and addresses, which both roles have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import (
    compose,
    nginx_site,
    secrets,
    spelling,
    wsgi_app,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import (
    Inputs,
    InputsError,
    resolve,
)

RULES = {
    ("wsgi_app", "main"): wsgi_app.errors,
    ("wsgi_app", "validate_compose"): wsgi_app.errors,
    ("wsgi_app", "backup"): wsgi_app.backup_errors,
    ("wsgi_app", "restore"): wsgi_app.restore_errors,
    ("nginx_site", "main"): nginx_site.errors,
    ("nginx_site", "validate_compose"): nginx_site.errors,
    ("nginx_site", "maintenance"): nginx_site.errors,
}
"""The rules of a role and an entry point. Other entry points check names and types only."""


def check(
    role: str,
    specification: Mapping[str, Any],
    entry_point: str,
    given: Mapping[str, Any],
    compose_apps: Sequence[str] | None = None,
) -> Inputs:
    """Return the complete inputs of a role.

    :param specification: the options of each entry point.
    :param given: the values of the role's variables by name.
    :param compose_apps: the names of all apps, if the role is for a Compose project.
    :raises InputsError: with one sentence for each error.
    """
    options = specification[entry_point]["options"]
    errors = list(spelling.errors(role, specification, entry_point, given))
    if errors:
        raise InputsError(secrets.hide(errors, options, given))
    try:
        inputs = resolve(options, given, role)
    except InputsError as error:
        raise InputsError(secrets.hide(error.errors, options, given)) from None
    if (role, entry_point) in RULES:
        errors += RULES[role, entry_point](inputs)
    if not errors and compose_apps is not None:
        errors += compose.errors(role, inputs, list(compose_apps))
    if errors:
        completed = {f"{role}_{name}": value for name, value in inputs.values.items()}
        raise InputsError(secrets.hide(errors, options, given, completed))
    return inputs
