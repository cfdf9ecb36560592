"""Where a site is asked whether it is right."""

import pytest

NAMED = {"nginx_site_name": "main", "nginx_site_server_names": ["example.org", "www.example.org"]}
BEHIND = {"nginx_site_trusted_proxies": ["10.0.0.5"]}
TLS = {"nginx_site_tls": {"mode": "files", "certificate": "/c.pem", "key": "/k.pem"}}


@pytest.fixture
def value(nginx_site):
    return lambda variable, settings: nginx_site.value(variable, {**NAMED, **settings})


@pytest.fixture
def ask(nginx_site):
    def ask(where: str, mount: dict, **settings) -> dict:
        """Return what is asked of the only mount of a site: ``on_host``, or ``as_client``."""
        inputs = {**NAMED, "nginx_site_mounts": [mount], **settings}
        [question] = nginx_site.value(f"__nginx_site_verify_questions.{where}", inputs)
        return question

    return ask


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        pytest.param({}, "http://example.org", id="alone"),
        pytest.param({"nginx_site_listen": ["8080"]}, "http://example.org:8080", id="port"),
        pytest.param(
            {"nginx_site_listen": ["127.0.0.1:8080"]}, "http://example.org:8080", id="address"
        ),
        pytest.param(TLS, "https://example.org", id="TLS"),
        pytest.param(
            {"nginx_site_tls": {**TLS["nginx_site_tls"], "listen": [8443]}},
            "https://example.org:8443",
            id="TLS on another port",
        ),
        pytest.param({**BEHIND, "nginx_site_listen": ["8080"]}, "https://example.org", id="behind"),
        pytest.param(
            {**BEHIND, "nginx_site_trusted_headers": ["for"]}, "http://example.org", id="no TLS"
        ),
        pytest.param(
            {"nginx_site_public_url": "https://a.b/outer"}, "https://a.b/outer", id="pinned"
        ),
        pytest.param({"nginx_site_verify_url": "http://a.b:81"}, "http://a.b:81", id="said"),
    ],
)
def test_url(value, settings: dict, url: str):
    assert value("__nginx_site_verify_url", settings) == url


@pytest.mark.parametrize(
    ("settings", "endpoints"),
    [
        pytest.param({}, [("nginx", "127.0.0.1:80", False)], id="plain"),
        pytest.param(TLS, [("nginx", "127.0.0.1:443", True)], id="TLS"),
        pytest.param({"nginx_site_proxy_protocol": True}, [], id="PROXY protocol"),
    ],
)
def test_local_endpoint_of_nginx(ask, settings: dict, endpoints: list):
    mount = {"path": "/api", "upstreams": ["10.0.0.11:8000"]}
    found = ask("on_host", mount, **settings)["endpoints"]
    assert [(one["name"], one["connect"], one["tls"]) for one in found] == endpoints


OPEN = {"path": "/open", "app": "shop"}
MOUNT_RULES = {"allow": ["10.0.0.0/8"], "deny": ["10.0.0.0/8"], "users": {"me": "a long password"}}
NO_RULES = {"allow": [], "users": {}}
NOT_VERIFIED = [
    pytest.param({}, {}, [], id="open"),
    *[pytest.param({}, {name: rule}, ["/api"], id=name) for name, rule in MOUNT_RULES.items()],
    pytest.param({}, {"auth_request": {"url": "/open/auth"}}, ["/api"], id="auth_request"),
    pytest.param({"nginx_site_allow": ["10.0.0.0/8"]}, {}, ["/open", "/api"], id="of the site"),
    pytest.param({"nginx_site_allow": ["10.0.0.0/8"]}, NO_RULES, ["/open"], id="open again"),
    pytest.param({"nginx_site_maintenance": True}, {}, ["/open", "/api"], id="maintenance"),
]


