"""playbooks/stack.yml: what it writes is a stack of Docker Swarm, and shows no secret."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import docker_of_swarm
import pytest
import yaml
from ansible_collections.subsite.deploy.plugins.module_utils import hidden_values

ROOT = Path(__file__).parents[2]
REGISTRY = "registry.example.org/site"
DOCKER = """#!/bin/sh
case "$*" in
  info*) echo '{"ControlAvailable": true}' ;;
  service*|compose*) ;;
  *) echo "There is no swarm." >&2; exit 1 ;;
esac
"""
"""A docker that deploys nothing."""

SHOP = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "local", "path": str(ROOT / "tests/apps")},
    "wsgi_app_callable": "echo:app",
    "wsgi_app_prefix": "/shop",
    "wsgi_app_public_url": "http://shop.example.org/shop",
    "wsgi_app_network": "full",
    "wsgi_app_environment": {"GREETING": "it's $HOME"},
    "wsgi_app_secrets": {"API_KEY": "hunter2-$(id)"},
    "wsgi_app_files": [
        {"dest": "conf/shop.ini", "content": "colour = blue\n"},
        {"dest": "conf/mail.key", "secret": "swordfish"},
    ],
    "wsgi_app_setup_commands": ["flask db upgrade"],
    "wsgi_app_limits": {"memory": "512M", "cpus": 1.5, "tasks": 64},
    "wsgi_app_replicas": 3,
    "wsgi_app_processes": [
        {
            "name": "worker",
            "command": "celery --app shop worker",
            "count": 2,
            "check": "celery --app shop inspect ping",
            "probation": 30,
            "stop_timeout": 90,
        },
        {"name": "beat", "command": "celery --app shop beat", "exclusive": True},
    ],
}
EARLIER = "0123456789ab"
BLOG = {
    "wsgi_app_name": "blog",
    "wsgi_app_source": {"type": "image", "ref": f"{REGISTRY}/blog@sha256:{'0' * 64}"},
    "wsgi_app_callable": "blog:app",
    "wsgi_app_prefix": "/blog",
}
SITE = {
    "nginx_site_name": "shop",
    "nginx_site_server_names": ["shop.example.org"],
    "nginx_site_mounts": [
        {"path": "/shop", "app": "shop", "users": {"me": "swordfish"}},
        {"path": "/blog", "app": "blog"},
    ],
}


def paths(docker: Path) -> str:
    """Return PATH with a docker."""
    return f"{docker.parent}:{Path(sys.executable).parent}:/usr/bin:/bin"


@pytest.fixture(scope="module")
def top(run, tmp_path_factory) -> Path:
    """The directory of a stack with the README's example, and with other apps."""
    directory = tmp_path_factory.mktemp("stack")
    docker = directory / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    hosts = {
        "app": {"hosts": {"shop_app": SHOP, "blog_app": BLOG}},
        "web": {"hosts": {"shop_site": SITE}},
        "all": {
            "hosts": {"localhost": {"ansible_connection": "local"}},
            "vars": {"ansible_python_interpreter": sys.executable},
        },
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    done = run(
        *("ansible-playbook", "-i", "inventories/single_host", "-i", directory / "hosts.yml"),
        *("-e", f"stack_directory={directory}/site stack_registry={REGISTRY}"),
        "playbooks/stack.yml",
        PATH=paths(docker),
    )
    assert "There is no swarm." in done.stdout, done.stdout + done.stderr
    return directory / "site"


@pytest.fixture(scope="module")
def files(top: Path) -> dict[str, dict]:
    """The Compose files, by their paths."""
    paths = [
        *top.glob("stack.yaml"),
        *top.glob("*_test.yaml"),
        *top.glob("apps/*"),
        *top.glob("setup/*"),
    ]
    return {str(path.relative_to(top)): yaml.safe_load(path.read_text()) for path in paths}


@pytest.fixture(scope="module")
def services(files) -> dict[str, dict]:
    """All services, by name."""
    return {name: each for file in files.values() for name, each in file["services"].items()}


def test_services(services):
    assert set(services) == {
        *("nginx", "nginx_test", "demo", "bin", "blog"),
        *("shop", "shop-worker", "shop-beat", "shop_setup"),
    }


def test_services_have_the_directory_of_the_stack(services, top: Path):
    labels = [each["deploy"]["labels"]["subsite.directory"] for each in services.values()]
    assert {*labels} == {str(top)}


@pytest.mark.parametrize(
    ("labels", "origin"),
    [
        pytest.param({}, "another command", id="other tool"),
        pytest.param({"subsite.directory": "/home/you/site"}, "/home/you/site", id="same name"),
    ],
)
def test_another_stack_of_this_name_is_refused(run, tmp_path: Path, labels: dict, origin: str):
    """Its services would be removed."""
    services = {"db": {"image": "postgres", "deploy": {"labels": labels}}}
    docker = docker_of_swarm.place(tmp_path / "bin", "site", services)
    done = run(
        *("ansible-playbook", "-i", "inventories/single_host", "playbooks/stack.yml"),
        *("-e", f"stack_directory={tmp_path}/site stack_registry={REGISTRY}"),
        *("-e", f"ansible_python_interpreter={sys.executable}"),
        PATH=paths(docker),
    )
    assert done.returncode == 2
    assert (
        f"stack_directory is '{tmp_path}/site', and its last part names the stack 'site'. But the "
        f"swarm has another stack of this name: site_db is from {origin}."
    ) in done.stdout
    assert not (tmp_path / "site").exists()


def test_configs_and_secrets_are_named_after_their_content(files, top: Path):
    for file in files.values():
        for kind in ("configs", "secrets"):
            for name, each in file.get(kind, {}).items():
                assert each["name"] == name and name.startswith("site-")
                assert Path(each["file"]).stat().st_size > 0
    assert (top.stat().st_mode & 0o777) == 0o700


def test_no_service_has_a_config_twice(services):
    """Docker would sort two of one name in another order each time, and replace the tasks."""
    for service in services.values():
        names = [each["source"] for each in service["configs"] + service.get("secrets", [])]
        assert len(names) == len({*names})


def test_secrets_are_only_in_secrets(files, top: Path):
    hidden = ("hunter2", "swordfish")
    for path in files:
        assert not [secret for secret in hidden if secret in (top / path).read_text()]
    sources = {
        kind: {each["file"] for file in files.values() for each in file.get(kind, {}).values()}
        for kind in ("configs", "secrets")
    }
    for source in sources["configs"]:
        assert not [secret for secret in hidden if secret in Path(source).read_text()]
    found = {Path(source).name for source in sources["secrets"]}
    assert {"secrets", "mail.key"} <= found
    assert {Path(source).stat().st_mode & 0o777 for source in sources["secrets"]} == {0o600}


def test_lines_of_secret_files_can_be_hidden(top: Path, services):
    """Logs of failed tasks are shown without them."""
    release = services["shop"]["deploy"]["labels"]["subsite.release"]
    values = hidden_values.values_of(top / f"files/srv/wsgi/shop/releases/{release}")
    assert {"hunter2-$(id)", "swordfish"} <= values


def test_nothing_is_interpolated(services):
    """Docker takes $ for the beginning of a variable of its caller."""
    assert "$" not in str(services).replace("$$", "")


def test_images(services):
    assert services["blog"]["image"] == BLOG["wsgi_app_source"]["ref"]
    release = services["shop"]["deploy"]["labels"]["subsite.release"]
    assert {services[name]["image"] for name in services if name.startswith("shop")} == {
        f"{REGISTRY}/wsgi-shop:{release}"
    }


def test_only_nginx_and_the_app_itself_reach_an_app(files, services):
    assert files["apps/shop.yaml"]["networks"]["shop"] == {"internal": True}
    reaching = {name for name, each in services.items() if "shop" in each["networks"]}
    assert reaching == {"nginx", "nginx_test", "shop", "shop-worker", "shop-beat", "shop_setup"}


@pytest.mark.parametrize(
    ("app", "networks"), [("shop", ["shop", "shop_outside"]), ("blog", ["blog"])]
)
def test_network_of_an_app(services, app: str, networks: list[str]):
    assert services[app]["networks"] == networks


def test_containers_are_confined(services):
    for service in services.values():
        assert service["user"] == "10001:10001"
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_update_of_the_web_process(services):
    deploy = services["shop"]["deploy"]
    assert deploy["replicas"] == 3
    assert deploy["update_config"] == {"order": "start-first", "failure_action": "rollback"}
    assert deploy["resources"]["limits"] == {"memory": "512M", "cpus": "1.5", "pids": 64}
    assert services["shop"]["stop_grace_period"] == "35s"


def test_processes(services):
    worker, beat = services["shop-worker"], services["shop-beat"]
    assert worker["deploy"]["replicas"] == 2
    assert worker["deploy"]["update_config"]["monitor"] == "30s"
    assert worker["healthcheck"]["test"][-1].endswith("/checks/worker")
    assert worker["stop_grace_period"] == "90s"
    assert (beat["deploy"]["replicas"], "healthcheck" in beat) == (1, False)
    for step in ("update_config", "rollback_config"):
        orders = [each["deploy"][step]["order"] for each in (worker, beat)]
        assert orders == ["start-first", "stop-first"]


def test_setup_commands_are_a_job(services):
    setup = services["shop_setup"]
    assert setup["deploy"]["mode"] == "replicated-job"
    assert setup["deploy"]["restart_policy"] == {"condition": "none"}
    assert setup["entrypoint"][-1].endswith("/setup")


def test_nginx_has_the_ports_of_each_node(services):
    nginx = services["nginx"]
    assert nginx["ports"] == [{"target": 80, "published": 80, "mode": "host"}]
    assert nginx["deploy"]["mode"] == "global"


def test_configuration_of_nginx_is_tested_as_it_will_be(services):
    nginx, job = services["nginx"], services["nginx_test"]
    assert (job["entrypoint"], job["deploy"]["mode"]) == (["nginx", "-t"], "replicated-job")
    assert job["deploy"]["restart_policy"] == {"condition": "none"}
    shared = {*nginx, *job} - {"entrypoint", "deploy", "ports", "stop_signal", "stop_grace_period"}
    assert {"image", "configs", "secrets", "networks", "user", "volumes"} <= shared
    assert {name: job[name] for name in shared} == {name: nginx[name] for name in shared}


def test_nginx_looks_for_tasks(files):
    (site,) = [
        Path(each["file"]).read_text()
        for each in files["stack.yaml"]["configs"].values()
        if each["file"].endswith("/shop.conf")
    ]
    assert "resolver 127.0.0.11 valid=1s" in site
    assert "server tasks.shop:8000 resolve max_fails=3" in site


def test_a_container_that_stops_refuses_connections(services):
    targets = [each["target"] for each in services["shop"]["configs"]]
    library = [target for target in targets if target.endswith("/lib/subsite_wsgi/leaving.py")]
    assert library[0].replace("/lib/subsite_wsgi/leaving.py", "/leaving") in targets


def test_login_leaves_no_trace(top: Path):
    assert not (top / "login").exists()


def test_bad_configuration_of_nginx_changes_nothing(run, tmp_path: Path):
    docker = docker_of_swarm.place(tmp_path / "bin", "site", {}, failing="site_nginx_test")
    done = run(
        *("ansible-playbook", "-i", "inventories/single_host", "playbooks/stack.yml"),
        *("-e", f"stack_directory={tmp_path}/site stack_registry={REGISTRY}"),
        *("-e", f"ansible_python_interpreter={sys.executable}"),
        PATH=paths(docker),
    )
    assert done.returncode == 2
    assert "site_nginx_test failed: site_nginx_test writes this" in done.stdout
    deployed = [
        line for line in (tmp_path / "bin/ran").read_text().splitlines() if "deploy" in line
    ]
    assert [line.rpartition("/")[2] for line in deployed] == ["nginx_test.yaml site"]


@pytest.fixture(scope="module")
def later(run, top: Path, services, tmp_path_factory) -> Path:
    """The directory of a stack whose releases run already.

    Two runs push to another registry and have one site less. The first of them changes this.
    """
    later = tmp_path_factory.mktemp("later")
    shutil.copytree(top, later / "site")
    shutil.copy(top.parent / "hosts.yml", later)
    labels = {
        name: {**each["deploy"]["labels"], "subsite.directory": f"{later}/site"}
        for name, each in services.items()
    }
    # shop has been updated before; echo is updated now.
    labels["shop"]["subsite.previous"] = EARLIER
    labels["demo"]["subsite.release"] = EARLIER
    lasting = {
        name: {**each, "deploy": {"labels": labels[name]}}
        for name, each in services.items()
        if name not in ("shop_setup", "nginx_test")
    }
    docker = docker_of_swarm.place(later / "bin", "site", lasting)
    (later / "host_vars").mkdir()
    (later / "host_vars/shop_site.yml").write_text("nginx_site_state: absent")
    for name in ("first", "second"):
        done = run(
            *("ansible-playbook", "-i", "inventories/single_host", "-i", later / "hosts.yml"),
            *("-e", f"stack_directory={later}/site stack_registry=registry.example.net/site"),
            *("-e", "verify=false", "playbooks/stack.yml"),
            PATH=paths(docker),
        )
        assert done.returncode == 0, done.stdout
        (later / name).write_text(done.stdout)
        (docker.parent / "ran").rename(later / f"{name}_commands")
    return later


def test_images_of_another_registry_are_pushed(later: Path, services):
    release = services["shop"]["deploy"]["labels"]["subsite.release"]
    ran = (later / "first_commands").read_text()
    assert f"pull --quiet registry.example.net/site/wsgi-shop:{release}\n" in ran


def test_setup_commands_of_a_release_that_runs_are_left_out(later: Path):
    assert "/setup/" not in (later / "first_commands").read_text()


@pytest.mark.parametrize(("name", "is_tested"), [("first", True), ("second", False)])
def test_configuration_of_nginx_is_tested_if_it_changes(later: Path, name: str, is_tested: bool):
    assert ("nginx_test.yaml" in (later / f"{name}_commands").read_text()) == is_tested


@pytest.mark.parametrize("app", ["shop", "demo"])
def test_release_knows_the_one_before(later: Path, app: str):
    """shop had one before, and demo gets another one. A further run changes neither."""
    deploy = yaml.safe_load((later / f"site/apps/{app}.yaml").read_text())["services"][app][
        "deploy"
    ]
    assert deploy["labels"]["subsite.previous"] == EARLIER
    assert deploy["labels"]["subsite.release"] != EARLIER


def test_first_release_has_none_before(services):
    assert "subsite.previous" not in services["shop"]["deploy"]["labels"]


@pytest.mark.parametrize("app", ["shop", "blog"])
def test_release_keeps_what_a_rollback_deploys(files, top: Path, app: str):
    written = files[f"apps/{app}.yaml"]
    release = written["services"][app]["deploy"]["labels"]["subsite.release"]
    directory = top / f"files/srv/wsgi/{app}/releases/{release}"
    assert yaml.safe_load((directory / "stack.yaml").read_text()) == written
    sources = [
        Path(each["file"])
        for kind in ("configs", "secrets")
        for each in written.get(kind, {}).values()
    ]
    assert [source for source in sources if not source.is_relative_to(directory)] == []


def test_files_of_a_removed_site_are_removed(top: Path, later: Path):
    """Among them are the passwords of its users, and keys of certificates."""
    earlier = {path.name for path in top.glob("files/etc/nginx/**/*") if path.is_file()}
    found = {path.name for path in later.glob("site/files/etc/nginx/**/*") if path.is_file()}
    assert earlier - found == {"shop.conf", "+shop"}


def test_second_run_changes_nothing(later: Path):
    recap = (later / "second").read_text().partition("PLAY RECAP")[2]
    assert {*re.findall(r"changed=(\d+)", recap)} == {"0"}
