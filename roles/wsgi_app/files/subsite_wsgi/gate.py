"""Prove that an application is healthy before it serves."""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from gunicorn.arbiter import Arbiter

DEFAULT_PORTS = {"http": 80, "https": 443}


def gate(path: str, status: list[int], origin: str, timeout: float) -> Callable:
    """Return a gunicorn ``on_starting`` hook that exits unless the application is healthy.

    The application is loaded by then and nothing is accepted yet. It is asked in a process
    of its own, so that no connection it opens is shared with the workers.

    :param path: what to ask for, below ``SCRIPT_NAME``.
    :param status: healthy statuses; without any, all below 500 are.
    :param origin: scheme and host to ask for, as ``https://example.org``.
    :param timeout: seconds that the answer may take.
    """

    def on_starting(server: Arbiter) -> None:
        reason = ask_in_a_process(lambda: probe(server.app.wsgi(), path, status, origin), timeout)
        if reason:
            prefix = os.environ.get("SCRIPT_NAME", "")
            sys.exit(f"The health check of {prefix}{path} failed: {reason}")

    return on_starting


def ask_in_a_process(question: Callable[[], str], timeout: float) -> str:
    """Return what ``question`` returns in a child of this process, or why it does not."""
    context = multiprocessing.get_context("fork")
    answer, childs_end = context.Pipe(duplex=False)
    child = context.Process(target=lambda: childs_end.send(question()))
    child.start()
    childs_end.close()
    try:
        return answer.recv() if answer.poll(timeout) else f"no answer within {timeout} s"
    except EOFError:
        child.join()  # so that the lines are there
        return "an exception, which is in the lines above"
    finally:
        child.kill()
        child.join()


def probe(app: WSGIApplication, path: str, status: list[int], origin: str) -> str:
    """Ask ``app`` for ``path`` once and return what is wrong with it, or an empty text."""
    answer: list[str] = []

    def start_response(line: str, headers: list, exc_info: object = None) -> Callable:
        answer[:] = [line]
        return body.write

    body = io.BytesIO()
    chunks = app(request_for(path, origin), start_response)
    try:
        body.writelines(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    code = int(answer[0].split(" ", 1)[0])
    if code in status if status else code < 500:
        return ""
    return f"{answer[0]}\n{body.getvalue()[:500].decode(errors='replace')}"


def request_for(path: str, origin: str) -> WSGIEnvironment:
    """Return the environ of a GET for ``path``, which may have a query (PEP 3333)."""
    below, _, query = path.partition("?")
    url = urlsplit(origin)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": os.environ.get("SCRIPT_NAME", ""),
        "PATH_INFO": below,
        "QUERY_STRING": query,
        "RAW_URI": os.environ.get("SCRIPT_NAME", "") + path,
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
