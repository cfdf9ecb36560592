"""Input errors of gunicorn's settings and workers, and what is accepted."""

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.gunicorn_settings import DECIDED, FREE
from gunicorn.config import make_settings

GIT = {"type": "git", "url": "https://git.example.org/shop.git", "version": "v1"}
IMAGE = {"type": "image", "ref": "registry.example.org/shop:1.4"}
ANY = "write one of gthread, sync, gevent."


def test_every_setting_of_gunicorn_is_free_or_decided():
    assert make_settings().keys() == FREE.keys() | DECIDED.keys()
    assert not FREE.keys() & DECIDED.keys()


@pytest.mark.parametrize("name", DECIDED)
def test_what_the_role_decides(input_errors, name: str):
    said = f"wsgi_app_gunicorn has {name}, which the role decides: {DECIDED[name]}."
    assert input_errors(wsgi_app_gunicorn={name: 1}) == [said]


def test_each_advice_names_a_variable_that_exists(wsgi_app, nginx_site):
    options = {**wsgi_app.options, **nginx_site.options}
    advice = " ".join(DECIDED.values())
    named = [word.strip("{},:;.") for word in advice.split() if "_" in word]
    assert {name for name in named if name.startswith(("wsgi_app", "nginx_site"))} <= set(options)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("max_request", 9, "'max_request', which is no setting of gunicorn: do you "
                     "mean max_requests?", id="spelling"),
        pytest.param("max-requests", 9, "'max-requests', which is no setting of gunicorn: do you "
                     "mean max_requests?", id="option of the command line"),
        pytest.param("qqq", 9, "'qqq', which is no setting of gunicorn: remove it.", id="unknown"),
    ],
)  # fmt: skip
def test_unknown_setting(input_errors, name: str, value: object, said: str):
    assert input_errors(wsgi_app_gunicorn={name: value}) == [f"wsgi_app_gunicorn has {said}"]


NUMBER = "write a whole number, 0 or more."
FUNCTION = "write the name of a function, as in 'shop.hooks.post_fork'."


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        pytest.param("max_requests", "many", NUMBER, id="text"),
        pytest.param("max_requests", "1000", NUMBER, id="number as text"),
        pytest.param("max_requests", -1, NUMBER, id="negative"),
        pytest.param("max_requests", 1.5, NUMBER, id="fraction"),
        pytest.param("max_requests", True, NUMBER, id="boolean for a number"),
        pytest.param("max_requests", None, NUMBER, id="nothing"),
        pytest.param("graceful_timeout", 0, "write 1 or more; it is in seconds.", id="no time"),
        pytest.param("capture_output", "yes", "write true or false.", id="text for a boolean"),
        pytest.param("capture_output", 1, "write true or false.", id="number for a boolean"),
        pytest.param("proc_name", 7, "write a text.", id="number for a text"),
        pytest.param("dirty_apps", "a:B", "write a list of texts.", id="text for a list"),
        pytest.param("dirty_apps", [1], "write a list of texts.", id="number in a list"),
        pytest.param("logconfig_dict", "x", "write a dictionary.", id="text for a dictionary"),
        pytest.param(
            "loglevel",
            "verbose",
            "write one of debug, info, warning, error, critical.",
            id="no choice",
        ),
        pytest.param("post_fork", "post_fork", FUNCTION, id="function without a module"),
        pytest.param("post_fork", "shop.hooks:post_fork", FUNCTION, id="colon"),
        pytest.param("post_fork", "lambda s, w: None", FUNCTION, id="code"),
    ],
)
def test_value_of_a_setting(input_errors, name: str, value: object, advice: str):
    said = f"wsgi_app_gunicorn.{name} is {value!r}: {advice}"
    assert input_errors(wsgi_app_gunicorn={name: value}) == [said]


def test_log_format_without_a_log(input_errors):
    settings = {"wsgi_app_gunicorn": {"access_log_format": "%(r)s"}}
    assert input_errors(**settings) == [
        "wsgi_app_gunicorn has access_log_format, but there is no access log: write "
        "wsgi_app_access_log: true."
    ]
    assert input_errors(**settings, wsgi_app_access_log=True) == []


def test_logger_beside_that_of_statsd(input_errors):
    settings = {"logger_class": "shop.log.Logger"}
    assert input_errors(wsgi_app_gunicorn=settings) == []
    assert input_errors(wsgi_app_gunicorn=settings, wsgi_app_statsd="/run/statsd/shop/socket") == [
        "wsgi_app_gunicorn has logger_class, but wsgi_app_statsd has a logger of its own: remove "
        "one of the two."
    ]


def test_settings_that_are_accepted(input_errors):
    settings = {
        "max_requests": 1000,
        "max_requests_jitter": 100,
        "graceful_timeout": 60,
        "capture_output": True,
        "loglevel": "debug",
        "logconfig_dict": {"version": 1},
        "dirty_apps": ["shop.long:App"],
        "post_fork": "shop.hooks.post_fork",
    }
    assert input_errors(wsgi_app_gunicorn=settings) == []


@pytest.mark.parametrize("name", [name for name, kind in FREE.items() if isinstance(kind, tuple)])
def test_choices_are_those_of_gunicorn(name: str):
    for choice in FREE[name]:
        make_settings()[name].set(choice)


