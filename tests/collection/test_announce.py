"""The callback that lets another process watch a run and interrupt it at any step."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios

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


@pytest.fixture(scope="module")
def steps(root, tmp_path_factory) -> list[tuple[str, int]]:
    """Run the playbook, and give each task leave when it is announced.

    Return what was announced, and how many leaves were given then but not taken.
    """
    playbook = tmp_path_factory.mktemp("announced") / "playbook.yml"
    playbook.write_text(PLAYBOOK)
    lines, announced = os.pipe()
    permitted, leave = os.pipe()
    run = subprocess.Popen(
        ["ansible-playbook", "--inventory", "near,", playbook],
        env=os.environ
        | {
            "ANSIBLE_CALLBACK_PLUGINS": f"{root}/tests/callback_plugins",
            "ANSIBLE_CALLBACKS_ENABLED": "announce",
            "ANSIBLE_CONFIG": f"{root}/ansible.cfg",
            "SUBSITE_ANNOUNCE": f"{announced},{permitted}",
        },
        pass_fds=(announced, permitted),
        stdout=subprocess.DEVNULL,
    )
    os.close(announced)
    found = []
    with os.fdopen(lines) as announced:
        for line in announced:
            found.append((line.rstrip("\n"), unread(permitted)))
            if line.startswith("task"):
                os.write(leave, b".")
    run.wait()
    os.close(permitted)
    os.close(leave)
    return found


def unread(pipe: int) -> int:
    """Return how many bytes can be read from ``pipe``."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_announces_each_step(steps):
    assert [step for step, _ in steps] == STEPS


def test_step_waits_for_permission(steps):
    assert [(step, waiting) for step, waiting in steps if waiting] == []
