"""Variables and suboptions that do not exist are named, with the name that is meant."""

from __future__ import annotations

import pytest
import yaml

SITE = {"nginx_site_name": "main", "nginx_site_server_names": ["example.org"]}
APP = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "shop:app",
}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"nginx_site_tls": {"mod": "files"}},
            "nginx_site_tls.mod is no option: do you mean nginx_site_tls.mode?",
            id="dictionary",
        ),
        pytest.param(
            {"nginx_site_mounts": [{"path": "/", "app": "a"}, {"path": "/b", "ap": "b"}]},
            "nginx_site_mounts[1].ap is no option: do you mean nginx_site_mounts[1].app?",
            id="list",
        ),
        pytest.param(
            {
                "nginx_site_mounts": [
                    {"path": "/", "app": "a", "static": [{"pth": "/", "root": "/"}]}
                ]
            },
            "nginx_site_mounts[0].static[0].pth is no option: do you mean "
            "nginx_site_mounts[0].static[0].path?",
            id="list in a list",
        ),
        pytest.param(
            {"nginx_site_hsts": {"seconds": 60}},
            "nginx_site_hsts.seconds is no option: use max_age, include_subdomains, preload.",
            id="no similar option",
        ),
        pytest.param(
            {"nginx_site_limits": {"rate": None}},
            "nginx_site_limits.rate has no value: write one, or remove it.",
            id="no value",
        ),
        pytest.param(
            {"nginx_site_mounts": [{"path": "/", "app": None}]},
            "nginx_site_mounts[0].app has no value: write one, or remove it.",
            id="no value in a list",
        ),
        pytest.param(
            {"nginx_site_tls": {443: "x"}},
            "nginx_site_tls.443 is no option: use mode, certificate, key, names, email, directory, "
            "directory_ca, challenge_upstreams, listen, clients, http3.",
            id="number",
        ),
    ],
)
def test_suboption(nginx_site, settings: dict, message: str):
    assert nginx_site.input_errors({**SITE, **settings}) == [message]


@pytest.mark.parametrize("entry_point", ["main", "validate_compose", "releases", "verify"])
def test_variable_of_another_entry_point(wsgi_app, entry_point: str):
    given = {**APP, "wsgi_app_release": "4d1c09aa71be"}
    assert wsgi_app.input_errors(given, entry_point) == [
        "wsgi_app_release is '4d1c09aa71be', but only the entry point 'rollback' uses it: run "
        "playbooks/rollback.yml with it, or remove it."
    ]


@pytest.mark.parametrize("entry_point", ["main", "unpin", "releases"])
def test_pin_is_part_of_a_rollback(wsgi_app, entry_point: str):
    assert wsgi_app.input_errors({**APP, "wsgi_app_pin": True}, entry_point) == [
        "wsgi_app_pin is True, but only the entry point 'rollback' uses it: run "
        "playbooks/rollback.yml with it, or remove it."
    ]


@pytest.mark.parametrize("entry_point", ["main", "verify"])
def test_result_of_an_earlier_call_is_accepted(nginx_site, entry_point: str):
    assert nginx_site.input_errors({**SITE, "nginx_site_reports": []}, entry_point) == []


def test_list_of_releases_is_accepted(wsgi_app):
    assert wsgi_app.input_errors({**APP, "wsgi_app_report": {}}) == []


def test_variable_of_the_entry_point_is_accepted(wsgi_app):
    assert wsgi_app.input_errors({**APP, "wsgi_app_release": "4d1c09aa71be"}, "rollback") == []


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        pytest.param(
            "nginx_site_tls",
            {"mod": "files"},
            "nginx_site_tls.mod is no option: do you mean nginx_site_tls.mode?",
            id="suboption",
        ),
        pytest.param(
            "nginx_site_proxy_preset",
            "squid",
            "value of nginx_site_proxy_preset must be one of: none, alb, apache",
            id="choice",
        ),
    ],
)
def test_playbook_prints_the_error_alone(
    run, root, tmp_path, variable: str, value: object, message: str
):
    host = {**SITE, variable: value, "ansible_connection": "local"}
    inventory = {"web": {"hosts": {"main": host}}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    done = run(
        *("ansible-playbook", "--check", "-i", tmp_path / "hosts.yml"),
        root / "playbooks/site.yml",
    )
    assert done.returncode != 0
    assert message in done.stdout
    assert "argument_spec_data" not in done.stdout
