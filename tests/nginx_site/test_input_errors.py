"""Input errors of the role nginx_site, and inputs that it accepts."""

from pathlib import Path

import pytest
import trustme
from minimal import SITE

SLASH = "use '/' and letters, digits, '.', '_', '~' or '-', as in '/api' or '/shop/v2'."
PAGES = str(Path(__file__).parents[2] / "app/page")
PROXIES = {"nginx_site_trusted_proxies": ["10.0.0.5"]}
TLS = {"mode": "files", "certificate": "/etc/ssl/shop.pem", "key": "/etc/ssl/private/shop.key"}


def printed(option: str, value):
    """Return how an error prints ``value``."""
    return "***" if option in ("key", "headers") and value else value


SELF_SIGNED = {"mode": "self_signed"}
ACME = {"mode": "acme"}


def texts(name: str) -> dict[str, str]:
    """Return a certificate for ``name`` and its key, as text."""
    issued = trustme.CA().issue_cert(name)
    return {
        "mode": "files",
        "certificate": issued.cert_chain_pems[0].bytes().decode(),
        "key": issued.private_key_pem.bytes().decode(),
    }


@pytest.fixture
def input_errors(nginx_site):
    return lambda **settings: nginx_site.input_errors({**SITE, **settings})


@pytest.fixture
def mount_errors(input_errors):
    return lambda **mount: input_errors(nginx_site_mounts=[{"path": "/api", **mount}])


@pytest.fixture(scope="module")
def specified(nginx_site):
    return lambda **settings: nginx_site.specification_errors({**SITE, **settings})


A_HOST = (
    "write a host without scheme, port or path, as in 'example.org', '*.example.org', "
    "'203.0.113.5' or '[2001:db8::5]'"
)
ONLY = "a host name has letters, digits and hyphens only, no "
NAMES = [
    pytest.param("", A_HOST, id="empty"),
    pytest.param("https://example.org", A_HOST, id="scheme"),
    pytest.param("example.org:8000", A_HOST, id="port"),
    pytest.param("example.org/", A_HOST, id="path"),
    pytest.param("example.org ", A_HOST, id="space"),
    pytest.param("2001:db8::5", A_HOST, id="IPv6 without brackets"),
    pytest.param("[::1]:80", A_HOST, id="IPv6 with a port"),
    pytest.param("my_host.example", ONLY + "'_'", id="underscore"),
    pytest.param("*", ONLY + "'*'", id="everything"),
    pytest.param("www.*", ONLY + "'*'", id="wildcard at the end"),
    pytest.param("a.*.org", ONLY + "'*'", id="wildcard inside"),
    pytest.param("*example.org", ONLY + "'*'", id="wildcard without a dot"),
    pytest.param("~^www", ONLY + "'~'", id="regular expression"),
    pytest.param("a;b", ONLY + "';'", id="semicolon"),
    pytest.param(".example.org", "it has a dot too many", id="dot first"),
    pytest.param("example.org.", "it has a dot too many", id="dot last"),
    pytest.param("example..org", "it has a dot too many", id="two dots"),
    pytest.param("-a", "'-a' begins or ends with a hyphen", id="hyphen first"),
    pytest.param("a.b-.example", "'b-' begins or ends with a hyphen", id="hyphen last"),
    pytest.param(
        f"{'a' * 64}.example",
        f"a part between dots has at most 63 characters, {'a' * 64!r} has 64",
        id="long part",
    ),
    pytest.param(
        ".".join(["a" * 50] * 5),
        "a host name has at most 253 characters, this one has 254",
        id="long name",
    ),
]


@pytest.mark.parametrize(("value", "fault"), NAMES)
class TestName:
    def test_of_the_site(self, input_errors, value: str, fault: str):
        assert input_errors(nginx_site_server_names=["example.org", value]) == [
            f"nginx_site_server_names has {value!r}: {fault}."
        ]

    def test_of_an_alias(self, input_errors, value: str, fault: str):
        assert input_errors(nginx_site_aliases=[value]) == [
            f"nginx_site_aliases has {value!r}: {fault}."
        ]


def test_name_and_alias(input_errors):
    names = {"nginx_site_server_names": ["a.example", "www.a.example"]}
    assert input_errors(**names, nginx_site_aliases=["WWW.a.example"]) == [
        "nginx_site_aliases has 'www.a.example', and nginx_site_server_names, too: write it in one "
        "of them. An alias is redirected to the first server name."
    ]


def test_no_server_name(input_errors):
    assert input_errors(nginx_site_server_names=[]) == [
        "nginx_site_server_names is empty: write the hosts that clients use, as in "
        "[example.org, www.example.org]."
    ]


def test_wildcard_first(input_errors):
    assert input_errors(nginx_site_server_names=["*.example.org", "example.org"]) == [
        "nginx_site_server_names begins with '*.example.org': write an exact name first. nginx "
        "uses it for requests without a host, and redirects aliases to it."
    ]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["example.org", "example.org"], id="alike"),
        pytest.param(["example.org", "Example.ORG"], id="alike but for capitals"),
    ],
)
def test_name_twice(input_errors, names: list[str]):
    assert input_errors(nginx_site_server_names=names) == [
        "nginx_site_server_names has 'example.org' more than once: write it once."
    ]


@pytest.mark.parametrize(
    "value",
    [0, 65536, -1, "", "http", "*:80", ":80", "::1:80", "a:0", "[::]", "80 ssl", "٨٠"],
)
def test_listen(input_errors, value):
    assert input_errors(nginx_site_listen=[value]) == [
        f"nginx_site_listen has {str(value)!r}: write a port, as in 80, or an address with a port, "
        "as in '127.0.0.1:8080'."
    ]


def test_no_listen(input_errors):
    said = "nginx_site_listen is empty: write a port, as in [80]."
    assert input_errors(nginx_site_listen=[]) == [said]


def test_listen_twice(input_errors):
    said = "nginx_site_listen has '80' more than once: write it once."
    assert input_errors(nginx_site_listen=[80, "80"]) == [said]


class TestTls:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("certificate", "/etc/ssl/shop.pem"),
            ("key", "/etc/ssl/private/shop.key"),
            ("listen", [443]),
            ("http3", True),
            ("names", ["www.example.org"]),
            ("email", "me@example.org"),
            ("directory", "https://acme.example/"),
            ("directory_ca", "/ca.pem"),
            ("challenge_upstreams", ["10.0.0.21"]),
        ],
    )
    @pytest.mark.parametrize("mode", [{}, {"mode": "none"}], ids=["no mode", "none"])
    def test_mode_is_none(self, input_errors, mode: dict, option: str, value):
        assert input_errors(nginx_site_tls={**mode, option: value}) == [
            f"nginx_site_tls.{option} is {printed(option, value)!r}, but nginx_site_tls.mode is "
            "'none', so the site has no TLS: write another mode, as in 'mode: files', or remove it."
        ]

    @pytest.mark.parametrize("option", ["certificate", "key"])
    @pytest.mark.parametrize("value", ["", "shop.pem", "/etc/my ssl/a", "/a/$host", "/a;", "/a/"])
    def test_file(self, input_errors, option: str, value: str):
        assert input_errors(nginx_site_tls={**TLS, option: value}) == [
            f"nginx_site_tls.{option} is {printed(option, value)!r}: write the absolute path of a "
            "file on the host, without spaces, as in '/etc/ssl/shop.pem', or the text in PEM."
        ]

    @pytest.mark.parametrize(
        ("tls", "option", "modes"),
        [
            (TLS, "names", "self_signed or acme"),
            (TLS, "email", "acme"),
            (SELF_SIGNED, "directory", "acme"),
            (SELF_SIGNED, "certificate", "files"),
            (ACME, "key", "files"),
        ],
    )
    def test_option_of_another_mode(self, input_errors, tls: dict, option: str, modes: str):
        value = ["x"] if option == "names" else "x"
        assert input_errors(nginx_site_tls={**tls, option: value}) == [
            f"nginx_site_tls.{option} is {printed(option, value)!r}, but nginx_site_tls.mode is "
            f"{tls['mode']!r}: it is for mode {modes}."
        ]

    @pytest.mark.parametrize("mode", ["none", "acme"])
    def test_key_is_not_printed(self, input_errors, mode: str):
        (said,) = input_errors(nginx_site_tls={"mode": mode, "key": "-----BEGIN PRIVATE KEY-----"})
        assert said.startswith("nginx_site_tls.key is a text, but nginx_site_tls.mode is ")

    @pytest.mark.parametrize("option", ["certificate", "key"])
    def test_text_and_path(self, input_errors, option: str):
        pair = {"certificate": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN PRIVATE KEY-----"}
        assert input_errors(nginx_site_tls={"mode": "files", **pair, option: "/a.pem"}) == [
            f"nginx_site_tls.{option} is not a text in PEM, but the other one is: write both as "
            "texts, or both as paths of files on the host."
        ]

    def test_texts(self, input_errors):
        names = {"nginx_site_server_names": ["example.org", "203.0.113.5"]}
        assert input_errors(**names, nginx_site_tls=texts("example.org")) == []

    def test_text_of_another_certificate(self, input_errors):
        pair = texts("example.com")
        assert input_errors(nginx_site_tls={**pair, "key": texts("example.org")["key"]}) == [
            "nginx_site_tls.certificate is a text that is for example.com, but not for "
            "'example.org': get one that has this name, too.",
            "nginx_site_tls.key is a text that is not the key of the certificate: use the key "
            "that belongs to it.",
        ]

    @pytest.mark.parametrize("name", ["https://a", "a b", "203.0.113.5/8", ""])
    def test_self_signed_names(self, input_errors, name: str):
        assert input_errors(nginx_site_tls={**SELF_SIGNED, "names": [name]}) == [
            f"nginx_site_tls.names has {name!r}: write a host or an address, as in 'example.org', "
            "'*.example.org' or '203.0.113.5'."
        ]

    @pytest.mark.parametrize("name", ["*.example.org", "203.0.113.5", "[::1]", "a b"])
    def test_acme_names(self, input_errors, name: str):
        assert input_errors(nginx_site_tls={**ACME, "names": [name]}) == [
            f"nginx_site_tls.names has {name!r}: an ACME server issues certificates for hosts "
            "only, as in 'www.example.org'."
        ]

    def test_acme_name_without_wildcard(self, input_errors):
        assert input_errors(nginx_site_tls={**ACME, "names": ["www.example.com"]}) == [
            "nginx_site_tls.names has 'www.example.com', but no wildcard in "
            "nginx_site_server_names matches it: write it in nginx_site_server_names instead."
        ]

    def test_acme_wildcard(self, input_errors):
        names = {"nginx_site_server_names": ["example.org", "*.example.org"]}
        assert input_errors(**names, nginx_site_tls=ACME) == [
            "nginx_site_server_names has '*.example.org', but HTTP-01 cannot issue certificates "
            "for wildcards: write the hosts that clients use in nginx_site_tls.names, as in "
            "['www.example.org']."
        ]
        tls = {**ACME, "names": ["www.example.org"]}
        assert input_errors(**names, nginx_site_tls=tls) == []

    def test_acme_addresses(self, input_errors):
        names = ["203.0.113.5", "[::1]"]
        assert input_errors(nginx_site_server_names=names, nginx_site_tls=ACME) == [
            f"nginx_site_server_names is {names!r}, but nginx_site_tls.mode is 'acme', and an ACME "
            "server issues no certificates for addresses: write a host, as in 'example.org'."
        ]

    def test_acme_without_plain_listener(self, input_errors):
        assert input_errors(nginx_site_listen=[], nginx_site_tls=ACME) == [
            "nginx_site_listen is empty, but nginx_site_tls.mode is 'acme', and an ACME server "
            "connects without TLS: write the port that clients reach as 80, as in [80]."
        ]

    @pytest.mark.parametrize(
        "path", ["/.well-known/acme-challenge", "/.well-known/acme-challenge/x"]
    )
    def test_acme_mount(self, input_errors, path: str):
        mounts = [{"path": path, "app": "shop"}]
        assert input_errors(nginx_site_mounts=mounts, nginx_site_tls=ACME) == [
            f"nginx_site_mounts has {path!r}, but /.well-known/acme-challenge has the challenges "
            "of certbot: choose another path."
        ]

    @pytest.mark.parametrize(
        ("option", "value", "advice"),
        [
            ("email", "me", "write one address, as in 'me@example.org'."),
            ("email", "a@b.c,d@e.f", "write one address, as in 'me@example.org'."),
            (
                "directory",
                "http://acme.example",
                "write the directory URL of the ACME server, as in "
                "'https://acme-staging-v02.api.letsencrypt.org/directory'.",
            ),
            (
                "directory_ca",
                "ca.pem",
                "write the absolute path of a file on the host, without spaces, as in "
                "'/etc/ssl/our-ca.pem'.",
            ),
        ],
    )
    def test_acme_options(self, input_errors, option: str, value: str, advice: str):
        said = f"nginx_site_tls.{option} is {value!r}: {advice}"
        assert input_errors(nginx_site_tls={**ACME, option: value}) == [said]

    @pytest.mark.parametrize("value", ["http://10.0.0.21", "10.0.0.21/x", "a;b", "80", ""])
    def test_challenge_upstreams(self, input_errors, value: str):
        assert input_errors(nginx_site_tls={**ACME, "challenge_upstreams": [value]}) == [
            f"nginx_site_tls.challenge_upstreams has {value!r}: write a host or an address, with "
            "its port unless that is 80, as in '10.0.0.21' or '10.0.0.21:8080'."
        ]

    def test_good_challenge_upstreams(self, input_errors):
        upstreams = ["10.0.0.21", "10.0.0.22:8080", "web3.example.org", "[fd00::1]", "[fd00::1]:80"]
        assert input_errors(nginx_site_tls={**ACME, "challenge_upstreams": upstreams}) == []

    def test_challenge_upstreams_by_proxy_protocol(self, input_errors):
        tls = {**ACME, "challenge_upstreams": ["10.0.0.21"]}
        trusted = {"nginx_site_trusted_proxies": ["10.0.0.5"], "nginx_site_proxy_protocol": True}
        assert input_errors(**trusted, nginx_site_tls=tls) == [
            "nginx_site_tls.challenge_upstreams is ['10.0.0.21'], but nginx_site_proxy_protocol is "
            "true, and hosts that fetch challenges do not speak it: remove one of the two."
        ]

    @pytest.mark.parametrize("value", [0, "https", "*:443", "443 ssl"])
    def test_listen(self, input_errors, value):
        assert input_errors(nginx_site_tls={**TLS, "listen": [value]}) == [
            f"nginx_site_tls.listen has {str(value)!r}: write a port, as in 443, or an address "
            "with a port, as in '127.0.0.1:8443'."
        ]

    def test_listen_twice(self, input_errors):
        said = "nginx_site_tls.listen has '443' more than once: write it once."
        assert input_errors(nginx_site_tls={**TLS, "listen": [443, "443"]}) == [said]

    @pytest.mark.parametrize("plain", [[80], []])
    def test_no_listen(self, input_errors, plain: list):
        said = "nginx_site_tls.listen is empty: write a port, as in [443]."
        tls = {**TLS, "listen": []}
        assert input_errors(nginx_site_listen=plain, nginx_site_tls=tls) == [said]

    @pytest.mark.parametrize(
        ("plain", "secure"),
        [
            pytest.param(443, 443, id="port"),
            pytest.param("443", 443, id="port as text"),
            pytest.param("127.0.0.1:8443", "127.0.0.1:8443", id="address"),
            pytest.param("127.0.0.1:443", 443, id="address of a port that speaks TLS"),
            pytest.param(80, "[::1]:80", id="address of a port that speaks plain HTTP"),
        ],
    )
    def test_listener_for_http_and_tls(self, input_errors, plain, secure):
        tls = {**TLS, "listen": [secure]}
        assert input_errors(nginx_site_listen=[plain], nginx_site_tls=tls) == [
            f"nginx_site_tls.listen has {str(secure)!r}, but nginx_site_listen has "
            f"{str(plain)!r}: a port accepts either TLS or plain HTTP, so write it in one of them."
        ]

    @pytest.mark.parametrize("url", ["", "http://example.org"])
    def test_http3_without_public_url(self, input_errors, url: str):
        tls = {**TLS, "http3": True}
        assert input_errors(nginx_site_public_url=url, nginx_site_tls=tls) == [
            f"nginx_site_tls.http3 is true, but nginx_site_public_url is {url!r}: with HTTP/3, "
            "nginx does not know the port of the request, so write the URL that clients use, as in "
            "'https://example.org'."
        ]

    def test_http3_with_proxy_protocol(self, input_errors):
        settings = {
            **PROXIES,
            "nginx_site_proxy_protocol": True,
            "nginx_site_public_url": "https://example.org",
            "nginx_site_tls": {**TLS, "http3": True},
        }
        assert input_errors(**settings) == [
            "nginx_site_tls.http3 is true, but nginx_site_proxy_protocol works with TCP "
            "connections only: remove one of them."
        ]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "all",
        "example.org",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0-10.0.0.9",
        "10.0.0.5:80",
        "[::1]",
        "fe80::1%eth0",
        "unix:",
        "10.0.0.5;",
        "10.0.0.5\n",
        10,
    ],
)
def test_trusted_proxy_is_no_network(input_errors, value):
    assert input_errors(nginx_site_trusted_proxies=["10.0.0.5", value]) == [
        f"nginx_site_trusted_proxies has {str(value)!r}: write an address or a network, as in "
        "'10.0.0.5' or 'fd00::/64'."
    ]


