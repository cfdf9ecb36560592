"""One more site on the host, and a connection to all of them."""

from __future__ import annotations

from functools import partial

import controller
import pytest
from client import connect

NEWS = {"nginx_site_name": "news", "nginx_site_server_names": ["news.example"]}


@pytest.fixture(scope="session")
def attempt():
    """Return a function that tries to bring about the state of the site called news."""
    return partial(controller.play, "site.yml", **NEWS)


@pytest.fixture(scope="session")
def deploy():
    """Return a function that brings it about."""
    return partial(controller.deploy, "site.yml", **NEWS)


@pytest.fixture(scope="session")
def maintain():
    """Return a function that runs the short playbook for its maintenance."""
    return partial(controller.deploy, "maintenance.yml", **NEWS)


@pytest.fixture
def connection():
    """A connection that several requests can be sent on."""
    opened = connect()
    yield opened
    opened.close()
