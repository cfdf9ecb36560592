"""The input errors of playbooks/compose.yml, for settings that work only on a server."""

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import compose

TLS = {"mode": "files", "certificate": "/a.pem", "key": "/a.key"}


@pytest.fixture
def of_app(app_inputs):
    return lambda **settings: list(compose.of_app(app_inputs(**settings)))


@pytest.fixture
def of_site(site_inputs):
    return lambda **settings: list(compose.of_site(site_inputs(**settings), ["shop", "bin"]))


def test_default_inputs_are_accepted(of_app, of_site):
    assert [*compose.of_project("/home/me/shop", "me"), *of_app(), *of_site()] == []


@pytest.mark.parametrize(
    "directory", ["", "shop", "~/shop", "/a b/shop", "/a:b/shop", "/", "/home/"]
)
def test_directory_is_a_path(directory):
    assert list(compose.of_project(directory, "me")) == [
        f"compose_directory is {directory!r}: write the directory for the files of the project, as "
        "an absolute path without spaces, as in -e compose_directory=/home/me/shop."
    ]


def test_root_is_rejected():
    (said,) = compose.of_project("/home/me/shop", "root")
    assert said.startswith("playbooks/compose.yml was started by root. The apps would run as root")


@pytest.mark.parametrize("name", ["nginx", "default"])
def test_reserved_names(of_app, name):
    (said,) = of_app(wsgi_app_name=name, wsgi_app_listen=f"/run/wsgi/{name}.sock")
    assert said.startswith(f"wsgi_app_name is {name!r}, but this name has another meaning")


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "/run/wsgi/other.sock"])
def test_app_has_one_address(of_app, address):
    assert of_app(wsgi_app_listen=address) == [
        f"wsgi_app_listen is {address!r}, but only nginx can connect to a container, at an address "
        "that Compose gives it: remove the variable, and mount the app as {path: /, app: shop}."
    ]


def test_other_hosts_are_accepted(of_app):
    assert of_app(wsgi_app_network="full") == []


def test_loopback_is_rejected(of_app):
    assert of_app(wsgi_app_network="local") == [
        "wsgi_app_network is 'local', but nothing else listens on the loopback addresses of a "
        "container: remove the variable, or write 'full' and use an address that other machines "
        "can reach."
    ]


def test_refresh_is_rejected(of_app):
    assert of_app(wsgi_app_refresh=True) == [
        "wsgi_app_refresh is true, but the user of Compose builds the images: remove it, and "
        "build them without a cache, as with 'docker compose build --no-cache --pull'."
    ]


@pytest.mark.parametrize("hook", ["before_switch", "after_switch"])
def test_tasks_of_a_switch_are_rejected(of_app, hook: str):
    assert of_app(**{f"wsgi_app_{hook}": "hook.yml"}) == [
        f"wsgi_app_{hook} is 'hook.yml', but Compose replaces the containers, and runs no tasks of "
        "the controller: remove the variable."
    ]


def test_statsd_is_rejected(of_app):
    assert of_app(wsgi_app_statsd="/run/statsd/shop/socket") == [
        "wsgi_app_statsd is '/run/statsd/shop/socket', but a container of Compose has no socket of "
        "this machine: remove the variable."
    ]


def test_systemd_sandbox_is_rejected(of_app):
    assert of_app(wsgi_app_sandbox={"ProtectHome": False}) == [
        "wsgi_app_sandbox is {'ProtectHome': False}, but only backend 'systemd' uses it. A "
        "container has another sandbox: remove the variable."
    ]


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "[::1]:80", "10.0.0.5:80"])
@pytest.mark.parametrize("variable", ["nginx_site_listen", "nginx_site_tls.listen"])
def test_listeners_are_ports(of_site, variable, address):
    settings = {
        "nginx_site_listen": {"nginx_site_listen": [address, 81]},
        "nginx_site_tls.listen": {"nginx_site_tls": {**TLS, "listen": [443, address]}},
    }
    assert of_site(**settings[variable]) == [
        f"{variable} has {address!r}, but a container does not have this address: write the port "
        "alone, and its published address in compose_ports, as in {80: '127.0.0.1:8000'}."
    ]


