"""Write environment variables as the text of a systemd EnvironmentFile."""

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_file
author: The Subsite maintainers (@subsite)
short_description: Environment variables as the text of a systemd EnvironmentFile
description:
  - Writes one line for each variable, quoted as C(systemd.exec(5)) says under EnvironmentFile, so
    that quotes, dollar signs, backslashes and line breaks are kept.
positional: _input
options:
  _input:
    description: Names and values.
    type: dict
    required: true
"""

EXAMPLES = r"""
greeting: "{{ {'GREETING': 'say \"hi\"'} | subsite.deploy.environment_file }}"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

import re
from collections.abc import Callable


def environment_file(variables: dict[str, str]) -> str:
    """Return ``variables`` as the text of an EnvironmentFile, sorted by name."""
    return "".join(f"{name}={_quote(value)}\n" for name, value in sorted(variables.items()))


def _quote(value: str) -> str:
    return '"' + re.sub(r'(["\\`$])', r"\\\1", str(value)) + '"'


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"environment_file": environment_file}
