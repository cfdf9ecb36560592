"""What an app starts at import, with and without a fork after it."""

import pytest

APP = """
import multiprocessing, os, queue, threading, time

jobs, done = queue.Queue(), queue.Queue()

def work():
    while True:
        done.put(jobs.get())

def begin():
    threading.Thread(target=work, name="jobs", daemon=True).start()

def app(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] != "/job":
        return [str(os.getppid()).encode()]
    jobs.put("done")
    try:
        return [done.get(timeout=3).encode()]
    except queue.Empty:
        return [b"lost"]
"""
AT_IMPORT = APP + "begin()\n"


def test_thread_is_lost_and_named(gunicorn):
    server = gunicorn({"app.py": AT_IMPORT})
    assert server.get("/job") == "lost"
    assert "The app has started the thread 'jobs' at import, and no worker has it." in server.log


def test_thread_survives_without_preload(gunicorn):
    server = gunicorn({"app.py": AT_IMPORT}, wsgi_app_preload=False)
    assert server.get("/job") == "done"
    assert "has started the thread" not in server.log


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"wsgi_app_gunicorn": {"post_fork": "hooks.post_fork"}}, id="by name"),
        pytest.param({"wsgi_app_gunicorn_file": "hooks.py"}, id="in a file"),
    ],
)
def test_hook_starts_a_thread_in_each_worker(gunicorn, settings: dict):
    hook = "def post_fork(server, worker):\n    import app\n    app.begin()\n"
    server = gunicorn({"app.py": APP, "hooks.py": hook}, **settings)
    assert server.get("/job") == "done"


def test_check_proves_the_app_with_its_thread(gunicorn):
    """The thread runs in the child process that loads the app."""
    app = AT_IMPORT.replace('!= "/job"', '== "/other"')
    health = {"path": "/job", "status": [200]}
    broken = app.replace('return [b"lost"]', "raise")
    server = gunicorn({"app.py": broken}, wsgi_app_preload=False, wsgi_app_health=health)
    assert server.get("/job") == "done"
    assert (
        "The health check of /job failed"
        in gunicorn({"app.py": broken}, wsgi_app_health=health).ending()
    )
