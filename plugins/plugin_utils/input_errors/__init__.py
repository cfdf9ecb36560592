"""Find what is wrong with the inputs of a role. Each error is one sentence.

- ``spelling``: names of variables and suboptions that do not exist.
- ``wsgi_app``: inputs of an app, by area.
- ``nginx_site``: inputs of a site, by area.
- ``compose``: inputs that Compose does not support.
- ``cluster``: inputs that a cluster of Kubernetes does not support.
- ``stack``: inputs that a stack of Docker Swarm does not support.
- ``containers``: inputs that none of them supports.
- ``secrets``: what no error may print.
- ``common``: names, paths and addresses, which both roles have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import (
    cluster,
    compose,
    nginx_site,
    secrets,
    spelling,
    stack,
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
    ("wsgi_app", "validate_cluster"): wsgi_app.cluster_errors,
    ("wsgi_app", "backup"): wsgi_app.backup_errors,
    ("wsgi_app", "restore"): wsgi_app.restore_errors,
    ("nginx_site", "main"): nginx_site.errors,
    ("nginx_site", "validate_compose"): nginx_site.errors,
    ("nginx_site", "validate_cluster"): nginx_site.errors,
    ("nginx_site", "maintenance"): nginx_site.errors,
}
"""The rules of a role and an entry point. Other entry points check names and types only."""

TARGETS = {"compose": compose.errors, "cluster": cluster.errors, "stack": stack.errors}
"""What finds inputs that do not work in containers."""


def check(
    role: str,
    specification: Mapping[str, Any],
    entry_point: str,
    given: Mapping[str, Any],
    target: str | None = None,
    apps: Sequence[str] = (),
) -> Inputs:
    """Return the complete inputs of a role.

    :param specification: the options of each entry point.
    :param given: the values of the role's variables by name.
    :param target: what runs containers from the inputs, one of ``TARGETS``, if not a host.
    :param apps: the names of all apps that it runs.
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
    if not errors and target is not None:
        errors += TARGETS[target](role, inputs, list(apps))
    if errors:
        completed = {f"{role}_{name}": value for name, value in inputs.values.items()}
        raise InputsError(secrets.hide(errors, options, given, completed))
    return inputs
