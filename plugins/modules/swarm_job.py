#!/usr/bin/python
"""Run the job of a Compose file once, on any node of a swarm."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_job
author: The Subsite maintainers (@subsite)
short_description: Run the job of a Compose file once, on any node of a swarm
description:
  - Creates the job, waits until it has ended, and removes it.
  - Fails with the end of its log if it has failed.
options:
  stack:
    description: The name of the stack.
    type: str
    required: true
  job:
    description: The name of the job in the stack.
    type: str
    required: true
  file:
    description: The Compose file.
    type: path
    required: true
  directory:
    description: >-
      Where the files of releases are, at their paths on a host. The log is shown without the values
      of secrets that are in them.
    type: path
    required: true
  timeout:
    description: After so many seconds, the job has failed.
    type: int
    default: 3600
attributes:
  check_mode:
    description: The task is skipped.
    support: none
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Run the setup commands
  subsite.deploy.swarm_job:
    stack: site
    job: shop_setup
    file: /home/me/site/setup/shop.yaml
    directory: /home/me/site/files
"""

RETURN = r"""
output:
  description: How the job has ended, and the end of its log.
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import swarm
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def run(stack: swarm.Stack, name: str, file: str, directory: str, seconds: float) -> str:
    """Run the job ``name``, wait for its end, remove it, and return the end of its log.

    :raises SwarmError: when it fails, with the end of its log.
    """
    end_earlier(stack, name)
    stack.deploy([file])
    service = stack.services()[name]
    try:
        ended = swarm.wait_for(lambda: _ended(_tasks(stack, service)), seconds)
        tasks = ended or _tasks(stack, service)
        said = swarm.log(tasks[0], service, directory) if tasks else "Swarm started no task of it."
        if not ended:
            raise swarm.SwarmError(f"{name} has not ended within {seconds} seconds: {said}")
        if ended[0]["Status"]["State"] != "complete":
            raise swarm.SwarmError(f"{name} failed: {said}")
        return said
    finally:
        if name in stack.names("service"):
            swarm.docker("service", "rm", name)


def _tasks(stack: swarm.Stack, service: dict[str, Any]) -> list[dict[str, Any]]:
    return swarm.tasks_of(service, stack.tasks())


def _ended(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [task for task in tasks if task["Status"]["State"] in ("complete", *swarm.FAILED)]


def end_earlier(stack: swarm.Stack, name: str) -> None:
    """Remove the job of a run that was cut off, and wait for the end of its container.

    :raises SwarmError: when that does not end, for example on a node that is cut off.
    """
    service = stack.services().get(name)
    if service is None:
        return
    swarm.docker("service", "rm", name)
    ended = {*swarm.ENDED}
    if not swarm.wait_for(
        lambda: swarm.states_of(service, stack.tasks()) <= ended, swarm.LONGEST_END
    ):
        raise swarm.SwarmError(
            f"{name} of an earlier run has not ended. Run 'docker stack ps {stack.name}' to find "
            "its node."
        )


def main() -> None:
    """Run the job."""
    module = UnloggedModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "job": {"type": "str", "required": True},
            "file": {"type": "path", "required": True},
            "directory": {"type": "path", "required": True},
            "timeout": {"type": "int", "default": 3600},
        }
    )
    stack = swarm.Stack(module.params["stack"])
    name = f"{stack.name}_{module.params['job']}"
    try:
        output = run(
            stack,
            name,
            module.params["file"],
            module.params["directory"],
            module.params["timeout"],
        )
    except swarm.SwarmError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, output=output)


if __name__ == "__main__":
    main()
