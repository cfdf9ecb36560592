"""Serve each set-up that is asked for: an nginx for it, and a gunicorn for each different app."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.subsite.deploy.plugins.modules import public_url_info
from precision import NAMED
from serving import Nginx, echo, free_ports, running
from setups import BEHIND, SetUp

HTTP = """
map $http_x_forwarded_proto $claimed_scheme { "" $scheme; default $http_x_forwarded_proto; }
server_names_hash_bucket_size 128;
"""


class World:
    """The servers of all set-ups, with their ports."""

    def __init__(self, top: Path, root: Path, wsgi_app, nginx_site, certificate: dict) -> None:
        self.top, self.root, self.certificate = top, root, certificate
        self.wsgi_app, self.nginx_site = wsgi_app, nginx_site
        self.apps: dict[str, Path] = {}
        self.single_page = top / "single_page"
        self.single_page.mkdir()
        (self.single_page / "index.html").write_text("<script src='/app.js'></script>")
        self.running = contextlib.ExitStack()
        self.ports: dict[str, tuple[int, int]] = {}

    def app(self, set_up: SetUp) -> Path:
        """Start the app of a set-up, unless it runs, and return its directory."""
        prefix = "" if set_up.url.count("/") == 3 else "/api"
        settings = {
            "wsgi_app_prefix": prefix,
            "wsgi_app_callable": "shop:create_app()",
            **set_up.app,
        }
        settings["wsgi_app_proxy_fix"] = settings.get("wsgi_app_proxy_fix") != "no"
        key = f"{sorted(settings.items())} {set_up.socket}"
        if key not in self.apps:
            top = self.top / f"app{len(self.apps)}"
            (top / "lib").mkdir(parents=True)
            (top / "lib/subsite_wsgi").symlink_to(self.root / "roles/wsgi_app/files/subsite_wsgi")
            (top / "diagnosis.key").write_text(secrets.token_hex(32))
            gunicorn = echo(
                self.root, self.wsgi_app, top, package=top / "lib", wsgi_app_name="shop", **settings
            )
            self.running.callback(gunicorn.wait)
            self.running.callback(gunicorn.terminate)
            (top / "shop.sock").chmod(0o600 if set_up.socket == "refused" else 0o666)
            if set_up.socket == "gone":
                (top / "shop.sock").unlink()
            self.apps[key] = top
        return self.apps[key]

    def serve(self, set_up: SetUp) -> tuple[int, int]:
        """Start the nginx of a set-up, unless it runs, and return its ports."""
        # Pages of one app share a site.
        has_pages = set_up.app.get("wsgi_app_callable") == "pages:app"
        key = f"pages {set_up.mounts}" if has_pages else set_up.name
        if key not in self.ports:
            number = len(self.ports) + 1
            self.ports[key] = front, port = tuple(free_ports(2))
            top = self.top / f"nginx{number}"
            top.mkdir()
            nginx = Nginx(top, "www-data")
            self.configure(nginx, number, set_up, front, port)
            self.running.enter_context(running(nginx))
        return self.ports[key]

    def configure(self, nginx: Nginx, number: int, set_up: SetUp, front: int, port: int) -> None:
        """Write the nginx configuration of a set-up."""
        sites, app = nginx.top / "sites", self.app(set_up) / "shop.sock"
        (sites / "0.conf").write_text(HTTP)
        if set_up.front:
            tls = self.certificate if set_up.url.startswith("https:") else None
            text = set_up.front.text(f"s{number}", front, port, tls)
            (sites / f"front{number}.conf").write_text(text)
        if set_up.nginx or set_up.beside:
            text = set_up.nginx or set_up.beside
            for word, value in (("PORT", port), ("SOCKET", app), ("NAME", number)):
                text = text.replace(word, str(value))
            (sites / f"{number}.conf").write_text(text)
        if not set_up.nginx:
            nginx.add(self.nginx_site, self.variables(number, set_up, port))

    def variables(self, number: int, set_up: SetUp, port: int) -> dict:
        """Return the variables of the role for a set-up."""
        path = "/" if set_up.url.count("/") == 3 else "/api"
        upstreams = [str(self.app(set_up) / "shop.sock")]
        return {
            "nginx_site_name": f"s{number}",
            "nginx_site_server_names": ["shop.example"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_default_server": not set_up.beside,
            "nginx_site_mounts": [
                {"path": path, "upstreams": upstreams, **set_up.mount},
                *({**mount, "root": str(self.single_page)} for mount in set_up.mounts),
            ],
            **(BEHIND if set_up.behind else {}),
            **set_up.site,
        }

    def question(self, set_up: SetUp) -> dict:
        """Return the module's arguments for a set-up, as the playbook sets them."""
        front, port = self.serve(set_up)
        app = self.app(set_up)
        nginx = f"127.0.0.1:{port}"
        stripped = set_up.app.get("wsgi_app_prefix_mode") == "strip"
        trust = (
            {}
            if set_up.nginx
            else {
                "trusted_proxies": [],
                **{
                    name.removeprefix("nginx_site_"): value
                    for name, value in {**(BEHIND if set_up.behind else {}), **set_up.site}.items()
                    if "trusted" in name
                },
            }
        )
        return {
            "url": set_up.url,
            "endpoints": [
                {"name": "public", "connect": f"127.0.0.1:{front}" if set_up.front else nginx},
                {"name": "nginx", "connect": nginx},
                {"name": "app", "connect": str(app / "shop.sock"), "strip": stripped},
            ],
            "keys": str(app / "*.key"),
            "ca_path": self.certificate["authority"],
            **trust,
            **set_up.arguments,
        }