@pytest.mark.parametrize(
    ("value", "network", "address"),
    [("10.0.0.5/8", "10.0.0.0/8", "10.0.0.5"), ("fd00::5/64", "fd00::/64", "fd00::5")],
)
def test_trusted_proxy_is_address_and_network(input_errors, value: str, network: str, address: str):
    assert input_errors(nginx_site_trusted_proxies=[value]) == [
        f"nginx_site_trusted_proxies has {value!r}: write '{network}' for the network, or "
        f"'{address}' for the one address."
    ]


@pytest.mark.parametrize(
    ("widest", "value"),
    [
        pytest.param(8, "0.0.0.0/0", id="all networks"),
        pytest.param(8, "0.0.0.0/1", id="first half"),
        pytest.param(8, "128.0.0.0/1", id="second half"),
        pytest.param(8, "8.0.0.0/7", id="a little too wide"),
        pytest.param(16, "::/0", id="all of IPv6"),
        pytest.param(16, "2000::/3", id="global IPv6"),
        pytest.param(16, "2a00::/12", id="a region"),
    ],
)
def test_trusted_network_is_too_wide(input_errors, widest: int, value: str):
    assert input_errors(nginx_site_trusted_proxies=[value]) == [
        f"nginx_site_trusted_proxies has {value!r}: clients connect from there, too, and could "
        "forge every URL. Write the networks of the proxies only; a public one must not be wider "
        f"than /{widest}."
    ]


@pytest.mark.parametrize(
    "values", [["10.0.0.5", "10.0.0.5"], ["10.0.0.5/32", "10.0.0.5"]], ids=["alike", "same"]
)
def test_trusted_proxy_twice(input_errors, values: list[str]):
    said = "nginx_site_trusted_proxies has '10.0.0.5/32' more than once: write it once."
    assert input_errors(nginx_site_trusted_proxies=values) == [said]


@pytest.mark.parametrize("value", [0, -1, 11, "0"])
def test_hops(input_errors, value):
    assert input_errors(**PROXIES, nginx_site_proxy_hops=value) == [
        f"nginx_site_proxy_hops is {value}: write how many trusted proxies a request passes, from "
        "1 to 10."
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("nginx_site_proxy_preset", "traefik"),
        ("nginx_site_proxy_preset", "apache"),
        ("nginx_site_trusted_headers", ["proto", "host"]),
        ("nginx_site_trusted_headers", ["port"]),
        ("nginx_site_trusted_headers", ["prefix"]),
        ("nginx_site_trusted_headers", ["request_id"]),
        ("nginx_site_proxy_hops", 2),
        ("nginx_site_proxy_protocol", True),
    ],
)
def test_no_proxy_is_trusted(input_errors, variable: str, value):
    assert input_errors(**{variable: value}) == [
        f"{variable} is {value!r}, but nginx_site_trusted_proxies is empty, so no forwarded header "
        "is used: write the addresses of the proxies, as in ['10.0.0.5']."
    ]


@pytest.mark.parametrize("header", ["proto", "host", "port", "prefix"])
def test_trusted_header_and_public_url(input_errors, header: str):
    headers = {"nginx_site_trusted_headers": ["for", header]}
    assert input_errors(**PROXIES, **headers, nginx_site_public_url="https://example.org") == [
        f"nginx_site_trusted_headers has '{header}', but nginx_site_public_url sets it for every "
        "request: remove one of them."
    ]


def test_auto_and_another_trusted_header(input_errors):
    assert input_errors(**PROXIES, nginx_site_trusted_headers=["auto", "host"]) == [
        "nginx_site_trusted_headers is ['auto', 'host']: write [auto] alone, or write each header, "
        "as in [proto, for]."
    ]


class TestHttps:
    WITHOUT_HTTPS = [
        pytest.param({}, id="no proxy"),
        pytest.param(
            {**PROXIES, "nginx_site_trusted_headers": ["for"]}, id="scheme is not trusted"
        ),
    ]
    HTTP_URL = {"nginx_site_public_url": "http://example.org"}
    HTTPS_URL = {"nginx_site_public_url": "https://example.org"}

    @pytest.mark.parametrize("settings", [*WITHOUT_HTTPS, pytest.param(HTTPS_URL, id="pinned")])
    def test_redirect_without_https(self, input_errors, settings: dict):
        assert input_errors(nginx_site_https_redirect=True, **settings) == [
            "nginx_site_https_redirect is true, but the site has no https: set nginx_site_tls. If "
            "a proxy in front ends TLS, write its address in nginx_site_trusted_proxies and trust "
            "its 'proto'."
        ]

    def test_redirect_with_http_url(self, input_errors):
        assert input_errors(
            nginx_site_https_redirect=True, nginx_site_tls=TLS, **self.HTTP_URL
        ) == [
            "nginx_site_https_redirect is true, but nginx_site_public_url is 'http://example.org': "
            "remove one of them, or write an https URL."
        ]

    def test_redirect_with_https_url_behind_proxy(self, input_errors):
        settings = {**PROXIES, **self.HTTPS_URL, "nginx_site_tls": TLS}
        assert input_errors(nginx_site_https_redirect=True, **settings) == [
            "nginx_site_https_redirect is true, but nginx_site_public_url is "
            "'https://example.org', so every request through nginx_site_trusted_proxies counts as "
            "https: remove the redirect, and let the proxy redirect."
        ]

    @pytest.mark.parametrize("value", [0, 65536, -1])
    def test_port(self, input_errors, value: int):
        said = f"nginx_site_https_port is {value}: write a port, as in 443."
        assert input_errors(nginx_site_https_port=value) == [said]

    def test_port_differs_from_public_url(self, input_errors):
        url = {"nginx_site_public_url": "https://example.org:8443"}
        assert input_errors(**url, nginx_site_tls=TLS, nginx_site_https_port=443) == [
            "nginx_site_https_port is 443, but nginx_site_public_url is "
            "'https://example.org:8443': remove one of them."
        ]

    @pytest.mark.parametrize(
        "settings", [*WITHOUT_HTTPS, pytest.param(HTTP_URL, id="pinned to http")]
    )
    def test_hsts_without_https(self, input_errors, settings: dict):
        assert input_errors(nginx_site_hsts={"max_age": 60}, **settings) == [
            "nginx_site_hsts is {'max_age': 60}, but the site has no https: set nginx_site_tls, "
            "write the address of the proxy that ends TLS in nginx_site_trusted_proxies, or remove "
            "nginx_site_hsts."
        ]

    @pytest.mark.parametrize("hsts", [{"include_subdomains": True}, {"max_age": -1}])
    def test_hsts_max_age(self, input_errors, hsts: dict):
        assert input_errors(nginx_site_hsts=hsts, nginx_site_tls=TLS) == [
            f"nginx_site_hsts is {hsts!r}: write for how many seconds browsers use https only, as "
            "in {max_age: 3600}."
        ]

    @pytest.mark.parametrize(
        "hsts",
        [
            {"max_age": 31536000},
            {"max_age": 31535999, "include_subdomains": True},
            {"max_age": 31536000, "include_subdomains": False},
        ],
    )
    def test_hsts_preload(self, input_errors, hsts: dict):
        hsts = {**hsts, "preload": True}
        assert input_errors(nginx_site_hsts=hsts, nginx_site_tls=TLS) == [
            f"nginx_site_hsts is {hsts!r}, but browsers preload only "
            "{max_age: 31536000, include_subdomains: true, preload: true} or more."
        ]


