"""The callback that lets another process watch a run, and cut it off where it wants."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PLAYBOOK = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Change
      ansible.builtin.copy:
        dest: "{{ playbook_dir }}/copy"
        content: text
        mode: "0644"
    - name: Look
      ansible.builtin.command: "true"
      changed_when: false
    - name: Think
      ansible.builtin.debug:
"""
STEPS = [
    "task\tChange",
    "call\tChange",
    "call\tChange",
    "change\tChange",
    "task\tLook",
    "call\tLook",
    "task\tThink",
]


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    path = tmp_path / "playbook.yml"
    path.write_text(PLAYBOOK)
    return path


@pytest.fixture
def begin(root, playbook):
    """Return a function that begins the playbook and gives it leave for some tasks."""

    def start(tasks: int) -> list[str]:
        lines, told = os.pipe()
        asked, leave = os.pipe()
        run = subprocess.Popen(
            ["ansible-playbook", "--inventory", "near,", playbook],
            env=os.environ
            | {
                "ANSIBLE_CALLBACK_PLUGINS": f"{root}/tests/callback_plugins",
                "ANSIBLE_CALLBACKS_ENABLED": "announce",
                "ANSIBLE_CONFIG": f"{root}/ansible.cfg",
                "SUBSITE_ANNOUNCE": f"{told},{asked}",
            },
            pass_fds=(told, asked),
            stdout=subprocess.DEVNULL,
        )
        os.close(told)
        os.close(asked)
        os.write(leave, b"." * tasks)
        os.close(leave)
        with os.fdopen(lines) as announced:
            steps = announced.read().splitlines()
        run.wait()
        return steps

    return start


def test_announces_each_step(begin):
    assert begin(3) == STEPS