@pytest.fixture(scope="session")
def certificate_of_shop(tmp_path_factory) -> dict[str, str]:
    top = tmp_path_factory.mktemp("shop")
    authority = trustme.CA()
    issued = authority.issue_cert("shop.example")
    authority.cert_pem.write_to_path(top / "authority.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(top / "shop.pem")
    both = str(top / "shop.pem")
    return {"certificate": both, "key": both, "authority": f"{top}/authority.pem"}


@pytest.fixture(scope="session")
def world(root, wsgi_app, nginx_site, certificate_of_shop) -> Iterator[World]:
    """Serve the set-ups that are asked for."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        world = World(Path(name), root, wsgi_app, nginx_site, certificate_of_shop)
        with world.running:
            yield world


class Verifier:
    """Runs the module on set-ups."""

    def __init__(self, run_module: Callable[..., dict], world: World) -> None:
        self.run_module, self.question = run_module, world.question

    def __call__(self, set_up: SetUp, **arguments) -> dict:
        """Return the result of the module."""
        arguments_of_set_up = {**self.question(set_up), **arguments}
        return self.run_module(public_url_info, **arguments_of_set_up)


@pytest.fixture
def verify(run_module, world: World) -> Verifier:
    return Verifier(run_module, world)


@pytest.fixture
def name(record_property: Callable[[str, object], None], verify: Verifier) -> Callable:
    def name(set_up: SetUp) -> list[tuple[str, str]]:
        """Return the faults and hops that verify names, and record them for the summary."""
        found = [(one["name"], one["hop"]) for one in verify(set_up)["report"]["faults"]]
        wanted = [(set_up.fault, set_up.hop)] if set_up.fault else []
        record_property(NAMED, (len(found), len(wanted), bool(wanted) and found == wanted))
        return found

    return name


@pytest.fixture
def page(root: Path):
    def page(*reports: dict) -> str:
        """Return the page of some reports."""
        loader = DataLoader()
        text = (root / "playbooks/templates/verify/report.html.j2").read_text()
        style = str(root / "app/page/journey.css")
        variables = {"__verify_reports": list(reports), "__verify_style": style}
        templar = Templar(loader, variables)
        return templar.template(trust_as_template(text))

    return page
