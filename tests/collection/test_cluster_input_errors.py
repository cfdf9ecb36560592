"""The input errors of playbooks/manifests.yml, for settings that a cluster cannot have."""

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import cluster

PROJECT = ("/home/me/shop", "registry.example.org:5000/shop", {})
TEXT = "-----BEGIN CERTIFICATE-----"


@pytest.fixture
def of_app(app_inputs):
    return lambda **settings: list(cluster.of_app(app_inputs(**settings), ["shop", "shop-api"]))


@pytest.fixture
def of_site(site_inputs):
    return lambda **settings: list(cluster.of_site(site_inputs(**settings), ["shop", "shop-api"]))


def test_default_inputs_are_accepted(of_app, of_site):
    assert [*cluster.of_manifests(*PROJECT), *of_app(), *of_site()] == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (("shop", *PROJECT[1:]), "manifests_directory is 'shop': write the directory for"),
        (("/home/me/shop", "", {}), "manifests_registry is '': write where the images will be"),
        (
            ("/home/me/shop", "https://example.org", {}),
            "manifests_registry is 'https://example.org'",
        ),
        (
            (*PROJECT[:2], {"class": "traefik"}),
            "manifests_ingress is {'class': 'traefik'}: write the class of the ingress controller",
        ),
    ],
)
def test_inputs_of_the_playbook(inputs: tuple, said: str):
    (error,) = cluster.of_manifests(*inputs)
    assert error.startswith(said)


LARGE = [{"dest": "a", "content": "ü" * 450_001}]
WORKER = {"name": "worker", "command": "celery"}
IMAGE = "registry.example.org/shop"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wsgi_app_replicas": 0}, "wsgi_app_replicas is 0: write 1 or more"),
        (
            {"wsgi_app_writable_paths": ["/srv"]},
            "wsgi_app_writable_paths is ['/srv'], but the",
        ),
        ({"wsgi_app_shared_paths": ["media"]}, "wsgi_app_shared_paths is ['media'], but the repl"),
        ({"wsgi_app_static_paths": ["static"]}, "wsgi_app_static_paths is ['static'], but nginx"),
        ({"wsgi_app_network": "local"}, "wsgi_app_network is 'local', but nothing else"),
        ({"wsgi_app_listen": "127.0.0.1:80"}, "wsgi_app_listen is '127.0.0.1:80', but only nginx"),
        ({"wsgi_app_statsd": "/run/s/s"}, "wsgi_app_statsd is '/run/s/s', but a container"),
        ({"wsgi_app_sandbox": {"ProcSubset": "all"}}, "wsgi_app_sandbox is"),
        ({"wsgi_app_files": LARGE}, "wsgi_app_files has 900002 bytes, but a cluster takes at most"),
        ({"wsgi_app_before_switch": "a.yml"}, "wsgi_app_before_switch is 'a.yml', but the cluster"),
        ({"wsgi_app_after_switch": "a.yml"}, "wsgi_app_after_switch is 'a.yml', but the cluster"),
        ({"wsgi_app_limits": {"tasks": 9}}, "wsgi_app_limits.tasks is 9, but only the nodes"),
        (
            {"wsgi_app_processes": [{**WORKER, "limits": {"tasks": 9}}]},
            "wsgi_app_processes[worker].limits.tasks is 9, but only the nodes",
        ),
        (
            {"wsgi_app_processes": [{**WORKER, "name": "api"}]},
            "wsgi_app_processes of shop has 'api', but an app has the name 'shop-api'",
        ),
        (
            {"wsgi_app_name": "nginx", "wsgi_app_listen": "/run/wsgi/nginx.sock"},
            "wsgi_app_name is 'nginx', but the cluster's nginx has this name",
        ),
        (
            {"wsgi_app_source": {"type": "image", "ref": f"{IMAGE}:1"}},
            f"wsgi_app_source.ref is '{IMAGE}:1', but its tag can become another image",
        ),
        (
            {"wsgi_app_source": {"type": "image", "archive": "/home/me/shop.tar"}},
            "wsgi_app_source.archive is '/home/me/shop.tar', but a cluster gets images from a",
        ),
        (
            {"wsgi_app_registry_login": {"username": "me", "password": "swordfish"}},
            "wsgi_app_registry_login is set, but the nodes of a cluster log in themselves",
        ),
        (
            {"wsgi_app_schedules": [{"name": "mails", "command": "a", "calendar": "*:*:0/20"}]},
            "wsgi_app_schedules[mails].calendar is '*:*:0/20', but cron has no seconds: write one",
        ),
        (
            {
                "wsgi_app_name": "a" * 27,
                "wsgi_app_listen": f"/run/wsgi/{'a' * 27}.sock",
                "wsgi_app_schedules": [{"name": "b" * 25, "command": "a", "calendar": "daily"}],
            },
            f"wsgi_app_schedules[{'b' * 25}].name makes the name '{'a' * 27}-{'b' * 25}'",
        ),
    ],
)
def test_app(of_app, settings: dict, said: str):
    (error,) = of_app(**settings)
    assert error.startswith(said)


