"""A playbook with the two roles alone proves the site, and names what is wrong."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
import yaml
from client import HTTP, PORTS
from controller import Run, play

HOST = "tiny.example.test"
APP = """
def app(environ, start_response):
    prefix = environ["SCRIPT_NAME"]
    start_response("200 OK", [("Content-Type", "text/html")])
    return [f"<a href='{prefix}/help'>help</a>".encode()]
"""
PLAY = {
    "name": "Deploy an app and its site",
    "hosts": "main",
    "become": True,
    "gather_facts": False,
    "roles": ["subsite.deploy.wsgi_app", "subsite.deploy.nginx_site"],
}
VARIABLES = {
    "wsgi_app_name": "tiny",
    "wsgi_app_callable": "tiny:app",
    "wsgi_app_prefix": "/tiny",
    "nginx_site_name": "tiny",
    "nginx_site_default_server": False,
    "nginx_site_server_names": [HOST],
    "nginx_site_mounts": [{"path": "/tiny", "app": "tiny"}],
    "nginx_site_verify_url": f"http://{HOST}",
    "nginx_site_verify_address": f"127.0.0.1:{PORTS[HTTP]}",
    "wsgi_app_verify": True,
    "nginx_site_verify": True,
}


class Proxy(http.server.BaseHTTPRequestHandler):
    """Ends TLS, and passes requests on to nginx as a proxy in front does."""

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORTS[HTTP], timeout=30)
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.client_address[0]}
        headers = {name: value for name, value in self.headers.items() if name not in forwarded}
        with contextlib.closing(connection):
            connection.request("GET", self.path, headers=headers | forwarded)
            answer = connection.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name not in ("Connection", "Content-Length", "Transfer-Encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests short."""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Callable[..., Run]]:
    """Return a function that runs the playbook. The app and the site are removed at the end."""
    top = tmp_path_factory.mktemp("ten_lines")
    (top / "source").mkdir()
    (top / "source/tiny.py").write_text(APP)
    (top / "ten_lines.yml").write_text(yaml.safe_dump([PLAY]))
    source = {"type": "local", "path": f"{top}/source"}

    def run(environ: dict[str, str] | None = None, **variables: object) -> Run:
        given = {**VARIABLES, "wsgi_app_source": source, **variables}
        return play("ten_lines.yml", directory=top, environ=environ, **given)

    yield run
    (top / "ten_lines.yml").write_text(yaml.safe_dump([{**PLAY, "roles": PLAY["roles"][::-1]}]))
    assert run(nginx_site_state="absent", wsgi_app_state="absent").succeeded


@pytest.fixture(scope="module")
def deployed(run) -> Run:
    return run()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A proxy with TLS: its port, and the variables by which Python trusts its certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
        server.shutdown()
        thread.join()


def test_right_site_is_proved(deployed):
    assert deployed.succeeded, deployed.output
    assert deployed.output.count("http://tiny.example.test/tiny/  ✓ right") == 1
    assert deployed.output.count("✓ right") == 2


def test_second_run_changes_nothing_and_verifies_again(deployed, run):
    again = run()
    assert (again.succeeded, again.changed, again.output.count("✓ right")) == (True, 0, 2)


def test_wrong_prefix_is_refused_before_the_site_changes(deployed, run, host):
    before = host.file("/etc/nginx/sites-available/tiny.conf").content_string
    wrong = run(nginx_site_mounts=[{"path": "/tony", "app": "tiny"}])
    assert not wrong.succeeded
    assert "this app runs with the prefix '/tiny', and the path of the mount is '/tony'" in re.sub(
        r"\s+", " ", wrong.output
    )
    assert host.file("/etc/nginx/sites-available/tiny.conf").content_string == before


def test_misspelt_app_is_refused(deployed, run):
    wrong = run(nginx_site_mounts=[{"path": "/tiny", "app": "tinny"}])
    assert not wrong.succeeded
    assert "do you mean 'tiny'?" in wrong.output


def test_forgotten_proxy_is_named_and_the_fix_works(deployed, run, proxy):
    port, environ = proxy
    behind = {
        "nginx_site_verify_url": f"https://{HOST}",
        "nginx_site_verify_address": f"127.0.0.1:{port}",
    }
    wrong = run(environ, **behind)
    assert not wrong.succeeded
    assert "nginx does not trust the proxy in front (proxy-not-trusted)" in wrong.output
    assert "The site is live with this configuration" in wrong.output
    [address] = set(re.findall(r"nginx_site_trusted_proxies: \[([0-9a-f.:]+)\]", wrong.output))
    right = run(environ, **behind, nginx_site_trusted_proxies=[address])
    assert right.succeeded, right.output


def test_site_without_a_reachable_address_is_not_wrong(deployed, run):
    run_of_site = run(nginx_site_verify_address="127.0.0.1:1")
    assert run_of_site.succeeded, run_of_site.output
    assert "? no response (ConnectionRefusedError" in run_of_site.output
