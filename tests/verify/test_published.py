"""Apps as they are published are called right, and those whose own pages are wrong are named."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import public_url_info
from precision import NAMED
from published import PUBLISHED, Published
from serving import Nginx, free_ports, running, serve

HOST = "published.example:8000"
PREFIX = "/app"
URL = f"http://{HOST}{PREFIX}"


@pytest.fixture(scope="session")
def environment(root: Path) -> Callable[[Published], Path]:
    def environment(app: Published) -> Path:
        """Install an app once, and return the directory of its programs."""
        name = "".join(it if it.isalnum() else "-" for it in app.requirement)
        path = root / ".cache/published" / name
        if not (path / "bin/gunicorn").exists():
            command = ["uv", "pip", "install", "--quiet", "--python", path / "bin/python"]
            subprocess.run(["uv", "venv", "--quiet", "--clear", path], check=True)
            requirements = [*app.requirement.split(), "gunicorn", "werkzeug"]
            subprocess.run([*command, *requirements], check=True)
        return path / "bin"

    return environment


def request(address: Path, method: str, path: str, form: str = "") -> http.client.HTTPMessage:
    """Return the headers of a response of the app. Some need minutes for their migrations."""
    connection = http.client.HTTPConnection(HOST)
    connection.sock = socket.socket(socket.AF_UNIX)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(connection):
        connection.sock.settimeout(300)
        connection.sock.connect(str(address))
        connection.request(method, f"{PREFIX}{path}", form, headers)
        return connection.getresponse().headers


def headers_of_clients(app: Published, address: Path) -> dict[str, str]:
    """Return what nginx adds to all requests: the cookie of the app's login, if it has one."""
    path, form = app.login
    if not path:
        return {}
    received = request(address, "POST", path, form)
    return {"Cookie": received["Set-Cookie"].partition(";")[0]}


def filled(text: str, top: Path) -> str:
    return text.replace("TOP", str(top)).replace("PREFIX", PREFIX)


@pytest.fixture
def site(root: Path, wsgi_app, nginx_site, environment, tmp_path: Path):
    @contextlib.contextmanager
    def site(app: Published) -> Iterator[dict]:
        """Serve an app as the roles do, and yield what verify is to ask."""
        programs, top = environment(app), tmp_path / "top"
        (top / "lib").mkdir(parents=True)
        (top / "lib/subsite_wsgi").symlink_to(root / "roles/wsgi_app/files/subsite_wsgi")
        (top / "diagnosis.key").write_text(secrets.token_hex(32))
        for name, text in app.files.items():
            (top / name).write_text(filled(text, top))
        environ = {
            "HOME": str(top),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": f"{top}:{top}/lib",
            **{name: filled(value, top) for name, value in app.environ.items()},
        }
        for command in app.setup:
            variables = {**os.environ, **environ}
            subprocess.run(filled(command, top), shell=True, cwd=top, env=variables, check=True)
        settings = wsgi_app.value(
            "__wsgi_app_settings",
            {
                "wsgi_app_name": "shop",
                "wsgi_app_source": {"type": "pip", "requirement": app.requirement},
                "wsgi_app_callable": filled(app.callable, top),
                "wsgi_app_prefix": PREFIX,
                "wsgi_app_workers": 1,
                "wsgi_app_health": {"timeout": 120},
            },
        )
        (top / "gunicorn.conf.py").write_text(settings["gunicorn.conf.py"])
        options = ("--config", top / "gunicorn.conf.py")
        gunicorn = serve(top, "shop", environ, *options, program=programs / "gunicorn")
        (top / "shop.sock").chmod(0o666)
        request(top / "shop.sock", "GET", "/")
        headers = headers_of_clients(app, top / "shop.sock")
        (port,) = free_ports(1)
        (tmp_path / "nginx").mkdir()
        nginx = Nginx(tmp_path / "nginx")
        nginx.add(
            nginx_site,
            {
                "nginx_site_name": "main",
                "nginx_site_server_names": ["published.example"],
                "nginx_site_listen": [f"127.0.0.1:{port}"],
                "nginx_site_mounts": [
                    {"path": PREFIX, "upstreams": [f"{top}/shop.sock"], "headers": headers}
                ],
            },
        )
        try:
            with running(nginx):
                yield {
                    "url": URL,
                    "endpoints": [
                        {"name": "public", "connect": f"127.0.0.1:{port}"},
                        {"name": "app", "connect": f"{top}/shop.sock"},
                    ],
                    "keys": f"{top}/*.key",
                    "paths": app.paths,
                    "timeout": 60,
                }
        finally:
            # Some apps have threads that do not end.
            gunicorn.kill()
            gunicorn.wait()

    return site


@pytest.mark.parametrize("app", [pytest.param(app, id=app.name) for app in PUBLISHED])
@pytest.mark.parametrize("signed", [True, False], ids=["at each hop", "from outside"])
def test_published_app(run_module, site, record_property, app: Published, signed: bool):
    with site(app) as question:
        if not signed:
            question |= {"keys": "", "endpoints": question["endpoints"][:1]}
        report = run_module(public_url_info, **question)["report"]
    found = [fault["name"] for fault in report["faults"]]
    wanted = [app.fault] if app.fault else []
    record_property(NAMED, (len(found), len(wanted), bool(wanted) and found == wanted))
    assert (found, report["warnings"], report["unanswered"]) == (wanted, [], ""), report
    if app.fault:
        assert report["faults"][0]["received"].startswith(app.written)
        assert filled(app.place, Path()) in report["faults"][0]["problem"]
