"""Kinds of workers, and apps that no kind can run."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from subsite_wsgi.interface import is_asgi

SMALL = "def app(e, s): s('200 OK', []); return [b'']"
HOLDS_A_CLASS = """
from ssl import SSLContext  # as urllib3 and many others do

def app(environ, start_response):
    start_response("200 OK", [])
    return [SSLContext.__module__.encode()]
"""
WAITS_FOR_OTHERS = """
import threading

others = threading.Barrier(8)

def app(environ, start_response):
    start_response("200 OK", [])
    if "HTTP_X_FORWARDED_FOR" in environ:
        others.wait(timeout=20)
    return [b"met"]
"""


@pytest.mark.parametrize("preload", [True, False])
def test_gevent_patches_before_the_app_is_imported(gunicorn, preload: bool):
    server = gunicorn(
        {"app.py": HOLDS_A_CLASS}, wsgi_app_worker_class="gevent", wsgi_app_preload=preload
    )
    assert server.get() == "gevent.ssl"
    assert "MonkeyPatchWarning" not in server.log
    assert "Using worker: gevent" in server.log


def test_gevent_serves_many_requests_at_once(gunicorn):
    server = gunicorn(
        {"app.py": WAITS_FOR_OTHERS}, wsgi_app_workers=1, wsgi_app_worker_class="gevent"
    )
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: server.get(headers={"X-Forwarded-For": "x"}), range(8))
        assert list(answers) == ["met"] * 8


def test_gevent_check_has_its_timeout(gunicorn):
    app = "import threading\ndef app(e, s):\n    threading.Event().wait()"
    server = gunicorn(
        {"app.py": app}, wsgi_app_worker_class="gevent", wsgi_app_health={"timeout": 1}
    )
    assert "no answer within 1 s" in server.ending()


def test_sync_is_not_replaced_by_threads(gunicorn):
    """gunicorn takes gthread if a sync worker has more than one thread."""
    server = gunicorn({"app.py": SMALL}, wsgi_app_worker_class="sync")
    server.get()
    assert "Using worker: sync" in server.log


@pytest.mark.parametrize(
    "app",
    [
        pytest.param("async def app(scope, receive, send): ...", id="function"),
        pytest.param("def app(scope, receive, send): ...", id="function that returns a coroutine"),
        pytest.param(
            "class App:\n    async def __call__(self, scope, receive, send): ...\napp = App()",
            id="object, as of FastAPI, Starlette and Quart",
        ),
        pytest.param(
            "import functools\nasync def call(scope, receive, send, more): ...\n"
            "app = functools.partial(call, more=1)",
            id="partial",
        ),
        pytest.param(
            "from django.conf import settings\nsettings.configure()\n"
            "from django.core.asgi import get_asgi_application\napp = get_asgi_application()",
            id="Django",
        ),
    ],
)
def test_asgi_app_is_refused_in_words(gunicorn, app: str):
    log = gunicorn({"app.py": app}).ending()
    assert "wsgi_app_callable is 'app:app', which is an ASGI app. The role runs WSGI apps." in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(
            "def app(e, s, more=None): s('200 OK', []); return [b'']", id="third argument"
        ),
        pytest.param("def app(*arguments): arguments[1]('200 OK', []); return [b'']", id="any"),
        pytest.param(
            "class app:\n    def __init__(self, e, s): s('200 OK', [])\n"
            "    def __iter__(self): return iter([b''])",
            id="class",
        ),
        pytest.param("from flask import Flask\napp = Flask('x')", id="Flask"),
        pytest.param(
            "import functools\ndef call(e, s, more): s('200 OK', []); return [b'']\n"
            "app = functools.partial(call, more=1)",
            id="partial",
        ),
    ],
)
def test_wsgi_app_is_accepted(app: str):
    names: dict = {}
    exec(app, names)
    assert not is_asgi(names["app"])


def test_worker_for_asgi_is_refused_in_words(gunicorn):
    """A class of the project says so only when it is imported."""
    kinds = "from gunicorn.workers.gasgi import ASGIWorker\nclass Mine(ASGIWorker): ...\n"
    log = gunicorn(
        {"app.py": SMALL, "kinds.py": kinds}, wsgi_app_worker_class="kinds.Mine"
    ).ending()
    assert "wsgi_app_worker_class is Mine, which runs ASGI apps. The role runs WSGI apps." in log
    assert "Traceback" not in log
