"""By which ID a request is known, where it is written down, and how busy nginx is."""

import http.client
import json
import re
import socket
from contextlib import closing

import pytest

PROXIES = {"nginx_site_trusted_proxies": ["127.0.0.1"]}
TRUSTED = ["proto", "for", "request_id"]
JSON = {"nginx_site_access_log": "json"}
SITES: dict[str, dict] = {
    "edge": JSON,
    "fronted": {**JSON, **PROXIES},
    "id-trusted": {**JSON, **PROXIES, "nginx_site_trusted_headers": TRUSTED},
    "shared": {},
}
CLAIM = "b1946ac9-2491.4f34~c0ff+ee/=:_"
OURS = re.compile("[0-9a-f]{32}")


@pytest.fixture(scope="module")
def status() -> str:
    """Where the status is served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def sites(serve_each, status):
    common = {"nginx_site_https_redirect": False, "nginx_site_status_listen": status}
    with serve_each(SITES, **common) as served:
        yield served


@pytest.fixture(scope="module")
def plain(sites):
    return sites["http"]


def received_id(server, *claims: str, **how) -> str:
    """Return the ID that the app receives when a request claims one."""
    headers = [f"X-Request-ID: {claim}" for claim in claims]
    return server.get("/api/x", *headers, **how).request_id


class TestRequestId:
    def test_is_another_each_time(self, plain):
        ids = {received_id(plain["edge"]) for _ in range(3)}
        assert (len(ids), all(map(OURS.fullmatch, ids))) == (3, True)

    @pytest.mark.parametrize(
        ("site", "peer"),
        [
            pytest.param("edge", "127.0.0.1", id="client"),
            pytest.param("fronted", "127.0.0.1", id="a proxy, as it may pass it on"),
            pytest.param("id-trusted", "127.0.0.2", id="client beside the proxy"),
        ],
    )
    def test_ignores_untrusted_claims(self, plain, site: str, peer: str):
        assert OURS.fullmatch(received_id(plain[site], CLAIM, peer=peer))

    @pytest.mark.parametrize("claim", [CLAIM, "1", "x" * 128])
    def test_is_what_a_proxy_says_that_is_trusted_with_it(self, plain, claim: str):
        assert received_id(plain["id-trusted"], claim) == claim

    @pytest.mark.parametrize(
        "claims",
        [[], [""], ["x" * 129], ["a b"], ["a,b"], ['"'], ["<b>"], ["\xe4"], ["a\tb"]],
        ids=repr,
    )
    def test_is_ours_where_a_proxy_says_nothing_sane(self, plain, claims: list[str]):
        assert OURS.fullmatch(received_id(plain["id-trusted"], *claims))

    def test_is_in_the_log_of_the_app(self, plain, server, logged):
        ours = received_id(plain["edge"])
        line = logged(server.logs / "api.log", ours)
        assert re.fullmatch(rf'{ours} "GET /api/x HTTP/1.1" 200 \d+ \d+ms', line)


class TestJsonLog:
    @pytest.fixture
    def last(self, plain):
        def last(site: str) -> dict:
            """Return what was logged last."""
            lines = (plain[site].logs / f"{site}.access.log").read_text().splitlines()
            return [json.loads(line) for line in lines][-1]

        return last

    def test_has_request_and_response(self, plain, last):
        headers = ["User-Agent: me", "Referer: https://a.b/"]
        answer, line = plain["edge"].get("/api/a%22b?c=d", *headers), last("edge")
        assert line == {
            "time": line["time"],
            "request_id": answer.request_id,
            "client": "127.0.0.1",
            "method": "GET",
            "scheme": "http",
            "host": "example.org",
            "uri": "/api/a%22b?c=d",
            "protocol": "HTTP/1.1",
            "status": 200,
            "bytes": len(answer.body),
            "seconds": line["seconds"],
            "app_seconds": line["app_seconds"],
            "referer": "https://a.b/",
            "user_agent": "me",
        }

    def test_has_forwarded_values(self, plain, last):
        forwarded = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"]
        plain["id-trusted"].get("/api/x", *forwarded, f"X-Request-ID: {CLAIM}")
        line = last("id-trusted")
        said = (line["client"], line["scheme"], line["request_id"])
        assert said == ("203.0.113.9", "https", CLAIM)

    @pytest.mark.parametrize("agent", ['a"b', "a\\b", "a\x01\x1f\tb", '","status":500,"x":"', "{}"])
    def test_cannot_be_talked_into_another_line(self, plain, last, agent: str):
        plain["edge"].get("/", f"User-Agent: {agent}")
        line = last("edge")
        assert (line["user_agent"], line["status"]) == (agent, 200)

    def test_is_separate_for_each_site(self, plain):
        assert sorted(path.name for path in plain["edge"].logs.glob("*.access.log")) == [
            "edge.access.log",
            "fronted.access.log",
            "id-trusted.access.log",
        ]


class TestStatus:
    @pytest.fixture
    def ask(self, sites, status):
        def ask(path: str) -> tuple[int, str]:
            with closing(http.client.HTTPConnection(status, timeout=10)) as connection:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

        return ask

    def test_counts(self, ask):
        status, text = ask("/stub_status")
        assert (status, text.split(":")[0]) == (200, "Active connections")

    @pytest.mark.parametrize("path", ["/", "/api/x", "/stub_status/"])
    def test_is_all_there_is(self, ask, path: str):
        assert ask(path)[0] == 404

    @pytest.mark.parametrize("site", SITES)
    def test_is_not_served_to_clients(self, plain, site: str):
        assert b"Active connections" not in plain[site].get("/stub_status").body
