"""Sites that somebody else has deployed, asked from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import url_contract_info
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
    """Return when the shop answers: Traefik says 404 until it has read what leads there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
    pytest.fail(f"nobody answers on {port}")


@contextlib.contextmanager
def program(top: Path, *command: str | Path, **environ: str) -> Iterator[None]:
    """Run a program for as long as it is needed."""
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
    """Run an app as nothing of ours would, and lend its socket."""
    served = serve(top, "app", {"PYTHONPATH": f"{root}/tests/apps", **environ}, target)
    try:
        yield top / "app.sock"
    finally:
        served.terminate()
        served.wait()


@pytest.fixture
def look(run_module):
    def look(port: int, url: str) -> dict:
        """Return what is found at ``url``, whose server listens on ``port``."""
        layers = [{"name": "public", "connect": f"127.0.0.1:{port}"}]
        return run_module(url_contract_info, url=url, layers=layers)["contract"]

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

    def test_as_documented_passes_on_what_it_does_not_set(self, caddy, look):
        with caddy() as port:
            contract = look(port, "http://shop.example:8000/")
        assert [finding["fault"] for finding in contract["findings"]] == ["believes-visitors"]
        believed = [header for header, is_believed in contract["claims"].items() if is_believed]
        assert believed == ["X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Ssl"]

    def test_that_removes_the_rest_is_right(self, caddy, look):
        rest = ("X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Ssl")
        with caddy("\n".join(f"header_up -{header}" for header in rest)) as port:
            assert look(port, "http://shop.example:8000/")["findings"] == []

    def test_that_loses_the_host_is_wrong(self, caddy, look):
        with caddy("header_up Host localhost:5000\nheader_up -X-Forwarded-Host") as port:
            findings = look(port, "http://shop.example:8000/")["findings"]
        assert [finding["fault"] for finding in findings] == ["url-wrong"]
        assert findings[0]["came"] == "http://localhost:5000/cart"


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

    def test_as_documented_passes_on_what_gunicorn_refuses(self, traefik, look):
        with traefik("true") as port:
            contract = look(port, "http://shop.example:8000/")
        assert [finding["came"] for finding in contract["findings"]] == ["X-Forwarded-Ssl"]

    def test_that_does_not_pass_the_host_on_is_wrong(self, traefik, look):
        with traefik("false") as port:
            findings = look(port, "http://shop.example:8000/")["findings"]
        assert [finding["fault"] for finding in findings] == ["url-wrong"]


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

    def test_makes_the_right_url_and_believes_whoever_asks(self, original: int, look):
        contract = look(original, "http://shop.example:8000/api/")
        assert [finding["fault"] for finding in contract["findings"]] == ["believes-visitors"]
        assert contract["claims"]["X-Forwarded-Proto"] is True
        assert contract["claims"]["X-Forwarded-Host"] is False
