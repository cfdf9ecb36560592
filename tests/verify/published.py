"""Apps of the package index, as they are published, and what each needs at a prefix."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Published:
    """A published app. TOP is its own directory, and PREFIX the path of its mount."""

    name: str
    requirement: str
    """One or more requirements, with blanks between them."""
    callable: str
    files: dict[str, str] = field(default_factory=dict)
    """Files in TOP."""
    setup: tuple[str, ...] = ()
    """Commands in TOP, with the programs of the app."""
    environ: dict[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    """Paths of pages that verify reads besides the first one."""
    login: tuple[str, str] = ("", "")
    """The path of a login, and the form for it. Then all clients have its cookie."""
    fault: str = ""
    """The fault that verify must name in the app's own page; empty if its pages are right."""
    place: str = ""
    """What is wrong there, and of which page."""
    written: str = ""
    """The beginning of the URL that is wrong, or all that verify says of it."""


DASH = """
from dash import Dash, html
app = Dash(__name__)
app.layout = html.Div("hello")
server = app.server
"""
SQLITE = """
from sqlite_web.sqlite_web import app, initialize_app
initialize_app(["TOP/data.db"])
"""
HG = """
from mercurial.hgweb import hgweb
app = hgweb(b"TOP/hgweb.conf")
"""
MOTO = """
from moto.server import DomainDispatcherApplication, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
"""
BOOKS = """
import os, sys, calibreweb
sys.path.insert(0, os.path.dirname(calibreweb.__file__))
sys.argv = ["cps", "-p", "TOP/app.db", "-g", "TOP/gdrive.db"]
import cps.main
cps.web_server.start = lambda: True
try:
    cps.main.main()
except SystemExit:
    app = cps.app
"""
KINTO = """
from kinto import main
MEMORY = {f"{it}_backend": f"kinto.core.{it}.memory" for it in ("storage", "permission", "cache")}
REDIRECT = {"version_prefix_redirect_enabled": "REDIRECTS"}
app = main({}, userid_hmac_secret="secret", **MEMORY, **REDIRECT)
"""
BEPASTY = """
import os
SITENAME = "paste"
SECRET_KEY = "secret"
SESSION_COOKIE_SECURE = False
STORAGE = "filesystem"
STORAGE_FILESYSTEM_DIRECTORY = "TOP/storage"
PERMISSIONS = {}
"""
WIKI = """
REPOSITORY = "TOP/repository"
SECRET_KEY = "a secret of more than sixteen characters"
SQLALCHEMY_DATABASE_URI = "sqlite:///TOP/wiki.sqlite"
"""
ISSO = """
[general]
dbpath = TOP/comments.db
host = http://published.example:8000/
[hash]
salt = salt
"""
ISSO_ADMIN = f"{ISSO}[admin]\nenabled = true\npassword = secret\n"
MONEY = """
SECRET_KEY = "secret"
SQLALCHEMY_DATABASE_URI = "sqlite:///TOP/budget.db"
SESSION_COOKIE_SECURE = False
"""
WAGTAIL = """
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "secret"
"""
WAGTAIL_SETUP = (
    "wagtail start shop .",
    "mv local.py shop/settings",
    "python manage.py migrate -v0",
)