def test_image_with_a_digest_is_accepted(of_app):
    assert of_app(wsgi_app_source={"type": "image", "ref": f"{IMAGE}@sha256:{'0' * 64}"}) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"nginx_site_listen": ["10.0.0.5:80"]}, "nginx_site_listen has '10.0.0.5:80', but a cont"),
        ({"nginx_site_tls": {"mode": "acme"}}, "nginx_site_tls.mode is 'acme', but each copy of"),
        ({"nginx_site_tls": {"mode": "self_signed"}}, "nginx_site_tls.mode is 'self_signed', but"),
        (
            {"nginx_site_tls": {"mode": "files", "certificate": "/a.pem", "key": "/a.key"}},
            "nginx_site_tls.certificate is '/a.pem', but nginx in a cluster sees no file",
        ),
        (
            {"nginx_site_tls": {"mode": "none", "clients": "/ca.pem"}},
            "nginx_site_tls.clients is '/ca.pem', but nginx in a cluster sees no file",
        ),
        ({"nginx_site_tls": {"mode": "none", "http3": True}}, "nginx_site_tls.http3 is true, but"),
        ({"nginx_site_status_listen": "127.0.0.1:81"}, "nginx_site_status_listen is"),
        (
            {"nginx_site_mounts": [{"path": "/files", "root": "/srv/files"}]},
            "nginx_site_mounts[0].root is '/srv/files', but nginx in a cluster sees no file",
        ),
        (
            {
                "nginx_site_mounts": [
                    {"path": "/", "app": "shop", "static": [{"path": "/m", "root": "/srv/m"}]}
                ]
            },
            "nginx_site_mounts[0].static.root is '/srv/m', but nginx in a cluster sees no file",
        ),
        (
            {
                "nginx_site_mounts": [
                    {"path": "/", "app": "shop", "static": [{"path": "/s", "app_directory": "s"}]}
                ]
            },
            "nginx_site_mounts[0].static.app_directory is 's', but nginx runs in another",
        ),
        (
            {"nginx_site_mounts": [{"path": "/", "app": "shopp"}]},
            "nginx_site_mounts[0].app is 'shopp', but the apps of the inventory are shop, shop-api",
        ),
        (
            {"nginx_site_mounts": [{"path": "/", "upstreams": ["localhost:80"]}]},
            "nginx_site_mounts[0].upstreams has 'localhost:80', but in a container",
        ),
    ],
)
def test_site(of_site, settings: dict, said: str):
    (error,) = of_site(**settings)
    assert error.startswith(said)


def test_text_of_a_certificate_is_accepted(of_site):
    tls = {"mode": "files", "certificate": TEXT, "key": "-----BEGIN PRIVATE KEY-----"}
    assert of_site(nginx_site_tls=tls) == []