class TestLimits:
    @pytest.mark.parametrize("value", ["", "10 m", "10mb", "1.5m", "-1", "m", "010m"])
    def test_body_size(self, input_errors, value: str):
        said = f"nginx_site_limits.body_size is {value!r}: write a size, as in '10m'."
        assert input_errors(nginx_site_limits={"body_size": value}) == [said]

    @pytest.mark.parametrize("value", ["", "8", "0k", "8192", "65k", "1m", "4 8k", "8kb"])
    def test_header_size(self, input_errors, value: str):
        assert input_errors(nginx_site_limits={"header_size": value}) == [
            f"nginx_site_limits.header_size is {value!r}: write from '1k' to '64k'. Apps do not "
            "accept longer lines."
        ]

    @pytest.mark.parametrize("option", ["header_timeout", "body_timeout", "send_timeout"])
    @pytest.mark.parametrize("value", [0, -1, "0"])
    def test_timeout(self, input_errors, option: str, value):
        said = f"nginx_site_limits.{option} is {value}: write 1 second or more."
        assert input_errors(nginx_site_limits={option: value}) == [said]

    @pytest.mark.parametrize("value", [0, -1, 65536])
    def test_connections(self, input_errors, value: int):
        assert input_errors(nginx_site_limits={"connections": value}) == [
            f"nginx_site_limits.connections is {value}: write 1 or more, up to 65535. A browser "
            "opens six, and more streams with HTTP/2."
        ]

    @pytest.mark.parametrize("value", ["", "10", 10, "0r/s", "10r/h", "1.5r/s", "-1r/s", "10 r/s"])
    def test_rate(self, input_errors, value):
        assert input_errors(nginx_site_limits={"rate": value}) == [
            f"nginx_site_limits.rate is {str(value)!r}: write how many requests in a second or in "
            "a minute, as in '10r/s' or '30r/m'."
        ]

    def test_burst(self, input_errors):
        said = "nginx_site_limits.burst is -1: write 0 or more."
        assert input_errors(nginx_site_limits={"rate": "1r/s", "burst": -1}) == [said]

    def test_burst_without_rate(self, input_errors):
        assert input_errors(nginx_site_limits={"burst": 5}) == [
            "nginx_site_limits.burst is 5, but nginx_site_limits.rate is not set: set it, as in "
            "{rate: 10r/s, burst: 20}."
        ]

    @pytest.mark.parametrize(("option", "value"), [("rate", "10r/s"), ("connections", 20)])
    def test_clients_without_addresses(self, input_errors, option: str, value):
        headers = {**PROXIES, "nginx_site_trusted_headers": ["proto"]}
        assert input_errors(**headers, nginx_site_limits={option: value}) == [
            f"nginx_site_limits.{option} is {value!r}, but nginx_site_trusted_headers does not "
            "have 'for', so all clients behind a proxy count as one: add it, or remove the limit."
        ]


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        pytest.param({"limits": {"rate": "5"}}, "limits.rate is '5': write how many", id="rate"),
        pytest.param(
            {"limits": {"burst": 5}}, "limits.burst is 5, but nginx_site_mounts[0].li", id="burst"
        ),
        pytest.param(
            {"limits": {"connections": 0}}, "limits.connections is 0: write 1", id="connections"
        ),
        pytest.param({"limits": {"body_timeout": 0}}, "limits.body_timeout is 0: ", id="body"),
        pytest.param({"limits": {"send_timeout": 0}}, "limits.send_timeout is 0: ", id="send"),
        pytest.param(
            {"response_headers": {"X_A": "b"}}, "response_headers has 'X_A': use", id="header"
        ),
        pytest.param(
            {"response_headers": {"Alt-Svc": "b"}}, "response_headers sets Alt-Svc", id="other"
        ),
    ],
)
def test_setting_of_a_mount(mount_errors, mount: dict, said: str):
    [error] = mount_errors(app="a", **mount)
    assert error.startswith(f"nginx_site_mounts[0].{said}")


@pytest.mark.parametrize("option", ["limits", "response_headers"])
def test_setting_of_a_redirect(mount_errors, option: str):
    [said] = mount_errors(redirect="/b", **{option: {}})
    assert said.startswith(f"nginx_site_mounts[0].{option} is {{}}, but the mount has redirect")


class TestResponseHeaders:
    @pytest.mark.parametrize("name", ["", "X Frame", "X_Frame", "X-Frame:", "-X", "Ä", "X\n"])
    def test_name(self, input_errors, name: str):
        assert input_errors(nginx_site_response_headers={name: "a"}) == [
            f"nginx_site_response_headers has {name!r}: use at most 46 letters, digits and "
            "hyphens, as in 'X-Content-Type-Options'."
        ]

    @pytest.mark.parametrize(
        "name", ["Content-Length", "content-type", "Location", "Set-Cookie", "Transfer-Encoding"]
    )
    def test_header_of_one_response(self, input_errors, name: str):
        assert input_errors(nginx_site_response_headers={name: "a"}) == [
            f"nginx_site_response_headers sets {name}, but this header describes one response: "
            "remove it."
        ]

    @pytest.mark.parametrize(
        ("name", "variable"),
        [
            ("Strict-Transport-Security", "nginx_site_hsts"),
            ("strict-transport-security", "nginx_site_hsts"),
            ("Alt-Svc", "nginx_site_tls.http3"),
        ],
    )
    def test_header_of_another_variable(self, input_errors, name: str, variable: str):
        assert input_errors(nginx_site_response_headers={name: "a"}) == [
            f"nginx_site_response_headers sets {name}, but {variable} sets it: use that variable."
        ]

    @pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "a\nb", "$host", 1, True, ["a"]])
    def test_value(self, input_errors, value):
        assert input_errors(nginx_site_response_headers={"X-Team": value}) == [
            f"nginx_site_response_headers.X-Team is {value!r}: write a text without quotes, "
            "backslashes, dollar signs and line breaks."
        ]

    def test_name_twice(self, input_errors):
        said = "nginx_site_response_headers has 'x-team' more than once: write it once."
        assert input_errors(nginx_site_response_headers={"X-Team": "a", "x-team": "b"}) == [said]


WRITE_NETWORK = "write an address or a network, as in '203.0.113.5' or '2001:db8::/32'."
A_NAME = (
    "Use at most 64 letters, digits, '.', '_', '@', '+' or '-', and write the password after it, "
    "as in {me: PASSWORD}."
)
A_HASH = (
    "write the password itself, or a hash of bcrypt with a cost of at most 10, as 'htpasswd -nB "
    "NAME' makes it."
)
NO_TEXT = (
    "nginx_site_users has no text as the password of 'me': write it in quotes, without line breaks."
)


class TestAccess:
    @pytest.mark.parametrize("option", ["allow", "deny"])
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            pytest.param("example.org", WRITE_NETWORK, id="name"),
            pytest.param("10.0.0", WRITE_NETWORK, id="part"),
            pytest.param("10.0.0.0/33", WRITE_NETWORK, id="too long"),
            pytest.param("fe80::1%eth0", WRITE_NETWORK, id="zone"),
            pytest.param("all", WRITE_NETWORK, id="nginx's word"),
            pytest.param("unix:", WRITE_NETWORK, id="socket"),
            pytest.param(
                "10.0.0.5/8",
                "write '10.0.0.0/8' for the network, or '10.0.0.5' for the one address.",
                id="host bits",
            ),
        ],
    )
    def test_network(self, input_errors, option: str, value: str, said: str):
        errors = input_errors(**{f"nginx_site_{option}": [value]})
        assert errors == [f"nginx_site_{option} has {value!r}: {said}"]

    @pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0"])
    def test_everybody(self, mount_errors, value: str):
        said = f"nginx_site_mounts[0].allow has {value!r}, which is every client: remove it."
        assert mount_errors(app="a", allow=[value]) == [said]

    def test_network_twice(self, input_errors):
        assert input_errors(nginx_site_allow=["::1", "::1/128"]) == [
            "nginx_site_allow has '::1/128' more than once: write it once."
        ]

    @pytest.mark.parametrize("option", ["allow", "deny"])
    def test_address_of_a_proxy(self, input_errors, option: str):
        headers = {**PROXIES, "nginx_site_trusted_headers": ["proto"]}
        assert input_errors(**headers, **{f"nginx_site_{option}": ["10.0.0.0/8"]}) == [
            f"nginx_site_{option} is ['10.0.0.0/8'], but nginx_site_trusted_headers does not have "
            "'for', so all clients behind a proxy have the address of the proxy: add it, or "
            f"remove {option}."
        ]

    def test_allowed_but_denied(self, input_errors):
        mounts = [{"path": "/a", "app": "a", "deny": ["10.0.0.0/8", "::/8"]}]
        assert input_errors(nginx_site_allow=["10.1.0.0/16"], nginx_site_mounts=mounts) == [
            "nginx_site_mounts[0].allow has '10.1.0.0/16', but nginx_site_mounts[0].deny has "
            "'10.0.0.0/8', which comes first: remove one of them."
        ]

    @pytest.mark.parametrize(
        "rules",
        [
            pytest.param({"allow": ["10.0.0.0/8"]}, id="no users"),
            pytest.param({"users": {"me": "secret"}}, id="no address"),
            pytest.param({"users": {"me": "secret"}, "allow": []}, id="all addresses"),
        ],
    )
    def test_nothing_to_choose(self, mount_errors, rules: dict):
        assert mount_errors(app="a", satisfy="any", **rules) == [
            "nginx_site_mounts[0].satisfy is 'any', but there is only one rule to satisfy: write "
            "allow and users, or remove it."
        ]

    def test_password_instead_of_a_denied_address(self, input_errors):
        rules = {"nginx_site_satisfy": "any", "nginx_site_users": {"me": "secret"}}
        assert input_errors(nginx_site_deny=["10.0.0.5"], **rules) == [
            "nginx_site_satisfy is 'any', but nginx_site_deny is ['10.0.0.5'], and a password "
            "would be enough for these clients, too: remove one of them."
        ]

    @pytest.mark.parametrize(
        ("user", "fault"),
        [
            ("", "has 0 characters"),
            ("a b", "has ' '"),
            ("a:b", "has ':'"),
            ("#a", "has '#'"),
            ("a\n", "has '\\n'"),
            ("bücher", "has 'ü'"),
            ("a" * 65, "has 65 characters"),
            (7, "is no text"),
        ],
    )
    def test_user(self, input_errors, user, fault: str):
        assert input_errors(nginx_site_users={"me": "secret", user: "secret"}) == [
            f"nginx_site_users: name 2 {fault}. {A_NAME}"
        ]

    @pytest.mark.parametrize("password", ["", "a\nb", "a\0", 7391, True, ["7391"]])
    def test_password(self, input_errors, password):
        assert input_errors(nginx_site_users={"me": password}) == [NO_TEXT]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            pytest.param("{SHA}7391", "is of a kind that is guessed too fast", id="SHA"),
            pytest.param("{SSHA}7391", "is of a kind that is guessed too fast", id="salted SHA"),
            pytest.param("{PLAIN}7391", "is of a kind that is guessed too fast", id="plain"),
            pytest.param("$1$salt$7391", "is of a kind that is guessed too fast", id="MD5"),
            pytest.param(
                f"$2y$11${'7391' * 13}a",
                "has cost 11, and nginx would need too long for every request",
                id="slow bcrypt",
            ),
            pytest.param(
                f"$6$rounds=656000$salt${'7391' * 21}ab",
                "has 656000 rounds, and nginx would need too long for every request",
                id="slow sha512-crypt",
            ),
            pytest.param(
                "$2y$05$7391",
                "is no complete hash of bcrypt, scrypt, sha512-crypt, sha256-crypt or apr1",
                id="cut off",
            ),
        ],
    )
    def test_hash(self, mount_errors, text: str, fault: str):
        [said] = mount_errors(app="a", users={"me": text})
        assert said == f"nginx_site_mounts[0].users has a hash for 'me' that {fault}: {A_HASH}"
        assert "7391" not in said

    @pytest.mark.parametrize(
        "rules",
        [
            {"users": {"me": "7391"}},
            {"allow": ["10.0.0.5"]},
            {"deny": ["10.0.0.5"]},
            {"satisfy": "any"},
        ],
    )
    def test_rule_of_a_redirect(self, mount_errors, rules: dict):
        [option] = rules
        assert mount_errors(redirect="/b", **rules) == [
            f"nginx_site_mounts[0].{option} is set, but the mount has redirect, and a redirect "
            "shows nothing: remove it."
        ]


