"""Mount a WSGI application at its prefix, and prove that it is healthy before it serves.

gunicorn loads :func:`mount` as its application and calls what :func:`gate` returns as its
``on_starting`` hook. The application itself is not changed and knows nothing of this.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable

from gunicorn.util import import_app
from werkzeug.middleware.proxy_fix import ProxyFix

Environ = dict
WSGIApplication = Callable[[Environ, Callable], Iterable[bytes]]

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def mount(target: str, prefix: str, mode: str, proxy_fix: bool = True) -> WSGIApplication:
    """Load ``target`` as gunicorn would and tell it the visitor's URL.

    :param target: ``module:attribute`` or ``module:factory('literal')``.
    :param prefix: where it is mounted, as ``/api``; empty at the root.
    :param mode: ``script_name`` when gunicorn takes the prefix off the path, ``strip``
        when nginx did, ``app`` when the application owns it.
    :param proxy_fix: whether to apply what nginx says about the visitor.
    """
    app = import_app(target)
    if proxy_fix:
        app = ProxyFix(without_default_port(app), x_host=1, x_port=1, x_prefix=1)
    if mode == "strip":
        app = at_prefix(app, prefix)
    elif mode == "app":
        app = without_prefix_header(app)
    return app


def without_default_port(app: WSGIApplication) -> WSGIApplication:
    """Leave the scheme's default port out of ``HTTP_HOST``.

    ProxyFix writes it there. Browsers never send it, and applications that compare
    the two refuse the request (RFC 9110, 4.2.3: an absent port is the default one).
    """

    def wrapped(environ: Environ, start_response: Callable) -> Iterable[bytes]:
        port = DEFAULT_PORTS.get(environ["wsgi.url_scheme"], "")
        if port and "HTTP_HOST" in environ:
            environ["HTTP_HOST"] = environ["HTTP_HOST"].removesuffix(port)
        return app(environ, start_response)

    return wrapped


def at_prefix(app: WSGIApplication, prefix: str) -> WSGIApplication:
    """Say where the application is when somebody else took the prefix off the path.

    The prefix comes from here, not from a header, so that a request without the header
    cannot make an application remember the wrong one.
    """

    def wrapped(environ: Environ, start_response: Callable) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = prefix
        return app(environ, start_response)

    return wrapped


def without_prefix_header(app: WSGIApplication) -> WSGIApplication:
    """Keep nginx's word on the prefix from an application that owns it already."""

    def wrapped(environ: Environ, start_response: Callable) -> Iterable[bytes]:
        environ.pop("HTTP_X_FORWARDED_PREFIX", None)
        return app(environ, start_response)

    return wrapped


def gate(path: str, status: list[int], host: str, timeout: float) -> Callable:
    """Return a gunicorn ``on_starting`` hook that exits unless the application is healthy.

    The application is loaded by then and nothing is accepted yet. It is asked in a process
    of its own, so that no connection it opens is shared with the workers.

    :param path: what to ask for, below ``SCRIPT_NAME``.
    :param status: healthy statuses; without any, all below 500 are.
    :param host: the ``Host`` to ask for.
    :param timeout: seconds that the answer may take.
    """

    def on_starting(server) -> None:
        reason = ask_in_a_process(lambda: probe(server.app.wsgi(), path, status, host), timeout)
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


def probe(app: WSGIApplication, path: str, status: list[int], host: str) -> str:
    """Ask ``app`` for ``path`` once and return what is wrong with it, or an empty text."""
    answer: list[str] = []

    def start_response(line: str, headers: list, exc_info=None) -> Callable:
        answer[:] = [line]
        return body.write

    body = io.BytesIO()
    chunks = app(request_for(path, host), start_response)
    try:
        body.writelines(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    code = int(answer[0].split(" ", 1)[0])
    if code in status if status else code < 500:
        return ""
    return f"{answer[0]}\n{body.getvalue()[:500].decode(errors='replace')}"


def request_for(path: str, host: str) -> Environ:
    """Return the environ of a GET for ``path``, which may have a query (PEP 3333)."""
    below, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": os.environ.get("SCRIPT_NAME", ""),
        "PATH_INFO": below,
        "QUERY_STRING": query,
        "RAW_URI": os.environ.get("SCRIPT_NAME", "") + path,
        "HTTP_HOST": host,
        "HTTP_USER_AGENT": "subsite-health",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": True,
    }
