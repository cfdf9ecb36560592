"""Clients with http are redirected to https, and browsers remember it (HSTS)."""

import pytest

PROXIES = {"nginx_site_trusted_proxies": ["127.0.0.1"]}
HSTS = {"nginx_site_hsts": {"max_age": 600}}
EVERYTHING = {"nginx_site_trusted_headers": ["proto", "for", "host", "port", "prefix"]}
SITES: dict[str, dict] = {
    "own": HSTS,
    "other-port": {"nginx_site_https_port": 8443},
    "pinned": {"nginx_site_public_url": "https://pub.example:8443/outer", **HSTS},
    "pinned-plain": {"nginx_site_public_url": "http://pub.example"},
    "fronted": {**PROXIES, **HSTS},
    "pinned-and-fronted": {"nginx_site_public_url": "https://pub.example", **PROXIES, **HSTS},
    "fronted-alone": {
        **PROXIES,
        **HSTS,
        "nginx_site_https_redirect": True,
        "nginx_site_tls": {"mode": "none"},
    },
    "all-trusted": {
        **PROXIES,
        **EVERYTHING,
        "nginx_site_https_redirect": True,
        "nginx_site_https_port": 8443,
        "nginx_site_tls": {"mode": "none"},
    },
    "pinned-elsewhere": {
        "nginx_site_public_url": "https://pub.example",
        "nginx_site_tls": {"mode": "none"},
        **HSTS,
    },
    "passed-on": {
        **PROXIES,
        "nginx_site_public_url": "https://pub.example",
        "nginx_site_proxy_protocol": True,
    },
    "off": {"nginx_site_https_redirect": False},
    "all": {
        "nginx_site_hsts": {"max_age": 31536000, "include_subdomains": True, "preload": True},
    },
}
BY_HTTPS = "X-Forwarded-Proto: https"
STRANGER = "127.0.0.2"


@pytest.fixture(scope="module")
def https(serve_each):
    with serve_each(SITES) as served:
        yield served


@pytest.fixture(scope="module")
def plain(https):
    return https["http"]


def where(answer) -> str | int:
    """Return the target of the redirect, or the status of another response."""
    return answer.location if answer.status == 308 else answer.status


