"""Two sites with TLS, and their clients."""

from __future__ import annotations

from functools import partial

import controller
import pytest
import trustme
import yaml
from tls_client import Client

SHOP = yaml.safe_load((controller.SCENARIO / "vars/shop.yml").read_text()) | {
    "nginx_site_mounts": [{"path": "/", "src": str(controller.SCENARIO / "files/page")}]
}
"""The site that is there before any test, with a certificate from the ACME server beside it."""
LATE = {
    **SHOP,
    "nginx_site_name": "late",
    "nginx_site_server_names": ["late.example", "203.0.113.5"],
}
"""The other site; each test sets its variables."""


@pytest.fixture(scope="session")
def attempt():
    """Return a function that tries to bring about the state of the other site."""
    return partial(controller.play, "site.yml", **LATE)


@pytest.fixture(scope="session")
def deploy():
    """Return a function that brings it about."""
    return partial(controller.deploy, "site.yml", **LATE)


@pytest.fixture(scope="session")
def attempt_shop():
    """Return a function that tries to bring about the state of the shop."""
    return partial(controller.play, "site.yml", **SHOP)


@pytest.fixture(scope="session")
def deploy_shop():
    """Return a function that brings it about."""
    return partial(controller.deploy, "site.yml", **SHOP)


@pytest.fixture(scope="session")
def acme() -> dict[str, str]:
    """How both get their certificates."""
    return SHOP["nginx_site_tls"]


@pytest.fixture(scope="session")
def shop() -> Client:
    """A client of the shop."""
    return Client("shop.example")


@pytest.fixture(scope="session")
def late() -> Client:
    """A client of the other site."""
    return Client("late.example")


@pytest.fixture(scope="session")
def root(host, acme) -> str:
    """The certificate of the ACME server."""
    return host.file(acme["directory_ca"]).content_string


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Another certificate authority."""
    return trustme.CA()


@pytest.fixture
def put(host):
    def put(path: str, text: str, mode: str = "0600") -> None:
        """Have a file on the host, with its directory."""
        host.check_output("install -D -m %s /dev/null %s", mode, path)
        host.check_output("printf %%s %s > %s", text, path)

    return put


@pytest.fixture
def absent(deploy):
    """Remove the other site when the test is over."""
    yield
    deploy(nginx_site_state="absent")
