"""Check the health of an application before it serves."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from subsite_wsgi.interface import require_wsgi_worker

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from gunicorn.arbiter import Arbiter

DEFAULT_PORTS = {"http": 80, "https": 443}

JOIN = 5
"""Seconds until a process that has closed its end of a pipe has ended."""


def health_check(path: str, status: list[int], origin: str, timeout: float) -> Callable:
    """Return a gunicorn ``on_starting`` hook that exits unless the application is healthy.

    gunicorn has accepted no connection. The request runs in a child process, so that no connection
    that the application opens is shared with the workers. If gunicorn has not loaded the
    application (setting ``preload_app``), only the child process loads it.

    :param path: path of the request, as nginx passes it on.
    :param status: healthy statuses; without any, all below 500 are healthy.
    :param origin: scheme and host of the request, as ``https://example.org``.
    :param timeout: seconds within which the application has to answer, once it is loaded.
    """

    def on_starting(server: Arbiter) -> None:
        require_wsgi_worker(server.worker_class)
        warn_of_lost_threads(server.log)
        reason = run_in_child(
            server.app.wsgi, lambda app: probe(app, path, status, origin), timeout
        )
        if reason:
            sys.exit(f"The health check of {path} failed: {reason}")

    return on_starting


def warn_of_lost_threads(log: Any) -> None:
    """Name the threads of this process, which workers do not have (fork(2)), in gunicorn's log.

    Greenlets of gevent survive, also those that stand for threads.
    """
    if "gevent.monkey" in sys.modules:
        return
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            log.warning(
                "The app has started the thread %r at import, and no worker has it. "
                "Set wsgi_app_preload: false, or start it in a hook post_fork.",
                thread.name,
            )


def run_in_child(load: Callable, check: Callable[..., str], timeout: float) -> str:
    """Return the result of ``check`` of what ``load`` returns, or why it has none.

    Both run in a child process. It ends with all that they have started.

    :param timeout: seconds for ``check``. ``load`` may take until systemd ends the start.
    """

    def work() -> None:
        os.setpgid(0, 0)
        loaded = load()
        child_end.send("loaded")
        child_end.send(check(loaded))

    context = multiprocessing.get_context("fork")
    result, child_end = context.Pipe(duplex=False)
    child = context.Process(target=work)
    child.start()
    assert child.pid
    child_end.close()
    try:
        result.recv()
        return result.recv() if result.poll(timeout) else f"no answer within {timeout} s"
    except EOFError:
        child.join(JOIN)
        return how_it_ended(child.exitcode)
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has no group yet, or has ended
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.join()


def how_it_ended(status: int | None) -> str:
    """Return how a process ended that has sent no result.

    :param status: as of :mod:`multiprocessing`: a signal is negative.
    """
    if status is not None and status < 0:
        return f"the signal {signal.Signals(-status).name} has ended it"
    return "it ended; the reason is above"


def probe(app: WSGIApplication, path: str, status: list[int], origin: str) -> str:
    """Request ``path`` from ``app`` and return what is wrong with the answer, or an empty text."""
    answer: list[str] = []
    location: list[str] = []

    def start_response(line: str, headers: list, exc_info: object = None) -> Callable:
        answer[:] = [line]
        location[:] = [f", to {value}" for name, value in headers if name.lower() == "location"]
        return body.write

    body = io.BytesIO()
    chunks = app(request_for(path, origin), start_response)
    if callable(chunks) and not answer:
        return (
            f"the app has returned a {type(chunks).__name__} and no response. If it is a factory, "
            "write () behind its name in wsgi_app_callable"
        )
    try:
        body.writelines(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    code = int(answer[0].split(" ", 1)[0])
    if code in status if status else code < 500:
        return ""
    text = body.getvalue()[:500].decode(errors="replace")
    return f"{answer[0]}{''.join(location)}\n{text}"


def request_for(path: str, origin: str) -> WSGIEnvironment:
    """Return the environ of a GET request for ``path``, which may have a query (PEP 3333)."""
    below, _, query = path.partition("?")
    url = urlsplit(origin)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": below,
        "QUERY_STRING": query,
        "RAW_URI": path,
        "HTTP_HOST": url.netloc,
        "HTTP_USER_AGENT": "subsite-health",
        "HTTP_X_FORWARDED_PROTO": url.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or DEFAULT_PORTS[url.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": True,
    }