AN_ORIGIN = (
    "write an origin as browsers send it, in lower case and without a path, as in "
    "'https://app.example.org'."
)


class TestCors:
    @pytest.mark.parametrize(
        ("origin", "fault"),
        [
            *[
                pytest.param(value, AN_ORIGIN, id=value or "empty")
                for value in (
                    "",
                    "app.example.org",
                    "https://app.example.org/",
                    "https://App.example.org",
                    "https://*.example.org",
                    "null",
                    "ftp://a",
                )
            ],
            pytest.param("https://a:443", "browsers leave this port out, so remove it.", id="443"),
            pytest.param("http://a:80", "browsers leave this port out, so remove it.", id="80"),
        ],
    )
    def test_origin(self, input_errors, origin: str, fault: str):
        said = f"nginx_site_cors has {origin!r}: {fault}"
        assert input_errors(nginx_site_cors=[origin]) == [said]

    @pytest.mark.parametrize(
        ("cors", "said"),
        [
            pytest.param("*", " is '*': write a list of origins, as in", id="no list"),
            pytest.param(["*", "https://a"], " has '*' and other origins: write '*'", id="both"),
            pytest.param(["http://a", "http://a"], " has 'http://a' more than once", id="twice"),
            pytest.param({"origins": ["*"], "credentials": True}, " has '*' and cred", id="all"),
            pytest.param({"methods": ["GET"]}, ".origins is []: write a list", id="no origin"),
            pytest.param({"origins": ["http://a"], "age": 1}, ".age is no option", id="option"),
            pytest.param({"origins": ["http://a"], "max_age": -1}, ".max_age is -1: ", id="age"),
            pytest.param({"origins": ["http://a"], "methods": "GET"}, ".methods is 'GET'", id="m"),
            pytest.param({"origins": ["http://a"], "headers": ["*"]}, ".headers is ['*']", id="h"),
            pytest.param(
                {"origins": ["http://a"], "credentials": "yes"},
                ".credentials is 'yes': write true or false.",
                id="no boolean",
            ),
        ],
    )
    def test_of_a_mount(self, mount_errors, cors, said: str):
        [error] = mount_errors(app="a", cors=cors)
        assert error.startswith(f"nginx_site_mounts[0].cors{said}")

    def test_header_that_it_sets(self, mount_errors):
        headers = {"Access-Control-Allow-Origin": "*"}
        assert mount_errors(app="a", cors=["http://a"], response_headers=headers) == [
            "nginx_site_mounts[0].response_headers sets Access-Control-Allow-Origin, but cors sets "
            "it: remove one of them."
        ]

    def test_of_a_redirect(self, mount_errors):
        [said] = mount_errors(redirect="/b", cors=["http://a"])
        assert said.startswith("nginx_site_mounts[0].cors is ['http://a'], but the mount has re")


@pytest.mark.parametrize(
    ("clients", "said"),
    [
        ("clients.pem", "is 'clients.pem': write the absolute path of a file on the host"),
        ("-----BEGIN PRIVATE KEY-----", "is a text with a private key: write the certificates"),
    ],
)
def test_certificates_of_clients(input_errors, clients: str, said: str):
    [error] = input_errors(nginx_site_tls={**TLS, "clients": clients})
    assert error.startswith(f"nginx_site_tls.clients {said}")


def test_certificates_of_clients_without_tls(input_errors):
    [said] = input_errors(nginx_site_tls={"clients": "/etc/ssl/clients.pem"})
    assert said.startswith("nginx_site_tls.clients is '/etc/ssl/clients.pem', but nginx_site_tls.m")


SERVICE = {"url": "http://127.0.0.1:4180/oauth2/auth"}


class TestAuthRequest:
    @pytest.mark.parametrize(
        ("service", "said"),
        [
            pytest.param("/auth", " is '/auth': write its URL, as in {url: /oauth2/", id="text"),
            pytest.param(True, " is True: write its URL", id="true"),
            pytest.param({"sign_in": "/"}, ".url is '': write a path of this site", id="no URL"),
            pytest.param({"url": "https://a/b"}, ".url is 'https://a/b': write a path", id="TLS"),
            pytest.param({"url": "http://a/b?c"}, ".url is 'http://a/b?c': write", id="query"),
            pytest.param({"url": "http://a$b/c"}, ".url is 'http://a$b/c': write", id="variable"),
            pytest.param({"url": "/none"}, ".url is '/none', but no mount with app", id="no mount"),
            pytest.param({"url": "/api/auth"}, ".url is '/api/auth', but clients could", id="loop"),
            pytest.param({**SERVICE, "login": "/"}, ".login is no option: use url", id="option"),
            pytest.param({**SERVICE, "sign_in": "//a"}, ".sign_in is '//a': write", id="sign in"),
            pytest.param({**SERVICE, "sign_in": "/$uri"}, ".sign_in is '/$uri': ", id="dollar"),
            pytest.param({**SERVICE, "headers": "X-A"}, ".headers is 'X-A': write", id="headers"),
            pytest.param({**SERVICE, "headers": ["X_A"]}, ".headers has 'X_…': use", id="header"),
            pytest.param({**SERVICE, "headers": ["Host"]}, ".headers sets Host, but", id="Host"),
            pytest.param({**SERVICE, "headers": ["A", "a"]}, ".headers has 'a' more th", id="two"),
        ],
    )
    def test_settings(self, input_errors, service, said: str):
        mounts = [{"path": "/api", "app": "a"}, {"path": "/x", "app": "x", "users": {}}]
        [error] = input_errors(nginx_site_auth_request=service, nginx_site_mounts=mounts)
        assert error.startswith(f"nginx_site_auth_request{said}")

    def test_password_and_service(self, mount_errors):
        assert mount_errors(app="a", auth_request=SERVICE, users={"me": "secret"}) == [
            "nginx_site_mounts[0] has auth_request and users, but a browser can do only one of "
            "them: write 'users: {}' or 'auth_request: false' for the mount."
        ]

    def test_header_of_the_mount(self, mount_errors):
        service = {**SERVICE, "headers": ["X-User"]}
        assert mount_errors(app="a", auth_request=service, headers={"x-user": "me"}) == [
            "nginx_site_mounts[0].headers sets x-user, but auth_request sets it: remove one of "
            "them."
        ]

    def test_of_a_redirect(self, mount_errors):
        [said] = mount_errors(redirect="/b", auth_request=SERVICE)
        assert said.startswith("nginx_site_mounts[0].auth_request is {'url'")


class TestStatus:
    @pytest.mark.parametrize(
        "value",
        ["80", "localhost:81", "0.0.0.0:81", "10.0.0.5:81", "[::]:81", "127.0.0.1", "/run/x.sock"],
    )
    def test_listen(self, input_errors, value: str):
        assert input_errors(nginx_site_status_listen=value) == [
            f"nginx_site_status_listen is {value!r}: write a loopback address with a port, as in "
            "'127.0.0.1:8081'. The status is for this host only."
        ]

    @pytest.mark.parametrize(
        ("variable", "other", "settings"),
        [
            ("nginx_site_listen", 8081, {"nginx_site_listen": [8081]}),
            ("nginx_site_listen", "127.0.0.1:8081", {"nginx_site_listen": ["127.0.0.1:8081"]}),
            ("nginx_site_tls.listen", 8081, {"nginx_site_tls": {**TLS, "listen": [8081]}}),
        ],
    )
    def test_listener_of_the_site(self, input_errors, variable: str, other, settings: dict):
        assert input_errors(nginx_site_status_listen="127.0.0.1:8081", **settings) == [
            f"nginx_site_status_listen is '127.0.0.1:8081', but {variable} has {str(other)!r}: "
            "choose another port."
        ]


class TestErrorPages:
    @pytest.fixture
    def page_errors(self, input_errors, tmp_path):
        """A function that returns what is wrong with a directory that has these files."""

        def page_errors(*names: str, **options: object) -> list[str]:
            for name in names:
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_text("a page")
            return input_errors(nginx_site_error_pages={"src": str(tmp_path), **options})

        return page_errors

    @pytest.mark.parametrize("value", ["", "/no/such/directory", __file__])
    def test_src(self, input_errors, value: str):
        assert input_errors(nginx_site_error_pages={"src": value}) == [
            f"nginx_site_error_pages.src is {value!r}, but the controller has no such directory."
        ]

    def test_empty_src(self, page_errors, tmp_path):
        assert page_errors() == [
            f"nginx_site_error_pages.src is {str(tmp_path)!r}, but it is empty: write a page, as "
            "in '404.html'."
        ]

    def test_link_to_another_directory(self, page_errors, tmp_path):
        (tmp_path / "404.html").symlink_to("/etc/passwd")
        [said] = page_errors()
        assert "'404.html' links to '/etc/passwd', outside of the source" in said

    @pytest.mark.parametrize(
        "name",
        ["405x.html", "4x.html", "xxx.html", "200.html", "302.html", "499.html", "404.htm"]
        + ["404", "style.css", "index.html", "404.html~", "Maintenance.html", ".htaccess"],
    )
    @pytest.mark.parametrize("of_apps", [False, True])
    def test_file_that_no_status_has(self, page_errors, name: str, of_apps: bool):
        assert page_errors("404.html", name, replace_app_errors=of_apps) == [
            f"nginx_site_error_pages.src has {name!r}, but only pages are served: name it after a "
            "status, as '404.html', '50x.html' or '4xx.html', or 'maintenance.html'. A page holds "
            "its styles and images itself."
        ]

    def test_directory(self, page_errors):
        assert len(page_errors("404.html", "img/404.html")) == 2

    @pytest.mark.parametrize("name", ["400.html", "409.html", "422.html", "451.html", "501.html"])
    def test_status_of_apps_only(self, page_errors, name: str):
        assert page_errors(name) == [
            f"nginx_site_error_pages.src has {name!r}, but nginx itself never makes this status in "
            "the name of the site: remove the file, or set "
            "nginx_site_error_pages.replace_app_errors."
        ]
        assert page_errors(name, replace_app_errors=True) == []

    @pytest.mark.parametrize("name", ["421.html", "416.html"])
    def test_status_without_a_page(self, page_errors, name: str):
        [said] = page_errors(name, replace_app_errors=True)
        assert said.startswith(f"nginx_site_error_pages.src has {name!r}, but only pages")

    def test_good_pages(self, page_errors):
        names = ["401.html", "404.html", "413.html", "429.html", "431.html", "40x.html"]
        assert page_errors(*names, "4xx.html", "50x.html", "5xx.html", "maintenance.html") == []

    @pytest.mark.parametrize("value", [True, False])
    def test_option_without_src(self, input_errors, value: bool):
        assert input_errors(nginx_site_error_pages={"replace_app_errors": value}) == [
            f"nginx_site_error_pages.replace_app_errors is {value}, but nginx_site_error_pages.src "
            "is not set: write the directory of the pages, or remove the option."
        ]