@pytest.mark.parametrize(
    ("source", "path", "problem"),
    [
        pytest.param(
            {"type": "pip", "requirement": "shop"},
            "gunicorn.conf.py",
            ", but a package has no source directory: write the settings in wsgi_app_gunicorn, and "
            "hooks by their names, as in {post_fork: shop.hooks.post_fork}.",
            id="package",
        ),
        pytest.param(
            GIT,
            "gunicorn.conf",
            ": write the path of a Python file, as in 'gunicorn.conf.py'.",
            id="no Python file",
        ),
        pytest.param(
            GIT,
            "/etc/gunicorn.conf.py",
            ": write a path relative to the source, as in 'gunicorn.conf.py'.",
            id="absolute",
        ),
        *(
            pytest.param(
                GIT,
                path,
                ": write the path without '.', '..' and double slashes.",
                id=path,
            )
            for path in ("../gunicorn.conf.py", "a/../gunicorn.conf.py", "./a.py", "a//b.py")
        ),
        pytest.param(
            IMAGE,
            "gunicorn.conf.py",
            ": write the path in the image, as in '/opt/shop/gunicorn.conf.py'.",
            id="relative in an image",
        ),
    ],
)
def test_file(input_errors, source: dict, path: str, problem: str):
    backend = "podman" if source is IMAGE else "systemd"
    assert input_errors(
        wsgi_app_source=source, wsgi_app_backend=backend, wsgi_app_gunicorn_file=path
    ) == [f"wsgi_app_gunicorn_file is {path!r}{problem}"]


def test_file_of_a_local_source_must_exist(input_errors, tmp_path):
    source = {"type": "local", "path": str(tmp_path)}
    settings = {"wsgi_app_source": source, "wsgi_app_gunicorn_file": "conf/gunicorn.py"}
    assert input_errors(**settings) == [
        f"wsgi_app_gunicorn_file is 'conf/gunicorn.py', but {tmp_path} has no such file: write "
        "one, or remove it."
    ]
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/gunicorn.py").touch()
    assert input_errors(**settings) == []


@pytest.mark.parametrize(
    "kind",
    [
        "asgi",
        "uvicorn.workers.UvicornWorker",
        "uvicorn_worker.UvicornH11Worker",
        "gunicorn.workers.gasgi.ASGIWorker",
        "egg:gunicorn#asgi",
        "aiohttp.GunicornWebWorker",
    ],
)
def test_kind_that_runs_no_wsgi_app(input_errors, kind: str):
    [said] = input_errors(wsgi_app_worker_class=kind)
    assert said.startswith(f"wsgi_app_worker_class is {kind!r}, which cannot run a WSGI app")
    assert "upstreams: ['127.0.0.1:8000']" in said


@pytest.mark.parametrize(
    "kind",
    [
        "tornado",
        "gevent_pywsgi",
        "gevent_wsgi",
        "gunicorn.workers.gtornado.TornadoWorker",
        "gunicorn.workers.ggevent.GeventPyWSGIWorker",
        "egg:gunicorn#tornado",
    ],
)
def test_kind_with_another_server(input_errors, kind: str):
    assert input_errors(wsgi_app_worker_class=kind) == [
        f"wsgi_app_worker_class is {kind!r}, which reads requests with another server than "
        f"gunicorn's, and without the limits and checks that nginx counts on: {ANY}"
    ]


@pytest.mark.parametrize("kind", ["eventlet", "gunicorn.workers.geventlet.EventletWorker"])
def test_kind_that_gunicorn_has_removed(input_errors, kind: str):
    said = f"wsgi_app_worker_class is {kind!r}, which gunicorn has no more: write gevent."
    assert input_errors(wsgi_app_worker_class=kind) == [said]


@pytest.mark.parametrize(
    ("kind", "advice"), [("gthreads", "do you mean gthread?"), ("workers", ANY), ("", ANY)]
)
def test_no_kind(input_errors, kind: str, advice: str):
    said = f"wsgi_app_worker_class is {kind!r}, which is no kind of worker: {advice}"
    assert input_errors(wsgi_app_worker_class=kind) == [said]


@pytest.mark.parametrize(
    "kind",
    [
        "sync",
        "gthread",
        "gevent",
        "gunicorn.workers.gthread.ThreadWorker",
        "gunicorn.workers.ggevent.GeventWorker",
        "egg:meinheld#gunicorn_worker",
        "shop.workers.Worker",
    ],
)
def test_kind_is_accepted(input_errors, kind: str):
    assert input_errors(wsgi_app_worker_class=kind) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "gevent",
            "wsgi_app_threads is 8, but workers of kind gevent have no threads: write "
            "wsgi_app_gunicorn: {worker_connections: …}, and remove it.",
        ),
        (
            "sync",
            "wsgi_app_threads is 8, but workers of kind sync have one thread: write "
            "wsgi_app_worker_class: gthread, or remove it.",
        ),
    ],
)
def test_threads_without_an_effect(input_errors, kind: str, said: str):
    assert input_errors(wsgi_app_worker_class=kind, wsgi_app_threads=8) == [said]