PUBLISHED = [
    Published(
        "radicale",
        "radicale==3.9.0",
        "radicale:application",
        {"config": "[storage]\nfilesystem_folder = TOP/collections\n[auth]\ntype = none\n"},
        environ={"RADICALE_CONFIG": "TOP/config"},
    ),
    Published(
        "dash",
        "dash==4.4.1",
        "dashboard:server",
        {"dashboard.py": DASH},
        environ={"DASH_REQUESTS_PATHNAME_PREFIX": "PREFIX/", "DASH_ROUTES_PATHNAME_PREFIX": "/"},
    ),
    Published(
        "dash without its setting",
        "dash==4.4.1",
        "dashboard:server",
        {"dashboard.py": DASH},
        fault="page-lacks-prefix",
        place="a script of PREFIX/ lacks the prefix",
        written="/_dash-component-suites/",
    ),
    Published(
        "fava",
        "fava==1.30.16",
        "fava.application:create_app(['TOP/ledger.beancount'])",
        {"ledger.beancount": 'option "title" "Ledger"\n'},
    ),
    Published(
        "sqlite-web",
        "sqlite-web==0.8.2",
        "browser:app",
        {"browser.py": SQLITE},
        ('python -c \'import sqlite3; sqlite3.connect("data.db").execute("create table a (b)")\'',),
    ),
    Published(
        "klaus",
        "klaus==3.0.1",
        "klaus:make_app(['TOP/repository'], 'code')",
        setup=(
            "git init -q repository",
            "git -C repository -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m a",
        ),
    ),
    Published(
        "WsgiDAV",
        "WsgiDAV==4.4.0",
        "wsgidav.wsgidav_app:WsgiDAVApp({'provider_mapping': {'/': 'TOP/shared'}, "
        "'mount_path': 'PREFIX', 'simple_dc': {'user_mapping': {'*': True}}})",
        setup=("mkdir -p shared/inner",),
    ),
    Published(
        "bepasty",
        "bepasty==1.2.2",
        "bepasty.wsgi:application",
        {"bepasty.conf": BEPASTY},
        ("mkdir storage",),
        {"BEPASTY_CONFIG": "TOP/bepasty.conf"},
    ),
    Published("moto", "moto[server]==5.2.5", "clouds:app", {"clouds.py": MOTO}),
    Published(
        "moto's dashboard",
        "moto[server]==5.2.5",
        "clouds:app",
        {"clouds.py": MOTO},
        paths=("/moto-api/",),
        fault="page-lacks-prefix",
        place="a script of PREFIX/moto-api/ lacks the prefix",
        written="/moto-api/lib.js, and 1 more (404)",
    ),
    Published(
        "otterwiki",
        "otterwiki==2.26.1",
        "otterwiki.server:app",
        {"settings.cfg": WIKI},
        ("git init -q -b main repository",),
        {"OTTERWIKI_SETTINGS": "TOP/settings.cfg"},
        fault="page-lacks-prefix",
        place="a link of PREFIX/ lacks the prefix",
        written="/Home, and 5 more (404)",
    ),
    Published(
        "isso",
        "isso==0.14.0",
        "isso.run:application",
        {"isso.cfg": ISSO},
        environ={"ISSO_SETTINGS": "TOP/isso.cfg"},
    ),
    Published(
        "isso's login",
        "isso==0.14.0",
        "isso.run:application",
        {"isso.cfg": ISSO_ADMIN},
        environ={"ISSO_SETTINGS": "TOP/isso.cfg"},
        paths=("/admin/",),
    ),
    Published(
        "isso's admin behind its login",
        "isso==0.14.0",
        "isso.run:application",
        {"isso.cfg": ISSO_ADMIN},
        environ={"ISSO_SETTINGS": "TOP/isso.cfg"},
        paths=("/admin/",),
        login=("/login/", "password=secret"),
        fault="page-lacks-prefix",
        place="a form of PREFIX/admin/ lacks the prefix",
        written="/admin/ (404)",
    ),
    Published(
        "ihatemoney",
        "ihatemoney==7.2.1",
        "ihatemoney.wsgi:application",
        {"budget.cfg": MONEY},
        environ={"IHATEMONEY_SETTINGS_FILE_PATH": "TOP/budget.cfg"},
        paths=("/authenticate", "/password-reminder"),
    ),
    Published(
        "supysonic",
        "supysonic==0.7.9",
        "supysonic.web:create_application()",
        {
            ".supysonic": "[base]\ndatabase_uri = sqlite:///TOP/music.db\n"
            "[webapp]\ncache_dir = TOP/cache\nlog_file =\n[daemon]\nsocket = TOP/daemon.sock\n"
        },
    ),
    Published(
        "roundup",
        "roundup==2.6.0",
        "roundup.cgi.wsgi_handler:RequestDispatcher('TOP/tracker')",
        {
            "web.sed": "s|^#web =.*|web = http://published.example:8000PREFIX/|\n"
            "s|^#domain =.*|domain = example.org|\ns|^#host =.*|host = localhost|\n"
        },
        (
            "roundup-admin -i tracker install classic sqlite",
            "sed -i -f web.sed tracker/config.ini",
            "roundup-admin -i tracker initialise secret",
        ),
    ),
    Published(
        "mercurial",
        "mercurial==7.2.4",
        "repositories:app",
        {"repositories.py": HG, "hgweb.conf": "[paths]\nshop = TOP/shop\n"},
        ("hg init shop",),
    ),
    Published(
        "Trac",
        "Trac==1.6 setuptools<81",
        "trac.web.main:dispatch_request",
        setup=("trac-admin project initenv Project sqlite:db/trac.db",),
        environ={"TRAC_ENV": "TOP/project"},
    ),
    Published(
        "calibreweb",
        "calibreweb==0.6.27",
        "books:app",
        {"books.py": BOOKS},
        environ={"CALIBRE_DBPATH": "TOP"},
    ),
    Published(
        "wagtail",
        "wagtail==8.0.1",
        "shop.wsgi:application",
        {"local.py": f'{WAGTAIL}STATIC_URL = "PREFIX/static/"\n'},
        WAGTAIL_SETUP,
        {"DJANGO_SETTINGS_MODULE": "shop.settings.dev"},
    ),
    Published(
        "wagtail without its setting",
        "wagtail==8.0.1",
        "shop.wsgi:application",
        {"local.py": WAGTAIL},
        WAGTAIL_SETUP,
        {"DJANGO_SETTINGS_MODULE": "shop.settings.dev"},
        fault="page-lacks-prefix",
        place="a script of PREFIX/ lacks the prefix",
        written="/static/",
    ),
    Published(
        "kinto",
        "kinto==26.5.0",
        "api:app",
        {"api.py": KINTO.replace("REDIRECTS", "false")},
        paths=("/v1/",),
    ),
    Published(
        "kinto's redirect to its version",
        "kinto==26.5.0",
        "api:app",
        {"api.py": KINTO.replace("REDIRECTS", "true")},
        fault="prefix-forgotten",
        place="PREFIX/ redirects to a path that does not begin with the prefix",
        written="http://published.example:8000/v1/app/",
    ),
]