class TestMaintenance:
    @pytest.mark.parametrize("value", ["on and off", "", "y", 2, [], ["/healthz"], {}, None])
    def test_value(self, input_errors, value):
        [said] = input_errors(nginx_site_maintenance=value)
        assert said == (
            f"nginx_site_maintenance is {value!r}: write true, false, or options, as in {{allow: "
            "[203.0.113.9]}."
        )

    @pytest.mark.parametrize(
        "value",
        [True, False, "true", "no", "False", 0, 1]
        + [{"retry_after": 1}, {"allow": []}, {"paths": ["/healthz", "/shop/health/"]}]
        + [{"allow": ["203.0.113.9", "10.0.0.0/8", "2001:db8::/48", "::1"]}],
    )
    def test_good_value(self, input_errors, value):
        assert input_errors(nginx_site_maintenance=value) == []

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            pytest.param(
                {"retry": 5}, "retry is no option: use retry_after, allow, paths.", id="no"
            ),
            pytest.param(
                {"retry_after": "5m"}, "retry_after is '5m': write a number of seconds.", id="text"
            ),
            pytest.param(
                {"retry_after": True}, "retry_after is True: write a number of seconds.", id="bool"
            ),
            pytest.param(
                {"retry_after": 0}, "retry_after is 0: write 1 second or more.", id="too short"
            ),
            pytest.param({"allow": "::1"}, "allow is '::1': write a list.", id="no list"),
            pytest.param({"paths": "/x"}, "paths is '/x': write a list.", id="no list of paths"),
            *[
                pytest.param(
                    {"allow": [value]},
                    f"allow has {value!r}: write an address or a network, as in '203.0.113.5' or "
                    "'2001:db8::/32'.",
                    id=f"network {value}",
                )
                for value in ("", "all", "10.0.0", "example.org", "fe80::1%eth0", 7)
            ],
            pytest.param(
                {"allow": ["10.0.0.5/8"]},
                "allow has '10.0.0.5/8': write '10.0.0.0/8' for the network, or '10.0.0.5' for the "
                "one address.",
                id="host of a network",
            ),
            pytest.param(
                {"allow": ["::/0"]},
                "allow has '::/0', which is every client: remove it.",
                id="every client",
            ),
            pytest.param(
                {"allow": ["::1", "::1"]},
                "allow has '::1/128' more than once: write it once.",
                id="two",
            ),
            *[
                pytest.param(
                    {"paths": [value]},
                    f"paths has {value!r}: write one path of the site, without a query, as in "
                    "'/healthz' or '/shop/healthz'.",
                    id=f"path {value}",
                )
                for value in (
                    "",
                    "/",
                    "x",
                    "/x?y",
                    "/x//",
                    "/a b",
                    "/../x",
                    '/"',
                    "/$uri",
                    "/x\n",
                    7,
                )
            ],
            pytest.param(
                {"paths": ["/x", "/x"]}, "paths has '/x' more than once: write it once.", id="path"
            ),
        ],
    )
    def test_options(self, input_errors, options: dict, said: str):
        assert input_errors(nginx_site_maintenance=options) == [f"nginx_site_maintenance.{said}"]

    def test_clients_without_addresses(self, input_errors):
        headers = {**PROXIES, "nginx_site_trusted_headers": ["proto"]}
        assert input_errors(**headers, nginx_site_maintenance={"allow": ["::1"]}) == [
            "nginx_site_maintenance.allow is ['::1'], but nginx_site_trusted_headers does not have "
            "'for', so all clients behind a proxy have the address of the proxy: add it, or remove "
            "allow."
        ]


class TestInternal:
    def test_root(self, input_errors):
        mounts = [{"path": "/", "root": "/srv/www", "internal": True}]
        assert input_errors(nginx_site_mounts=mounts) == [
            "nginx_site_mounts[0] is internal, but its path is '/', where apps have their paths: "
            "choose another path, as in '/protected'."
        ]

    @pytest.mark.parametrize(
        ("option", "value"), [("fallback", "/a.html"), ("immutable", ["/a"]), ("listing", True)]
    )
    def test_option_for_clients(self, mount_errors, option: str, value):
        assert mount_errors(root="/srv/www", internal=True, **{option: value}) == [
            f"nginx_site_mounts[0] has internal and {option}, but no client requests a path of the "
            "mount: remove one of them."
        ]


class TestDefaultRedirect:
    @pytest.mark.parametrize(
        ("settings", "default"),
        [
            pytest.param({}, False, id="no TLS"),
            pytest.param(PROXIES, False, id="TLS in front"),
            pytest.param({"nginx_site_tls": TLS}, True, id="TLS"),
            pytest.param({**PROXIES, "nginx_site_tls": TLS}, True, id="TLS here, and in front"),
            *[
                pytest.param(
                    {**settings, "nginx_site_tls": TLS, "nginx_site_public_url": url}, *row
                )
                for settings, url, *row in (
                    ({}, "https://a.b", True),
                    ({}, "http://a.b", False),
                    (PROXIES, "https://a.b", False),
                    ({**PROXIES, "nginx_site_proxy_protocol": True}, "https://a.b", True),
                )
            ],
        ],
    )
    def test_is_where_it_cannot_surprise(self, nginx_site, settings: dict, default: bool):
        redirects = nginx_site.value("__nginx_site_redirects_to_https", {**SITE, **settings})
        assert redirects is default


def test_no_path(mount_errors):
    assert mount_errors(path="", app="shop") == [f"nginx_site_mounts[0].path is '': {SLASH}"]


def test_path_twice(input_errors):
    mounts = [{"path": "/api", "app": "shop"}, {"path": "/api", "redirect": "/"}]
    said = "nginx_site_mounts has '/api' more than once: write it once."
    assert input_errors(nginx_site_mounts=mounts) == [said]


@pytest.mark.parametrize("value", ["", "Shop", "my_shop", "/run/wsgi/shop.sock", "10.0.0.1:80"])
def test_app(mount_errors, value: str):
    [said] = mount_errors(app=value)
    assert said.startswith(f"nginx_site_mounts[0].app is {value!r}: use at most 27 small letters")


@pytest.mark.parametrize(
    "value",
    [
        *["", "8000", "localhost", "app_1:8000", "h:0", "http://h:1", "unix:/x", "::1:80"],
        *["https://", "https://h/path", "https://h:0", "https:///run/a.sock"],
    ],
)
def test_upstream(mount_errors, value: str):
    assert mount_errors(upstreams=["10.0.0.11:8000", value]) == [
        f"nginx_site_mounts[0].upstreams has {value!r}: write 'host:port', as in "
        "'10.0.0.11:8000', the path of a socket, or 'https://' with a host."
    ]


A = "10.0.0.11:8000"
AN_UPSTREAM = (
    "write its address, and weight, backup or down, as in {address: '10.0.0.11:8000', weight: 2}."
)


@pytest.mark.parametrize(
    ("mount", "error"),
    [
        pytest.param(
            {"upstreams": [{"weight": 2}]},
            "upstreams has {'weight': 2}: " + AN_UPSTREAM,
            id="no address",
        ),
        pytest.param(
            {"upstreams": [{"address": A, "max": 2}]},
            f"upstreams has {{'address': '{A}', 'max': 2}}: " + AN_UPSTREAM,
            id="unknown option",
        ),
        pytest.param(
            {"upstreams": [{"address": A, "weight": "2"}]},
            "upstreams has weight: '2': write a number.",
            id="text for a number",
        ),
        pytest.param(
            {"upstreams": [{"address": A, "weight": 0}]},
            "upstreams has weight: 0: write 1 or more.",
            id="no weight",
        ),
        pytest.param(
            {"upstreams": [A, A]},
            f"upstreams has '{A}' more than once: write it once.",
            id="twice",
        ),
        pytest.param(
            {"upstreams": [{"address": A, "backup": True}]},
            "upstreams has no address that is used first: write one without backup and without "
            "down.",
            id="only a backup",
        ),
        pytest.param(
            {"upstreams": [A, {"address": "b.example:80", "backup": True}], "balance": "ip_hash"},
            "balance is 'ip_hash', but nginx has no backup with it: remove one of them.",
            id="backup of a fixed choice",
        ),
        pytest.param(
            {"upstreams": [A], "connect_timeout": 0},
            "connect_timeout is 0: write 1 second or more.",
            id="no time",
        ),
        pytest.param(
            {"upstreams": [A, "https://b.example"]},
            "upstreams has addresses with https and without: all of a mount must be of one kind.",
            id="https and without",
        ),
        pytest.param(
            {"upstreams": [A], "upstream_tls": {"name": "b.example"}},
            "upstream_tls is set, but the upstreams have no https: write them as in "
            "'https://10.0.0.11:8443'.",
            id="TLS without https",
        ),
        pytest.param(
            {"upstreams": ["https://10.0.0.11"]},
            "upstreams has 10.0.0.11: write the name in the certificates as upstream_tls: {name: "
            "app.example}.",
            id="no name",
        ),
        pytest.param(
            {"upstreams": ["https://a.example", "https://b.example"]},
            "upstreams has a.example, b.example: write the name in the certificates as "
            "upstream_tls: {name: app.example}.",
            id="two names",
        ),
        pytest.param(
            {"upstreams": ["https://a.example"], "upstream_tls": {"name": "b.example:443"}},
            "upstream_tls.name is 'b.example:443': write a host, as in 'app.example'.",
            id="name with a port",
        ),
        pytest.param(
            {"upstreams": ["https://a.example"], "upstream_tls": {"ca": "ca.pem"}},
            "upstream_tls.ca is 'ca.pem': write the absolute path of a file on the host, without "
            "spaces, as in '/etc/ssl/our-ca.pem'.",
            id="relative CA",
        ),
        pytest.param(
            {"app": "shop", "cache": {"seconds": -1}},
            "cache.seconds is -1: write 0 or more.",
            id="negative time of a cache",
        ),
        *[
            pytest.param(
                {"app": "shop", "cache": {"seconds": 1}, option: False},
                f"cache is set, but {option} is false, and nginx keeps only what it buffers: "
                "remove one of them.",
                id=f"cache without {option}",
            )
            for option in ("buffering", "request_buffering")
        ],
        pytest.param(
            {
                "app": "shop",
                "cache": {"seconds": 1},
                "auth_request": {"url": "http://127.0.0.1:4180/auth", "headers": ["X-User"]},
            },
            " has cache, but auth_request has headers, which may differ between clients: remove "
            "one of them.",
            id="cache with headers of a service",
        ),
        pytest.param(
            {"app": "shop", "cache": {"seconds": 1}, "headers": {"X-Client": "$remote_addr"}},
            "cache is set, but headers.X-Client has a variable, which may differ between "
            "clients: remove one of them.",
            id="cache with a header of each client",
        ),
    ],
)
def test_proxying(mount_errors, mount: dict, error: str):
    separator = "" if error.startswith(" ") else "."
    assert mount_errors(**mount) == [f"nginx_site_mounts[0]{separator}{error}"]


def test_no_upstream(mount_errors):
    assert mount_errors(upstreams=[]) == [
        "nginx_site_mounts[0].upstreams is empty: write an address, as in ['10.0.0.11:8000']."
    ]


@pytest.mark.parametrize("value", ["", "www", "/srv/my www", "/srv/$host", "/srv;", "/", "/a//b"])
def test_root(mount_errors, value: str):
    assert mount_errors(root=value) == [
        f"nginx_site_mounts[0].root is {value!r}: write an absolute path without spaces, as in "
        "'/srv/www/shop'."
    ]


@pytest.mark.parametrize("value", ["", "/no/such/directory", __file__])
def test_src(mount_errors, value: str):
    said = f"nginx_site_mounts[0].src is {value!r}, but the controller has no such directory."
    assert mount_errors(src=value) == [said]


def test_src_with_link_to_another_directory(mount_errors, tmp_path: Path):
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    [said] = mount_errors(src=str(tmp_path))
    assert said.startswith(
        f"nginx_site_mounts[0].src is {str(tmp_path)!r}: 'passwd' links to '/etc/passwd', outside"
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("new", id="relative"),
        pytest.param("//evil.example", id="another host without a scheme"),
        pytest.param("ftp://example.org", id="another scheme"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("/new page", id="space"),
        pytest.param("/new;", id="semicolon"),
        pytest.param("/$uri", id="variable"),
        pytest.param('/"', id="quote"),
        pytest.param("/new\n", id="line break"),
    ],
)
def test_redirect(mount_errors, value: str):
    assert mount_errors(redirect=value) == [
        f"nginx_site_mounts[0].redirect is {value!r}: write a path, as in '/new', or a URL that "
        "begins with http."
    ]


@pytest.mark.parametrize(
    ("mount", "option", "kinds"),
    [
        *[
            pytest.param({"redirect": "/", option: value}, option, "app or upstreams", id=option)
            for option, value in {
                "strip": True,
                "raw": True,
                "websocket": False,
                "buffering": False,
                "request_buffering": False,
                "cache": {"seconds": 1},
                "body_size": "1m",
                "read_timeout": 5,
                "headers": {"X-Team": "a"},
                "static": [{"path": "/static", "root": "/srv/static"}],
                "verify_paths": ["/admin/"],
            }.items()
        ],
        pytest.param({"app": "shop", "fallback": "/a"}, "fallback", "root or src", id="fallback"),
        pytest.param(
            {"app": "shop", "immutable": ["/a"]}, "immutable", "root or src", id="immutable"
        ),
        pytest.param({"src": PAGES, "internal": True}, "internal", "root", id="internal"),
        pytest.param({"app": "shop", "listing": True}, "listing", "root", id="listing"),
        pytest.param({"root": "/srv", "code": 301}, "code", "redirect", id="code"),
        pytest.param({"app": "shop", "below": True}, "below", "redirect", id="below"),
    ],
)
def test_option_of_another_kind(mount_errors, mount: dict, option: str, kinds: str):
    kind = next(iter(mount))
    value = {"X-Team": "***"} if option == "headers" else mount[option]
    assert mount_errors(**mount) == [
        f"nginx_site_mounts[0].{option} is {value!r}, but the mount has {kind}: only "
        f"mounts with {kinds} use it."
    ]


