"""Without preload, each worker imports the app, and the release still proves its health first."""

import os
import signal
from pathlib import Path

import pytest
from patience import eventually

APP = """
import os

with open("imports", "a") as file:
    print(os.getpid(), file=file)

def app(environ, start_response):
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""
WAITS_IN_THE_WORKER = """
import os

try:
    os.mkfifo("continue")  # the health check, which is the first to import this
except FileExistsError:
    open("continue").close()
"""


def imports(server) -> list[int]:
    return [int(line) for line in (server.top / "source/imports").read_text().split()]


def test_master_does_not_import_the_app(gunicorn):
    server = gunicorn({"app.py": APP}, wsgi_app_preload=False, wsgi_app_workers=1)
    worker = int(server.get())
    check, served_by = imports(server)
    assert served_by == worker
    assert server.process.pid not in (check, worker)


def test_app_is_imported_once_with_preload(gunicorn):
    server = gunicorn({"app.py": APP})
    server.get()
    assert imports(server) == [server.process.pid]


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        pytest.param("import missing", "No module named 'missing'", id="import fails"),
        pytest.param(
            "def app(e, s):\n    s('503 Down', [])\n    return [b'no database']",
            "The health check of / failed: 503 Down\nno database",
            id="unhealthy",
        ),
        pytest.param(
            "import os\ndef app(e, s):\n    os._exit(9)",
            "The health check of / failed: it ended",
            id="the process ends",
        ),
        pytest.param(
            "import threading\ndef app(e, s):\n    threading.Event().wait()",
            "The health check of / failed: no answer within 1 s",
            id="no answer",
        ),
        pytest.param("async def app(scope, receive, send): ...", "is an ASGI app", id="ASGI"),
    ],
)
def test_bad_release_never_serves(gunicorn, app: str, reason: str):
    health = {"timeout": 1}
    server = gunicorn({"app.py": app}, wsgi_app_preload=False, wsgi_app_health=health)
    assert reason in server.ending()
    assert "Booting worker" not in server.log
    assert not server.is_ready()


def test_is_ready_when_a_worker_has_loaded_the_app(gunicorn):
    """Until then, the release before serves."""
    files = {"app.py": WAITS_IN_THE_WORKER + APP}
    server = gunicorn(files, wsgi_app_preload=False, wsgi_app_workers=1)
    assert eventually(lambda: "Booting worker" in server.log)
    assert not server.is_ready()
    (server.top / "source/continue").open("w").close()  # it waits for a reader
    assert eventually(server.is_ready)


def test_is_ready_with_preload(gunicorn):
    server = gunicorn({"app.py": APP})
    assert eventually(server.is_ready)


def test_app_that_no_worker_can_load_is_never_ready(gunicorn):
    """It can be loaded once only, as one that takes a lock."""
    app = APP + "assert len(open('imports').readlines()) == 1\n"
    server = gunicorn({"app.py": app}, wsgi_app_preload=False, wsgi_app_workers=1)
    assert "AssertionError" in server.ending()
    assert not server.is_ready()


def test_check_leaves_no_process(gunicorn):
    """Not even one that the app has started at import."""
    app = """
import os, subprocess
child = subprocess.Popen(["sleep", "1000"])
with open(f"child-{os.getpid()}", "w") as file:
    file.write(str(child.pid))
"""
    server = gunicorn({"app.py": app + APP}, wsgi_app_preload=False, wsgi_app_workers=1)
    worker = int(server.get())
    source = server.top / "source"
    children = {path.name: int(path.read_text()) for path in source.glob("child-*")}
    mine = children.pop(f"child-{worker}")
    [left] = children.values()
    alive = [pid for pid in (mine, left) if not is_dead(pid)]
    os.kill(mine, signal.SIGKILL)
    assert alive == [mine]


def is_dead(pid: int) -> bool:
    """Return whether the process has ended, also if its parent has not heard of it yet."""
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or ") Z " in status.read_text()
