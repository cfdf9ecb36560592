"""Check the inputs of the role that the task is part of, and complete them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check_inputs
author: The Subsite maintainers (@subsite)
short_description: Check the inputs of a role and complete them
description:
  - Checks the variables of the role that the task is part of. A variable that begins with the
    role's name must be an option of the role. Types, choices and defaults are those of the role's
    argument specification, and further rules find values that cannot work together.
  - Fails with one sentence for each error, with the variable, its value, and what would be right.
  - Works on the controller alone.
options:
  entry_point:
    description: The entry point of the argument specification.
    type: str
    default: main
  target:
    description: >-
      What runs containers from the inputs, if it is not a host. It does not support all of them.
    type: str
    choices: [compose, cluster, stack]
  apps:
    description: The names of all apps that O(target) runs.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Check the inputs
  subsite.deploy.check_inputs:
    entry_point: main
  register: __wsgi_app
"""

RETURN = r"""
name:
  description: >-
    The first of the inputs. Each option of the role is returned under its name without the role's
    prefix. Suboptions without a default are null if they are not set.
  type: str
  returned: success
  sample: shop
"""
