"""Find the value of a forwarding header that the outermost trusted proxy has set."""

from __future__ import annotations

DOCUMENTATION = r"""
name: forwarded_value
author: The Subsite maintainers (@subsite)
short_description: Regular expression for one value of a forwarding header's list
description:
  - Each proxy of a chain adds its value at the end of a list, so that the one which the outermost
    of N proxies added is the N-th from the right. What is left of it came from the visitor.
  - In a shorter list it is the leftmost, which the others kept.
  - Returns a regular expression, as nginx's C(map) takes it, that matches a list in which that
    value matches the input, whatever the others are.
positional: _input, hops
options:
  _input:
    description: Regular expression of the value, with a named group for what is to be taken.
    type: str
    required: true
  hops:
    description: How many trusted proxies the request has passed.
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
    """Return an expression for a list whose value number ``hops`` from the right is ``value``."""
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
