"""A release proves its health before it accepts a request."""

import logging
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.workers.sync import SyncWorker
from subsite_wsgi.health_check import health_check, probe, request_for
from werkzeug import Request, Response


@pytest.fixture
def start():
    def start(app, path="/healthz", status=(), origin="http://localhost", timeout=10) -> None:
        """Call the hook as gunicorn does."""
        server = SimpleNamespace(
            app=SimpleNamespace(wsgi=lambda: app), worker_class=SyncWorker, log=logging
        )
        health_check(path, list(status), origin, timeout)(server)

    return start


def answering(status: int, text: str = ""):
    return Response(text, status=status)


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        pytest.param(200, (), id="200"),
        pytest.param(302, (), id="redirect"),
        pytest.param(404, (), id="404"),
        pytest.param(401, (), id="login wanted"),
        pytest.param(204, (200, 204), id="one of the list"),
        pytest.param(503, (503,), id="unusual but listed"),
    ],
)
def test_healthy(start, answer: int, healthy: tuple):
    start(answering(answer), status=healthy)


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        pytest.param(500, (), id="500"),
        pytest.param(503, (), id="503"),
        pytest.param(404, (200,), id="404 instead of 200"),
        pytest.param(302, (200, 204), id="none of the list"),
    ],
)
def test_unhealthy(start, answer: int, healthy: tuple):
    with pytest.raises(SystemExit, match=f"failed: {answer} "):
        start(answering(answer), status=healthy)


def test_failure_has_a_reason(start):
    said = "The health check of /api/healthz failed: 503 SERVICE UNAVAILABLE\nno database"
    with pytest.raises(SystemExit, match=said):
        start(answering(503, "no database"), "/api/healthz")


def test_failure_has_the_traceback(start, capfd: pytest.CaptureFixture):
    def app(environ, start_response):
        raise RuntimeError("no such table")

    with pytest.raises(SystemExit):
        start(app)
    assert "RuntimeError: no such table" in capfd.readouterr().err


def test_signal_is_named(start):
    """The kernel kills a process that needs too much memory."""

    def app(_environ, _start_response):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(SystemExit, match="failed: the signal SIGKILL has ended it"):
        start(app)


def test_target_of_a_redirect_is_named(start):
    with pytest.raises(SystemExit, match="failed: 301 MOVED PERMANENTLY, to https://localhost/"):
        start(Response(status=301, headers={"Location": "https://localhost/"}), status=[200])


def test_timeout(start):
    def app(environ, start_response):
        threading.Event().wait()

    with pytest.raises(SystemExit, match="/healthz failed: no answer within 0.05 s"):
        start(app, timeout=0.05)


def test_runs_in_a_child_process(start, tmp_path):
    def app(environ, start_response):
        (tmp_path / "pid").write_text(str(os.getpid()))
        return answering(200)(environ, start_response)

    start(app)
    assert int((tmp_path / "pid").read_text()) != os.getpid()


@pytest.mark.parametrize("answer", [200, 503])
def test_leaves_no_process(start, answer: int):
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    with suppress(SystemExit):
        start(answering(answer))
    assert children.read_text() == before


def test_app_is_unchanged(start):
    connections = []

    def app(environ, start_response):
        connections.append("opened by the probe")
        return answering(200)(environ, start_response)

    start(app)
    assert connections == []


class TestRequest:
    @pytest.fixture
    def request_(self) -> Request:
        return Request(request_for("/api/healthz", "http://shop.example"))

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [
            ("method", "GET"),
            ("url", "http://shop.example/api/healthz"),
            ("script_root", ""),
            ("path", "/api/healthz"),
            ("host", "shop.example"),
        ],
    )
    def test_is_like_that_of_a_client(self, request_, attribute: str, value: str):
        assert getattr(request_, attribute) == value

    def test_may_have_a_query(self):
        environ = request_for("/healthz?deep=1", "http://shop.example")
        assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/healthz", "deep=1")

    @pytest.mark.parametrize(
        ("origin", "host", "server", "port"),
        [
            pytest.param("http://a.example", "a.example", "a.example", "80", id="http"),
            pytest.param("https://a.example", "a.example", "a.example", "443", id="https"),
            pytest.param("https://a.example:81", "a.example:81", "a.example", "81", id="port"),
            pytest.param("https://[::1]:81", "[::1]:81", "::1", "81", id="IPv6"),
        ],
    )
    def test_is_for_an_origin(self, origin: str, host: str, server: str, port: str):
        environ = request_for("/", origin)
        assert Request(environ).host_url == f"{origin}/"
        assert environ["HTTP_HOST"] == host
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (server, port)
        assert environ["HTTP_X_FORWARDED_PROTO"] == environ["wsgi.url_scheme"]

    def test_closes_the_answer(self):
        closed = []

        def app(environ, start_response):
            response = answering(200, "fine")
            response.call_on_close(lambda: closed.append(True))
            return response(environ, start_response)

        probe(app, "/", [], "http://localhost")
        assert closed == [True]

    def test_accepts_the_write_callable(self):
        def app(environ, start_response):
            start_response("500 Oh no", [])(b"written")
            return []

        assert probe(app, "/", [], "http://localhost") == "500 Oh no\nwritten"
