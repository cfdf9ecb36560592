"""A stack is updated as a whole, or its apps are put back; jobs run once."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import swarm
from ansible_collections.subsite.deploy.plugins.modules import (
    swarm_job,
    swarm_services_info,
    swarm_stack,
)

RELEASE = "0123456789ab"


def service(name: str, command: str, app: str = "shop", **more) -> dict:
    """Return a service as ``docker service inspect`` does."""
    container = {
        "Image": f"{name}:{command}",
        "Command": [command],
        "Configs": [{"ConfigName": f"{name}-{command}"}],
        "DNSConfig": {},
        "StopGracePeriod": 10_000_000_000,
    }
    return {
        "ID": f"id-{name}",
        "Spec": {
            "Name": f"site_{name}",
            "Labels": {"subsite.app": app, "subsite.release": RELEASE},
            "TaskTemplate": {"ContainerSpec": container, "Networks": [{"Target": f"net-{app}"}]},
            "Mode": {"Replicated": {"Replicas": 1}},
        },
        **more,
    }


class FakeSwarm:
    """A swarm of one node.

    ``deploy`` has the services after ``docker stack deploy``, and ``later`` those after a while:
    none for one that is gone. Commands that begin as one in ``failing`` fail.
    """

    def __init__(self) -> None:
        self.services: dict[str, dict] = {}
        self.tasks: dict[str, dict] = {}
        self.deploy: list[dict] = []
        self.later: dict[str, dict | None] = {}
        self.failing: tuple[str, ...] = ()
        self.log = ""
        self.ran: list[str] = []
        self.networks = {"site_shop": "net-shop", "site_old": "net-old"}
        self.configs = ["shop-old", "shop-new", "blog-old", "unused"]
        self.has_control = True

    def run(self, name: str, command: str, state: str, app: str = "shop") -> None:
        """Have a task of a service that is in this state."""
        identifier = f"{name}-{command}"
        template = deepcopy(service(name, command, app)["Spec"]["TaskTemplate"])
        for default in ("DNSConfig", "StopGracePeriod"):
            del template["ContainerSpec"][default]
        self.tasks[identifier] = {
            "ID": identifier,
            "ServiceID": f"id-{name}",
            "Spec": template,
            "Status": {"State": state, "Err": "task: non-zero exit (3)", "Timestamp": "1"},
            "DesiredState": "running",
        }

    @property
    def is_deployed(self) -> bool:
        """Whether the stack has been deployed."""
        return any(line.startswith("stack deploy") for line in self.ran)

    def __call__(self, *arguments: str, with_errors: bool = False) -> str:
        """Answer as the docker command does."""
        kind, verb, *more = arguments
        self.ran.append(" ".join(arguments))
        if self.ran[-1].startswith(self.failing):
            raise swarm.SwarmError(f"docker {kind} {verb} failed")
        if arguments[:2] == ("stack", "deploy"):
            for each in self.deploy:
                self.services[each["Spec"]["Name"]] = each
        elif verb == "ls":
            names = {"service": self.services, "network": self.networks, "config": self.configs}
            return "\n".join(names.get(kind, []))
        elif arguments[:2] == ("service", "inspect"):
            answer = json.dumps([self.services[name] for name in more])
            if self.is_deployed:
                changed = {**self.services, **self.later}
                self.services = {name: each for name, each in changed.items() if each}
            return answer
        elif arguments[:2] == ("network", "inspect"):
            return json.dumps([{"Name": name, "Id": self.networks[name]} for name in more])
        elif arguments[:2] == ("stack", "ps"):
            if not self.tasks:
                raise swarm.SwarmError(
                    f"docker stack ps failed: nothing found in stack: {more[-1]}"
                )
            return "\n".join(self.tasks)
        elif kind == "inspect":
            return json.dumps([self.tasks[each] for each in more if each != "task"])
        elif arguments[:2] == ("network", "rm"):
            return str(more[0])
        elif arguments[:2] == ("service", "rm"):
            del self.services[more[0]]
        elif arguments[:2] == ("service", "logs"):
            return self.log if with_errors else ""
        elif kind == "info":
            return json.dumps({"ControlAvailable": self.has_control})
        return ""


@pytest.fixture
def docker(monkeypatch) -> FakeSwarm:
    fake = FakeSwarm()
    monkeypatch.setattr(swarm, "docker", fake)
    return fake


@pytest.fixture
def deploy(run_module, tmp_path: Path):
    def deploy(*services: str, seconds: int = 5, **more: str) -> dict:
        return run_module(
            swarm_stack,
            stack="site",
            files=["/home/me/site/stack.yaml"],
            services=list(services),
            directory=str(tmp_path),
            timeout=seconds,
            **more,
        )

    return deploy


def test_new_service(docker, deploy):
    docker.deploy = [service("shop", "new")]
    docker.run("shop", "new", "running")
    result = deploy("shop")
    assert (result["changed"], result["services"]) == (True, ["site_shop"])


def test_task_in_the_networks_of_before_is_not_waited_for(docker, deploy):
    docker.deploy = [service("shop", "new", app="blog")]
    docker.run("shop", "new", "running")
    assert "site_shop does not work" in deploy("shop", seconds=1)["msg"]


def test_deploy_without_a_change(docker, deploy):
    """The deploy before has resolved the tag of the image."""
    before = service("shop", "new")
    before["Spec"]["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "linux"}]}
    docker.services = {"site_shop": before}
    docker.configs, docker.networks = ["shop-new"], {"site_shop": "net-shop"}
    after = service("shop", "new", UpdateStatus={"State": "rollback_completed"})
    after["Spec"]["TaskTemplate"]["Placement"] = {}
    docker.deploy = [after]
    docker.run("shop", "new", "running")
    result = deploy("shop")
    assert (result["changed"], result["services"], result["removed"]) == (False, [], [])


def test_what_no_service_uses_is_removed(docker, deploy):
    docker.services = {"site_blog": service("blog", "old", app="old")}
    previous = service("shop", "old")["Spec"]
    docker.deploy = [service("shop", "new", PreviousSpec=previous)]
    docker.run("shop", "new", "running")
    result = deploy("shop")
    assert result["removed"] == ["site_blog", "blog-old", "unused", "site_old"]
    assert "network rm site_old" in docker.ran


def test_all_services_are_removed(docker, deploy):
    docker.services = {"site_shop": service("shop", "old")}
    result = deploy()
    assert result["removed"] == ["site_shop", *sorted(docker.configs), "site_old", "site_shop"]
    assert not [line for line in docker.ran if line.startswith("stack deploy")]


def test_one_app_is_updated(docker, deploy):
    """A rollback. What its release does not have is removed; other apps stay."""
    docker.services = {
        "site_shop": service("shop", "new"),
        "site_shop-mailer": service("shop-mailer", "new"),
        "site_blog": service("blog", "old", app="blog"),
    }
    docker.deploy = [service("shop", "old", PreviousSpec=service("shop", "new")["Spec"])]
    docker.run("shop", "old", "running")
    # The other app does not work.
    docker.run("blog", "old", "failed", app="blog")
    docker.networks = {"site_shop": "net-shop", "site_blog": "net-blog"}
    result = deploy("shop", app="shop")
    assert result["services"] == ["site_shop"]
    assert result["removed"] == ["site_shop-mailer", "unused"]


def test_app_is_put_back_as_a_whole(docker, deploy, tmp_path: Path):
    docker.services = {
        f"site_{name}": service(name, "old", app)
        for name, app in {"shop": "shop", "shop-worker": "shop", "blog": "blog"}.items()
    }
    docker.deploy = [
        service("shop", "new", UpdateStatus={"State": "updating"}),
        service("shop-worker", "new"),
        service("shop-mailer", "new"),
        service("blog", "new", app="blog"),
    ]
    for name in ("shop-worker", "shop-mailer"):
        docker.run(name, "new", "running")
    docker.run("blog", "new", "running", app="blog")
    docker.run("shop", "old", "running")
    docker.run("shop", "new", "failed")
    # Swarm rolls the web process back while the module waits.
    docker.later["site_shop"] = service("shop", "old", UpdateStatus={"State": "rollback_completed"})
    secrets = tmp_path / f"srv/wsgi/shop/releases/{RELEASE}/secrets"
    secrets.parent.mkdir(parents=True)
    secrets.write_text('API_KEY="swordfish"\n')
    docker.log = "The health check failed: swordfish"
    result = deploy("shop", "shop-worker", "shop-mailer", "blog")
    assert result["failed"]
    assert (
        "site_shop does not work: task: non-zero exit (3)\nThe health check failed: …"
        in (result["msg"])
    )
    assert [line for line in docker.ran if line.startswith(("service rollback", "service rm"))] == [
        "service rollback --detach site_shop-worker",
        "service rm site_shop-mailer",
    ]


def test_new_service_that_fails_is_removed(docker, deploy):
    docker.deploy = [service("shop", "new")]
    docker.run("shop", "new", "failed")
    docker.log = "no such module"
    result = deploy("shop")
    assert "no such module\nsite_shop was removed: it has no earlier release." in result["msg"]
    assert docker.services == {}


def test_update_of_an_interrupted_run_is_rolled_back(docker, deploy):
    """The next run waits for this update, and does not take the earlier release for the new one."""
    docker.services = {"site_shop": service("shop", "new", UpdateStatus={"State": "updating"})}
    docker.deploy = list(docker.services.values())
    docker.run("shop", "new", "failed")
    docker.run("shop", "old", "running")
    docker.later["site_shop"] = service("shop", "old", UpdateStatus={"State": "rollback_completed"})
    docker.log = "no such module"
    result = deploy("shop")
    assert result["failed"]
    assert "no such module\nsite_shop was rolled back." in result["msg"]


def test_service_that_another_command_removes(docker, deploy):
    docker.services = {"site_shop": service("shop", "old")}
    docker.deploy = [service("shop", "new")]
    docker.run("shop", "new", "starting")
    docker.later["site_shop"] = None
    assert "site_shop was removed by another command." in deploy("shop")["msg"]


def test_all_services_are_put_back_although_one_cannot_be(docker, deploy):
    names = ("shop", "shop-worker", "shop-mailer")
    docker.services = {f"site_{name}": service(name, "old") for name in names}
    docker.deploy = [service(name, "new") for name in names]
    docker.run("shop", "new", "starting")
    docker.failing = ("service rollback --detach site_shop-worker",)
    message = deploy(*names, seconds=1)["msg"]
    assert "site_shop was rolled back." in message
    assert "site_shop-worker was not put back: docker service rollback failed" in message
    assert "site_shop-mailer was rolled back." in message


def test_stack_without_tasks_fails(docker, deploy):
    docker.deploy = [service("shop", "new")]
    message = deploy("shop", seconds=1)["msg"]
    assert "site_shop does not work: Swarm started no task of it.\nsite_shop was removed" in message


def test_service_that_has_never_worked_is_created_again(docker, deploy):
    """Its first run was cut off. Swarm does not update it: it stays as it is."""
    docker.services = {"site_shop": service("shop", "old")}
    docker.run("shop", "old", "failed")
    docker.deploy = [service("shop", "new")]
    docker.run("shop", "new", "pending")
    deploy("shop", seconds=1)
    deployed = "stack deploy --with-registry-auth --resolve-image=changed"
    changes = [line for line in docker.ran if line.startswith((deployed, "service rm"))]
    assert [line.split(" --")[0] for line in changes[:3]] == [
        "stack deploy",
        "service rm site_shop",
        "stack deploy",
    ]


@pytest.mark.parametrize(
    ("state", "more"),
    [
        pytest.param("running", {}, id="works"),
        pytest.param("failed", {"PreviousSpec": {"Name": "site_shop"}}, id="has worked"),
    ],
)
def test_service_is_not_created_again(docker, deploy, state: str, more: dict):
    docker.services = {"site_shop": service("shop", "old", **more)}
    docker.run("shop", "old", state)
    docker.run("shop", "new", "running")
    docker.deploy = [service("shop", "new")]
    assert deploy("shop")["services"] == ["site_shop"]
    assert "service rm site_shop" not in docker.ran


def test_service_that_never_starts_fails(docker, deploy):
    docker.deploy = [service("shop", "new")]
    docker.run("shop", "new", "pending")
    assert "site_shop does not work" in deploy("shop", seconds=1)["msg"]


@pytest.fixture
def run_job(run_module, tmp_path: Path):
    return lambda: run_module(
        swarm_job,
        stack="site",
        job="shop_setup",
        file="/home/me/site/setup/shop.yaml",
        directory=str(tmp_path),
        timeout=1,
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("complete", "no table", id="complete"),
        pytest.param(
            "failed", "site_shop_setup failed: task: non-zero exit (3)\nno table", id="failed"
        ),
        pytest.param(
            "running", "site_shop_setup has not ended within 1 seconds: task", id="too slow"
        ),
    ],
)
def test_job(docker, run_job, state: str, said: str):
    docker.deploy = [service("shop_setup", "setup")]
    docker.run("shop_setup", "setup", state)
    docker.log = "no table"
    result = run_job()
    assert result.get("failed", False) == (state != "complete")
    assert said in result.get("msg", result.get("output"))
    assert docker.services == {}


def test_job_of_an_interrupted_run_is_removed_first(docker, run_job):
    docker.services = {"site_shop_setup": service("shop_setup", "old")}
    docker.deploy = [service("shop_setup", "setup")]
    docker.run("shop_setup", "setup", "complete")
    assert run_job()["changed"]
    assert docker.ran.index("service rm site_shop_setup") < next(
        number for number, line in enumerate(docker.ran) if line.startswith("stack deploy")
    )


def test_job_waits_for_the_end_of_an_interrupted_one(docker, run_job, monkeypatch):
    """Two migrations at once could damage a database."""
    monkeypatch.setattr(swarm, "LONGEST_END", 1)
    docker.services = {"site_shop_setup": service("shop_setup", "old")}
    docker.deploy = [service("shop_setup", "setup")]
    docker.run("shop_setup", "old", "running")
    assert run_job()["msg"] == (
        "site_shop_setup of an earlier run has not ended. Run 'docker stack ps site' to find its "
        "node."
    )
    assert not docker.is_deployed


def test_releases(docker, run_module):
    docker.services = {"site_shop": service("shop", "new")}
    assert run_module(swarm_services_info, stack="site")["releases"] == {"shop": RELEASE}


def test_previous_release_and_files(docker, run_module):
    running = service("shop", "new")
    running["Spec"]["Labels"]["subsite.previous"] = "ba9876543210"
    running["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"] = [{"SecretName": "key"}]
    docker.services = {"site_shop": running}
    found = run_module(swarm_services_info, stack="site")
    assert found["previous"] == {"shop": "ba9876543210"}
    assert found["files"] == {"shop": ["key", "shop-new"]}


def test_images(docker, run_module):
    """An image is pushed again when stack_registry changes, although its release runs."""
    running = service("shop", "new")
    running["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] = "example.org/shop:1@sha256:0123"
    docker.services = {"site_shop": running}
    assert run_module(swarm_services_info, stack="site")["images"] == ["example.org/shop:1"]


def test_directories(docker, run_module):
    """Another stack may have the same name."""
    ours, theirs = service("shop", "new"), service("db", "new")
    ours["Spec"]["Labels"]["subsite.directory"] = "/home/me/site"
    theirs["Spec"]["Labels"] = {}
    docker.services = {"site_shop": ours, "site_db": theirs}
    found = run_module(swarm_services_info, stack="site")
    assert found["directories"] == {"site_shop": "/home/me/site", "site_db": ""}


def test_job_of_an_interrupted_run_is_no_release(docker, run_module):
    """Otherwise the next run would not run the setup commands of this release, or test nginx."""
    job = service("shop_setup", "setup")
    job["Spec"]["Mode"] = {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
    docker.services = {"site_shop_setup": job}
    found = run_module(swarm_services_info, stack="site")
    assert (found["releases"], found["images"], found["files"]) == ({}, [], {})


def test_host_without_docker_is_refused(run_module, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    said = run_module(swarm_services_info, stack="site")["msg"]
    assert said.startswith("This host has no docker command: install Docker")


def test_other_than_a_manager_is_refused(docker, run_module):
    docker.has_control = False
    assert "docker here is no manager" in run_module(swarm_services_info, stack="site")["msg"]
