"""A worker that stops answers on all of its connections, also after WebSockets have ended."""

import http.client
from contextlib import closing

import pytest
from gunicorn_process import Connection
from patience import eventually

APP = """
import os
import time

WORKER = None

def app(environ, start_response):
    if environ["PATH_INFO"] == "/socket":
        environ["gunicorn.socket"].close()  # as a library for WebSockets does at their end
        raise StopIteration
    start_response("200 OK", [("Content-Length", "2")])
    if environ["PATH_INFO"] == "/slow":
        open("began", "w").close()
        while WORKER.alive:
            time.sleep(0.01)
        time.sleep(0.5)  # the work of a slow request, until the main loop of the worker has ended
    while environ["PATH_INFO"] == "/long" and not os.path.exists("over"):
        time.sleep(0.01)
    return [b"ok"]
"""
HOOKS = """
def post_worker_init(worker):
    import app

    app.WORKER = worker
"""


def test_kept_connection_is_read_while_others_are_open(gunicorn):
    server = gunicorn(
        {"app.py": APP, "hooks.py": HOOKS},
        wsgi_app_workers=1,
        wsgi_app_threads=4,
        wsgi_app_gunicorn_file="hooks.py",
    )
    for _ in range(3):
        ended = Connection(server.top / "app.sock")
        with closing(ended), pytest.raises(http.client.RemoteDisconnected):
            ended.request("GET", "/socket")
            ended.getresponse()
    long, kept = (Connection(server.top / "app.sock") for _ in range(2))
    with closing(long), closing(kept):
        long.request("GET", "/long")
        kept.request("GET", "/slow")
        assert eventually((server.top / "source/began").exists)
        server.process.terminate()
        first = kept.getresponse()
        assert (first.read(), first.will_close) == (b"ok", False)
        kept.sock.settimeout(5)
        kept.request("GET", "/")
        assert kept.getresponse().read() == b"ok"
        (server.top / "source/over").touch()
        assert long.getresponse().read() == b"ok"
        assert server.process.wait(timeout=30) == 0
