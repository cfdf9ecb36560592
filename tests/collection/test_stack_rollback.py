"""playbooks/stack_rollback.yml: one app of a stack goes back to an earlier release."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import docker_of_swarm
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "1" * 12, "2" * 12
HOSTS = {
    "app": {
        "hosts": {"shop_app": {"wsgi_app_name": "shop"}, "blog_app": {"wsgi_app_name": "blog"}},
    },
    "all": {
        "hosts": {"node1": {"ansible_connection": "local"}},
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "stack_registry": "registry.example.org/site",
            "stack_registry_login": {"username": "deployer", "password": "swordfish"},
        },
    },
}


class Manager:
    """A manager of a swarm with two apps. The second release of one has a process more."""

    def __init__(self, top: Path, run: Callable[..., CompletedProcess]) -> None:
        self.site, self._run = top / "site", run
        (top / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        releases = {
            FIRST: {"shop": self.service(FIRST)},
            SECOND: {name: self.service(SECOND, FIRST) for name in ("shop", "shop-mailer")},
        }
        for release, services in releases.items():
            path = self.site / f"files/srv/wsgi/shop/releases/{release}/stack.yaml"
            path.parent.mkdir(parents=True)
            path.write_text(yaml.safe_dump({"services": services}))
        self.others = {
            "blog": self.service("3" * 12, app="blog"),
            "nginx": {
                "image": "nginx",
                "deploy": {"labels": {"subsite.directory": str(self.site)}},
            },
        }
        self.docker = docker_of_swarm.place(
            top / "bin", "site", {**releases[SECOND], **self.others}
        )

    def service(self, release: str, previous: str = "", app: str = "shop") -> dict:
        labels = {
            "subsite.app": app,
            "subsite.release": release,
            "subsite.directory": str(self.site),
        }
        return {
            "image": f"registry.example.org/site/wsgi-{app}:{release}",
            "deploy": {
                "labels": {**labels, **({"subsite.previous": previous} if previous else {})}
            },
        }

    def roll_back(self, *options: str, app: str = "shop", directory: str = "site") -> str:
        """Run the playbook, and return its output in one line."""
        done = self._run(
            *("ansible-playbook", "-i", self.site.parent / "hosts.yml", f"--limit={app}_app"),
            *("-e", f"stack_host=node1 stack_directory={self.site.parent / directory}"),
            *(*options, ROOT / "playbooks/stack_rollback.yml"),
            PATH=f"{self.docker.parent}:{Path(sys.executable).parent}:/usr/bin:/bin",
        )
        assert (done.returncode == 0) == ("failed=0" in done.stdout), done.stdout + done.stderr
        return " ".join(done.stdout.split())

    def running(self) -> dict[str, dict]:
        """Return the services."""
        return json.loads((self.docker.parent / "state.json").read_text())["services"]

    def ran(self, word: str) -> list[str]:
        """Return the commands with this word."""
        lines = (self.docker.parent / "ran").read_text().splitlines()
        return [line for line in lines if word in line]


@pytest.fixture(scope="module")
def said(run, tmp_path_factory) -> dict[str, str]:
    """What rollbacks say: one, a second one, and one to the later release."""
    manager = Manager(tmp_path_factory.mktemp("stack"), run)
    said = {"check": manager.roll_back("--check"), "deployed": " ".join(manager.ran("deploy"))}
    said |= {"first": manager.roll_back(), "services": json.dumps(manager.running())}
    said |= {"logins": "\n".join(manager.ran("login")), "second": manager.roll_back()}
    said |= {"forward": manager.roll_back("-e", f"wsgi_app_release={SECOND}")}
    said |= {"left": str((manager.site / "login").exists()), "site": str(manager.site)}
    return said


def test_check_mode_changes_nothing(said):
    assert f"shop would serve release {FIRST}." in said["check"]
    assert said["deployed"] == ""


def test_app_serves_the_release_before(said):
    assert f"shop serves release {FIRST}. It has none before it." in said["first"]
    services = json.loads(said["services"])
    assert services["site_shop"]["Spec"]["Labels"]["subsite.release"] == FIRST


def test_process_that_the_release_does_not_have_is_removed(said):
    """Other apps and nginx stay."""
    assert {*json.loads(said["services"])} == {"site_shop", "site_blog", "site_nginx"}


def test_nodes_get_the_login(said):
    (login,) = said["logins"].splitlines()
    assert login == "login --username=deployer --password-stdin registry.example.org"
    assert said["left"] == "False"


def test_no_release_before_is_refused(said):
    assert f"shop has no release before {FIRST}, its current one." in said["second"]


def test_other_release(said):
    assert f"shop serves release {SECOND}. The one before it is {FIRST}." in said["forward"]


@pytest.fixture
def manager(run, tmp_path: Path) -> Manager:
    return Manager(tmp_path, run)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            ["-e", "wsgi_app_release=abc"],
            "wsgi_app_release is 'abc': {site} on node1 has no such release of shop. Its releases "
            "there: ",
            id="release",
        ),
        pytest.param(["-e", "wsgi_app_pin=true"], "wsgi_app_pin is 'true', but", id="pin"),
    ],
)
def test_option_is_refused(manager, options: list[str], message: str):
    assert message.format(site=manager.site) in manager.roll_back(*options)


def test_app_that_the_stack_does_not_have_is_refused(manager):
    docker_of_swarm.place(manager.docker.parent, "site", {"blog": manager.others["blog"]})
    assert "The stack 'site' has no app 'shop': " in (said := manager.roll_back())
    assert "Its apps: blog." in said


def test_manager_without_the_files_is_refused(manager):
    """Another manager has deployed the release."""
    (manager.site / f"files/srv/wsgi/shop/releases/{FIRST}/stack.yaml").unlink()
    assert (
        f"{manager.site} on node1 has no files of {FIRST}, the release of shop before {SECOND}: "
        "write the manager that deployed it in stack_host, or deploy its source again. Its "
        f"releases there: {SECOND}."
    ) in manager.roll_back()


def test_another_directory_is_refused(manager):
    said = manager.roll_back(directory="other/site")
    assert "and its last part names the stack 'site'. But the swarm has another stack" in said
