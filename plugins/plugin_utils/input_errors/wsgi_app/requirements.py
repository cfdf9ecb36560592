"""Find what is wrong with requirements in variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.git_address import hide_credentials
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

CREDENTIALS = re.compile(r"https?://[^/\s]*@|://[^/\s@]*:[^/\s]*@")
"""What a URL has before "@", unless it is the user of an SSH key."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield which requirements have credentials."""
    source = inputs.values["source"] or {}
    given = [("wsgi_app_source.requirement", source.get("requirement") or "")]
    given += [("wsgi_app_packages", requirement) for requirement in inputs.values["packages"]]
    for variable, requirement in given:
        if CREDENTIALS.search(requirement):
            yield (
                f"{variable} has {hide_credentials(requirement)!r}: every user of the host could "
                "read the credentials on the command line of a build, and the list of releases "
                "would show them. Write the name of the package here, and the address of its index "
                "with the credentials into PIP_EXTRA_INDEX_URL of wsgi_app_build_environment."
            )
