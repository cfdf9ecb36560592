"""A WSGI app that answers with the request it received."""

from __future__ import annotations

import json
import socket

from werkzeug import Request, Response
from werkzeug.middleware.proxy_fix import ProxyFix


def early(request: Request) -> Response:
    """Answer without reading the body."""
    return Response("You may not.", 403)


def late(request: Request) -> Response:
    """Answer when the whole body is there."""
    blocks = iter(lambda: request.stream.read(1 << 20), b"")
    return Response(f"{sum(map(len, blocks))} bytes")


def large_head(request: Request) -> Response:
    """Set two cookies of the size that browsers keep at most, and a long policy."""
    headers = [("Set-Cookie", f"{name}={'x' * 4091}") for name in "ab"]
    return Response("", headers=[*headers, ("Content-Security-Policy", "x" * 2000)])


def failed(request: Request) -> Response:
    """Fail with a page of its own, and with the headers that the query names."""
    return Response("The page of the app.", 503, headers=request.args)


def bare(request: Request) -> Response:
    """Answer with the headers that the query names and no others, one of which is the status."""
    answer = Response("The body of the app.", int(request.args.get("x-status", 200)))
    answer.headers.clear()
    answer.headers.update(request.args)
    return answer


OTHERS = {
    "/bare": bare,
    "/early": early,
    "/failed": failed,
    "/late": late,
    "/large-head": large_head,
}


def app(environ: dict, start_response):
    if environ.get("HTTP_UPGRADE") == "websocket":
        start_response("101 Switching Protocols", [("Upgrade", "websocket")])
        return []
    if environ["PATH_INFO"] in OTHERS:
        return OTHERS[environ["PATH_INFO"]](Request(environ))(environ, start_response)
    request = Request(environ)
    received = {
        "url": request.url,
        "root": request.root_url,
        "path": request.path,
        "method": request.method,
        "body": request.get_data(as_text=True),
        "host": socket.gethostname(),
        "environ": {name: value for name, value in environ.items() if isinstance(value, str)},
    }
    headers = request.args if request.path == "/headers" else None
    answer = Response(json.dumps(received), mimetype="application/json", headers=headers)
    return answer(environ, start_response)


def create_app(greeting: str, *, polite: bool = False):
    def greet(environ: dict, start_response):
        answer = Response(f"{greeting}, please" if polite else greeting)
        return answer(environ, start_response)

    return greet


def create_counting(proxies: int):
    """Wrap the app in a ProxyFix of its own, as the original example did with one proxy."""
    return ProxyFix(app, proxies, proxies, proxies, proxies, proxies)
