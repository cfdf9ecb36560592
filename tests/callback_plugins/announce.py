"""Announce the steps of a run to another process, and wait for its permission before each task."""

from __future__ import annotations

import os

from ansible.plugins.callback import CallbackBase
from ansible_collections.subsite.deploy.tests.callback_plugins.remote_calls import before_each_call

DOCUMENTATION = r"""
name: announce
type: aggregate
short_description: Announce the steps of a run to another process
description:
  - Writes a line for each task that begins, C(task) and its name, and waits to read one byte.
  - Writes a line for each module that begins on a host, C(call) and its task's name, and for each
    task that has changed a host, C(change) and its name, and goes on.
requirements:
  - To be named in ANSIBLE_CALLBACKS_ENABLED.
  - Two open file descriptors, to write to and to read from, in SUBSITE_ANNOUNCE; as C(7,8).
"""


class CallbackModule(CallbackBase):
    """Announces what begins, in whichever process it does."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "announce"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Have each call announced by the worker that makes it."""
        super().__init__()
        self.lines, self.leave = map(int, os.environ["SUBSITE_ANNOUNCE"].split(","))
        before_each_call(lambda task: self._say("call", task))

    def v2_playbook_on_task_start(self, task, is_conditional) -> None:
        """Announce a task, and wait."""
        self._say("task", task.get_name())
        os.read(self.leave, 1)

    def v2_runner_on_ok(self, result) -> None:
        """Announce a change."""
        if result.is_changed():
            self._say("change", result.task_name)

    def _say(self, kind: str, name: str) -> None:
        os.write(self.lines, f"{kind}\t{name}\n".encode())
