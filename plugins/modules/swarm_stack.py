#!/usr/bin/python
"""Deploy a stack of Docker Swarm, wait until its services work, and remove what it had before."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_stack
author: The Subsite maintainers (@subsite)
short_description: Deploy a stack of Docker Swarm and wait until its services work
description:
  - Runs C(docker stack deploy), and waits until all services run as their files say. Then it
    removes services, configs, secrets and networks of the stack that these no longer use.
  - Swarm rolls a service back that does not work. Then this module puts the other services of the
    same app back, too, removes those that are new, and fails with the log of the task that failed.
options:
  stack:
    description: The name of the stack.
    type: str
    required: true
  files:
    description: The Compose files.
    type: list
    elements: path
    required: true
  services:
    description: >-
      The names of all services in O(files), without that of the stack. Without any, the stack is
      removed.
    type: list
    elements: str
    required: true
  directory:
    description: >-
      Where the files of releases are, at their paths on a host. Logs are shown without the values
      of secrets that are in them.
    type: path
    required: true
  app:
    description: >-
      The app that O(files) and O(services) are of. Services of other apps stay as they are. Without
      it, they are all that the stack has.
    type: str
    default: ""
  timeout:
    description: After so many seconds, services that do not work have failed.
    type: int
    default: 900
attributes:
  check_mode:
    description: The task is skipped.
    support: none
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Deploy the stack
  subsite.deploy.swarm_stack:
    stack: site
    files: [/home/me/site/stack.yaml, /home/me/site/apps/shop.yaml]
    services: [nginx, shop, shop-worker]
    directory: /home/me/site/files
"""

RETURN = r"""
services:
  description: The services that were created or updated.
  type: list
  elements: str
  returned: success
removed:
  description: The services, configs, secrets and networks that were removed.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.subsite.deploy.plugins.module_utils import swarm, swarm_update
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def main() -> None:
    """Deploy the stack."""
    module = UnloggedModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "path", "required": True},
            "services": {"type": "list", "elements": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "app": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 900},
        }
    )
    stack, files = swarm.Stack(module.params["stack"]), module.params["files"]
    names = [f"{stack.name}_{name}" for name in module.params["services"]]
    directory, seconds = module.params["directory"], module.params["timeout"]
    try:
        changed = swarm_update.update(stack, files, names, directory, seconds) if names else []
        others = stack.other_services(module.params["app"]) if module.params["app"] else []
        removed = stack.remove_unused([*names, *others])
    except swarm.SwarmError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changed or removed), services=changed, removed=removed)


if __name__ == "__main__":
    main()
