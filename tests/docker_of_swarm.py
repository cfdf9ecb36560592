"""A docker command whose swarm runs what was deployed, as far as the playbooks ask.

It is copied to a directory, which has its state and the commands that it was given.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml


def place(directory: Path, stack: str, services: dict[str, dict], failing: str = "") -> Path:
    """Create the command in ``directory``.

    :param services: what the swarm runs of ``stack``, as in Compose files.
    :param failing: the service whose tasks fail; their log says that it was this one.
    """
    directory.mkdir(exist_ok=True)
    state = {"services": described(stack, services), "failing": failing}
    (directory / "state.json").write_text(json.dumps(state))
    docker = directory / "docker"
    docker.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    docker.chmod(0o755)
    return docker


def described(stack: str, services: dict[str, dict]) -> dict[str, dict[str, Any]]:
    """Return what ``docker service inspect`` says of services of Compose files, by their names."""
    return {f"{stack}_{name}": _service(f"{stack}_{name}", each) for name, each in services.items()}


def _service(name: str, each: dict[str, Any]) -> dict[str, Any]:
    container = {
        "Image": f"{each['image']}@sha256:0",
        "Command": each.get("entrypoint", []),
        "Configs": [{"ConfigName": file["source"]} for file in each.get("configs", [])],
        "Secrets": [{"SecretName": file["source"]} for file in each.get("secrets", [])],
    }
    is_job = each["deploy"].get("mode") == "replicated-job"
    return {
        "ID": name,
        "Spec": {
            "Name": name,
            "Labels": each["deploy"]["labels"],
            "Mode": {"ReplicatedJob": {}} if is_job else {},
            "TaskTemplate": {"ContainerSpec": container},
        },
    }


def _task(service: dict[str, Any], failing: str) -> dict[str, Any]:
    state = "complete" if "ReplicatedJob" in service["Spec"]["Mode"] else "running"
    return {
        "ID": service["ID"],
        "ServiceID": service["ID"],
        "Spec": service["Spec"]["TaskTemplate"],
        "Status": {"State": "failed" if service["ID"] == failing else state, "Timestamp": "1"},
        "DesiredState": "running",
    }


def answer(arguments: list[str], state: dict[str, Any]) -> str:
    """Return what docker writes, and change the state."""
    services: dict[str, dict[str, Any]] = state["services"]
    tasks = [_task(each, state["failing"]) for each in services.values()]
    match arguments:
        case ["login", *_]:
            login = Path(os.environ["DOCKER_CONFIG"])
            login.mkdir()
            (login / "config.json").write_text("{}")
        case ["info", *_]:
            return json.dumps({"ControlAvailable": True})
        case ["service", "ls", *_]:
            return "\n".join(services)
        case ["service", "inspect", *names]:
            return json.dumps([services[name] for name in names])
        case ["service", "rm", *names]:
            for name in names:
                del services[name]
        case ["service", "logs", *_, task]:
            return f"{task} writes this"
        case ["stack", "ps", *_]:
            return "\n".join(task["ID"] for task in tasks)
        case ["inspect", "--type", "task", *_]:
            return json.dumps(tasks)
        case ["stack", "deploy", *options, stack]:
            paths = [each.partition("=")[2] for each in options if "compose-file" in each]
            for path in paths:
                found = yaml.safe_load(Path(path).read_text())["services"]
                services.update(described(stack, found))
    return ""


def main() -> None:
    """Answer."""
    directory = Path(sys.argv[0]).parent
    with (directory / "ran").open("a") as ran:
        ran.write(" ".join(sys.argv[1:]) + "\n")
    path = directory / "state.json"
    state = json.loads(path.read_text())
    sys.stdout.write(answer(sys.argv[1:], state))
    partial = directory / "state.partial"
    partial.write_text(json.dumps(state))
    shutil.move(partial, path)


if __name__ == "__main__":
    main()
