"""Deploys that fail, with the report of each, and what fixes it.

The scenario C(failures) deploys those that need a host, each as it is and then with its fix. There,
the app has the name of the situation. Others need only gunicorn, or only an installer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NOW = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"It works."]
"""
"""The end of an app that works."""


@dataclass(frozen=True)
class Situation:
    """A deploy that fails."""

    report: str
    """The exact lines about the reason, and what to do."""
    files: dict[str, str] = field(default_factory=dict)
    """The source; its ``app.py`` ends with :data:`NOW` unless it has an app."""
    variables: dict[str, Any] = field(default_factory=dict)
    """Variables of the role, without its prefix."""
    before: str = ""
    """A command on the host, which makes the situation."""
    needs: str = "host"
    """What fails: C(gunicorn), C(installer), or what only a C(host) has."""
    fixed_files: dict[str, str] = field(default_factory=dict)
    fixed_variables: dict[str, Any] = field(default_factory=dict)
    fixing: str = ""
    """A command on the host, which follows the report."""

    @property
    def is_followed(self) -> bool:
        """Whether the fix of the report is tried."""
        return bool(self.fixed_files or self.fixed_variables or self.fixing)

    def source(self, fixed: bool = False) -> dict[str, str]:
        """Return the files of the source."""
        files = {"app.py": "", **self.files, **(self.fixed_files if fixed else {})}
        ends = "" if "app(" in files["app.py"] or "app =" in files["app.py"] else NOW
        return {**files, "app.py": f"{files['app.py']}{ends}"}

    def inputs(self, fixed: bool = False) -> dict[str, Any]:
        """Return the variables of the role, without name and source."""
        variables = {"callable": "app:app", "workers": 1, **self.variables}
        return {**variables, **(self.fixed_variables if fixed else {})}


CHANGING = {
    r"/environments/\w+/": "/environments/ENVIRONMENT/",
    r"/releases/\w+/": "/releases/RELEASE/",
    r"/wsgi-build-\w+/": "/wsgi-build-TEMPORARY/",
    r"code=(killed|dumped)": "code=KILLED",
    # psycopg says one or the other of the same server.
    r"connection (failed|is bad)": "connection FAILED",
    r"(?<=lib/python)3\.\d+": "VERSION",
    r"(?<=pydantic\.dev/)\d+\.\d+": "VERSION",
    r"(?<=is Python )3\.\d+|(?<=Python version \()3\.\d+\.\d+|(?<=, not )3\.\d+": "VERSION",
}
"""What differs between hosts and runs, and what stands for it in the table."""


def same(report: str) -> str:
    """Return ``report`` without what differs between hosts and runs."""
    for pattern, words in CHANGING.items():
        report = re.sub(pattern, words, report)
    return report


def answers(status: str, *headers: tuple[str, str], path: str = "/") -> str:
    """Return an app that answers with a status, except at a path where it works."""
    return f"""\
def app(environ, start_response):
    works = environ["PATH_INFO"] == {path!r}
    status = "200 OK" if works else {status!r}
    start_response(status, [("Content-Type", "text/html"), *{list(headers)!r}])
    return [b"<h1>Hello</h1>"]
"""


CONNECTS = """\
import os
import socket

socket.create_connection(({host}, int(os.environ.get("PORT", {port}))), timeout=5).close()
"""
ADDRESS_OF_HOST = 'os.environ["ADDRESS"]'
EXTENSION = {
    "setup.py": (
        "from setuptools import Extension, setup\n"
        'setup(name="fast", version="1", ext_modules=[Extension("fast", ["fast.c"])])\n'
    ),
    "fast.c": (
        "#include <Python.h>\n"
        'static struct PyModuleDef fast = {PyModuleDef_HEAD_INIT, "fast", 0, -1, 0};\n'
        "PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&fast); }\n"
    ),
}