@pytest.mark.parametrize("value", ["", "10 m", "10mb", "1.5m", "-1", "m", "010m"])
def test_body_size(mount_errors, value: str):
    said = f"nginx_site_mounts[0].body_size is {value!r}: write a size, as in '10m'."
    assert mount_errors(app="shop", body_size=value) == [said]


@pytest.mark.parametrize("value", [0, -1, "0"])
def test_read_timeout(mount_errors, value):
    said = f"nginx_site_mounts[0].read_timeout is {value}: write 1 second or more."
    assert mount_errors(app="shop", read_timeout=value) == [said]


@pytest.mark.parametrize("name", ["", "X Team", "X_Team", "X-Team:", "-X", "Ä", "X\n", "X" * 47])
def test_header_name(mount_errors, name: str):
    beginning = {"X Team": "X …", "X_Team": "X_…"}.get(name, name)
    assert mount_errors(app="shop", headers={name: "a"}) == [
        f"nginx_site_mounts[0].headers has {beginning!r}: use at most 46 letters, digits and "
        "hyphens, as in 'X-Team'."
    ]


@pytest.mark.parametrize("value", ["a$", "$ a", "a${", "${}", "${a b}", "$a$"])
def test_dollar_without_a_variable_in_a_header(mount_errors, value: str):
    assert mount_errors(app="shop", headers={"X-Team": value}) == [
        "nginx_site_mounts[0].headers.X-Team has a '$' without the name of a variable: write one, "
        "as in '$remote_user'."
    ]


@pytest.mark.parametrize("value", ["$team", "${team}s", "a-$team$uri"])
def test_variable_in_a_header(mount_errors, value: str):
    """It may be one that another file of nginx defines."""
    assert mount_errors(app="shop", headers={"X-Team": value}) == []


ERRORS = "/.errors has the pages for errors"
PRIVATE = "/.auth_request is where nginx asks the service of auth_request"
CHALLENGES = "/.well-known/acme-challenge has the challenges of certbot"


@pytest.mark.parametrize(
    ("path", "use"),
    [
        pytest.param("/.errors", ERRORS, id="pages"),
        pytest.param("/.errors/missing", ERRORS, id="page"),
        pytest.param("/.auth_request", PRIVATE, id="service"),
        pytest.param("/.auth_request12", PRIVATE, id="service of a mount"),
        pytest.param("/.auth_request/x", PRIVATE, id="below a service"),
        pytest.param("/.well-known/acme-challenge", CHALLENGES, id="challenges"),
        pytest.param("/.well-known/acme-challenge/x", CHALLENGES, id="challenge"),
    ],
)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("mounts", lambda path: [{"path": path, "app": "shop"}], id="app"),
        pytest.param("mounts", lambda path: [{"path": path, "redirect": "/"}], id="redirect"),
        pytest.param(
            "mounts",
            lambda path: [{"path": "/", "root": "/srv", "immutable": [path]}],
            id="immutable",
        ),
        pytest.param(
            "mounts", lambda path: [{"path": "/", "root": "/srv", "fallback": path}], id="fallback"
        ),
        pytest.param(
            "mounts",
            lambda path: [{"path": "/", "app": "a", "static": [{"path": path, "root": "/srv"}]}],
            id="static",
        ),
        pytest.param("redirects", lambda path: {path: "/new"}, id="moved path"),
    ],
)
def test_reserved_path(input_errors, path: str, use: str, variable: str, value):
    settings = {f"nginx_site_{variable}": value(path), "nginx_site_tls": ACME}
    assert f"nginx_site_{variable} has {path!r}, but {use}: choose another path." in input_errors(
        **settings
    )


@pytest.mark.parametrize(
    "path",
    ["/.well-known/acme-challenge/x", "/.well-known/security", "/.errors-2", "/x/.errors"],
)
def test_path_that_is_not_reserved(input_errors, path: str):
    assert input_errors(nginx_site_mounts=[{"path": path, "app": "shop"}]) == []


A_YEAR = "write at most 31536000 seconds, which is a year."
HUGE = 10**20


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        *[
            pytest.param(
                {"nginx_site_limits": {option: HUGE}},
                f"nginx_site_limits.{option} is {HUGE}: {A_YEAR}",
                id=option,
            )
            for option in ("header_timeout", "body_timeout", "send_timeout")
        ],
        pytest.param(
            {"nginx_site_limits": {"body_size": "9" * 13}},
            f"nginx_site_limits.body_size is '{'9' * 13}': write at most '1024g', as in '10m', or "
            "'0' for no limit.",
            id="body_size",
        ),
        pytest.param(
            {"nginx_site_limits": {"body_size": "9" * 20}},
            f"nginx_site_limits.body_size is '{'9' * 20}': write a size, as in '10m'.",
            id="body_size of 20 digits",
        ),
        pytest.param(
            {"nginx_site_limits": {"rate": "1r/s", "burst": HUGE}},
            f"nginx_site_limits.burst is {HUGE}: write at most 1000000.",
            id="burst",
        ),
        pytest.param(
            {"nginx_site_keep_publications": HUGE},
            f"nginx_site_keep_publications is {HUGE}: write at most 100. nginx looks for a file in "
            "each of them.",
            id="publications",
        ),
        pytest.param(
            {"nginx_site_maintenance": {"retry_after": HUGE}},
            f"nginx_site_maintenance.retry_after is {HUGE}: {A_YEAR}",
            id="retry_after",
        ),
        pytest.param(
            {"nginx_site_hsts": {"max_age": HUGE}, "nginx_site_tls": TLS},
            f"nginx_site_hsts.max_age is {HUGE}: write at most 315360000, ten years.",
            id="hsts",
        ),
        pytest.param(
            {"nginx_site_listen": ["8" * 5000]},
            f"nginx_site_listen has '{'8' * 5000}': write a port, as in 80, or an address with a "
            "port, as in '127.0.0.1:8080'.",
            id="port",
        ),
        pytest.param(
            {"nginx_site_limits": {"header_size": "8" * 5000 + "k"}},
            f"nginx_site_limits.header_size is '{'8' * 5000}k': write from '1k' to '64k'. Apps do "
            "not accept longer lines.",
            id="header_size",
        ),
    ],
)
def test_huge(input_errors, settings: dict, said: str):
    assert said in input_errors(**settings)


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        pytest.param({"app": "a", "read_timeout": HUGE}, f"read_timeout is {HUGE}: ", id="read"),
        pytest.param(
            {"upstreams": ["a:80"], "connect_timeout": HUGE}, "connect_timeout is", id="connect"
        ),
        pytest.param({"app": "a", "cache": {"seconds": HUGE}}, "cache.seconds is", id="cache"),
        pytest.param({"app": "a", "body_size": "1025g"}, "body_size is '1025g': wri", id="body"),
        pytest.param(
            {"upstreams": [{"address": "a:80", "weight": HUGE}]},
            f"upstreams has weight: {HUGE}: write at most 1000.",
            id="weight",
        ),
        pytest.param({"upstreams": [f"{'a' * 254}:80"]}, "upstreams has 'aaa", id="host"),
        pytest.param({"redirect": "/" + "a" * 1000}, "redirect has 1001 bytes: wri", id="redirect"),
        pytest.param({"root": "/" + "a" * 1000}, "root has 1001 bytes: write at most", id="root"),
        pytest.param(
            {"app": "a", "headers": {"X-A": "a" * 3001}},
            "headers.X-A has 3001 bytes: write at most 3000.",
            id="header",
        ),
        pytest.param(
            {"app": "a", "response_headers": {"X-A": "ä" * 1501}},
            "response_headers.X-A has 3002 bytes: write at most 3000.",
            id="response header",
        ),
        pytest.param(
            {"app": "a", "auth_request": {"url": "http://a/" + "a" * 1000}},
            "auth_request.url has 1009 bytes: write at most 1000.",
            id="service",
        ),
        pytest.param(
            {"app": "a", "auth_request": {"url": "http://a/a", "headers": ["X" * 202]}},
            f"auth_request.headers has '{'X' * 47}…': use at most 46 letters",
            id="header of a service",
        ),
        pytest.param(
            {"app": "a", "cors": {"origins": ["https://a.b"], "headers": ["X" * 47]}},
            "cors.headers is",
            id="header of a script",
        ),
    ],
)
def test_huge_in_a_mount(mount_errors, mount: dict, said: str):
    [error] = mount_errors(**mount)
    assert error.startswith(f"nginx_site_mounts[0].{said}")


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "host",
        "Connection",
        "Content-Length",
        "content-type",
        "Transfer-Encoding",
        "Upgrade",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-FORWARDED-PROTO",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "X-Request-ID",
    ],
)
def test_header_that_nginx_sets(mount_errors, name: str):
    said = (
        f"nginx_site_mounts[0].headers sets {name}, but nginx sets this header itself: remove it."
    )
    assert mount_errors(app="shop", headers={name: "a"}) == [said]


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "a\rb", "a\0b"])
def test_header_value(mount_errors, value: str):
    assert mount_errors(app="shop", headers={"X-Team": value}) == [
        "nginx_site_mounts[0].headers.X-Team is '***': write a text without quotes, "
        "backslashes and line breaks."
    ]


@pytest.mark.parametrize(
    ("static", "said"),
    [
        pytest.param({"path": "static"}, "path is 'static': write '/static'.", id="relative path"),
        pytest.param({"path": "/static/"}, "path is '/static/': write '/static'.", id="slash"),
        pytest.param({"path": "/"}, f"path is '/': {SLASH}", id="everything"),
        pytest.param(
            {"root": "static"},
            "root is 'static': write an absolute path without spaces, as in '/srv/www/shop'.",
            id="relative root",
        ),
    ],
)
def test_static(mount_errors, static: dict, said: str):
    static = {"path": "/static", "root": "/srv/static", **static}
    said = f"nginx_site_mounts[0].static.{said}"
    assert mount_errors(app="shop", static=[static]) == [said]


ONE_OF = (
    "write root, a directory on the host, or app_directory, the last name of a directory in "
    "wsgi_app_static_paths."
)


@pytest.mark.parametrize(
    ("static", "mount", "said"),
    [
        pytest.param(
            {"root": "/srv/static", "app_directory": "static"},
            {"app": "shop"},
            f" has both root and app_directory for '/static': {ONE_OF}",
            id="both",
        ),
        pytest.param(
            {},
            {"app": "shop"},
            f" has neither root nor app_directory for '/static': {ONE_OF}",
            id="none",
        ),
        pytest.param(
            {"app_directory": "static"},
            {"upstreams": ["192.0.2.1:80"]},
            ".app_directory is 'static', but the mount has upstreams: nginx finds the files by the "
            "name of an app on the same host. Mount the app by its name, or write root.",
            id="upstreams",
        ),
        *(
            pytest.param(
                {"app_directory": name},
                {"app": "shop"},
                f".app_directory is {name!r}: write the last name of a directory in "
                "wsgi_app_static_paths, as in 'static' for shop/static.",
                id=name or "empty",
            )
            for name in ("shop/static", "/static", "..", ".", "", "a b", "$uri")
        ),
    ],
)
def test_static_of_releases(mount_errors, static: dict, mount: dict, said: str):
    static = {"path": "/static", **static}
    assert mount_errors(**mount, static=[static]) == [f"nginx_site_mounts[0].static{said}"]


def test_static_of_releases_is_accepted(mount_errors):
    static = {"path": "/static", "app_directory": "static", "immutable": True}
    assert mount_errors(app="shop", static=[static]) == []


@pytest.mark.parametrize("value", ["index.html", "/", "/a b", "/../x"])
def test_fallback(mount_errors, value: str):
    [said] = mount_errors(root="/srv/www", fallback=value)
    assert said.startswith(f"nginx_site_mounts[0].fallback is {value!r}: ")


@pytest.mark.parametrize("value", ["assets", "/", "/a b", "/../x", "/assets/"])
def test_immutable(mount_errors, value: str):
    [said] = mount_errors(root="/srv/www", immutable=["/static", value])
    assert said.startswith(f"nginx_site_mounts[0].immutable is {value!r}: ")


