"""URLs and cookies of an app under gunicorn."""

import http.client
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

DEMO = {"wsgi_app_callable": "demo:create_app()", "wsgi_app_prefix": "/api"}
DJANGO = {
    "wsgi_app_callable": "django_app:app",
    "wsgi_app_prefix": "/api",
    "wsgi_app_public_url": "https://example.org/api",
    "wsgi_app_health": {"path": "/login", "status": [200]},
}
COLLAPSED = {
    "X-Forwarded-Host": "example.org",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/outer/api",
}
APPENDED = {
    "X-Forwarded-For": "192.0.2.7,10.0.0.5",
    "X-Forwarded-Host": "example.org,inner.example:8080",
    "X-Forwarded-Port": "443,8080",
    "X-Forwarded-Proto": "https,http",
    "X-Forwarded-Prefix": "/outer/api,/api",
}


class Connection(http.client.HTTPConnection):
    """Speaks HTTP through a unix socket, as nginx does."""

    def __init__(self, path: Path) -> None:
        super().__init__("inner.example:8080", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@pytest.fixture(scope="module")
def ask(root: Path, wsgi_app, inputs: dict, tmp_path_factory) -> Iterator[Callable]:
    """Ask an app, which is started when it is first asked."""
    started: dict[str, Path] = {}

    def ask(settings: dict, path: str, headers: dict) -> http.client.HTTPResponse:
        if str(settings) not in started:
            top = tmp_path_factory.mktemp("served")
            serving = serve(wsgi_app, {**inputs, **settings}, root, top)
            started[str(settings)] = stack.enter_context(serving)
        connection = Connection(started[str(settings)])
        stack.callback(connection.close)
        connection.request("GET", path, headers=headers)
        return connection.getresponse()

    with ExitStack() as stack:
        yield ask


@contextmanager
def serve(role, inputs: dict, root: Path, top: Path) -> Iterator[Path]:
    """Run gunicorn as the role does it, and lend the socket where it answers."""
    (top / "gunicorn.conf.py").write_text(
        role.value("__wsgi_app_settings", inputs)["gunicorn.conf.py"]
    )
    unit = role.texts("__wsgi_app_release_files", inputs)["wsgi-shop.0123456789ab.service"]
    written = [
        line.removeprefix("Environment=").split("=", 1)
        for line in unit.splitlines()
        if line.startswith("Environment=")
    ]
    ours = {name: value for name, value in written if name == "PUBLIC_URL"}
    paths = ["tests/apps", "app/src", "roles/wsgi_app/files"]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{top}/app.sock")
        listener.listen()  # as systemd does: early clients wait
        command = ["gunicorn", "--config", f"{top}/gunicorn.conf.py"]
        gunicorn = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}"],
            env={**os.environ, **ours, "PYTHONPATH": ":".join(f"{root}/{path}" for path in paths)},
            pass_fds=[listener.fileno()],
        )
    try:
        yield top / "app.sock"
    finally:
        gunicorn.terminate()
        gunicorn.wait()


def attributes(answer: http.client.HTTPResponse) -> tuple[str, set[str]]:
    """Return the name of the cookie that is set, and what is said of it."""
    pair, *said = answer.headers["Set-Cookie"].split("; ")
    return pair.partition("=")[0], set(said)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        pytest.param({}, {"Path=/api", "HttpOnly"}, id="without nginx"),
        pytest.param(COLLAPSED, {"Path=/outer/api", "HttpOnly", "Secure"}, id="https"),
        pytest.param(
            COLLAPSED | {"X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/api"},
            {"Path=/api", "HttpOnly"},
            id="http",
        ),
    ],
)
def test_cookie(ask, headers: dict, said: set[str]):
    assert attributes(ask(DEMO, "/api/login", headers)) == ("shop_session", said)


def test_cookie_without_flask_defaults(ask):
    plain = {**DEMO, "wsgi_app_flask_defaults": False}
    said = attributes(ask(plain, "/api/login", COLLAPSED))
    assert said == ("session", {"Path=/", "HttpOnly"})


@pytest.mark.parametrize(
    ("mode", "path", "path_info"),
    [
        pytest.param("script_name", "/api/cart", "/cart", id="script_name"),
        pytest.param("strip", "/cart", "/cart", id="strip"),
        pytest.param("app", "/api/cart", "/api/cart", id="app"),
    ],
)
@pytest.mark.parametrize(
    ("forwarded", "headers"),
    [
        pytest.param("collapse", COLLAPSED, id="collapse"),
        pytest.param("append", APPENDED, id="append"),
    ],
)
def test_url_of_the_client(ask, forwarded, headers, mode: str, path: str, path_info: str):
    settings = {"wsgi_app_forwarded": forwarded, "wsgi_app_prefix_mode": mode}
    answer = ask({**settings, "wsgi_app_prefix": "/api"}, path, headers)
    found = json.loads(answer.read())
    assert (found["url"], found["path"]) == ("https://example.org/outer/api/cart", path_info)


def test_cookie_with_lists(ask):
    settings = {**DEMO, "wsgi_app_forwarded": "append"}
    said = attributes(ask(settings, "/api/login", APPENDED))
    assert said == ("shop_session", {"Path=/outer/api", "HttpOnly", "Secure"})


def test_django_is_healthy_and_keeps_its_cookies(ask):
    answer = ask(DJANGO, "/api/login", COLLAPSED)
    assert (answer.status, answer.read()) == (200, b"https://example.org/outer/api/login")
    assert attributes(answer) == ("session", {"Path=/"})