class TestRedirect:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    def test_method_stays(self, plain, method: str):
        """As 308 says (RFC 9110, 15.4.9)."""
        answer = plain["own"].ask(f"{method} /api/x HTTP/1.1", "Host: example.org")
        assert (answer.status, answer.location) == (308, "https://example.org/api/x")

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/?a=b",
            "/api/a%2Fb//c?d=/e&f=%0d%0a",
            "/docs",
            "//evil.example/x",
            "/a/../api",
            "/a:https",
            "/a%0a:b",
        ],
    )
    def test_path_and_query_stay_as_they_were_sent(self, plain, path: str):
        assert where(plain["own"].get(path)) == f"https://example.org{path}"

    @pytest.mark.parametrize(
        ("site", "port"), [("own", ""), ("other-port", ":8443")], ids=["own", "other-port"]
    )
    @pytest.mark.parametrize(
        ("host", "name"),
        [
            pytest.param("example.org", "example.org", id="no port"),
            pytest.param("example.org:8000", "example.org", id="port is http's"),
            pytest.param("Example.ORG", "example.org", id="capitals"),
            pytest.param("[::1]:81", "[::1]", id="IPv6"),
        ],
    )
    def test_target_has_the_port_of_https(self, plain, site, port, host: str, name: str):
        assert where(plain[site].get("/api/x", host=host)) == f"https://{name}{port}/api/x"

    def test_target_is_the_pinned_url(self, plain):
        target = where(plain["pinned"].get("/api/x", host="localhost"))
        assert target == "https://pub.example:8443/outer/api/x"

    @pytest.mark.parametrize(
        ("host", "status"),
        [
            pytest.param("evil.example", 421, id="unknown name"),
            pytest.param("user@example.org", 400, id="invalid host"),
            pytest.param("example.org,evil.example", 400, id="list"),
        ],
    )
    def test_rejected_host_is_not_redirected(self, plain, host: str, status: int):
        assert where(plain["own"].get("/api/x", host=host)) == status

    def test_absolute_form_names_the_host(self, plain):
        line = "GET http://localhost:81/api/x?a=b HTTP/1.1"
        answer = plain["own"].ask(line, "Host: evil.example")
        assert where(answer) == "https://localhost/api/x?a=b"

    def test_no_host_is_the_first_name(self, plain):
        assert where(plain["own"].ask("GET /x HTTP/1.0")) == "https://example.org/x"

    @pytest.mark.parametrize("site", ["pinned-plain", "off"])
    def test_may_be_off(self, plain, site: str):
        assert plain[site].get("/api/x").status == 200

    @pytest.mark.parametrize("site", SITES)
    def test_challenge_is_never_redirected(self, plain, site: str):
        path = "/.well-known/acme-challenge/none"
        first = b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 80\r\n" if site == "passed-on" else b""
        assert plain[site].get(path, first=first).status in (200, 404)

    @pytest.mark.parametrize(
        "path", ["/.well-known/security.txt", "/x/.well-known/acme-challenge/y"]
    )
    def test_all_else_is(self, plain, path: str):
        assert where(plain["own"].get(path)) == f"https://example.org{path}"

    @pytest.mark.parametrize("site", ["own", "fronted", "fronted-alone", "all-trusted"])
    @pytest.mark.parametrize(
        "claim", ["https", "HTTPS", "wss", "https, http", "http,https", " https "]
    )
    def test_untrusted_claim_of_https_is_not_redirected(self, plain, site: str, claim: str):
        """So a proxy that is not trusted yet makes no loop. The app receives the real scheme."""
        answer = plain[site].get("/api/x", f"X-Forwarded-Proto: {claim}", peer=STRANGER)
        assert answer.echo["url"] == "http://example.org:8000/api/x"

    @pytest.mark.parametrize("site", ["own", "fronted", "fronted-alone"])
    @pytest.mark.parametrize("claim", ["http", "", "javascript", "xhttps", "https:"])
    def test_nothing_else_is_a_claim(self, plain, site: str, claim: str):
        answer = plain[site].get("/api/x", f"X-Forwarded-Proto: {claim}", peer=STRANGER)
        assert where(answer) == "https://example.org/api/x"

    @pytest.mark.parametrize("site", ["fronted", "fronted-alone"])
    def test_https_at_the_proxy_is_not_redirected(self, plain, site: str):
        answer = plain[site].get("/api/x", BY_HTTPS, host="example.org")
        assert answer.echo["url"] == "https://example.org/api/x"

    @pytest.mark.parametrize("claim", ["http", "ws", "https, http"])
    @pytest.mark.parametrize("site", ["fronted", "fronted-alone"])
    def test_http_at_the_proxy_is_redirected(self, plain, site: str, claim: str):
        answer = plain[site].get("/api/x", f"X-Forwarded-Proto: {claim}")
        assert where(answer) == "https://example.org/api/x"

    def test_http_at_the_proxy_is_redirected_through_tls(self, https):
        answer = https["https"]["fronted"].get("/api/x", "X-Forwarded-Proto: http")
        assert where(answer) == "https://example.org/api/x"

    def test_proxy_sets_host_and_prefix(self, plain):
        forwarded = ["X-Forwarded-Host: localhost:8000", "X-Forwarded-Prefix: /outer"]
        answer = plain["all-trusted"].get("/api/x?a=b", *forwarded, host="example.org")
        assert where(answer) == "https://localhost:8443/outer/api/x?a=b"

    def test_other_client_sets_neither(self, plain):
        forwarded = ["X-Forwarded-Host: localhost:8000", "X-Forwarded-Prefix: /outer"]
        answer = plain["all-trusted"].get("/api/x", *forwarded, host="example.org", peer=STRANGER)
        assert where(answer) == "https://example.org:8443/api/x"

    def test_pinned_site_does_not_loop_behind_who_says_nothing(self, plain):
        answer = plain["pinned-and-fronted"].get("/api/x")
        assert answer.echo["url"] == "https://pub.example/api/x"

    def test_proxy_protocol_keeps_the_scheme_of_the_connection(self, https):
        said = b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 80\r\n"
        by_http, by_https = (
            https[scheme]["passed-on"].get("/api/x", first=said) for scheme in ("http", "https")
        )
        assert where(by_http) == "https://pub.example/api/x"
        assert by_https.status == 200

    @pytest.mark.parametrize("site", ["own", "other-port", "pinned", "all", "off"])
    def test_https_stays(self, https, site: str):
        assert https["https"][site].get("/api/x").status == 200


class TestHsts:
    @pytest.mark.parametrize("path", ["/", "/api/x", "/api", "/docs/", "/old", "/none", "/down/x"])
    def test_every_answer_by_https_has_it(self, https, path: str):
        answer = https["https"]["own"].get(path)
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=600"]

    def test_says_what_is_wanted(self, https):
        said = https["https"]["all"].get("/").headers["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains; preload"

    @pytest.mark.parametrize(
        ("site", "headers"),
        [
            ("fronted", [BY_HTTPS]),
            ("fronted-alone", [BY_HTTPS]),
            ("pinned-and-fronted", []),
            ("pinned-elsewhere", []),
        ],
    )
    def test_client_of_a_proxy_that_ends_tls_gets_it(self, plain, site: str, headers: list):
        answer = plain[site].get("/api/x", *headers)
        assert answer.headers["Strict-Transport-Security"] == "max-age=600"

    @pytest.mark.parametrize("site", ["own", "fronted", "fronted-alone", "pinned"])
    @pytest.mark.parametrize("path", ["/api/x", "/.well-known/acme-challenge/none"])
    @pytest.mark.parametrize("headers", [[], [BY_HTTPS]])
    def test_plain_text_has_none(self, plain, site: str, path: str, headers: list):
        answer = plain[site].get(path, *headers, peer=STRANGER)
        assert answer.headers["Strict-Transport-Security"] is None

    def test_name_that_is_not_ours_has_none(self, https):
        answer = https["https"]["own"].get("/", host="evil.example")
        assert (answer.status, answer.headers["Strict-Transport-Security"]) == (421, None)

    def test_is_off_unless_wanted(self, https):
        answer = https["https"]["other-port"].get("/")
        assert answer.headers["Strict-Transport-Security"] is None

    def test_stands_in_for_what_an_app_says(self, https):
        answer = https["https"]["own"].get("/api/headers?Strict-Transport-Security=max-age=1")
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=600"]
