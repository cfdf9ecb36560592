from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from demo import create_app
from demo.dev import create_site


@pytest.fixture
def app() -> Flask:
    return create_app({"TESTING": True})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(
    params=[
        pytest.param("http://localhost", id="root"),
        pytest.param("http://localhost/api", id="prefix"),
        pytest.param("https://example.org/api", id="https"),
        pytest.param("http://example.org:8080/api", id="http-port"),
        pytest.param("https://example.org:8443/api", id="https-port"),
        pytest.param("https://example.org/outer/api", id="outer-prefix"),
    ]
)
def base_url(request: pytest.FixtureRequest) -> str:
    """The external URL the application is mounted at."""
    return request.param


@pytest.fixture
def address() -> Iterator[str]:
    """The host and port of a real server that runs the development site."""
    server = make_server("127.0.0.1", 0, create_site(), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
