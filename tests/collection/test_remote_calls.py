"""The callback that counts the remote calls of a run."""

import pytest

HOSTS = "near,far,"
PLAYBOOK = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Ask once
      ansible.builtin.command: "true"
    - name: Ask for each item
      ansible.builtin.command: "true"
      loop: [1, 2, 3]
    - name: Ask nothing
      ansible.builtin.debug:
    - name: Skip
      ansible.builtin.command: "true"
      when: false
    - name: Ask the controller
      ansible.builtin.command: "true"
      delegate_to: localhost
    - name: Send a file
      ansible.builtin.copy:
        dest: "{{ playbook_dir }}/copy-{{ inventory_hostname }}"
        content: text
        mode: "0644"
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Ask an implicit localhost
      ansible.builtin.command: "true"
"""


@pytest.fixture(scope="module")
def report(root, run, tmp_path_factory) -> list[str]:
    playbook = tmp_path_factory.mktemp("calls") / "playbook.yml"
    playbook.write_text(PLAYBOOK)
    output = run(
        "ansible-playbook",
        "--inventory",
        HOSTS,
        playbook,
        ANSIBLE_CALLBACK_PLUGINS=f"{root}/tests/callback_plugins",
        ANSIBLE_CALLBACKS_ENABLED="remote_calls",
    ).stdout
    return output[output.index("remote calls:") :].splitlines()


@pytest.mark.parametrize(
    ("task", "count"),
    [
        pytest.param("Ask once", 2, id="once on each of two hosts"),
        pytest.param("Ask for each item", 6, id="a loop, item by item"),
        pytest.param("Send a file", 4, id="an action, for each module that it needs"),
    ],
)
def test_counts(report: list[str], task: str, count: int):
    assert f"{count:4}  {task}" in report


@pytest.mark.parametrize(
    "task", ["Ask nothing", "Skip", "Ask the controller", "Ask an implicit localhost"]
)
def test_does_not_count(report: list[str], task: str):
    assert task not in "\n".join(report)


def test_calls_are_added(report: list[str]):
    assert report[0] == "remote calls: 12"
