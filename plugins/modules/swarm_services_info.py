#!/usr/bin/python
"""Read which releases a stack of Docker Swarm runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_services_info
author: The Subsite maintainers (@subsite)
short_description: Read which releases and images a stack of Docker Swarm runs
description:
  - Fails if docker on this host is no manager of a swarm.
  - Jobs are left out, but for RV(directories). One of an earlier run says nothing about what
    serves.
options:
  stack:
    description: The name of the stack.
    type: str
    required: true
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Read which releases the stack runs
  subsite.deploy.swarm_services_info:
    stack: shop
  register: running
"""

RETURN = r"""
releases:
  description: The release of each service that has one, by the name of the service in the stack.
  type: dict
  returned: always
  sample: {shop: 4d1c09aa71be, shop-worker: 4d1c09aa71be}
previous:
  description: The release before it, of each service that has had one, in the same form.
  type: dict
  returned: always
  sample: {shop: 8e02f7b3d915, shop-worker: 8e02f7b3d915}
images:
  description: The images of the services, without digests.
  type: list
  elements: str
  returned: always
  sample: ["registry.example.org/site/wsgi-shop:4d1c09aa71be"]
files:
  description: The names of the configs and secrets of each service.
  type: dict
  returned: always
  sample: {nginx: [site-0123456789ab, site-ba9876543210]}
directories:
  description: >-
    The directory of the stack that each service was deployed from; empty for one of another tool.
  type: dict
  returned: always
  sample: {site_shop: /home/me/site}
"""

from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import swarm
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def describe(stack: str, services: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the module returns of ``services``, as :meth:`swarm.Stack.services` has them."""
    lasting = {
        name.removeprefix(f"{stack}_"): service["Spec"]
        for name, service in services.items()
        if not swarm.is_job(service)
    }
    containers = [each["TaskTemplate"]["ContainerSpec"] for each in lasting.values()]
    return {
        "releases": _label(lasting, swarm.RELEASE),
        "previous": _label(lasting, swarm.PREVIOUS),
        "images": sorted({each["Image"].partition("@")[0] for each in containers}),
        "files": {name: sorted(swarm.files_of(each)) for name, each in lasting.items()},
        "directories": {
            name: service["Spec"].get("Labels", {}).get(swarm.DIRECTORY, "")
            for name, service in services.items()
        },
    }


def _label(specifications: dict[str, dict[str, Any]], label: str) -> dict[str, str]:
    labels = {name: each.get("Labels", {}) for name, each in specifications.items()}
    return {name: of[label] for name, of in labels.items() if label in of}


def main() -> None:
    """Return the releases."""
    module = UnloggedModule(
        argument_spec={"stack": {"type": "str", "required": True}}, supports_check_mode=True
    )
    stack = swarm.Stack(module.params["stack"])
    try:
        swarm.require_manager()
        services = stack.services()
    except swarm.SwarmError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **describe(stack.name, services))


if __name__ == "__main__":
    main()
