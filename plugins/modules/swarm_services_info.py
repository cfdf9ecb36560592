#!/usr/bin/python
"""Read which releases a stack of Docker Swarm runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_services_info
author: The Subsite maintainers (@subsite)
short_description: Read which releases and images a stack of Docker Swarm runs
description:
  - Fails if docker on this host is no manager of a swarm.
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
  description: >-
    The release of each service that has one, by the name of the service in the stack. Jobs are left
    out: one of an earlier run says nothing about whether its release serves.
  type: dict
  returned: always
  sample: {shop: 4d1c09aa71be, shop-worker: 4d1c09aa71be}
images:
  description: The images of the services, without digests.
  type: list
  elements: str
  returned: always
  sample: ["registry.example.org/site/wsgi-shop:4d1c09aa71be"]
directories:
  description: >-
    The directory of the stack that each service was deployed from; empty for one of another tool.
  type: dict
  returned: always
  sample: {site_shop: /home/me/site}
"""

from ansible_collections.subsite.deploy.plugins.module_utils import swarm
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


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
    labels = {name: service["Spec"].get("Labels", {}) for name, service in services.items()}
    releases = {
        name.removeprefix(f"{stack.name}_"): of[swarm.RELEASE]
        for name, of in labels.items()
        if swarm.RELEASE in of and not swarm.is_job(services[name])
    }
    images = {
        service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].partition("@")[0]
        for service in services.values()
    }
    directories = {name: of.get(swarm.DIRECTORY, "") for name, of in labels.items()}
    module.exit_json(
        changed=False, releases=releases, images=sorted(images), directories=directories
    )


if __name__ == "__main__":
    main()
