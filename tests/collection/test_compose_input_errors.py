"""The input errors of playbooks/compose.yml, for settings that work only on a server."""

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import compose

MACHINE = {"compose_directory": "/home/me/shop", "compose_owner": "me"}
APP = {
    "wsgi_app_name": "shop",
    "wsgi_app_listen": "/run/wsgi/shop.sock",
    "wsgi_app_network": "none",
    "wsgi_app_sandbox": {},
}
SITE = {
    "nginx_site_name": "main",
    "nginx_site_listen": [80],
    "nginx_site_tls": {"mode": "none"},
    "nginx_site_status_listen": "",
    "nginx_site_mounts": [{"path": "/api", "app": "shop"}],
}
TLS = {"mode": "files", "certificate": "/a.pem", "key": "/a.key"}


def input_errors(variables: dict, **settings) -> list[str]:
    changed = {**variables, **settings}
    if variables is MACHINE:
        return list(compose.of_machine(changed["compose_directory"], changed["compose_owner"]))
    if variables is APP:
        return list(compose.of_app(changed))
    return list(compose.of_site(changed, ["shop", "bin"]))


@pytest.mark.parametrize("variables", [MACHINE, APP, SITE])
def test_default_inputs_are_accepted(variables):
    assert input_errors(variables) == []


@pytest.mark.parametrize(
    "directory", ["", "shop", "~/shop", "/a b/shop", "/a:b/shop", "/", "/home/"]
)
def test_directory_is_a_path(directory):
    assert input_errors(MACHINE, compose_directory=directory) == [
        f"compose_directory is {directory!r}: say where to write what the containers are made "
        "from, as an absolute path without spaces, as in -e compose_directory=/home/me/shop."
    ]


def test_root_is_rejected():
    (said,) = input_errors(MACHINE, compose_owner="root")
    assert said.startswith("playbooks/compose.yml was started by root, and so the apps would be")


@pytest.mark.parametrize("name", ["nginx", "default"])
def test_reserved_names(name):
    (said,) = input_errors(APP, wsgi_app_name=name, wsgi_app_listen=f"/run/wsgi/{name}.sock")
    assert said.startswith(f"wsgi_app_name is {name!r}, which something else is called")


@pytest.mark.parametrize("address", ["10.0.0.11:8000", "/run/wsgi/other.sock"])
def test_app_has_one_address(address):
    assert input_errors(APP, wsgi_app_listen=address) == [
        f"wsgi_app_listen is {address!r}, but a container has an address of its own, which only "
        "nginx reaches: leave it out, and mount the app as {path: /, app: shop}."
    ]


def test_other_hosts_are_accepted():
    assert input_errors(APP, wsgi_app_network="full") == []


def test_loopback_is_rejected():
    assert input_errors(APP, wsgi_app_network="local") == [
        "wsgi_app_network is 'local', but a container has loopback addresses of its own, where "
        "nobody else listens: leave it out, or write 'full' and name an address that others reach."
    ]


def test_systemd_sandbox_is_rejected():
    assert input_errors(APP, wsgi_app_sandbox={"ProtectHome": False}) == [
        "wsgi_app_sandbox is {'ProtectHome': False}, but it is for backend 'systemd': a container "
        "has a sandbox of its own; leave it out."
    ]


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "[::1]:80", "10.0.0.5:80"])
@pytest.mark.parametrize("variable", ["nginx_site_listen", "nginx_site_tls.listen"])
def test_listeners_are_ports(variable, address):
    settings = {
        "nginx_site_listen": {"nginx_site_listen": [address, 81]},
        "nginx_site_tls.listen": {"nginx_site_tls": {**TLS, "listen": [443, address]}},
    }
    assert input_errors(SITE, **settings[variable]) == [
        f"{variable} has {address!r}, which is no address of a container: name the port alone, and "
        "say where it is published in compose_ports, as in {80: '127.0.0.1:8000'}."
    ]


def test_http3_is_rejected():
    assert input_errors(SITE, nginx_site_tls={**TLS, "http3": True}) == [
        "nginx_site_tls.http3 is true, but Compose publishes ports by TCP here: leave it out."
    ]


def test_status_is_rejected():
    assert input_errors(SITE, nginx_site_status_listen="127.0.0.1:8081") == [
        "nginx_site_status_listen is '127.0.0.1:8081', which is nginx's own container there: leave "
        "it out."
    ]


def test_tls_is_accepted():
    assert input_errors(SITE, nginx_site_tls={**TLS, "listen": [443]}) == []


@pytest.mark.parametrize("mode", ["self_signed", "acme"])
def test_certificate_exists(mode):
    assert input_errors(SITE, nginx_site_tls={"mode": mode}) == [
        f"nginx_site_tls.mode is {mode!r}, but a container has no certificate made or renewed: "
        "write 'files', with one that is on the machine."
    ]


def test_certificate_is_a_file():
    text = {"mode": "files", "certificate": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN"}
    assert input_errors(SITE, nginx_site_tls=text) == [
        "nginx_site_tls.certificate is a text, but a container reads a file of the machine: write "
        "the paths of both files."
    ]


def test_mounted_app_exists():
    assert input_errors(SITE, nginx_site_mounts=[{"path": "/", "app": "shopp"}]) == [
        "nginx_site_mounts[0].app is 'shopp', but the apps of the inventory are shop, bin: a "
        "container can be mounted only if it is one of them."
    ]


@pytest.mark.parametrize(
    "address", ["/run/shop.sock", "127.0.0.1:8000", "127.0.1.1:80", "[::1]:8000", "localhost:8000"]
)
def test_loopback_upstream_is_rejected(address):
    (said,) = input_errors(SITE, nginx_site_mounts=[{"path": "/", "upstreams": [address]}])
    assert said.startswith(f"nginx_site_mounts[0].upstreams has {address!r}, which is nginx's own")


@pytest.mark.parametrize("address", ["10.0.0.11:8000", "[fd00::1]:8000", "app.example.org:8000"])
def test_other_upstream_is_accepted(address):
    assert input_errors(SITE, nginx_site_mounts=[{"path": "/", "upstreams": [address]}]) == []


def test_image_source_is_rejected():
    assert input_errors(APP, wsgi_app_source={"type": "image", "ref": "example.org/shop:1"}) == [
        "wsgi_app_source.type is 'image', but Compose builds its images: name the code that this "
        "one was built from."
    ]