SITUATIONS = {
    # Modules and the callable.
    "module": Situation(
        """\
ModuleNotFoundError: No module named 'itsdangerous'
  at app.py, line 1: import itsdangerous
Fix: Add 'itsdangerous' to requirements.txt or to wsgi_app_packages. The role does not read \
environment.yml.""",
        files={
            "app.py": "import itsdangerous\n",
            "requirements.txt": "",
            "environment.yml": "dependencies: [itsdangerous]\n",
        },
        fixed_files={"requirements.txt": "itsdangerous\n"},
    ),
    "package-name": Situation(
        """\
ModuleNotFoundError: No module named 'yaml'
  at app.py, line 1: import yaml
Fix: Add 'PyYAML' to wsgi_app_packages.""",
        files={"app.py": "import yaml\n"},
        fixed_variables={"packages": ["PyYAML"]},
    ),
    "import-inside": Situation(
        """\
ModuleNotFoundError: No module named 'shop.prices'
  at app.py, line 1: import shop.prices
Fix: The source has shop/, but no shop/prices.py and no shop/prices/__init__.py: add it.""",
        files={"app.py": "import shop.prices\n", "shop/__init__.py": ""},
        fixed_files={"shop/prices.py": ""},
        needs="gunicorn",
    ),
    "other-version": Situation(
        """\
ImportError: cannot import name 'url_quote' from 'werkzeug.urls' \
(/srv/wsgi/other-version/environments/ENVIRONMENT/lib/pythonVERSION/site-packages/werkzeug/urls.py)
  at app.py, line 1: from werkzeug.urls import url_quote
Fix: The installed version of 'werkzeug' has no url_quote: require the version that the app was \
written for, in its requirements or in wsgi_app_packages.""",
        files={"app.py": "from werkzeug.urls import url_quote\n"},
        fixed_variables={"packages": ["werkzeug<3"]},
    ),
    "no-libpq": Situation(
        """\
ImportError: no pq wrapper available.
Attempts made:
- couldn't import psycopg 'c' implementation: No module named 'psycopg_c'
- couldn't import psycopg 'binary' implementation: No module named 'psycopg_binary'
- couldn't import psycopg 'python' implementation: libpq library not found
  at app.py, line 1: import psycopg
Fix: Add 'psycopg[binary]' in place of 'psycopg', or set wsgi_app_system_packages: [libpq5].""",
        files={"app.py": "import psycopg\n", "requirements.txt": "psycopg\n"},
        fixed_files={"requirements.txt": "psycopg[binary]\n"},
    ),
    "syntax": Situation(
        """\
SyntaxError: invalid syntax
  at app.py, line 1: def app(environ start_response):
Fix: Correct it. The interpreter is Python VERSION; if this is the syntax of a later one, name \
that in wsgi_app_python.""",
        files={"app.py": "def app(environ start_response):\n    return []\n"},
        fixed_files={"app.py": ""},
        needs="gunicorn",
    ),
    "callable-module": Situation(
        """\
ModuleNotFoundError: No module named 'apps'
Fix: wsgi_app_callable begins with 'apps', but the source has no apps.py and no \
apps/__init__.py: do you mean 'app'?""",
        variables={"callable": "apps:app"},
        fixed_variables={"callable": "app:app"},
        needs="gunicorn",
    ),
    "callable-name": Situation(
        "wsgi_app_callable is 'app:application', but module 'app' has no 'application': do you "
        "mean 'app:app'?",
        variables={"callable": "app:application"},
        fixed_variables={"callable": "app:app"},
        needs="gunicorn",
    ),
    "callable-factory": Situation(
        "wsgi_app_callable is 'app:create_app', but 'create_app' is no app, but returns one: do "
        "you mean 'app:create_app()'?",
        files={"app.py": f"{NOW}\ndef create_app():\n    return app\n"},
        variables={"callable": "app:create_app"},
        fixed_variables={"callable": "app:create_app()"},
        needs="gunicorn",
    ),
    "callable-factory-2": Situation(
        """\
The health check of / failed: the app has returned a function and no response. If it is a \
factory, write () behind its name in wsgi_app_callable""",
        files={"app.py": f"{NOW}\ndef create_app(config=None, debug=False):\n    return app\n"},
        variables={"callable": "app:create_app"},
        fixed_variables={"callable": "app:create_app()"},
        needs="gunicorn",
    ),
    "callable-argument": Situation(
        """\
gunicorn.errors.AppImportError: TypeError: create_app() missing 1 required positional argument: \
'config'
Fix: wsgi_app_callable is 'app:create_app()': write the argument into it as a literal, as in \
"app:create_app('production')".""",
        files={"app.py": f"{NOW}\ndef create_app(config):\n    return app\n"},
        variables={"callable": "app:create_app()"},
        fixed_variables={"callable": "app:create_app('production')"},
        needs="gunicorn",
    ),
    "callable-text": Situation(
        "wsgi_app_callable is 'app:name', but 'name' is a str, which cannot be called: do you mean "
        "'app:app'?",
        files={"app.py": f"{NOW}\nname = 'shop'\n"},
        variables={"callable": "app:name"},
        fixed_variables={"callable": "app:app"},
        needs="gunicorn",
    ),
    "worker-class": Situation(
        """\
Error: class uri 'shop.workers.Worker' invalid or not found:
ModuleNotFoundError: No module named 'shop'
Fix: Add 'shop' to wsgi_app_packages.""",
        variables={"worker_class": "shop.workers.Worker"},
        fixed_variables={"worker_class": "gthread"},
        needs="gunicorn",
    ),
    "dev-server": Situation(
        """\
OSError: [Errno 97] Address family not supported by protocol
  at app.py, line 10: app.run(port=5000)
Fix: The module starts a server when it is imported: move app.run() below if __name__ == \
"__main__":""",
        files={
            "app.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
                '@app.get("/")\ndef page():\n    return "It works."\n\napp.run(port=5000)\n'
            ),
            "requirements.txt": "flask\n",
        },
        fixed_files={
            "app.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
                '@app.get("/")\ndef page():\n    return "It works."\n\n'
                'if __name__ == "__main__":\n    app.run(port=5000)\n'
            )
        },
    ),
    # Environment variables.
    "secret-variable": Situation(
        """\
KeyError: 'SECRET_KEY'
  at app.py, line 3: KEY = os.environ["SECRET_KEY"]
Fix: Set SECRET_KEY in wsgi_app_secrets.""",
        files={"app.py": 'import os\n\nKEY = os.environ["SECRET_KEY"]\n'},
        fixed_variables={"secrets": {"SECRET_KEY": "correct horse"}},
        needs="gunicorn",
    ),
    "variable": Situation(
        """\
KeyError: 'shop_mode'
  at app.py, line 3: MODE = os.environ["shop_mode"]
Fix: Set shop_mode in wsgi_app_environment.""",
        files={"app.py": 'import os\n\nMODE = os.environ["shop_mode"]\n'},
        fixed_variables={"environment": {"shop_mode": "open"}},
        needs="gunicorn",
    ),
    "pydantic": Situation(
        """\
pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
database_url
  Field required [type=missing]
    For further information visit https://errors.pydantic.dev/VERSION/v/missing
theme
  at app.py, line 11: settings = Settings(**{name.lower(): os.environ[name] for name in os.environ})
Fix: Set DATABASE_URL in wsgi_app_secrets. Set THEME in wsgi_app_environment.""",
        files={
            "app.py": (
                "import os\n\nfrom pydantic import BaseModel\n\n\n"
                "class Settings(BaseModel):\n    database_url: str\n    theme: str\n\n\n"
                "settings = Settings(**{name.lower(): os.environ[name] for name in os.environ})\n"
            ),
        },
        fixed_variables={
            "secrets": {"DATABASE_URL": "sqlite:///:memory:"},
            "environment": {"THEME": "dark"},
        },
        needs="gunicorn",
    ),
    "django-key": Situation(
        """\
django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.
  at app.py, line 8: SIGNER = Signer()
Fix: Set SECRET_KEY in wsgi_app_secrets.""",
        files={
            "app.py": (
                "import os\n\nfrom django.core.signing import Signer\n"
                "from django.core.wsgi import get_wsgi_application\n\n"
                'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
                "app = get_wsgi_application()\nSIGNER = Signer()\n"
            ),
            "shop/__init__.py": "",
            "shop/settings.py": (
                'import os\n\nSECRET_KEY = os.environ.get("SECRET_KEY", "")\n'
                'ALLOWED_HOSTS = ["*"]\nROOT_URLCONF = "shop.urls"\n'
            ),
            "shop/urls.py": "urlpatterns = []\n",
            "requirements.txt": "django\n",
        },
        fixed_variables={"secrets": {"SECRET_KEY": "correct horse"}},
        needs="gunicorn",
    ),
    "django-settings": Situation(
        """\
django.core.exceptions.ImproperlyConfigured: Requested setting DEBUG, but settings are not \
configured. You must either define the environment variable DJANGO_SETTINGS_MODULE or call \
settings.configure() before accessing settings.
  at app.py, line 3: print(settings.DEBUG)
Fix: Set wsgi_app_environment: {DJANGO_SETTINGS_MODULE: shop.settings}.""",
        files={
            "app.py": "from django.conf import settings\n\nprint(settings.DEBUG)\n",
            "shop/__init__.py": "",
            "shop/settings.py": "",
            "requirements.txt": "django\n",
        },
        fixed_variables={"environment": {"DJANGO_SETTINGS_MODULE": "shop.settings"}},
        needs="gunicorn",
    ),
    "setup-variable": Situation(
        """\
/srv/wsgi/setup-variable/releases/RELEASE/setup: 2: MEDIA_URL: parameter not set or null
  echo "${MEDIA_URL:?}"
Fix: Set MEDIA_URL in wsgi_app_secrets.""",
        variables={"setup_commands": ['echo "${MEDIA_URL:?}"']},
        fixed_variables={"secrets": {"MEDIA_URL": "https://media.example.org"}},
    ),
    # Networks.
    "no-network": Situation(
        """\
OSError: [Errno 97] Address family not supported by protocol
  at app.py, line 4: socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", 22))), \
timeout=5).close()
Fix: Set wsgi_app_network: local. With 'none', as it is, the app reaches no network.""",
        files={"app.py": CONNECTS.format(host='"127.0.0.1"', port=22)},
        fixed_variables={"network": "local"},
    ),
    "other-host": Situation(
        """\
TimeoutError: timed out
  at app.py, line 4: socket.create_connection((os.environ["ADDRESS"], int(os.environ.get("PORT", \
22))), timeout=5).close()
Fix: Set wsgi_app_network: full. With 'local', as it is, the app reaches only the host's \
loopback addresses.""",
        files={"app.py": CONNECTS.format(host=ADDRESS_OF_HOST, port=22)},
        variables={"network": "local", "environment": {"ADDRESS": "HOST_ADDRESS"}},
        fixed_variables={"network": "full"},
    ),
    "refused": Situation(
        """\
ConnectionRefusedError: [Errno 111] Connection refused
  at app.py, line 4: socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", 9))), \
timeout=5).close()
Fix: No server listens at this address: start it on the host, or correct the address.""",
        files={"app.py": CONNECTS.format(host='"127.0.0.1"', port=9)},
        variables={"network": "local"},
        fixed_variables={"environment": {"PORT": "22"}},
    ),
    "name": Situation(
        """\
socket.gaierror: [Errno -3] Temporary failure in name resolution
  at app.py, line 3: socket.getaddrinfo("db.example.org", 5432)
Fix: Set wsgi_app_network: full. With 'none', as it is, the app reaches no network.""",
        files={"app.py": 'import socket\n\nsocket.getaddrinfo("db.example.org", 5432)\n'},
    ),
    "setup-network": Situation(
        """\
ConnectionRefusedError: [Errno 111] Connection refused
  at migrate.py, line 4: socket.create_connection(("localhost", int(os.environ.get("PORT", 9))), \
timeout=5).close()
Fix: No server listens at this address: start it on the host, or correct the address.""",
        files={"migrate.py": CONNECTS.format(host='"localhost"', port=9)},
        variables={"network": "local", "setup_commands": ["echo migrating", "python migrate.py"]},
        fixed_variables={"environment": {"PORT": "22"}},
    ),
    "postgresql-socket": Situation(
        """\
psycopg.OperationalError: connection FAILED: connection to server on socket \
"/run/postgresql/.s.PGSQL.5432" failed: No such file or directory
	Is the server running locally and accepting connections on that socket?
  at app.py, line 3: psycopg.connect("host=/run/postgresql dbname=shop")
Fix: The host does not have this socket: start the server there, or correct the address.""",
        files={
            "app.py": 'import psycopg\n\npsycopg.connect("host=/run/postgresql dbname=shop")\n',
            "requirements.txt": "psycopg[binary]\n",
        },
    ),
    # Files.
    "source-directory": Situation(
        """\
OSError: [Errno 30] Read-only file system: 'media'
  at app.py, line 3: os.makedirs("media", exist_ok=True)
Fix: Set wsgi_app_shared_paths: [media], where all releases write the same.""",
        files={"app.py": 'import os\n\nos.makedirs("media", exist_ok=True)\n'},
        fixed_variables={"shared_paths": ["media"]},
    ),
    "source-file": Situation(
        """\
OSError: [Errno 30] Read-only file system: 'app.log'
  at app.py, line 3: open(os.environ.get("LOG", "app.log"), "w").close()
Fix: Write it to /var/lib/wsgi/source-file/data/app.log: the app cannot change its source.""",
        files={"app.py": 'import os\n\nopen(os.environ.get("LOG", "app.log"), "w").close()\n'},
        fixed_variables={"environment": {"LOG": "/var/lib/wsgi/source-file/data/app.log"}},
    ),
    "other-directory": Situation(
        """\
OSError: [Errno 30] Read-only file system: '/srv/exports'
  at app.py, line 3: os.makedirs("/srv/exports", exist_ok=True)
Fix: Write it below /var/lib/wsgi/other-directory/data; or set wsgi_app_writable_paths: \
[/srv/exports], and create this directory on the host: install -d -o wsgi-other-directory -g \
wsgi-other-directory /srv/exports""",
        files={"app.py": 'import os\n\nos.makedirs("/srv/exports", exist_ok=True)\n'},
        fixing="install -d -o wsgi-other-directory -g wsgi-other-directory /srv/exports",
        fixed_variables={"writable_paths": ["/srv/exports"]},
    ),
    "sqlite": Situation(
        """\
sqlite3.OperationalError: unable to open database file
  at app.py, line 4: sqlite3.connect(os.environ.get("DATABASE", "shop.db")).execute("CREATE TABLE \
IF NOT EXISTS t (v)")
Fix: The database has to be where the app can write: in /var/lib/wsgi/sqlite/data, or in a \
directory of wsgi_app_shared_paths.""",
        files={
            "app.py": (
                "import os\nimport sqlite3\n\n"
                'sqlite3.connect(os.environ.get("DATABASE", "shop.db"))'
                '.execute("CREATE TABLE IF NOT EXISTS t (v)")\n'
            )
        },
        fixed_variables={"environment": {"DATABASE": "/var/lib/wsgi/sqlite/data/shop.db"}},
    ),
    "no-permission": Situation(
        """\
PermissionError: [Errno 13] Permission denied: '/srv/token'
  at app.py, line 1: open("/srv/token").close()
Fix: The user of the app may not use it: on the host, chown wsgi-no-permission /srv/token""",
        before="install -m 0600 /dev/null /srv/token",
        files={"app.py": 'open("/srv/token").close()\n'},
        fixing="chown wsgi-no-permission /srv/token",
    ),
    "dotenv": Situation(
        """\
FileNotFoundError: [Errno 2] No such file or directory: '.env'
  at app.py, line 3: lines = open(".env").read() if "MODE" not in os.environ else ""
Fix: The release has no such file: set its variables in wsgi_app_environment and \
wsgi_app_secrets.""",
        files={
            "app.py": (
                'import os\n\nlines = open(".env").read() if "MODE" not in os.environ else ""\n'
            )
        },
        fixed_variables={"environment": {"MODE": "open"}},
        needs="gunicorn",
    ),
    "data-file": Situation(
        """\
FileNotFoundError: [Errno 2] No such file or directory: \
'/var/lib/wsgi/data-file/data/shop.ini'
  at app.py, line 3: open(os.path.expanduser("~/shop.ini")).close()
Fix: Add it to wsgi_app_files, as {dest: shop.ini, content: …}.""",
        files={"app.py": 'import os\n\nopen(os.path.expanduser("~/shop.ini")).close()\n'},
        fixed_variables={"files": [{"dest": "shop.ini", "content": "[shop]\n"}]},
    ),
    "writable-path": Situation(
        """\
Failed to set up mount namespacing: /srv/absent: No such file or directory
Failed at step NAMESPACE spawning \
/srv/wsgi/writable-path/releases/RELEASE/venv/bin/gunicorn: No such file or directory
Fix: wsgi_app_writable_paths has '/srv/absent', which the host does not have. Create it there, \
for the user of the app: install -d -o wsgi-writable-path -g wsgi-writable-path /srv/absent""",
        variables={"writable_paths": ["/srv/absent"]},
        fixing="install -d -o wsgi-writable-path -g wsgi-writable-path /srv/absent",
    ),
    # The sandbox.
    "executable-memory": Situation(
        """\
PermissionError: [Errno 13] Permission denied
  at app.py, line 3: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
Fix: The app makes memory executable. Set wsgi_app_sandbox: {MemoryDenyWriteExecute: false}.""",
        files={
            "app.py": (
                "import mmap\n\n"
                "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
            )
        },
        fixed_variables={"sandbox": {"MemoryDenyWriteExecute": False}},
    ),
    "proc": Situation(
        """\
FileNotFoundError: [Errno 2] No such file or directory: '/proc/meminfo'
  at app.py, line 1: open("/proc/meminfo").close()
Fix: Set wsgi_app_sandbox: {ProcSubset: all}, with which the app reads this file.""",
        files={"app.py": 'open("/proc/meminfo").close()\n'},
        fixed_variables={"sandbox": {"ProcSubset": "all"}},
    ),
    "crash": Situation(
        """\
Main process exited, code=KILLED, status=11/SEGV
Fix: An extension in C has crashed. With wsgi_app_environment: {PYTHONFAULTHANDLER: '1'}, the \
log says where.""",
        files={"app.py": "import ctypes\n\nctypes.string_at(0)\n"},
    ),
    "own-words": Situation(
        "The shop has no address: write SHOP_ADDRESS.",
        files={
            "app.py": (
                "import os\nimport sys\n\n"
                'if "SHOP_ADDRESS" not in os.environ:\n'
                '    sys.exit("The shop has no address: write SHOP_ADDRESS.")\n'
            )
        },
        fixed_variables={"environment": {"SHOP_ADDRESS": "1"}},
        needs="gunicorn",
    ),
    # The health check.
    "health-missing": Situation(
        """\
The health check of / failed: 404 Not Found
  Hello
Fix: Set wsgi_app_health.path to a path below the prefix that the app has.""",
        files={"app.py": answers("404 Not Found", path="/up")},
        variables={"health": {"status": [200]}},
        fixed_variables={"health": {"status": [200], "path": "/up"}},
        needs="gunicorn",
    ),
    "health-login": Situation(
        """\
The health check of / failed: 403 Forbidden
  Hello
Fix: Name a path that answers without a login in wsgi_app_health.path, or add 403 to \
wsgi_app_health.status.""",
        files={"app.py": answers("403 Forbidden", path="/up")},
        variables={"health": {"status": [200]}},
        fixed_variables={"health": {"status": [200, 403]}},
        needs="gunicorn",
    ),
    "health-https": Situation(
        """\
The health check of / failed: 301 Moved Permanently, to https://localhost/
  Hello
Fix: The app redirects to https. Set wsgi_app_public_url: https://HOST/PATH, as clients see it; \
the health check then comes as one of https.""",
        files={
            "app.py": (
                "def app(environ, start_response):\n"
                '    if environ["wsgi.url_scheme"] == "https":\n'
                '        start_response("200 OK", [("Content-Type", "text/plain")])\n'
                '        return [b"It works."]\n'
                '    headers = [("Content-Type", "text/html"), ("Location", "https://localhost/")]\n'
                '    start_response("301 Moved Permanently", headers)\n'
                '    return [b"<h1>Hello</h1>"]\n'
            )
        },
        variables={"health": {"status": [200]}},
        fixed_variables={"public_url": "https://shop.example.org"},
        needs="gunicorn",
    ),
    "health-host": Situation(
        """\
The health check of / failed: 400 Bad Request
  Hello
Fix: The Host header of the check is 'localhost'. If the app accepts only some hosts, as Django \
by ALLOWED_HOSTS, name one of them in wsgi_app_public_url or wsgi_app_health.host.""",
        files={
            "app.py": (
                "def app(environ, start_response):\n"
                '    right = environ["HTTP_HOST"] == "shop.example.org"\n'
                '    status = "200 OK" if right else "400 Bad Request"\n'
                '    start_response(status, [("Content-Type", "text/html")])\n'
                '    return [b"<h1>Hello</h1>"]\n'
            )
        },
        variables={"health": {"status": [200]}},
        fixed_variables={"health": {"status": [200], "host": "shop.example.org"}},
        needs="gunicorn",
    ),
    "health-late": Situation(
        """\
The health check of / failed: no answer within 1 s
Fix: Set wsgi_app_health.timeout to more than 1, or wsgi_app_health.path to a path that answers \
sooner. An app that waits for a server that it cannot reach needs another wsgi_app_network.""",
        files={
            "app.py": "import time\n\n" + NOW.replace("    start", "    time.sleep(3)\n    start")
        },
        variables={"health": {"timeout": 1}},
        fixed_variables={"health": {"timeout": 20}},
        needs="gunicorn",
    ),
    "health-exception": Situation(
        """\
ZeroDivisionError: division by zero
  at app.py, line 8: return str(1 / 0)
The health check of / failed: 500 INTERNAL SERVER ERROR""",
        files={
            "app.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
                '@app.get("/")\ndef page():\n    return str(1 / 0)\n'
            ),
            "requirements.txt": "flask\n",
        },
        needs="gunicorn",
    ),
    "health-silent": Situation(
        """\
The health check of / failed: 500 Internal Server Error
  Hello
Fix: The app does not write why to its log. Let it log errors to standard error; Django does so \
with a handler logging.StreamHandler for the logger 'django' in LOGGING.""",
        files={"app.py": answers("500 Internal Server Error", path="/up")},
        needs="gunicorn",
    ),
    # Background processes.
    "process-exception": Situation(
        """\
KeyError: 'QUEUE'
  at worker.py, line 4: print(os.environ["QUEUE"])
The background process 'worker' of wsgi_app_processes ended within 2 s (exit-code, status 1). It \
has to stay up.
Fix: Set QUEUE in wsgi_app_environment.""",
        files={
            "worker.py": (
                'import os\nimport time\n\nprint(os.environ["QUEUE"])\ntime.sleep(1000)\n'
            )
        },
        variables={
            "processes": [{"name": "worker", "command": "python worker.py", "probation": 2}]
        },
        fixed_variables={"environment": {"QUEUE": "mails"}},
    ),
    "process-ends": Situation(
        """\
Started.
The background process 'worker' of wsgi_app_processes ended within 2 s (success, status 0). It \
has to stay up.
Fix: Let the command stay in the foreground, without an option such as --detach or --daemonize.""",
        variables={
            "processes": [{"name": "worker", "command": "echo Started.", "probation": 2}],
        },
        fixed_variables={
            "processes": [{"name": "worker", "command": "sleep infinity", "probation": 2}],
        },
    ),
    "process-unknown": Situation(
        """\
/srv/wsgi/process-unknown/releases/RELEASE/processes/worker: 11: exec: celery: not found
The background process 'worker' of wsgi_app_processes ended within 2 s (exit-code, status 127). It \
has to stay up.
Fix: Add 'celery' to the project's requirements or to wsgi_app_packages.""",
        variables={
            "processes": [{"name": "worker", "command": "celery worker", "probation": 2}],
        },
    ),
    # Setup commands and build commands.
    "setup-output": Situation(
        """\
echo there is no room for the index
there is no room for the index
false""",
        variables={"setup_commands": ["echo there is no room for the index", "false"]},
        fixed_variables={"setup_commands": ["true"]},
    ),
    "setup-twice": Situation(
        """\
mkdir: cannot create directory ‘/var/lib/wsgi/setup-twice/data/cache’: File exists
  mkdir ~/cache
Fix: Setup commands run once for each release, with the data of the earlier ones: let the command \
succeed when its work is done already, as mkdir -p does.""",
        variables={"setup_commands": ["mkdir ~/cache", "mkdir ~/cache"]},
        fixed_variables={"setup_commands": ["mkdir -p ~/cache"]},
    ),
    "setup-script": Situation(
        """\
/srv/wsgi/setup-script/releases/RELEASE/setup: 2: ./prepare: Permission denied
  ./prepare
Fix: The file is not executable: commit it with that mode (chmod +x prepare), or run it by its \
interpreter, as sh prepare.""",
        files={"prepare": "echo prepared\n"},
        variables={"setup_commands": ["./prepare"]},
        fixed_variables={"setup_commands": ["sh prepare"]},
    ),
    "setup-program": Situation(
        """\
/srv/wsgi/setup-program/releases/RELEASE/setup: 2: flask: not found
  flask db upgrade
Fix: Add 'flask' to the project's requirements or to wsgi_app_packages.""",
        variables={"setup_commands": ["flask db upgrade"]},
        fixed_variables={"packages": ["flask"], "setup_commands": ["flask --version"]},
    ),
    "setup-pip": Situation(
        """\
/srv/wsgi/setup-pip/releases/RELEASE/setup: 2: pip: not found
  pip install flask
Fix: The role installs what the requirements and wsgi_app_packages name; remove the command that \
calls pip.""",
        variables={"setup_commands": ["pip install flask"]},
        fixed_variables={"packages": ["flask"], "setup_commands": []},
    ),
    "build-program": Situation(
        """\
/srv/wsgi/build-program/releases/RELEASE/tmp/wsgi-build-TEMPORARY/commands: 1: msgfmt: not found
  msgfmt --version
  A command of wsgi_app_build_commands ended with status 127: the last one above.
Fix: Set wsgi_app_system_packages: [gettext].""",
        variables={"build_commands": ["msgfmt --version"]},
        fixed_variables={"system_packages": ["gettext"]},
    ),
    "build-variable": Situation(
        """\
KeyError: 'THEME'
  at theme.py, line 3: print(os.environ["THEME"])
Fix: Set THEME in wsgi_app_environment.""",
        files={"theme.py": 'import os\n\nprint(os.environ["THEME"])\n'},
        variables={"build_commands": ["python theme.py"]},
        fixed_variables={"environment": {"THEME": "dark"}},
    ),
    # Installers.
    "no-package": Situation(
        """\
error: No solution found when resolving dependencies
  cause: Because subsite-has-no-such-package was not found in the package registry and you require \
subsite-has-no-such-package, we can conclude that your requirements are unsatisfiable.
Fix: The index does not have it: check the name and the version. If another index has it, set \
extra-index-url in /etc/pip.conf on the host.""",
        files={"requirements.txt": "subsite-has-no-such-package\n"},
        fixed_files={"requirements.txt": ""},
        needs="installer",
    ),
    "no-package-pip": Situation(
        """\
ERROR: No matching distribution found for itsdangerous==99
Fix: The index does not have it: check the name and the version. If another index has it, set \
extra-index-url in /etc/pip.conf on the host.""",
        files={"requirements.txt": "itsdangerous==99\n"},
        variables={"installer": "pip"},
        fixed_files={"requirements.txt": "itsdangerous\n"},
        needs="installer",
    ),
    "conflict": Situation(
        """\
error: No solution found when resolving dependencies
  cause: Because flask==3.1.0 depends on werkzeug>=3.1 and you require flask==3.1.0, we can \
conclude that you require werkzeug>=3.1.
  And because you require werkzeug==2.3.8, we can conclude that your requirements are \
unsatisfiable.
Fix: These requirements exclude each other: change the version of one of them in the project's \
requirements or in wsgi_app_packages.""",
        files={"requirements.txt": "flask==3.1.0\nwerkzeug==2.3.8\n"},
        fixed_files={"requirements.txt": "flask==3.1.0\nwerkzeug\n"},
        needs="installer",
    ),
    "invalid-line": Situation(
        """\
error: Couldn't parse requirement in `requirements.txt` at position 0
  cause: no such comparison operator "=", must be one of ~= == != <= >= < > ===
  flask=3
  ^^
Fix: Correct this line of the requirements.""",
        files={"requirements.txt": "flask=3\n"},
        fixed_files={"requirements.txt": "flask==3.*\n"},
        needs="installer",
    ),
    "other-python": Situation(
        """\
error: No solution found when resolving dependencies
  cause: Because the current Python version (VERSION) does not satisfy Python<3.9 and \
dataclasses==0.8 depends on Python>=3.6,<3.7, we can conclude that dataclasses==0.8 cannot be used.
  And because you require dataclasses==0.8, we can conclude that your requirements are \
unsatisfiable.
Fix: The package needs Python <3.7, not VERSION: set wsgi_app_python to an interpreter that has \
this version, or choose an earlier version of the package.""",
        files={"requirements.txt": "dataclasses==0.8\n"},
        fixed_files={"requirements.txt": ""},
        needs="installer",
    ),
    "compiler": Situation(
        """\
error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'
  in the build of fast
Fix: Set wsgi_app_system_packages: [gcc, libc6-dev, python3-dev].""",
        files=EXTENSION,
        fixed_variables={"system_packages": ["gcc", "libc6-dev", "python3-dev"]},
    ),
    "pg-config": Situation(
        """\
Error: pg_config executable not found.
  in the build of psycopg2==2.9.10
Fix: Set wsgi_app_system_packages: [libpq-dev, gcc, libc6-dev, python3-dev].""",
        files={"requirements.txt": "psycopg2==2.9.10\n"},
    ),
    "git-program": Situation(
        """\
error: Failed to download and build `shop @ git+https://git.example.org/shop.git`
  cause: Git executable not found. Ensure that Git is installed and available.
Fix: Set wsgi_app_system_packages: [git].""",
        files={"requirements.txt": "shop @ git+https://git.example.org/shop.git\n"},
        needs="installer",
    ),
    "build-requires": Situation(
        """\
ModuleNotFoundError: No module named 'cython'
  at setup.py, line 1: import cython
Fix: Add 'cython' to the requires of [build-system] in the project's pyproject.toml.""",
        files={"setup.py": "import cython\n"},
        needs="installer",
    ),
}
"""The situations, by the names of their apps."""
