"""Find what is wrong with the inputs of a role. Each error is one sentence.

The argument specification checks types and choices before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import (
    common,
    compose,
    nginx_site,
    wsgi_app,
)

RULES = {
    ("wsgi_app", "main"): wsgi_app.errors,
    ("wsgi_app", "validate_compose"): wsgi_app.errors,
    ("nginx_site", "main"): nginx_site.errors,
    ("nginx_site", "validate_compose"): nginx_site.errors,
}
"""What else is checked, by role and entry point. The others work with what was checked before."""


def find(
    role: str,
    entry_point: str,
    given: Mapping[str, Any],
    known: Sequence[str],
    compose_apps: Sequence[str] | None = None,
) -> list[str]:
    """Return what is wrong with the inputs.

    :param given: the values by name.
    :param known: names of the role's variables.
    :param compose_apps: names of all apps, if the role is for a Compose project.
    """
    errors = list(common.misspelt(list(given), list(known)))
    variables = dict(given)
    if not errors and (role, entry_point) in RULES:
        errors += RULES[role, entry_point](variables)
    if not errors and compose_apps is not None:
        if role == "wsgi_app":
            errors += compose.of_app(variables)
        else:
            errors += compose.of_site(variables, list(compose_apps))
    return errors
