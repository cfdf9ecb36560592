"""The input errors of playbooks/stack.yml, for settings that a stack cannot have."""

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import stack

PROJECT = ("/home/me/shop", "shop", "registry.example.org:5000/shop", {})
IMAGE = "registry.example.org/shop"
CLOCK = {"name": "clock", "command": "a", "exclusive": True}


@pytest.fixture
def of_app(app_inputs):
    return lambda **settings: list(
        stack.errors("wsgi_app", app_inputs(**settings), ["shop", "shop-api"])
    )


@pytest.fixture
def of_site(site_inputs):
    return lambda **settings: list(stack.errors("nginx_site", site_inputs(**settings), ["shop"]))


def test_default_inputs_are_accepted(of_app, of_site):
    assert [*stack.of_project(*PROJECT), *of_app(), *of_site()] == []


@pytest.mark.parametrize(
    "settings",
    [
        {"wsgi_app_limits": {"memory": "1G", "tasks": 64}},
        {"wsgi_app_processes": [{"name": "worker", "command": "a", "stop_timeout": 600}]},
        {"wsgi_app_processes": [CLOCK]},
        {"wsgi_app_source": {"type": "image", "ref": f"{IMAGE}@sha256:{'0' * 64}"}},
        {"wsgi_app_files": [{"dest": "shop.ini", "content": "a"}, {"dest": "b", "secret": "c"}]},
    ],
)
def test_app_is_accepted(of_app, settings: dict):
    assert of_app(**settings) == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (("shop", "shop", *PROJECT[2:]), "stack_directory is 'shop': write the directory for"),
        (("/home/me/1", "", *PROJECT[2:]), "stack_directory is '/home/me/1', and its last part"),
        (("/home/me/a", "a" * 23, *PROJECT[2:]), "stack_directory is '/home/me/a', and its last"),
        ((*PROJECT[:2], "https://example.org", {}), "stack_registry is 'https://example.org'"),
        ((*PROJECT[:3], {"username": "me"}), "stack_registry_login has username: write username"),
        (
            (*PROJECT[:3], {"username": "me", "password": ""}),
            "stack_registry_login has password, username: write username",
        ),
        ((*PROJECT[:3], "me:swordfish"), "stack_registry_login is a text: write username"),
    ],
)
def test_inputs_of_the_playbook(inputs: tuple, said: str):
    (error,) = stack.of_project(*inputs)
    assert error.startswith(said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wsgi_app_network": "local"}, "wsgi_app_network is 'local', but nothing else listens"),
        ({"wsgi_app_writable_paths": ["/srv/m"]}, "wsgi_app_writable_paths is ['/srv/m'], but the"),
        ({"wsgi_app_shared_paths": ["media"]}, "wsgi_app_shared_paths is ['media'], but the"),
        ({"wsgi_app_static_paths": ["s"]}, "wsgi_app_static_paths is ['s'], but nginx runs in"),
        ({"wsgi_app_listen": "0.0.0.0:8000"}, "wsgi_app_listen is '0.0.0.0:8000', but only nginx"),
        ({"wsgi_app_replicas": 0}, "wsgi_app_replicas is 0: write 1 or more"),
        ({"wsgi_app_statsd": "/run/s"}, "wsgi_app_statsd is '/run/s', but a container of a"),
        ({"wsgi_app_after_switch": "/a.yml"}, "wsgi_app_after_switch is '/a.yml', but the cluster"),
        ({"wsgi_app_refresh": True}, "wsgi_app_refresh is true, but the user of the cluster"),
        (
            {"wsgi_app_schedules": [{"name": "mails", "command": "a", "calendar": "daily"}]},
            "wsgi_app_schedules has ['mails'], but Swarm runs nothing at set times",
        ),
        (
            {"wsgi_app_registry_login": {"username": "me", "password": "swordfish"}},
            "wsgi_app_registry_login is set, but the nodes log in where the stack's images are",
        ),
        (
            {"wsgi_app_source": {"type": "image", "ref": f"{IMAGE}:1"}},
            f"wsgi_app_source.ref is '{IMAGE}:1', but its tag can become another image",
        ),
        (
            {"wsgi_app_name": "default", "wsgi_app_listen": "/run/wsgi/default.sock"},
            "wsgi_app_name is 'default', but nginx's network has this name in a stack",
        ),
        (
            {"wsgi_app_processes": [{"name": "a" * 36, "command": "a"}]},
            f"wsgi_app_processes[{'a' * 36}].name makes the name 'shop-{'a' * 36}', but a service",
        ),
        (
            {"wsgi_app_processes": [{**CLOCK, "stop_timeout": 61}]},
            "wsgi_app_processes[clock].stop_timeout is 61, but Swarm starts the next one after 60",
        ),
        (
            {"wsgi_app_files": [{"dest": "a.ini", "content": ""}]},
            "wsgi_app_files[a.ini].content has 0 bytes, but Swarm takes 1 to 1023999: let the app",
        ),
        (
            {"wsgi_app_files": [{"dest": "key", "secret": "a" * 512000}]},
            "wsgi_app_files[key].secret has 512000 bytes, but Swarm takes 1 to 511999: let the app",
        ),
    ],
)
def test_app(of_app, settings: dict, said: str):
    (error,) = of_app(**settings)
    assert error.startswith(said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"nginx_site_tls": {"mode": "acme"}}, "nginx_site_tls.mode is 'acme', but each copy of"),
        ({"nginx_site_tls": {"mode": "self_signed"}}, "nginx_site_tls.mode is 'self_signed', but"),
        (
            {"nginx_site_tls": {"mode": "files", "certificate": "/a.pem", "key": "/a.key"}},
            "nginx_site_tls.certificate is '/a.pem', but nginx in a cluster sees no file",
        ),
        (
            {"nginx_site_mounts": [{"path": "/files", "root": "/srv/files"}]},
            "nginx_site_mounts[0].root is '/srv/files', but nginx in a cluster sees no file",
        ),
        (
            {"nginx_site_mounts": [{"path": "/", "app": "shopp"}]},
            "nginx_site_mounts[0].app is 'shopp', but the apps of the inventory are shop: write",
        ),
        ({"nginx_site_listen": ["10.0.0.5:80"]}, "nginx_site_listen has '10.0.0.5:80', but a cont"),
    ],
)
def test_site(of_site, settings: dict, said: str):
    (error,) = of_site(**settings)
    assert error.startswith(said)
