"""Match the value of a forwarded header that the outermost trusted proxy has set."""

from __future__ import annotations

DOCUMENTATION = r"""
name: forwarded_value
author: The Subsite maintainers (@subsite)
short_description: Regular expression for one value of a forwarded header
description:
  - Each proxy of a chain appends its value to a list. So the value of the outermost of N proxies is
    the N-th from the right. Values to the left of it are from the client.
  - If the list is shorter, it is the first value.
  - Returns a regular expression for nginx's C(map). It matches a list if this value matches the
    input; the other values can be anything.
positional: _input, hops
options:
  _input:
    description: Regular expression of the value, with a named group for the part to use.
    type: str
    required: true
  hops:
    description: How many trusted proxies are in the chain.
    type: int
    default: 1
"""

EXAMPLES = r"""
nearest: "{{ 'https|wss' | subsite.deploy.forwarded_value }}"
second: "{{ 'https|wss' | subsite.deploy.forwarded_value(2) }}"
"""

RETURN = r"""
_value:
  description: The regular expression.
  type: str
"""

from collections.abc import Callable


def forwarded_value(value: str, hops: int = 1) -> str:
    """Return an expression for a list whose ``hops``-th value from the right is ``value``."""
    others = int(hops) - 1
    if not others:
        return rf"(?:.*,)?[ \t]*(?:{value})[ \t]*$"
    nth = rf"(?:.*,)?(?=[^,]*(?:,[^,]*){{{others}}}$)"
    leftmost_of_fewer = rf"(?!(?:[^,]*,){{{others}}})"
    return rf"(?:{nth}|{leftmost_of_fewer})[ \t]*(?:{value})[ \t]*(?:,[^,]*)*$"


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"forwarded_value": forwarded_value}
