"""gunicorn accepts the configuration that the role writes."""

import os
import runpy
import subprocess

import pytest


@pytest.fixture
def configuration(wsgi_app, inputs, tmp_path):
    def configuration(settings: dict) -> str:
        path = tmp_path / "gunicorn.conf.py"
        texts = wsgi_app.value("__wsgi_app_settings", {**inputs, **settings})
        path.write_text(texts["gunicorn.conf.py"])
        return str(path)

    return configuration


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"wsgi_app_prefix": "/api"}, id="prefix"),
        pytest.param({"wsgi_app_prefix": "/api", "wsgi_app_prefix_mode": "strip"}, id="strip"),
        pytest.param({"wsgi_app_prefix": "/api", "wsgi_app_prefix_mode": "app"}, id="app"),
        pytest.param({"wsgi_app_callable": """echo:create_app('it\\'s "me"')"""}, id="factory"),
        pytest.param(
            {
                "wsgi_app_proxy_fix": False,
                "wsgi_app_forwarded": "append",
                "wsgi_app_public_url": "https://[2001:db8::5]:8443/outer",
                "wsgi_app_worker_class": "sync",
                "wsgi_app_workers": 1,
                "wsgi_app_threads": 1,
                "wsgi_app_timeout": 300,
                "wsgi_app_access_log": True,
                "wsgi_app_health": {"path": "/x?y=\"'", "status": [200, 204], "timeout": 3},
            },
            id="all settings",
        ),
    ],
)
def test_is_accepted(root, configuration, settings: dict):
    path = f"{root}/tests/apps:{root}/roles/wsgi_app/files"
    checked = subprocess.run(
        ["gunicorn", "--check-config", "--config", configuration(settings)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("settings", "setting", "value"),
    [
        pytest.param({}, "workers", 2, id="workers"),
        pytest.param({"wsgi_app_timeout": 90}, "graceful_timeout", 90, id="graceful timeout"),
        pytest.param({}, "preload_app", True, id="preload"),
        pytest.param({}, "forwarder_headers", "", id="no forwarder headers"),
        pytest.param(
            {}, "secure_scheme_headers", {"X-FORWARDED-PROTO": "https"}, id="one scheme header"
        ),
        pytest.param(
            {"wsgi_app_prefix": "/api"},
            "wsgi_app",
            "subsite_wsgi.wrapper:wrap(target='echo:app', prefix='/api', mode='script_name', "
            "forwarded_values=1, flask_defaults={'APPLICATION_ROOT': '/api', "
            "'PREFERRED_URL_SCHEME': 'http', 'SESSION_COOKIE_NAME': 'shop_session'}, "
            "diagnosis=True)",
            id="entry",
        ),
        pytest.param(
            {
                "wsgi_app_proxy_fix": False,
                "wsgi_app_flask_defaults": False,
                "wsgi_app_diagnosis": False,
            },
            "wsgi_app",
            "subsite_wsgi.wrapper:wrap(target='echo:app', prefix='', mode='script_name', "
            "forwarded_values=0, flask_defaults={}, diagnosis=False)",
            id="entry without ProxyFix or diagnosis",
        ),
        pytest.param(
            {"wsgi_app_forwarded": "append", "wsgi_app_flask_defaults": False},
            "wsgi_app",
            "subsite_wsgi.wrapper:wrap(target='echo:app', prefix='', mode='script_name', "
            "forwarded_values=2, flask_defaults={}, diagnosis=True)",
            id="entry with lists",
        ),
    ],
)
def test_setting(configuration, settings: dict, setting: str, value):
    assert runpy.run_path(configuration(settings))[setting] == value


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        pytest.param("script_name", "/api/healthz", id="the role takes the prefix off"),
        pytest.param("strip", "/healthz", id="nginx takes the prefix off"),
        pytest.param("app", "/api/healthz", id="app has the prefix"),
    ],
)
def test_path_of_the_health_check(wsgi_app, mode: str, path: str):
    settings = {
        "wsgi_app_name": "shop",
        "wsgi_app_prefix": "/api",
        "wsgi_app_prefix_mode": mode,
        "wsgi_app_health": {"path": "/healthz"},
    }
    assert wsgi_app.value("__wsgi_app_health.path", settings) == path
