"""A site speaks TLS with HTTP/2, and HTTP/3 where the distribution's nginx does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import pytest

SUITE = os.environ.get("SUBSITE_SUITE", "trixie")
ORIGIN = "https://news.example:8443"
CERTIFICATE = {
    "mode": "files",
    "certificate": "/etc/ssl/news.pem",
    "key": "/etc/ssl/private/news.key",
}
PORTS = "ss --udp --listening --numeric --no-header 'sport = :443'"


@dataclass(frozen=True)
class Answer:
    """An answer of curl."""

    text: str
    version: str
    status: int
    alternative: str

    @property
    def environ(self) -> dict[str, str]:
        """The WSGI environ that the mirror saw."""
        return json.loads(self.text)["environ"]

    @property
    def origin(self) -> str:
        """The origin that the mirror saw."""
        return f"{self.environ['wsgi.url_scheme']}://{self.environ['HTTP_HOST']}"


@pytest.fixture(scope="module")
def curl(host):
    def curl(url: str, *options: str) -> Answer:
        """Ask inside the host, where its port 443 stands for the 8443 that clients know."""
        command = [
            *("curl", "--silent", "--show-error", "--max-time", "10", "--cacert"),
            *("/etc/ssl/news.pem", "--connect-to", ":8443:127.0.0.1:443"),
            *("--connect-to", "::127.0.0.1:", "--write-out"),
            r"\n%{http_version}|%{http_code}|%header{alt-svc}",
            *options,
            url,
        ]
        said = host.check_output(" ".join(["%s"] * len(command)), *command)
        text, _, last = said.rpartition("\n")
        version, status, alternative = last.split("|")
        return Answer(text, version, int(status), alternative)

    return curl


@pytest.fixture(scope="module")
def mounts(tmp_path_factory) -> dict:
    """An app, a redirect, and a page of many packets."""
    page = tmp_path_factory.mktemp("page")
    (page / "large.txt").write_text("large " * 200_000)
    return {
        "nginx_site_mounts": [
            {"path": "/api", "app": "mirror"},
            {"path": "/old", "redirect": "/api/"},
            {"path": "/page", "src": str(page)},
        ]
    }


@pytest.fixture(scope="module")
def news(deploy, mounts):
    """A site that speaks TLS."""
    settings = {**mounts, "nginx_site_tls": CERTIFICATE}
    deploy(**settings)
    yield settings
    deploy(nginx_site_state="absent")


class TestTls:
    @pytest.mark.parametrize(
        ("option", "version"), [("--http1.1", "1.1"), ("--http2", "2")], ids=["HTTP/1.1", "HTTP/2"]
    )
    def test_app_receives_the_same_origin(self, news, curl, option, version):
        answer = curl(f"{ORIGIN}/api/x", option)
        assert (answer.version, answer.status, answer.origin) == (version, 200, ORIGIN)

    def test_nginx_accepts_the_configuration(self, news, host):
        checked = host.run("nginx -t -q")
        assert (checked.rc, checked.stderr) == (0, "")

    @pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
    def test_second_run_changes_nothing(self, news, deploy, options):
        assert deploy(*options, **news).changed == 0

    def test_other_protocols_are_not_offered(self, news, curl):
        assert curl(f"{ORIGIN}/api/x").alternative == ""


@pytest.fixture(scope="module")
def by_http_3(mounts):
    """The settings for HTTP/3."""

    def by_http_3(name: str) -> dict:
        return {
            **mounts,
            "nginx_site_name": name,
            "nginx_site_server_names": [f"{name}.example"],
            "nginx_site_public_url": f"https://{name}.example:8443",
            "nginx_site_tls": {**CERTIFICATE, "http3": True},
        }

    return by_http_3


if SUITE == "bookworm":

    def test_http3_is_an_input_error(news, attempt, by_http_3, host):
        before = host.check_output("find /etc/nginx /srv/nginx | sort")
        run = attempt(**by_http_3("late"))
        assert (
            "nginx_site_tls.http3 is true, but nginx 1.22.1 on this host does not support HTTP/3. "
            "Leave it out, or install nginx 1.26, which Debian 13 has."
        ) in run.output
        assert (run.succeeded, run.changed) == (False, 0)
        assert host.check_output("find /etc/nginx /srv/nginx | sort") == before

else:

    @pytest.fixture(scope="class")
    def late(deploy, by_http_3):
        """Two sites that speak HTTP/3 at the same address."""
        for name in ("news", "late"):
            deploy(**by_http_3(name))
        yield
        deploy(nginx_site_name="late", nginx_site_state="absent")
        deploy(nginx_site_state="absent")

    @pytest.mark.usefixtures("late")
    class TestHttp3:
        @pytest.mark.parametrize("name", ["news", "late"])
        def test_app_receives_the_same_origin(self, curl, name):
            origin = f"https://{name}.example:8443"
            answer = curl(f"{origin}/api/x", "--http3-only")
            assert (answer.version, answer.status, answer.origin) == ("3", 200, origin)

        @pytest.mark.parametrize("name", ["news", "late"])
        def test_packets_reach_their_worker(self, curl, name):
            for _ in range(10):
                answer = curl(f"https://{name}.example:8443/page/large.txt", "--http3-only")
                assert answer.text == "large " * 200_000

        def test_body_arrives(self, curl):
            answer = curl(f"{ORIGIN}/api/x", "--http3-only", "--data", "a=b")
            assert json.loads(answer.text)["body"] == "a=b"

        @pytest.mark.parametrize(
            ("path", "status"),
            [
                ("/api/x", 200),
                ("/old", 302),
                ("/api", 308),
                ("/page/none", 404),
                ("/api/busy", 503),
            ],
        )
        @pytest.mark.parametrize("option", ["--http1.1", "--http2", "--http3-only"])
        def test_alt_svc_has_the_client_port(self, curl, option, path, status):
            answer = curl(f"{ORIGIN}{path}", option)
            assert (answer.status, answer.alternative) == (status, 'h3=":8443"; ma=86400')

        def test_http_does_not_offer_http3(self, curl):
            answer = curl("http://news.example/api/x")
            assert (answer.status, answer.alternative) == (308, "")

        def test_unknown_host_gets_421(self, curl):
            answer = curl(f"{ORIGIN}/api/x", "--http3-only", "--header", "Host: evil.example")
            assert answer.status == 421

        def test_nginx_accepts_the_configuration(self, host):
            checked = host.run("nginx -t -q")
            assert (checked.rc, checked.stderr) == (0, "")

        @pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
        @pytest.mark.parametrize("name", ["news", "late"])
        def test_second_run_changes_nothing(self, deploy, by_http_3, name, options):
            assert deploy(*options, **by_http_3(name)).changed == 0

        def test_ports_stay_open_for_the_other_site(self, deploy, curl, host):
            deploy(nginx_site_name="late", nginx_site_state="absent")
            assert curl(f"{ORIGIN}/api/x", "--http3-only").status == 200

        def test_ports_close_with_the_last_site(self, news, deploy, host):
            deploy(**news)
            assert host.check_output(PORTS) == ""
            assert host.check_output("find /etc/nginx/conf.d -name 'quic*'") == ""
