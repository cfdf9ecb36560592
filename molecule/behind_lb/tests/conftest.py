"""Requests to the sites through their proxies, from the host of the client."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
import testinfra
import websocket
import yaml
from client import PORTS
from controller import EPHEMERAL, SCENARIO, Run, play
from selenium import webdriver
from selenium.webdriver.chromium.remote_connection import ChromiumRemoteConnection
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

AUTHORITY = EPHEMERAL / "client.pem"
CLIENT = f"subsite-behind_lb-{os.environ.get('SUBSITE_SUITE', 'trixie')}-client"
TUNNEL = f"http://127.0.0.1:{PORTS[8888]}"
"""A proxy on the host of the client, for CONNECT (RFC 9110, 9.3.6)."""
DRIVER = f"http://127.0.0.1:{PORTS[9515]}"
"""The driver of the client's browser (W3C WebDriver)."""


def urls() -> Iterator[str]:
    """Yield the external URL of each site that speaks TLS, without a slash at its end.

    A site that is pinned to one origin has that, any other one has each of the two ports.
    """
    inventory = yaml.safe_load((SCENARIO / "inventory/sites.yml").read_text())
    for name, variables in inventory["deployed"]["children"]["web"]["hosts"].items():
        way, _, proxy = name.partition("-")
        if pinned := (variables or {}).get("nginx_site_public_url"):
            yield pinned
        elif proxy:
            for port in ("", ":8443"):
                yield f"https://{way}.{proxy}.example{port}{'/outer' if way == 'outer' else ''}"


@pytest.fixture(scope="session", params=urls())
def url(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def trust() -> ssl.SSLContext:
    """A TLS context that trusts the tests' authority."""
    return ssl.create_default_context(cafile=AUTHORITY)


@pytest.fixture(scope="session")
def tunnel() -> str:
    """The URL of the proxy on the host of the client."""
    return TUNNEL


@pytest.fixture(scope="session", params=["HTTP/1.1", "HTTP/2"])
def protocol(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def connection(url, protocol, trust) -> Iterator[httpx.HTTPTransport]:
    """The connections to one proxy."""
    with httpx.HTTPTransport(
        verify=trust, http2=protocol == "HTTP/2", http1=protocol == "HTTP/1.1", proxy=TUNNEL
    ) as transport:
        yield transport


@pytest.fixture
def client(url, connection) -> httpx.Client:
    """A client without cookies."""
    return httpx.Client(transport=connection, base_url=url, timeout=30)


@pytest.fixture
def echo(url) -> Iterator[websocket.WebSocket]:
    """A WebSocket to an app that echoes."""
    tunnel = httpx.URL(TUNNEL)
    with contextlib.closing(
        websocket.create_connection(
            f"{url.replace('https:', 'wss:', 1)}/api/ws",
            timeout=30,
            sslopt={"ca_certs": str(AUTHORITY)},
            http_proxy_host=tunnel.host,
            http_proxy_port=tunnel.port,
            proxy_type="http",
        )
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def address() -> str:
    """The address of the client."""
    machine = testinfra.get_host(f"podman://{CLIENT}")
    return machine.check_output("ip -4 -o address show dev eth0").split()[3].partition("/")[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Remote]:
    """The client's browser."""
    options = webdriver.ChromeOptions()
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    ):
        options.add_argument(f"--{argument}")
    driver = ChromiumRemoteConnection(DRIVER, vendor_prefix="goog", browser_name="chrome")
    with webdriver.Remote(driver, options=options) as opened:
        yield opened


@pytest.fixture(scope="session")
def tell(browser) -> Callable[..., dict]:
    """Return a function that sends a command of the Chrome DevTools protocol."""
    return lambda command, **how: browser.execute(
        "executeCdpCommand", {"cmd": command, "params": how}
    )["value"]


@pytest.fixture(scope="session")
def verdicts() -> int:
    """How many the demo's page has when it has tried everything.

    Of each of four redirects the final URL, whether there was one, the origin and the prefix, and
    one of each other try.
    """
    return 4 * 4 + 3


@pytest.fixture(scope="session")
def try_everything(browser, verdicts) -> Callable[[str], None]:
    """Return a function that opens the page of the demo and runs all of its tries."""
    judged = "[data-try] dl .right, [data-try] dl .wrong"

    def open_and_try(url: str) -> None:
        browser.get(url)
        wait = WebDriverWait(browser, 30)
        wait.until(lambda page: page.find_element(By.ID, "verdict").text)
        browser.find_element(By.ID, "all").click()
        wait.until(lambda page: len(page.find_elements(By.CSS_SELECTOR, judged)) >= verdicts)

    return open_and_try


@pytest.fixture(scope="session")
def prove() -> Callable[..., Run]:
    """Return a function that runs ``verify`` as if Ansible ran on the host of the client."""
    return partial(
        play, "verify_sites.yml", f"--inventory={SCENARIO}/tests/inventory/at_the_client.yml"
    )
