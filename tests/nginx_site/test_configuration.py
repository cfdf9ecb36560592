"""nginx takes every configuration that the role writes, without a warning."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES = sorted(path.name for path in HERE.parents[1].glob("inventories/*"))
SITE = {"nginx_site_name": "main", "nginx_site_server_names": ["example.org"]}
APP = {"path": "/api", "app": "shop"}
SINGLE_PAGE = {"path": "/", "root": "/srv/www", "fallback": "/index.html"}


def mounts(*mounts: dict) -> dict:
    return {"nginx_site_mounts": list(mounts)}


def published(path: str) -> dict:
    """Settings of a mount of a directory that was published twice."""
    mount = {"path": path, "src": str(HERE), "immutable": ["/assets", "/_app/immutable"]}
    return {**mounts(mount), **publication(path, "0123456789ab", "ba9876543210")}


def publication(path: str, current: str, *earlier: str) -> dict:
    """What the host has of a mount of a published directory, by digests."""
    [dest, *others] = [f"{path.replace('/', '+')}@{digest}" for digest in (current, *earlier)]
    item = {"path": path, "immutable": ["/assets"]}
    result = {"item": item, "dest": f"/srv/nginx/main/published/{dest}", "others": others}
    return {"__nginx_site_published": {"results": [result]}}


def names(*names: str) -> dict:
    return {"nginx_site_server_names": list(names)}


SITES = [
    pytest.param({}, id="nothing mounted"),
    pytest.param(mounts(APP), id="one app"),
    pytest.param(mounts({"path": "/", "app": "shop"}), id="app at the root"),
    pytest.param(mounts(APP, {"path": "/api/v2", "app": "new"}), id="app below another"),
    pytest.param(mounts(SINGLE_PAGE, APP, {"path": "/b", "app": "b"}), id="two apps and a page"),
    pytest.param(mounts({**SINGLE_PAGE, "path": "/app"}), id="page below a prefix"),
    pytest.param(published("/"), id="published"),
    pytest.param(published("/x"), id="published below a prefix"),
    pytest.param(mounts({**SINGLE_PAGE, "immutable": ["/assets"]}), id="immutable files"),
    pytest.param(
        mounts({"path": "/", "redirect": "/api/"}, APP, {"path": "/x", "redirect": "https://x/"}),
        id="redirects",
    ),
    pytest.param(
        mounts(SINGLE_PAGE, {"path": "/favicon.ico", "redirect": "/icon.svg"}),
        id="redirect of what browsers ask for",
    ),
    pytest.param(mounts({**APP, "strip": True}), id="strip"),
    pytest.param(mounts({**APP, "websocket": False}), id="no websocket"),
    pytest.param(mounts({**APP, "buffering": False}), id="no buffering"),
    pytest.param(mounts({**APP, "body_size": "1G", "read_timeout": 300}), id="limits"),
    pytest.param(
        mounts({**APP, "headers": {"X-Team": "a b; {c} 'd' #e $remote_user", "X-Empty": ""}}),
        id="headers",
    ),
    pytest.param(
        mounts({**APP, "static": [{"path": "/s", "root": "/s"}, {"path": "/m", "root": "/m/"}]}),
        id="static files",
    ),
    pytest.param(
        mounts({"path": "/", "app": "shop", "static": [{"path": "/s", "root": "/srv/s"}]}),
        id="static files of an app at the root",
    ),
    pytest.param(
        mounts({"path": "/api", "upstreams": ["10.0.0.11:8000", "[::1]:8000", "/run/a.sock"]}),
        id="upstreams",
    ),
    pytest.param({**mounts(APP), "nginx_site_listen": [80, 8080]}, id="two ports"),
    pytest.param(
        {**mounts(APP), "nginx_site_listen": ["127.0.0.1:80", "[::1]:80"]}, id="two addresses"
    ),
    pytest.param({**mounts(APP), "nginx_site_default_server": True}, id="default server"),
    pytest.param({**mounts(APP), "nginx_site_name": "my-2nd-site"}, id="name with hyphens"),
    pytest.param({**mounts(APP), "nginx_site_name": "s" * 27}, id="long name"),
    pytest.param(
        {
            "nginx_site_limits": {
                "body_size": "10m",
                "header_size": "16k",
                "header_timeout": 10,
                "body_timeout": 10,
                "send_timeout": 10,
                "connections": 20,
                "rate": "10r/s",
            }
        },
        id="all limits",
    ),
    pytest.param({"nginx_site_limits": {"rate": "30r/m", "burst": 0}}, id="rate"),
    pytest.param(
        {"nginx_site_response_headers": {"X-Frame-Options": "DENY", "X-2nd": "a; 'b' {c} #d"}},
        id="response headers",
    ),
    pytest.param({"nginx_site_access_log": "json"}, id="log"),
    pytest.param({"nginx_site_status_listen": "127.0.0.1:8081"}, id="status"),
    pytest.param(names("example.org", "*.example.org"), id="wildcard"),
    pytest.param(names("localhost", "127.0.0.1", "[::1]", "[2001:db8::5]"), id="literals"),
    pytest.param(names("Example.ORG"), id="capitals"),
    pytest.param(names(*[f"shop-{number}.example.org" for number in range(50)]), id="50 names"),
]


STATUS = {"nginx_site_status_listen": "127.0.0.1:8081"}
LONG_NAME = {
    **mounts(SINGLE_PAGE, APP),
    "nginx_site_name": "s" * 27,
    "nginx_site_limits": {"rate": "1r/s", "connections": 2},
    "nginx_site_access_log": "json",
}
PROXIES = {"nginx_site_trusted_proxies": ["10.0.0.5", "10.1.0.0/16", "fd00::/8", "::1"]}
TRUST = [
    *[
        pytest.param({**PROXIES, "nginx_site_trusted_headers": headers}, id=f"{headers} trusted")
        for headers in (
            [],
            ["proto"],
            ["for"],
            ["host"],
            ["port"],
            ["prefix"],
            ["request_id"],
            ["proto", "for", "host", "port", "prefix", "request_id"],
        )
    ],
    pytest.param(
        {
            **PROXIES,
            "nginx_site_trusted_headers": ["proto", "for", "host", "port", "prefix"],
            "nginx_site_proxy_hops": 10,
        },
        id="ten proxies",
    ),
    pytest.param({**PROXIES, "nginx_site_proxy_preset": "apache"}, id="preset"),
    pytest.param({**PROXIES, "nginx_site_proxy_protocol": True}, id="PROXY protocol"),
    pytest.param({"nginx_site_public_url": "https://example.org"}, id="pinned"),
    pytest.param(
        {**PROXIES, "nginx_site_public_url": "http://[::1]:81/a/b"}, id="pinned in every part"
    ),
]


TLS = [
    pytest.param({}, id="TLS"),
    pytest.param({"nginx_site_listen": []}, id="nothing but TLS"),
    pytest.param({"nginx_site_default_server": True}, id="default server"),
    pytest.param({**PROXIES, "nginx_site_proxy_protocol": True}, id="PROXY protocol"),
    pytest.param({"nginx_site_public_url": "https://example.org"}, id="pinned"),
    pytest.param({"nginx_site_https_redirect": False}, id="no redirect"),
    pytest.param(
        {"nginx_site_https_port": 8443, "nginx_site_hsts": {"max_age": 60, "preload": False}},
        id="HSTS, and another port",
    ),
    pytest.param({**PROXIES, "nginx_site_hsts": {"max_age": 60}}, id="behind proxies, too"),
]


def complaints(nginx) -> list[str]:
    """Return what nginx has against its configuration, errors and warnings alike."""
    return nginx.run("-t", "-q").stderr.splitlines()


@pytest.mark.parametrize("settings", SITES)
def test_is_accepted(nginx, nginx_site, settings: dict):
    nginx.add(nginx_site, {**SITE, **settings})
    assert complaints(nginx) == []


@pytest.mark.parametrize("settings", TRUST)
def test_is_accepted_behind_proxies(nginx, nginx_site, settings: dict):
    nginx.add(nginx_site, {**SITE, **LONG_NAME, **settings})
    assert complaints(nginx) == []


@pytest.mark.parametrize(
    "listen", [[443], ["127.0.0.1:443", "[::1]:443"], [443, 8443]], ids=["any", "addresses", "two"]
)
@pytest.mark.parametrize("settings", TLS)
def test_is_accepted_with_tls(nginx, nginx_site, certificate, settings: dict, listen: list):
    tls = {"nginx_site_tls": {**certificate, "listen": listen}}
    nginx.add(nginx_site, {**SITE, **LONG_NAME, **settings, **tls})
    assert complaints(nginx) == []


def test_sites_share_a_port_that_speaks_tls(nginx, nginx_site, certificate):
    for site in ("a", "b"):
        settings = {"nginx_site_name": site, **names(f"{site}.example")}
        nginx.add(nginx_site, {**SITE, **settings, "nginx_site_tls": certificate})
    assert complaints(nginx) == []


@pytest.mark.parametrize(
    ("version", "http2"),
    [
        pytest.param("1.22.1", "listen 443 ssl http2;", id="Debian 12"),
        pytest.param("1.25.0", "listen 443 ssl http2;", id="before"),
        pytest.param("1.25.1", "http2 on;", id="since"),
        pytest.param("1.26.3", "http2 on;", id="Debian 13"),
        pytest.param("", "http2 on;", id="yet to be installed"),
    ],
)
def test_http_2_is_written_as_nginx_reads_it(nginx_site, certificate, version: str, http2: str):
    info = {**nginx_site.results["__nginx_site_nginx_info"], "version": version}
    site = {**SITE, "nginx_site_tls": certificate, "__nginx_site_nginx_info": info}
    text = nginx_site.texts("__nginx_site_files", site)["main.conf"]
    lines = {line.strip() for line in text.splitlines()}
    assert lines & {"listen 443 ssl http2;", "http2 on;"} == {http2}


def test_no_variable_is_another_sites(nginx_site, certificate):
    """Sites called ``a`` and ``a-x`` share none, as long as no variable ends like another one."""
    pattern = re.compile(r"^ *(?:map .*|geo .*|set) \$site_a_(\w+)(?: {| \S+;)$", re.MULTILINE)
    tls = {"nginx_site_tls": certificate}
    names = set()
    for settings in [*SITES, *TRUST, *TLS]:
        site = {**SITE, **settings.values[0], "nginx_site_name": "a"}
        for kind in (site, {**site, **tls, "nginx_site_forwarded": "append"}):
            names |= set(pattern.findall(nginx_site.texts("__nginx_site_files", kind)["a.conf"]))
    assert {"port", "fwdport", "reqport", "prefix", "to_https"} < names
    shared = {(one, other) for one in names for other in names if one.endswith(f"_{other}")}
    assert shared == set()


def test_sites_do_not_disturb_each_other(nginx, nginx_site):
    for site in ("a", "b-c", "b"):
        settings = {**LONG_NAME, "nginx_site_name": site, **names(f"{site}.example"), **STATUS}
        nginx.add(nginx_site, {**SITE, **settings})
    assert complaints(nginx) == []


@pytest.mark.parametrize("inventory", EXAMPLES)
class TestExample:
    def test_is_accepted(self, nginx, nginx_site, hosts_of, inventory: str):
        for site in hosts_of(inventory, "web").values():
            nginx.add(nginx_site, {**site, **publication("/", "0123456789ab")})
        assert complaints(nginx) == []

    def test_has_no_input_error(self, nginx_site, hosts_of, inventory: str):
        sites = hosts_of(inventory, "web")
        errors = [nginx_site.input_errors(site) for site in sites.values()]
        assert errors == [[]] * len(sites) != []
