"""Reports of failed deploys: the exception first, and a fix that fixes.

What the releases have written is then in C(failures.json) in the directory of the scenario for
temporary files. The file tests/recorded_failures.json is a copy of it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from controller import EPHEMERAL, MOLECULE, SCENARIO
from situations import SITUATIONS, same

MOST = 20
"""Lines of a report."""

[HOST] = [platform["name"] for platform in MOLECULE["platforms"]]


@dataclass(frozen=True)
class Deploy:
    """What Ansible has said of the deploy of one app."""

    messages: list[str]
    """Of the failed tasks."""

    @property
    def report(self) -> str:
        """The last message, without what differs."""
        return same(self.messages[-1]) if self.messages else ""


def deploy(names: set[str], directory: Path, address: str, fixed: bool = False) -> dict:
    """Deploy the apps of ``names`` in one run, and return what came of each."""
    hosts = {}
    for name in sorted(names):
        situation = SITUATIONS[name]
        source = directory / name
        for file, text in situation.source(fixed).items():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            (source / file).write_text(text)
        inputs = {"name": name, "source": {"type": "local", "path": str(source)}}
        text = json.dumps({**inputs, **situation.inputs(fixed)})
        variables = json.loads(text.replace("HOST_ADDRESS", address))
        hosts[name] = {f"wsgi_app_{option}": value for option, value in variables.items()}
    common = {"ansible_host": HOST, "ansible_connection": "ssh"}
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
    done = subprocess.run(
        ["ansible-playbook", f"--inventory={inventory}", "--forks=5", str(SCENARIO / "deploy.yml")],
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
    )
    tasks = json.loads(done.stdout)["plays"][0]["tasks"]
    if not fixed:
        recorded = {name: recording(name, tasks) for name in hosts}
        text = json.dumps(recorded, indent=1, ensure_ascii=False)
        (EPHEMERAL / "failures.json").write_text(f"{text}\n")
    return {
        name: Deploy(
            [
                task["hosts"][name].get("msg", "")
                for task in tasks
                if task["hosts"].get(name, {}).get("failed")
            ]
        )
        for name in hosts
    }


def recording(name: str, tasks: list[dict]) -> dict:
    """Return what the report of an app is made from."""
    results = [task["hosts"][name] for task in tasks if name in task["hosts"]]
    failed = next(result for result in results if result.get("failed"))
    found = next(result for result in results if "journal" in result)
    release = re.search(r"so release (\w+) of", results[-1]["msg"])
    assert release
    return {
        "action": failed["action"],
        "message": failed["msg"],
        "release": release[1],
        "output": found["output"],
        "journal": [" ".join(entry.values()) for entry in found["journal"]],
    }


@pytest.fixture(scope="session")
def address(host) -> str:
    return host.check_output("hostname -I").split()[0]


@pytest.fixture(scope="session")
def chosen(request) -> set[str]:
    """The situations of the tests that run."""
    items = [item for item in request.session.items if hasattr(item, "callspec")]
    return {item.callspec.params["name"] for item in items if "name" in item.callspec.params}


@pytest.fixture(scope="session")
def broken(host, chosen, address, tmp_path_factory) -> dict[str, Deploy]:
    for name in chosen:
        host.check_output(SITUATIONS[name].before or "true")
    return deploy(chosen, tmp_path_factory.mktemp("broken"), address)


@pytest.fixture(scope="session")
def fixed(host, chosen, address, broken, tmp_path_factory) -> dict[str, Deploy]:
    followed = {name for name in chosen if SITUATIONS[name].is_followed}
    for name in followed:
        # The report has this command.
        assert SITUATIONS[name].fixing in broken[name].report
        host.check_output(SITUATIONS[name].fixing or "true")
    return deploy(followed, tmp_path_factory.mktemp("fixed"), address, fixed=True)


ON_HOST = [name for name, situation in SITUATIONS.items() if situation.needs == "host"]
each_situation = pytest.mark.parametrize("name", ON_HOST)


@each_situation
def test_report_gives_reason_and_fix(broken, name: str):
    reason, _, _state = broken[name].report.partition("\n\n")
    assert reason == SITUATIONS[name].report


@each_situation
def test_report_is_short_and_says_what_serves(broken, name: str):
    report = broken[name].report
    assert "No other release of it serves." in report
    assert len(report.splitlines()) <= MOST


@each_situation
def test_nothing_is_said_twice(broken, name: str):
    lines = [line for message in broken[name].messages for line in message.splitlines() if line]
    assert len(lines) == len(set(lines))


@each_situation
def test_no_advice_names_a_unit_that_is_gone(broken, name: str):
    text = "\n".join(broken[name].messages)
    assert "systemctl status" not in text and "journalctl -xeu" not in text
    assert ".service" not in text


@pytest.mark.parametrize("name", [name for name in ON_HOST if SITUATIONS[name].is_followed])
def test_fix_fixes(fixed, name: str):
    assert fixed[name].messages == []