class TestVerifyPaths:
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param("", id="empty"),
            pytest.param("admin/", id="no slash first"),
            pytest.param("//example.org/", id="two slashes first"),
            pytest.param("http://example.org/admin/", id="URL"),
            pytest.param("/../other/", id="dot segment"),
            pytest.param("/a/%2E%2e/", id="encoded dot segment"),
            pytest.param("/..\\other", id="backslash"),
            pytest.param("/admin/#top", id="fragment"),
            pytest.param("/a b", id="space"),
            pytest.param("/bücher", id="not encoded"),
            pytest.param("/a\n", id="line feed"),
        ],
    )
    @pytest.mark.parametrize(("path", "meant"), [("/api", "/api/admin/"), ("/", "/admin/")])
    def test_wrong_path(self, input_errors, value: str, path: str, meant: str):
        mount = {"path": path, "app": "shop", "verify_paths": ["/", value]}
        assert input_errors(nginx_site_mounts=[mount]) == [
            f"nginx_site_mounts[0].verify_paths has {value!r}: write a path below the mount, "
            f"percent-encoded and without a fragment, as in '/admin/' for {meant}."
        ]

    def test_path_twice(self, mount_errors):
        said = "nginx_site_mounts[0].verify_paths has '/a' more than once: write it once."
        assert mount_errors(app="shop", verify_paths=["/a", "/b", "/a"]) == [said]

    @pytest.mark.parametrize(
        "value", ["/", "/admin/", "/b%C3%BCcher", "/a//b", "/.well-known/x", "/search?q=%23a/../b"]
    )
    def test_right_path(self, mount_errors, value: str):
        assert mount_errors(app="shop", verify_paths=[value]) == []


@pytest.mark.parametrize("value", [0, -1])
def test_keep_publications(input_errors, value: int):
    assert input_errors(nginx_site_keep_publications=value) == [
        f"nginx_site_keep_publications is {value}: write at least 1, which is the current "
        "publication."
    ]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/new/", "the slash at its end"),
        ("/new?a=b", "'?' and what follows it"),
        ("/new/#x", "'#' and what follows it"),
        ("https://a.b?x", "'?' and what follows it"),
    ],
)
def test_target_of_paths_below(mount_errors, target: str, found: str):
    assert mount_errors(redirect=target, below=True) == [
        f"nginx_site_mounts[0].redirect is {target!r}, but below is true, so a path follows it: "
        f"remove {found}."
    ]


def test_path_that_nginx_does_not_compare_to_its_end(input_errors):
    path = "/" + "a" * 254
    assert input_errors(nginx_site_mounts=[{"path": path, "app": "shop"}]) == [
        f"nginx_site_mounts has {path!r}: nginx compares at most 255 characters, with the slash "
        "after it: write a shorter path."
    ]


def test_fallback_and_mount(input_errors):
    mounts = [
        {"path": "/", "root": "/srv", "fallback": "/index.html"},
        {"path": "/index.html", "redirect": "/"},
    ]
    said = "nginx_site_mounts has '/index.html' more than once: write it once."
    assert said in input_errors(nginx_site_mounts=mounts)


PRINTED = {"https://a@b/x": "https://***@b/x", "https://a\\@b/x": "https://***@b/x"}
"""Targets as errors print them: what comes before "@" may be a password."""


class TestMovedPath:
    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            pytest.param("", "write the path from its first slash on, as in '/old-page'", id="no"),
            pytest.param(
                "old", "write the path from its first slash on, as in '/old-page'", id="s"
            ),
            pytest.param(
                1, "write the path from its first slash on, as in '/old-page'", id="number"
            ),
            pytest.param("/a?b=c", "nginx compares the path only: remove '?b=c'", id="query"),
            pytest.param("/a#b", "nginx compares the path only: remove '#b'", id="fragment"),
            pytest.param("/a%20b", "write the path without percent-encoding: '/a b'", id="encoded"),
            *[
                pytest.param(
                    path,
                    "nginx removes '//', '/./' and '/../' from paths: write it without them",
                    id=path,
                )
                for path in ("//a", "/a//", "/./a", "/a/..", "/a/../b")
            ],
            *[
                pytest.param(path, "a path has no control characters", id=repr(path))
                for path in ("/a\n", "/a\rb", "/a\0", "/\x7f", "/\ud800")
            ],
            pytest.param(
                "/" + "ü" * 500, "a path has at most 1000 bytes, this one has 1001", id="long"
            ),
        ],
    )
    def test_path(self, input_errors, path, fault: str):
        said = f"nginx_site_redirects has {path!r}: {fault}."
        assert input_errors(nginx_site_redirects={path: "/new"}) == [said]

    @pytest.mark.parametrize(
        "path", ["/app", "/app/static", "/page", "/page/assets", "/page/a.html"]
    )
    def test_path_of_a_mount(self, input_errors, path: str):
        files = {"immutable": ["/assets"], "fallback": "/a.html"}
        static = [{"path": "/static", "root": "/srv"}]
        mounts = [
            {"path": "/app", "app": "shop", "static": static},
            {"path": "/page", "root": "/srv", **files},
        ]
        assert input_errors(nginx_site_mounts=mounts, nginx_site_redirects={path: "/new"}) == [
            f"nginx_site_redirects has {path!r}, and nginx_site_mounts, too: write it in one of "
            "them."
        ]

    @pytest.mark.parametrize("value", [None, 410, ["/new"], True])
    def test_value(self, input_errors, value):
        assert input_errors(nginx_site_redirects={"/a": value}) == [
            f"nginx_site_redirects['/a'] is {value!r}: write a path, as in '/new', a URL, or "
            "{target: /new, code: 308}, or {code: 410} if nothing is there any more."
        ]

    def test_option(self, input_errors):
        assert input_errors(nginx_site_redirects={"/a": {"target": "/b", "status": 301}}) == [
            "nginx_site_redirects['/a'].status is no option: use target, code."
        ]

    @pytest.mark.parametrize("code", [0, 200, 300, 304, 404, "301 x", None, True])
    def test_code(self, input_errors, code):
        assert input_errors(nginx_site_redirects={"/a": {"target": "/b", "code": code}}) == [
            f"nginx_site_redirects['/a'].code is {code!r}: write one of 301, 302, 303, 307, 308 "
            "and 410."
        ]

    def test_target_of_what_is_gone(self, input_errors):
        assert input_errors(nginx_site_redirects={"/a": {"target": "/b", "code": 410}}) == [
            "nginx_site_redirects['/a'].target is '/b', but code 410 means that nothing is there "
            "any more: remove one of them."
        ]

    @pytest.mark.parametrize(
        "target",
        ["", "new", "//evil.example", "/\\evil.example", "ftp://a.b", "https://", "/a\nb", None, 1],
    )
    def test_target(self, input_errors, target):
        assert input_errors(nginx_site_redirects={"/a": {"target": target}}) == [
            f"nginx_site_redirects['/a'].target is {target!r}: write a path, as in '/new', or a "
            "URL that begins with http."
        ]

    @pytest.mark.parametrize("host", ["a@b", "a b", "a:0", "a\\@b", "$host", "a_b", "[::1"])
    def test_host_of_a_target(self, input_errors, host: str):
        target = f"https://{host}/x"
        assert input_errors(nginx_site_redirects={"/a": target}) == [
            f"nginx_site_redirects['/a'].target is {PRINTED.get(target, target)!r}: write a host "
            "after '//', as in 'https://example.org/new'."
        ]

    def test_host_beyond_ascii(self, input_errors):
        [said] = input_errors(nginx_site_redirects={"/a": "https://ü_x.example"})
        assert "IDNA 2008 does not allow this name" in said

    def test_gone_without_a_target(self, input_errors, nginx_site):
        redirects = {"/a": {"code": 410, "target": None}}
        assert input_errors(nginx_site_redirects=redirects) == []
        settings = {**SITE, "nginx_site_redirects": redirects}
        assert nginx_site.value("__nginx_site_moved_paths", settings)[0]["target"] == ""

    def test_long_target(self, input_errors):
        assert input_errors(nginx_site_redirects={"/a": "/" + "ü" * 500}) == [
            "nginx_site_redirects['/a'].target has 3001 characters: a target has at most 3000."
        ]


class TestLoop:
    @pytest.mark.parametrize(
        ("mounts", "redirects", "where", "loop"),
        [
            pytest.param([], {"/a": "/a"}, "redirects['/a']", "'/a', '/a'", id="itself"),
            pytest.param([], {"/ä": "/%C3%A4?b"}, "redirects['/ä']", "'/ä', '/ä'", id="encoded"),
            pytest.param(
                [], {"/a": "/b", "/b": "/a"}, "redirects['/a']", "'/a', '/b', '/a'", id="two"
            ),
            pytest.param(
                [{"path": "/b", "redirect": "/a"}],
                {"/a": "/b"},
                "redirects['/a']",
                "'/a', '/b', '/a'",
                id="mount",
            ),
            pytest.param(
                [{"path": "/b", "app": "shop"}],
                {"/b/": "/b"},
                "redirects['/b/']",
                "'/b/', '/b', '/b/'",
                id="slash of an app",
            ),
            pytest.param(
                [{"path": "/b", "root": "/srv"}],
                {"/b/index.html": "/b/"},
                "redirects['/b/index.html']",
                "'/b/index.html', '/b/', '/b/index.html'",
                id="index of files",
            ),
            pytest.param(
                [{"path": "/a", "redirect": "/a"}],
                {},
                "mounts[0].redirect",
                "'/a', '/a'",
                id="exact",
            ),
            pytest.param(
                [{"path": "/a", "redirect": "/a", "below": True}],
                {},
                "mounts[0].redirect",
                "'/a', '/a'",
                id="below",
            ),
            pytest.param(
                [
                    {"path": "/a", "redirect": "/b", "below": True},
                    {"path": "/b", "redirect": "/a", "below": True},
                ],
                {},
                "mounts[0].redirect",
                "'/a', '/b', '/a'",
                id="two below",
            ),
            pytest.param(
                [{"path": "/a", "redirect": "/b", "below": True}],
                {"/b/c": "/a/c"},
                "redirects['/b/c']",
                "'/b/c', '/a/c', '/b/c'",
                id="one path below",
            ),
            pytest.param(
                [{"path": "/a", "redirect": "https://example.org/outer/a"}],
                {},
                "mounts[0].redirect",
                "'/a', '/a'",
                id="public URL",
            ),
        ],
    )
    def test_is_named(self, input_errors, mounts: list, redirects: dict, where: str, loop: str):
        url = "https://example.org/outer"
        settings = {"nginx_site_mounts": mounts, "nginx_site_redirects": redirects}
        assert input_errors(nginx_site_public_url=url, **settings) == [
            f"nginx_site_{where} is a loop: {loop}. Write another target."
        ]

    @pytest.mark.parametrize(
        ("mount", "chain"),
        [
            pytest.param(
                {"path": "/old", "redirect": "/old/new"},
                "'/old', '/old/new', '/old/new/new', '/old/new/new/new'",
                id="below itself",
            ),
            pytest.param({"path": "/", "redirect": "/new"}, "'/', '/new/'", id="whole site"),
        ],
    )
    def test_is_endless(self, input_errors, mount: dict, chain: str):
        [said] = input_errors(nginx_site_mounts=[{**mount, "below": True}])
        start = (
            "nginx_site_mounts[0].redirect leads to more than 20 redirects, and browsers give up"
        )
        assert said.startswith(f"{start} then: {chain}")

    @pytest.mark.parametrize(
        ("mounts", "redirects"),
        [
            pytest.param([], {"/a": "/b", "/b": "/c", "/c": "https://a.b/a"}, id="chain"),
            pytest.param([{"path": "/a", "redirect": "/a/"}], {}, id="slash"),
            pytest.param([{"path": "/a", "redirect": "/ab", "below": True}], {}, id="longer name"),
            pytest.param([{"path": "/a", "redirect": "/", "below": True}], {}, id="up"),
            pytest.param([], {"/a": "https://example.org/a"}, id="own name, maybe another port"),
            pytest.param(
                [
                    {"path": "/a", "redirect": "/a/b", "below": True},
                    {"path": "/a/b", "app": "shop"},
                ],
                {},
                id="another mount below",
            ),
            pytest.param(
                [{"path": "/", "root": "/srv"}], {"/a/index.html": "/b/"}, id="another index"
            ),
        ],
    )
    def test_is_none(self, input_errors, mounts: list, redirects: dict):
        settings = {"nginx_site_mounts": mounts, "nginx_site_redirects": redirects}
        assert input_errors(**settings) == []


