"""Input errors end a run before it changes anything."""

import json

import pytest
import yaml
from minimal import APP, SITE

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: "subsite.deploy.{{ group_names[0] }}"
"""
BAD = {
    "wsgi_app": {
        "no name": ({}, "missing required arguments: wsgi_app_name"),
        "prefix": (
            {**APP, "wsgi_app_prefix": "/api/"},
            "prefix is '/api/': write '/api'.",
        ),
        "misspelt": ({**APP, "wsgi_app_worker": 2}, "do you mean wsgi_app_workers?"),
        "no callable": ({**APP, "wsgi_app_callable": ""}, "wsgi_app_callable is '': write 'module"),
        "secret": (
            {**APP, "wsgi_app_secrets": {"KEY": 7391}},
            "secrets.KEY is not a text",
        ),
        "choice": (
            {**APP, "wsgi_app_prefix_mode": "path"},
            "must be one of: script_name, strip, app, got: path",
        ),
        "type": ({**APP, "wsgi_app_workers": "two"}, "'wsgi_app_workers' is of type"),
        "suboption": ({**APP, "wsgi_app_health": {"url": "/"}}, "wsgi_app_health.url"),
        "source": (
            {**APP, "wsgi_app_source": {"type": "git", "url": "x"}},
            "type is git but all of the following are missing: version",
        ),
    },
    "nginx_site": {
        "no names": (
            {**SITE, "nginx_site_server_names": []},
            "nginx_site_server_names is empty: write the hosts that clients use",
        ),
        "path": (
            {**SITE, "nginx_site_mounts": [{"path": "api", "app": "shop"}]},
            "nginx_site_mounts[0].path is 'api': write '/api'.",
        ),
        "misspelt": (
            {**SITE, "nginx_site_server_name": "example.org"},
            "do you mean nginx_site_server_names?",
        ),
        "no certificate": (
            {**SITE, "nginx_site_tls": {"mode": "files"}},
            "mode is files but all of the following are missing: certificate, key",
        ),
        "listener": (
            {
                **SITE,
                "nginx_site_listen": [443],
                "nginx_site_tls": {"mode": "files", "certificate": "/a.pem", "key": "/a.key"},
            },
            "nginx_site_tls.listen has '443', but nginx_site_listen has '443'",
        ),
        "all networks": (
            {**SITE, "nginx_site_trusted_proxies": ["0.0.0.0/0"]},
            "nginx_site_trusted_proxies has '0.0.0.0/0': clients connect from there, too",
        ),
        "header": (
            {**SITE, "nginx_site_trusted_headers": ["ssl"]},
            "one or more of: auto, proto, for, host, port, prefix, request_id. Got no match",
        ),
        "two kinds": (
            {**SITE, "nginx_site_mounts": [{"path": "/", "app": "shop", "root": "/srv"}]},
            "parameters are mutually exclusive: app|upstreams|root|src|redirect",
        ),
        "suboption": (
            {**SITE, "nginx_site_mounts": [{"path": "/", "app": "shop", "port": 80}]},
            "nginx_site_mounts.port",
        ),
    },
}
CASES = [
    pytest.param(f"{role}: {words}", said, id=f"{role}, {words}")
    for role, hosts in BAD.items()
    for words, (_, said) in hosts.items()
]


@pytest.fixture(scope="module")
def outcome(run, tmp_path_factory) -> dict:
    """One run in check mode, in which each bad value is a host of its own."""
    directory = tmp_path_factory.mktemp("input_errors")
    inventory = {
        role: {
            "hosts": {
                f"{role}: {words}": {**settings, "ansible_connection": "local"}
                for words, (settings, _) in hosts.items()
            }
        }
        for role, hosts in BAD.items()
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (directory / "playbook.yml").write_text(PLAYBOOK)
    command = ["ansible-playbook", "--check", "-i", directory / "hosts.yml"]
    ran = run(*command, directory / "playbook.yml", ANSIBLE_STDOUT_CALLBACK="ansible.posix.json")
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def failures(outcome: dict) -> dict[str, str]:
    """The message of each host, by its name."""
    return {
        host: result["msg"]
        for play in outcome["plays"]
        for task in play["tasks"]
        for host, result in task["hosts"].items()
        if result.get("failed")
    }


@pytest.mark.parametrize(("host", "said"), CASES)
class TestBadValue:
    def test_error_is_named(self, failures: dict[str, str], host: str, said: str):
        assert said in failures[host]

    def test_error_ends_the_run(self, outcome: dict, host: str, said: str):
        assert outcome["stats"][host]["failures"] == 1

    def test_error_comes_before_any_change(self, outcome: dict, host: str, said: str):
        assert outcome["stats"][host]["changed"] == 0


def test_error_shows_no_secret(outcome: dict):
    assert "7391" not in json.dumps(outcome["plays"])


ENTRY_POINTS = {
    "wsgi_app": [
        *("address", "cluster", "compose", "releases", "rollback", "stage", "unpin", "verify")
    ],
    "nginx_site": ["cluster", "compose", "verify"],
}


@pytest.fixture(scope="module")
def operated(run, tmp_path_factory) -> dict[str, dict]:
    """The message of each host, from one run of every entry point with a misspelt variable."""
    directory = tmp_path_factory.mktemp("entry_points")
    settings = {"wsgi_app": {**APP, "wsgi_app_relase": "4d1c"}}
    settings["nginx_site"] = {**SITE, "nginx_site_verify_ulr": "https://example.org"}
    hosts = {
        f"{role} {entry}": {
            **settings[role],
            "role": role,
            "entry": entry,
            "ansible_connection": "local",
        }
        for role, entries in ENTRY_POINTS.items()
        for entry in entries
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    include = {"name": "subsite.deploy.{{ role }}", "tasks_from": "{{ entry }}.yml"}
    task = {"ansible.builtin.include_role": include}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    (directory / "playbook.yml").write_text(yaml.safe_dump([play]))
    command = ["ansible-playbook", "--check", "-i", directory / "hosts.yml"]
    ran = run(*command, directory / "playbook.yml", ANSIBLE_STDOUT_CALLBACK="ansible.posix.json")
    return {
        host: result
        for play in json.loads(ran.stdout)["plays"]
        for task in play["tasks"]
        for host, result in task["hosts"].items()
        if result.get("failed")
    }


@pytest.mark.parametrize("entry", ENTRY_POINTS["wsgi_app"])
def test_misspelt_app_variable_is_named(operated, entry: str):
    said = "wsgi_app_relase is no variable of the role: do you mean wsgi_app_release?"
    assert said in operated[f"wsgi_app {entry}"]["msg"]


@pytest.mark.parametrize("entry", ENTRY_POINTS["nginx_site"])
def test_misspelt_site_variable_is_named(operated, entry: str):
    said = "nginx_site_verify_ulr is no variable of the role: do you mean nginx_site_verify_url?"
    assert said in operated[f"nginx_site {entry}"]["msg"]