@pytest.mark.parametrize(("settings", "mount", "paths"), NOT_VERIFIED)
def test_mount_that_not_every_client_may_request_is_not_verified(
    value, settings: dict, mount: dict, paths: list[str]
):
    site = {**settings, "nginx_site_mounts": [OPEN, {"path": "/api", "app": "shop", **mount}]}
    lists = [
        value(f"__nginx_site_{name}_mounts | map(attribute='path')", site)
        for name in ("unverified", "verified")
    ]
    assert lists == [paths, [path for path in ("/open", "/api") if path not in paths]]


def test_local_endpoint_of_app(ask):
    question = ask("on_host", {"path": "/api", "app": "shop", "strip": True})
    endpoint = {"name": "app", "connect": "/run/wsgi/shop.sock", "strip": True}
    assert question["endpoints"][-1] == endpoint
    assert question["keys"] == "/srv/wsgi/shop/releases/*/diagnosis.key"
    assert question["current_unit"] == "/etc/systemd/system/wsgi-shop.service"
    assert question["url"] == "http://example.org/api"


BOTH = pytest.mark.parametrize("where", ["on_host", "as_client"])


@BOTH
@pytest.mark.parametrize(("size", "sent"), [("10k", 10240), ("100m", 2097152), (None, 0)])
def test_body_size_is_limited(ask, where: str, size: str | None, sent: int):
    mount = {"path": "/api", "app": "shop", **({"body_size": size} if size else {})}
    assert ask(where, mount)["body"] == sent


@BOTH
@pytest.mark.parametrize(
    ("settings", "opened"),
    [({}, False), ({"websocket": True}, True), ({"websocket": False}, False)],
)
def test_websocket_is_opened_if_the_mount_says_so(ask, where: str, settings: dict, opened: bool):
    assert ask(where, {"path": "/api", "app": "shop", **settings})["websocket"] is opened


@BOTH
@pytest.mark.parametrize("settings", [{}, {"verify_paths": ["/admin/", "/search?q=a%20b"]}])
def test_more_pages_are_read_if_the_mount_names_them(ask, where: str, settings: dict):
    mount = {"path": "/api", "app": "shop", **settings}
    assert ask(where, mount)["paths"] == settings.get("verify_paths", [])


@BOTH
def test_root_url_has_one_slash(ask, where: str):
    assert ask(where, {"path": "/", "app": "shop"})["url"] == "http://example.org/"


@pytest.mark.parametrize("address", ["", "203.0.113.5", "lb.example.org:8443"])
def test_client_asks_at_the_given_address(ask, address: str):
    question = ask("as_client", {"path": "/", "app": "shop"}, nginx_site_verify_address=address)
    assert question["endpoints"] == [{"name": "public", "connect": address}]


@pytest.mark.parametrize(
    ("upstreams", "hosts"),
    [
        (
            ["10.0.0.11:8000", {"address": "app2:8000"}, "[fd00::5]:8000", "/run/a.sock"],
            ["10.0.0.11", "app2", "fd00::5"],
        ),
        (["https://app3", "https://app4:8443"], ["app3", "app4"]),
    ],
    ids=["http", "https"],
)
def test_hosts_of_upstreams_are_no_hosts_of_clients(ask, upstreams: list, hosts: list[str]):
    question = ask("as_client", {"path": "/", "upstreams": upstreams})
    assert question["inner_hosts"] == hosts


@pytest.mark.parametrize(
    ("settings", "client"),
    [
        pytest.param({}, "localhost", id="a name"),
        pytest.param({"nginx_site_server_names": ["localhost"]}, "web", id="localhost"),
        pytest.param({"nginx_site_server_names": ["127.0.0.1"]}, "web", id="address"),
        pytest.param({"nginx_site_server_names": ["[::1]"]}, "web", id="address of IPv6"),
        pytest.param(
            {"nginx_site_server_names": ["localhost"], "nginx_site_verify_url": "http://localhost"},
            "localhost",
            id="said",
        ),
        pytest.param({"nginx_site_server_names": ["localhost.org"]}, "localhost", id="another"),
    ],
)
def test_client_of_localhost_is_the_host(value, settings: dict, client: str):
    assert value("__nginx_site_verify_client", {"inventory_hostname": "web", **settings}) == client