def test_mount_is_named_by_its_index(input_errors):
    mounts = [{"path": "/a", "app": "a"}, {"path": "/b", "app": "B"}]
    [said] = input_errors(nginx_site_mounts=mounts)
    assert said.startswith("nginx_site_mounts[1].app is 'B'")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="the least"),
        pytest.param({"nginx_site_mounts": []}, id="no mount"),
        pytest.param(
            {
                "nginx_site_auth_request": {"url": "/oauth2/auth", "sign_in": "/oauth2/start?rd="},
                "nginx_site_allow": ["10.0.0.0/8"],
                "nginx_site_mounts": [
                    {"path": "/oauth2", "upstreams": ["127.0.0.1:4180"], "auth_request": False},
                    {"path": "/a", "app": "a", "satisfy": "any"},
                    {"path": "/b", "app": "b", "auth_request": {"url": "http://[::1]:80/b"}},
                    {"path": "/c", "app": "c", "auth_request": False, "users": {"me": "secret"}},
                ],
            },
            id="service that says who may",
        ),
        pytest.param(
            {
                "nginx_site_cors": ["http://localhost:3000", "https://[::1]:8443"],
                "nginx_site_mounts": [
                    {"path": "/a", "app": "a", "cors": ["*"]},
                    {"path": "/b", "app": "b", "cors": {"origins": ["http://a"], "max_age": 0}},
                ],
            },
            id="CORS",
        ),
        pytest.param(
            {
                "nginx_site_allow": ["10.0.0.0/8", "203.0.113.5", "2001:DB8::/32"],
                "nginx_site_users": {"me@example.org": "correct horse", "other": "$money"},
                "nginx_site_mounts": [
                    {"path": "/a", "app": "a", "satisfy": "any"},
                    {"path": "/b", "app": "b", "allow": [], "users": {}, "deny": ["10.0.0.0/8"]},
                    {"path": "/c", "app": "c", "users": {"me": "$6$salt$" + "a" * 86}},
                ],
            },
            id="rules of access",
        ),
        pytest.param(
            {"nginx_site_server_names": ["a.b", "*.a.b", "203.0.113.5", "[2001:db8::5]", "x"]},
            id="every kind of name",
        ),
        pytest.param({"nginx_site_listen": [80, "81", "127.0.0.1:82", "[::1]:83"]}, id="listen"),
        pytest.param({"nginx_site_default_server": True}, id="default server"),
        pytest.param({"nginx_site_tls": {}}, id="empty TLS"),
        pytest.param({"nginx_site_tls": TLS}, id="TLS"),
        pytest.param({"nginx_site_tls": {**TLS, "clients": "/etc/ssl/a.pem"}}, id="mutual TLS"),
        pytest.param({"nginx_site_tls": TLS, "nginx_site_listen": []}, id="nothing but TLS"),
        pytest.param(
            {
                "nginx_site_tls": {**TLS, "listen": [443, "127.0.0.1:8443", "[::1]:8443"]},
                "nginx_site_listen": [80, "127.0.0.2:8443"],
            },
            id="same port at different addresses",
        ),
        pytest.param(
            {
                "nginx_site_tls": {**TLS, "http3": True},
                "nginx_site_public_url": "https://example.org:8443",
            },
            id="HTTP/3",
        ),
        pytest.param(
            {
                **PROXIES,
                "nginx_site_https_redirect": True,
                "nginx_site_https_port": 8443,
                "nginx_site_hsts": {"max_age": 0},
            },
            id="TLS in front, and nothing else",
        ),
        pytest.param(
            {
                "nginx_site_public_url": "https://example.org",
                "nginx_site_hsts": {
                    "max_age": 63072000,
                    "include_subdomains": True,
                    "preload": True,
                },
            },
            id="HSTS of a pinned site",
        ),
        pytest.param(
            {
                "nginx_site_trusted_proxies": [
                    "10.0.0.5",
                    "172.16.0.0/12",
                    "11.0.0.0/8",
                    "FD00::/8",
                    "2600::/16",
                    "::1/128",
                ],
                "nginx_site_trusted_headers": ["proto", "for", "host", "port", "prefix"],
                "nginx_site_proxy_hops": "10",
            },
            id="proxies",
        ),
        pytest.param({**PROXIES, "nginx_site_proxy_preset": "apache"}, id="preset"),
        pytest.param({**PROXIES, "nginx_site_proxy_protocol": True}, id="PROXY protocol"),
        pytest.param(
            {
                **PROXIES,
                "nginx_site_trusted_headers": ["for", "request_id"],
                "nginx_site_public_url": "https://example.org",
            },
            id="ID of a pinned site",
        ),
        pytest.param(
            {
                "nginx_site_limits": {
                    "body_size": "0",
                    "header_size": "64K",
                    "header_timeout": 5,
                    "body_timeout": "5",
                    "send_timeout": 5,
                    "connections": 20,
                    "rate": "30r/m",
                    "burst": 0,
                }
            },
            id="limits",
        ),
        *[
            pytest.param({**settings, "nginx_site_limits": {"rate": "10r/s"}}, id=words)
            for words, settings in {
                "limit with forwarded addresses": PROXIES,
                "limit with the PROXY protocol": {
                    **PROXIES,
                    "nginx_site_proxy_protocol": True,
                },
            }.items()
        ],
        pytest.param(
            {"nginx_site_response_headers": {"Content-Security-Policy": "default-src 'self'; a b"}},
            id="response headers",
        ),
        pytest.param({"nginx_site_access_log": "json"}, id="log"),
        *[
            pytest.param({"nginx_site_status_listen": address}, id=f"status at {address}")
            for address in ("127.0.0.1:8081", "127.1.2.3:1", "[::1]:8081")
        ],
        *[
            pytest.param({**PROXIES, "nginx_site_public_url": url}, id=url)
            for url in (
                "https://example.org",
                "http://localhost:8000",
                "https://[2001:db8::5]:8443/shop/v2",
                "https://203.0.113.5/shop",
            )
        ],
        pytest.param(
            {
                **PROXIES,
                "nginx_site_public_url": "https://example.org",
                "nginx_site_proxy_preset": "apache",
            },
            id="preset whose rest is pinned",
        ),
        pytest.param({"nginx_site_state": "absent", "nginx_site_server_names": []}, id="absent"),
        *[
            pytest.param({"nginx_site_mounts": [{"path": "/x", **mount}]}, id=words)
            for words, mount in {
                "addresses": {"upstreams": ["10.0.0.1:80", "[::1]:80", "a-b.c:80", "/run/a.sock"]},
                "upstreams at their widest": {
                    "upstreams": [
                        {"address": "https://a.example", "weight": 2},
                        {"address": "https://b.example:8443", "backup": True, "down": False},
                    ],
                    "upstream_tls": {"name": "app.example", "ca": "/etc/ssl/our-ca.pem"},
                    "balance": "least_conn",
                    "connect_timeout": 1,
                },
                "cache": {"app": "shop", "cache": {"seconds": 0}, "headers": {"X-Team": "a"}},
                "app at its widest": {
                    "app": "shop",
                    "strip": True,
                    "websocket": False,
                    "buffering": False,
                    "body_size": "10m",
                    "read_timeout": "300",
                    "headers": {"X-Team": "a b $remote_user 'c'", "X-Script-Name": "/x"},
                    "static": [{"path": "/static", "root": "/srv/static"}],
                },
                "path as it was sent": {"app": "shop", "raw": True, "strip": False},
                "no limit": {"app": "shop", "body_size": "0"},
                "capital unit": {"app": "shop", "body_size": "2G"},
                "files": {"root": "/srv/www", "fallback": "/index.html"},
                "hashed files": {"root": "/srv/www", "immutable": ["/assets", "/_app/immutable"]},
                "published files": {"src": PAGES, "fallback": "/a/index.html"},
                "redirect": {"redirect": "/new?a=b#c", "code": 301},
                "redirect elsewhere": {"redirect": "https://[::1]:8443/new/"},
            }.items()
        ],
    ],
)
class TestGood:
    def test_is_accepted(self, input_errors, settings: dict):
        assert input_errors(**settings) == []

    def test_is_specified(self, specified, settings: dict):
        assert specified(**settings) == []


def test_strip_and_raw(mount_errors):
    assert mount_errors(app="shop", strip=True, raw=True) == [
        "nginx_site_mounts[0] has strip and raw: nginx cannot take the prefix off a path that it "
        "does not change. Remove one of them."
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"nginx_site_state": "off"}, "one of: present, absent, got: off", id="state"),
        pytest.param({"nginx_site_default_server": "so so"}, "'nginx_site_default", id="boolean"),
        pytest.param({"nginx_site_mounts": {"/": "a"}}, "'nginx_site_mounts' is", id="no list"),
        pytest.param({"nginx_site_proxy_preset": "squid"}, "traefik, got: squid", id="preset"),
        pytest.param(
            {"nginx_site_trusted_headers": ["ssl"]}, "request_id. Got no match", id="header"
        ),
        pytest.param({"nginx_site_access_log": "off"}, "shared, json, got: off", id="log"),
        pytest.param({"nginx_site_limits": {"requests": 1}}, "limits.requests. Sup", id="limit"),
        pytest.param({"nginx_site_limits": {"burst": "few"}}, "'burst' is of type", id="burst"),
        pytest.param({"nginx_site_limits": "10m"}, "'nginx_site_limits' is", id="no limits"),
        pytest.param({"nginx_site_response_headers": ["a"]}, "'nginx_site_resp", id="no headers"),
        pytest.param({"nginx_site_forwarded": "both"}, "append, got: both", id="lists"),
        pytest.param({"nginx_site_proxy_hops": "two"}, "'nginx_site_proxy_hops' is", id="number"),
        pytest.param({"nginx_site_tls": {"mode": "on"}}, "acme, got: on", id="mode"),
        pytest.param({"nginx_site_tls": {"port": 443}}, "tls.port. Supported", id="unknown"),
        *[
            pytest.param(
                {"nginx_site_tls": {name: TLS[name] for name in TLS if name != option}},
                f"mode is files but all of the following are missing: {option}",
                id=f"no {option}",
            )
            for option in ("certificate", "key")
        ],
    ],
)
def test_specification_rejects(specified, settings: dict, said: str):
    assert said in "\n".join(specified(**settings))


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        pytest.param({"path": "/a"}, "one of the following is required: app, up", id="no kind"),
        pytest.param({"path": "/a", "app": "a", "root": "/b"}, "exclusive: app|", id="two kinds"),
        pytest.param({"app": "a"}, "missing required arguments: path", id="no path"),
        pytest.param({"path": "/a", "app": "a", "port": 1}, "mounts.port. Supported", id="unknown"),
        pytest.param({"path": "/a", "redirect": "/", "code": 200}, "301, 302", id="no redirect"),
        pytest.param({"path": "/a", "app": "a", "read_timeout": "1m"}, "'read_time", id="number"),
        pytest.param({"path": "/a", "app": "a", "static": [{"root": "/s"}]}, "path", id="static"),
    ],
)
def test_specification_rejects_mount(specified, mount: dict, said: str):
    assert said in "\n".join(specified(nginx_site_mounts=[mount]))


A_AND_B = [{"path": "/", "upstreams": ["10.0.0.11:80", {"address": "10.0.0.12:80"}]}]


@pytest.mark.parametrize("drained", [["10.0.0.11:80"], ["10.0.0.12"], []])
def test_one_of_two_upstreams_is_drained(input_errors, drained: list[str]):
    assert input_errors(nginx_site_mounts=A_AND_B, nginx_site_drained=drained) == []


@pytest.mark.parametrize(
    ("drained", "said"),
    [
        pytest.param(
            ["10.0.0.13"],
            "nginx_site_drained has '10.0.0.13', but no mount has this upstream: write an address "
            "as in nginx_site_mounts[].upstreams, or its host.",
            id="unknown",
        ),
        pytest.param(
            ["10.0.0.11", "10.0.0.12:80"],
            "nginx_site_drained has ['10.0.0.11', '10.0.0.12:80'], but these are all that "
            "nginx_site_mounts[0].upstreams uses first: leave one, or set nginx_site_maintenance.",
            id="all",
        ),
    ],
)
def test_drained(input_errors, drained: list[str], said: str):
    assert input_errors(nginx_site_mounts=A_AND_B, nginx_site_drained=drained) == [said]
