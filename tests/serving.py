"""A real nginx with rendered sites and real gunicorns, in one directory."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.modules import nginx_info
from scanner import findings

PORTS = iter(range(10000, 30000))
"""Ports that the kernel gives to no client (net.ipv4.ip_local_port_range)."""
CLAIMS: list[socket.socket] = []
"""A socket for each port that this process uses, which the kernel closes when the process ends."""
WRAPPER = """
{user}
worker_processes 1;
pid {top}/nginx.pid;
error_log {top}/error.log;
events {{}}
http {{
    access_log {top}/access.log;
    client_body_temp_path {top}/body;
    proxy_temp_path {top}/proxy;
    fastcgi_temp_path {top}/fastcgi;
    scgi_temp_path {top}/scgi;
    uwsgi_temp_path {top}/uwsgi;
    proxy_ignore_client_abort on;
    include {top}/conf.d/*.conf;
    include {top}/sites/*.conf;
}}
"""


class Refused(Exception):
    """A stream of HTTP/2, or its connection, was ended without an answer."""


class Nginx:
    """An nginx that has its files in one directory, and the sites there."""

    def __init__(self, top: Path, user: str = "root") -> None:
        self.top = top
        (top / "conf.d").mkdir()
        (top / "sites").mkdir()
        (top / "cache").mkdir()
        user = f"user {user};" if os.geteuid() == 0 else ""
        (top / "nginx.conf").write_text(WRAPPER.format(user=user, top=top))

    def add(self, role, site: dict) -> None:
        """Add a site as the role ``nginx_site`` places it, if a scanner has nothing against it."""
        places = {
            "__nginx_site_content_dir": f"{self.top}/srv/{site['nginx_site_name']}",
            "__nginx_site_cache_dir": f"{self.top}/cache/{site['nginx_site_name']}",
            "__nginx_site_access_dir": f"{self.top}/access/{site['nginx_site_name']}",
            "__nginx_site_access_log_path": f"{self.top}/{site['nginx_site_name']}.access.log",
        }
        directives = list(role.value("__nginx_site_hash_sizes", site))
        inspected = {
            "__nginx_site_hash_sizes_path": f"{self.top}/conf.d/hash-sizes.conf",
            "__nginx_site_nginx_info": {
                **nginx_info.parse_build(self.run("-V").stderr),
                "is_unused": False,
                "settings": nginx_info.find_settings(f"{self.top}/nginx.conf", directives),
            },
        }
        files = "__nginx_site_files + __nginx_site_shared_files"
        for file in role.value(files, {**site, **places, **inspected}):
            path = Path(file["dest"])
            if path.suffix == ".conf" and "content" in file:
                found = findings(file["content"])
                assert not found, found
                directory = "conf.d" if path.parent.name == "conf.d" else "sites"
                (self.top / directory / path.name).write_text(file["content"])
            elif "content" in file or "secret" in file:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.get("content") or file["secret"])

    def run(self, *options: str) -> subprocess.CompletedProcess:
        """Run nginx, which returns when it has read its configuration and listens."""
        command = ["nginx", "-e", "stderr", "-c", f"{self.top}/nginx.conf", *options]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(nginx: Nginx) -> Iterator[None]:
    """Run ``nginx`` for as long as it is needed."""
    started = nginx.run()
    assert started.returncode == 0, started.stderr
    try:
        yield
    finally:
        nginx.run("-s", "stop")


def echo(
    root: Path, role, top: Path, package: Path | None = None, **settings: str | bool
) -> subprocess.Popen:
    """Run the echo app under gunicorn, as the role ``wsgi_app`` configures it.

    :param package: where the package is that mounts it; without it, in the role.
    """
    app = {"wsgi_app_callable": "echo:app", "wsgi_app_workers": 1, **settings}
    source = {"wsgi_app_source": {"type": "pip", "requirement": "echo"}}
    config = top / f"{app['wsgi_app_name']}.conf.py"
    config.write_text(role.value("__wsgi_app_settings", {**source, **app})["gunicorn.conf.py"])
    environ = {"PYTHONPATH": f"{root}/tests/apps:{package or root / 'roles/wsgi_app/files'}"}
    return serve(top, app["wsgi_app_name"], environ, "--config", config)


def serve(
    top: Path, name: str, environ: dict, *options: str | Path, program: str | Path = "gunicorn"
) -> subprocess.Popen:
    """Run gunicorn on a socket called ``name``."""
    with socket.socket(socket.AF_UNIX) as listener, (top / f"{name}.log").open("w") as log:
        listener.bind(f"{top}/{name}.sock")
        listener.listen()  # as systemd does: early requests wait
        return subprocess.Popen(
            [program, "--bind", f"fd://{listener.fileno()}", *options],
            env={**os.environ, "HOME": str(top), **environ},
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )


def free_ports(count: int) -> list[int]:
    """Return different free ports.

    None has 443 in it: the scanner takes such a port for one where TLS is spoken.
    """
    return list(itertools.islice(filter(is_free, PORTS), count))


def is_free(port: int) -> bool:
    """Return whether a test can listen on ``port``, and keep other processes from choosing it."""
    if "443" in str(port):
        return False
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0subsite-test-port-{port}")
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        claim.close()
        return False
    CLAIMS.append(claim)
    return True
