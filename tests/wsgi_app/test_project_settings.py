"""Settings and hooks of a project, in variables and in a file of its own."""

import pytest
from patience import eventually
from subsite_wsgi.project_settings import project_settings

APP = """
import os

def app(environ, start_response):
    start_response("200 OK", [])
    return [f"{os.getpid()} {os.environ.get('HOOKS', '')}".encode()]
"""


def test_workers_are_replaced(gunicorn):
    """Each worker serves as many requests as ``max_requests``."""
    server = gunicorn({"app.py": APP}, wsgi_app_workers=1, wsgi_app_gunicorn={"max_requests": 2})
    workers = [server.get().split()[0] for _ in range(6)]
    assert [workers.count(worker) for worker in dict.fromkeys(workers)] == [2, 2, 2]


def test_file_is_read(gunicorn):
    files = {"app.py": APP, "gunicorn.conf.py": "import os\nmax_requests = 2\nnote = 1\n"}
    server = gunicorn(files, wsgi_app_workers=1, wsgi_app_gunicorn_file="gunicorn.conf.py")
    assert len({server.get().split()[0] for _ in range(4)}) == 2


def test_variable_precedes_the_file(gunicorn):
    server = gunicorn(
        {"app.py": APP, "gunicorn.conf.py": "max_requests = 1\n"},
        wsgi_app_workers=1,
        wsgi_app_gunicorn={"max_requests": 2},
        wsgi_app_gunicorn_file="gunicorn.conf.py",
    )
    assert len({server.get().split()[0] for _ in range(4)}) == 2


def test_file_is_not_read_without_the_variable(gunicorn):
    """gunicorn reads a file of this name if it has no other."""
    server = gunicorn({"app.py": APP, "gunicorn.conf.py": "raise RuntimeError"})
    assert server.get()


HOOKS = """
import os

def add(name):
    os.environ["HOOKS"] = os.environ.get("HOOKS", "") + name

def on_starting(server):
    add("1")

def pre_fork(server, worker):
    add("2")

def post_worker_init(worker):
    add("3")

def pre_request(worker, request):
    add("4")

def post_request(worker, request):
    add("5")
"""


@pytest.mark.parametrize("preload", [True, False])
def test_hooks_of_the_file_run(gunicorn, preload: bool):
    server = gunicorn(
        {"app.py": APP, "hooks.py": HOOKS},
        wsgi_app_workers=1,
        wsgi_app_threads=1,
        wsgi_app_preload=preload,
        wsgi_app_gunicorn_file="hooks.py",
    )
    assert [server.get().split()[1] for _ in range(2)] == ["1234", "123454"]


def test_health_check_runs_beside_a_hook(gunicorn):
    """It is the last one, because the app may need what the hook does."""
    app = "def app(e, s):\n    s('503 Down', [])\n    return [b'']"
    hook = "def on_starting(server):\n    print('before the check', flush=True)\n"
    log = gunicorn({"app.py": app, "conf.py": hook}, wsgi_app_gunicorn_file="conf.py").ending()
    assert "The health check of / failed" in log.partition("before the check")[2]


def test_rest_of_a_body_is_read_if_a_hook_fails(gunicorn):
    """Without this, gunicorn closes the connection before nginx has sent the body."""
    hook = "def post_request(worker, request):\n    raise RuntimeError('of the project')\n"
    server = gunicorn({"app.py": APP, "conf.py": hook}, wsgi_app_gunicorn_file="conf.py")
    assert server.takes_a_late_body(2_000_000)
    assert eventually(lambda: "of the project" in server.log)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "workers = 8",
            "conf.py sets workers, which the role decides: write wsgi_app_workers.",
            id="the role has a variable",
        ),
        pytest.param(
            "bind = '0.0.0.0:8000'",
            "conf.py sets bind, which the role decides: systemd owns the socket",
            id="the role leaves it to systemd",
        ),
        pytest.param(
            "def ssl_context(config, default):\n    ...", "conf.py sets ssl_context", id="a hook"
        ),
        pytest.param(
            "graceful_timeout = 90",
            "write wsgi_app_gunicorn: {graceful_timeout: …}.",
            id="the unit has to wait as long",
        ),
        pytest.param(
            "workers = 'many'", "conf.py sets workers, which the role decides", id="no number"
        ),
        pytest.param(
            "max_requests = 'many'",
            "conf.py sets max_requests = 'many', which gunicorn does not accept: ",
            id="gunicorn does not accept it",
        ),
        pytest.param(
            "def post_fork():\n    ...",
            "which gunicorn does not accept: Value must have an arity of: 2",
            id="hook with other parameters",
        ),
        pytest.param("import missing", "No module named 'missing'", id="error in the file"),
    ],
)
def test_bad_file_fails_the_release(gunicorn, text: str, reason: str):
    server = gunicorn({"app.py": APP, "conf.py": text}, wsgi_app_gunicorn_file="conf.py")
    assert reason in server.ending()


def test_all_faults_are_named_at_once(gunicorn):
    text = "workers = 8\nkeepalive = 2\n"
    server = gunicorn({"app.py": APP, "conf.py": text}, wsgi_app_gunicorn_file="conf.py")
    log = server.ending()
    assert "sets workers" in log
    assert "sets keepalive" in log


def test_same_values_as_the_role_has_are_accepted(gunicorn):
    text = "workers = 2\npreload_app = True\nerrorlog = '-'\ndaemon = False\ntimeout = '30'\n"
    server = gunicorn({"app.py": APP, "conf.py": text}, wsgi_app_gunicorn_file="conf.py")
    assert server.get()


def test_missing_file(gunicorn):
    log = gunicorn({"app.py": APP}, wsgi_app_gunicorn_file="conf.py").ending()
    assert "wsgi_app_gunicorn_file is 'conf.py', but there is no such file in /" in log


def test_setting_that_gunicorn_does_not_accept_fails_the_release(gunicorn):
    files = {"app.py": APP, "hooks.py": HOOKS}
    log = gunicorn(files, wsgi_app_gunicorn={"post_fork": "hooks.missing"}).ending()
    said = "wsgi_app_gunicorn has post_fork = 'hooks.missing', which gunicorn does not accept: "
    assert f"{said}Can not load 'missing' from 'hooks'." in log


def test_setting_that_this_gunicorn_lacks():
    said = r"wsgi_app_gunicorn has future, which gunicorn \S+ does not have: remove it."
    with pytest.raises(SystemExit, match=said):
        project_settings(role={}, settings={"future": 1})
