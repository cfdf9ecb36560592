"""Sites that were deployed without this collection, tested from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import public_url_info
from serving import Nginx, free_ports, running, serve

CADDY = """
{{
    admin off
    auto_https off
}}
:{port} {{
    reverse_proxy unix/{socket} {{
        {more}
    }}
}}
"""
TRAEFIK = """
http:
  routers:
    shop: {{rule: "PathPrefix(`/`)", service: shop}}
  services:
    shop:
      loadBalancer:
        passHostHeader: {passes}
        servers: [{{url: "http://127.0.0.1:{gunicorn}"}}]
"""


def await_page(port: int) -> None:
    """Wait until the shop responds: Traefik sends 404 until it has read its routes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
    pytest.fail(f"no response on port {port}")


@contextlib.contextmanager
def program(top: Path, *command: str | Path, **environ: str) -> Iterator[None]:
    """Run a program inside the with block."""
    with (top / f"{command[0]}.log").open("w") as log:
        running = subprocess.Popen(
            [str(word) for word in command],
            env={**os.environ, "HOME": str(top), **environ},
            stderr=log,
        )
    try:
        yield
    finally:
        running.terminate()
        running.wait()


@contextlib.contextmanager
def gunicorn(root: Path, top: Path, target: str, **environ: str) -> Iterator[Path]:
    """Serve an app without our wrapper, and yield its socket."""
    served = serve(top, "app", {"PYTHONPATH": f"{root}/tests/apps", **environ}, target)
    try:
        yield top / "app.sock"
    finally:
        served.terminate()
        served.wait()


@pytest.fixture
def look(run_module):
    def look(port: int, url: str) -> dict:
        """Return the report on ``url``, whose server listens on ``port``."""
        endpoints = [{"name": "public", "connect": f"127.0.0.1:{port}"}]
        return run_module(public_url_info, url=url, endpoints=endpoints)["report"]

    return look


class TestCaddy:
    @pytest.fixture
    def caddy(self, root: Path, tmp_path: Path):
        @contextlib.contextmanager
        def caddy(more: str = "") -> Iterator[int]:
            (port,) = free_ports(1)
            with gunicorn(root, tmp_path, "shop:create_app(fix=1)") as app:
                text = CADDY.format(port=port, socket=app, more=more)
                (tmp_path / "Caddyfile").write_text(text)
                config = ("--config", tmp_path / "Caddyfile", "--adapter", "caddyfile")
                with program(tmp_path, "caddy", "run", *config):
                    await_page(port)
                    yield port

        return caddy

    def test_documented_set_up_passes_forged_headers(self, caddy, look):
        with caddy() as port:
            report = look(port, "http://shop.example:8000/")
        assert [fault["name"] for fault in report["faults"]] == ["forged-headers-accepted"]
        accepted = [header for header, is_accepted in report["forged"].items() if is_accepted]
        assert accepted == ["X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Ssl"]

    def test_removing_these_headers_is_right(self, caddy, look):
        rest = ("X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Ssl")
        with caddy("\n".join(f"header_up -{header}" for header in rest)) as port:
            assert look(port, "http://shop.example:8000/")["faults"] == []

    def test_replaced_host_is_wrong(self, caddy, look):
        with caddy("header_up Host localhost:5000\nheader_up -X-Forwarded-Host") as port:
            faults = look(port, "http://shop.example:8000/")["faults"]
        assert [fault["name"] for fault in faults] == ["url-wrong"]
        assert faults[0]["received"] == "http://localhost:5000/cart (another origin)"


class TestTraefik:
    @pytest.fixture
    def traefik(self, root: Path, tmp_path: Path):
        @contextlib.contextmanager
        def traefik(passes: str) -> Iterator[int]:
            port, inner = free_ports(2)
            text = TRAEFIK.format(gunicorn=inner, passes=passes)
            (tmp_path / "traefik.yml").write_text(text)
            options = (
                f"--entryPoints.web.address=127.0.0.1:{port}",
                f"--providers.file.filename={tmp_path}/traefik.yml",
            )
            command = ("gunicorn", "--bind", f"127.0.0.1:{inner}", "shop:create_app()")
            with program(tmp_path, *command, PYTHONPATH=f"{root}/tests/apps"):
                await_page(inner)
                with program(tmp_path, "traefik", *options):
                    await_page(port)
                    yield port

        return traefik

    def test_documented_set_up_passes_a_header_that_gunicorn_refuses(self, traefik, look):
        with traefik("true") as port:
            report = look(port, "http://shop.example:8000/")
        assert [fault["received"] for fault in report["faults"]] == ["X-Forwarded-Ssl"]

    def test_host_not_forwarded_is_wrong(self, traefik, look):
        with traefik("false") as port:
            faults = look(port, "http://shop.example:8000/")["faults"]
        assert [fault["name"] for fault in faults] == ["url-wrong"]


class TestOriginal:
    @pytest.fixture
    def original(self, root: Path, tmp_path: Path) -> Iterator[int]:
        nginx, (port,) = Nginx(tmp_path), free_ports(1)
        text = (root / "tests/nginx_site/original.conf").read_text()
        text = text.replace("PORT", str(port)).replace("original.sock", "app.sock")
        (tmp_path / "sites/original.conf").write_text(text.replace("TOP", str(tmp_path)))
        target = "shop:create_app(fix=1)"
        with gunicorn(root, tmp_path, target, SCRIPT_NAME="/api"), running(nginx):
            yield port

    def test_url_is_right_and_forged_headers_are_accepted(self, original: int, look):
        report = look(original, "http://shop.example:8000/api/")
        assert [fault["name"] for fault in report["faults"]] == ["forged-headers-accepted"]
        assert report["forged"]["X-Forwarded-Proto"] is True
        assert report["forged"]["X-Forwarded-Host"] is False
