"""What site.yml leaves on several hosts when one of them fails.

The roles here do nothing else than to write the release of a host into a file.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

MODULE = """\
#!/usr/bin/python
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({{"name": {{"type": "str"}}}}, supports_check_mode=True)
path = Path({state!r}, module.params["name"])
module.exit_json(current=path.read_text() if path.exists() else "")
"""
FAIL = {"ansible.builtin.fail": {"msg": "{{ inventory_hostname }} fails"}}
SWITCH = {
    "ansible.builtin.copy": {
        "content": "{{ wsgi_app_release | default('new') }}",
        "dest": "{{ state }}/{{ wsgi_app_name }}",
    }
}
ROLES = {
    "wsgi_app": {
        "main": [
            {**FAIL, "when": "fails | default('') == 'before'"},
            SWITCH,
            {**FAIL, "when": "fails | default('') == 'after'"},
        ],
        "stage": [{**FAIL, "when": "fails | default('') == 'build'"}],
        "rollback": [SWITCH],
    },
    "nginx_site": {"main": [{"ansible.builtin.debug": {"msg": "deployed"}}]},
}
GONE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def site(run, root: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs playbooks/site.yml on hosts with these variables."""
    collection = tmp_path / "ansible_collections/subsite/deploy"
    (collection / "plugins/modules").mkdir(parents=True)
    (collection / "playbooks").symlink_to(root / "playbooks")
    state = tmp_path / "state"
    state.mkdir()
    (collection / "plugins/modules/wsgi_app_info.py").write_text(MODULE.format(state=str(state)))
    for role, entries in ROLES.items():
        tasks = collection / "roles" / role / "tasks"
        tasks.mkdir(parents=True)
        for entry, content in entries.items():
            (tasks / f"{entry}.yml").write_text(yaml.safe_dump(content))

    def site(
        hosts: dict[str, dict], *options: str, before: str = "old"
    ) -> subprocess.CompletedProcess:
        local = {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            "state": str(state),
        }
        apps = {name: {**local, "wsgi_app_name": name, **hosts[name]} for name in hosts}
        groups = {"app": {"hosts": apps}, "web": {"hosts": {"web1": local}}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(groups))
        for name in hosts:
            (state / name).write_text(before)
        return run(
            *("ansible-playbook", "--inventory", tmp_path / "hosts.yml"),
            *(f"--extra-vars={option}" for option in options),
            collection / "playbooks/site.yml",
            cwd=tmp_path,
            ANSIBLE_COLLECTIONS_PATH=str(tmp_path),
        )

    return site


@pytest.fixture
def releases(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a function that returns the release of each host."""
    return lambda: [path.read_text() for path in sorted((tmp_path / "state").iterdir())]


NO_BUILD = "app2 could not build the release; the reason is above. No host has switched."
BACK = (
    "The app could not be deployed to {}; the reason is above. "
    "This host has release old, as before."
)


@pytest.mark.parametrize(
    ("fails", "left", "said"),
    [
        pytest.param(["", "", ""], "new", "", id="none fails"),
        pytest.param(["", "build", ""], "old", NO_BUILD, id="build"),
        pytest.param(["", "before", ""], "old", BACK.format("app2"), id="before its switch"),
        pytest.param(["", "after", ""], "old", BACK.format("app2"), id="after its switch"),
        pytest.param(
            ["after", "after", "before"], "old", BACK.format("app1, app2, app3"), id="all of them"
        ),
    ],
)
def test_all_hosts_or_none(site, releases, fails: list[str], left: str, said: str):
    hosts = {f"app{number}": {"fails": each} for number, each in enumerate(fails, 1)}
    done = site(hosts, "all_or_nothing=true")
    assert releases() == [left] * 3, done.stdout
    assert done.returncode == (0 if left == "new" else 2)
    assert said in done.stdout


def test_host_without_an_earlier_release_keeps_the_new_one(site, releases):
    done = site({"app1": {}, "app2": {"fails": "before"}}, "all_or_nothing=true", before="")
    assert (done.returncode, releases()) == (2, ["new", ""])
    assert "This host had no release before, so it keeps that of this run." in done.stdout
    assert "This host has no release." in done.stdout


@pytest.mark.parametrize("rolling", ["true", "0", "-1"])
def test_rolling_is_a_number_or_a_share(site, releases, rolling: str):
    done = site({"app1": {}}, f"rolling={rolling}")
    assert f"rolling is '{rolling}': write how many hosts deploy at a time" in done.stdout
    assert (done.returncode, releases()) == (2, ["old"])


def test_all_or_nothing_cannot_roll(site, releases):
    done = site({"app1": {}, "app2": {}}, "all_or_nothing=true", "rolling=1")
    assert "rolling is '1', but with all_or_nothing" in done.stdout
    assert (done.returncode, releases()) == (2, ["old", "old"])


@pytest.mark.parametrize(
    ("rolling", "hosts", "left"),
    [
        pytest.param("1", [{}, {"fails": "before"}, {}], ["new", "old", "old"], id="one"),
        pytest.param("2", [{}, {"fails": "after"}, {}], ["new", "new", "old"], id="two"),
        pytest.param("1", [{}, GONE, {}], ["new", "old", "old"], id="one that is gone"),
        pytest.param("2", [{}, GONE, {}], ["new", "old", "old"], id="two of which one is gone"),
        pytest.param("1", [{}, {}, {}], ["new", "new", "new"], id="none fails"),
    ],
)
def test_rolling_ends_with_the_first_failure(site, releases, rolling, hosts, left):
    done = site(
        {f"app{number}": each for number, each in enumerate(hosts, 1)}, f"rolling={rolling}"
    )
    assert releases() == left, done.stdout
    assert (done.returncode == 0) is (left == ["new"] * 3)
    assert ("web1" in done.stdout) is (done.returncode == 0)


def test_failure_of_one_host_leaves_the_others(site, releases):
    done = site({"app1": {"fails": "before"}, "app2": {}})
    assert (done.returncode, releases()) == (2, ["old", "new"])
    assert "web1" in done.stdout
