"""Count the remote calls of a run."""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from collections.abc import Callable

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: remote_calls
type: aggregate
short_description: Count what a run asks of its hosts
description:
  - Prints how many modules ran on hosts, in all and for each task. That is what a run's time is
    made of. What the controller does for itself on an implicit localhost does not count.
requirements:
  - To be named in ANSIBLE_CALLBACKS_ENABLED.
"""


class CallbackModule(CallbackBase):
    """Counts the modules that are executed, in whichever worker process."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "remote_calls"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Have each call written down, in a file that the workers inherit."""
        super().__init__()
        self.calls = tempfile.TemporaryFile("a+b", buffering=0)
        before_each_call(lambda task: self.calls.write(f"{task}\n".encode()))

    def v2_playbook_on_stats(self, stats) -> None:
        """Print the sum, and one line for each task in the order of the first calls."""
        self.calls.seek(0)
        calls = Counter(self.calls.read().decode().splitlines())
        self._display.display(f"remote calls: {calls.total()}")
        for task, count in calls.items():
            self._display.display(f"{count:4}  {task}")


def before_each_call(report: Callable[[str], object]) -> None:
    """Call ``report`` with the name of the task before each remote call, in the worker process."""
    execute = ActionBase._execute_module

    @functools.wraps(execute)
    def reported(action: ActionBase, *args, **kwargs):
        if is_remote(action):
            report(action._task.get_name())
        return execute(action, *args, **kwargs)

    ActionBase._execute_module = reported


def is_remote(action: ActionBase) -> bool:
    """Return whether ``action`` works on a host, not for the controller itself."""
    local = action._connection.transport == "local"
    return not (local and action._play_context.remote_addr in constants.LOCALHOST)