def test_http3_is_rejected(of_site):
    assert of_site(nginx_site_tls={**TLS, "http3": True}) == [
        "nginx_site_tls.http3 is true, but Compose publishes TCP ports here: remove it."
    ]


def test_status_is_rejected(of_site):
    assert of_site(nginx_site_status_listen="127.0.0.1:8081") == [
        "nginx_site_status_listen is '127.0.0.1:8081', but only the container of nginx could "
        "connect there: remove the variable."
    ]


def test_tls_is_accepted(of_site):
    assert of_site(nginx_site_tls={**TLS, "listen": [443]}) == []


@pytest.mark.parametrize("mode", ["self_signed", "acme"])
def test_certificate_exists(of_site, mode):
    assert of_site(nginx_site_tls={"mode": mode}) == [
        f"nginx_site_tls.mode is {mode!r}, but a container cannot issue or renew a certificate: "
        "write 'files', with a certificate in a file of this machine."
    ]


def test_certificate_is_a_file(of_site):
    text = {"mode": "files", "certificate": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN"}
    assert of_site(nginx_site_tls=text) == [
        "nginx_site_tls.certificate is a text, but a container reads files of this machine: write "
        "the paths of both files."
    ]


def test_mounted_app_exists(of_site):
    assert of_site(nginx_site_mounts=[{"path": "/", "app": "shopp"}]) == [
        "nginx_site_mounts[0].app is 'shopp', but the apps of the inventory are shop, bin: write "
        "the name of one of them."
    ]


@pytest.mark.parametrize(
    "address", ["/run/shop.sock", "127.0.0.1:8000", "127.0.1.1:80", "[::1]:8000", "localhost:8000"]
)
def test_loopback_upstream_is_rejected(of_site, address):
    (said,) = of_site(nginx_site_mounts=[{"path": "/", "upstreams": [address]}])
    assert said.startswith(f"nginx_site_mounts[0].upstreams has {address!r}, but in a container")


@pytest.mark.parametrize("address", ["10.0.0.11:8000", "[fd00::1]:8000", "app.example.org:8000"])
def test_other_upstream_is_accepted(of_site, address):
    assert of_site(nginx_site_mounts=[{"path": "/", "upstreams": [address]}]) == []


def test_image_source_is_rejected(of_app):
    assert of_app(wsgi_app_source={"type": "image", "ref": "example.org/shop:1"}) == [
        "wsgi_app_source.type is 'image', but Compose builds its images: name the source of this "
        "image."
    ]


INSTEAD = (
    "but Compose builds the image later, so nginx cannot get the files: remove {}, and let the app "
    "serve them, for example with WhiteNoise, or mount a directory of this machine, as in "
    "{{path: /static, src: shop/static}}."
)


def test_static_paths_are_rejected(of_app):
    assert of_app(wsgi_app_static_paths=["shop/static"]) == [
        f"wsgi_app_static_paths is ['shop/static'], {INSTEAD.format('the variable')}"
    ]


def test_static_files_of_releases_are_rejected(of_site):
    static = [
        {"path": "/static", "app_directory": "static"},
        {"path": "/media", "root": "/srv/media"},
    ]
    mount = {"path": "/", "app": "shop", "static": static}
    assert of_site(nginx_site_mounts=[mount]) == [
        f"nginx_site_mounts[0].static.app_directory is 'static', {INSTEAD.format('it')}"
    ]


@pytest.mark.parametrize("where", ["nginx_site_auth_request", "nginx_site_mounts[0].auth_request"])
def test_service_on_the_same_machine(of_site, where: str):
    service = {"url": "http://127.0.0.1:4180/auth"}
    mount = {"path": "/", "app": "shop"}
    settings = (
        {"nginx_site_auth_request": service}
        if where == "nginx_site_auth_request"
        else {"nginx_site_mounts": [{**mount, "auth_request": service}]}
    )
    assert of_site(**settings) == [
        f"{where}.url is 'http://127.0.0.1:4180/auth', but in a container this is the container "
        "itself: write an address that other machines can reach."
    ]
