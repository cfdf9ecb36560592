"""A Flask app gets defaults for its prefix, and each client a cookie for the URL that it sees."""

import sys
from http.cookies import Morsel, SimpleCookie

import pytest
from flask import Flask, redirect, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from subsite_wsgi.wrapper import wrap
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

DEFAULTS = {
    "APPLICATION_ROOT": "/api",
    "PREFERRED_URL_SCHEME": "https",
    "SESSION_COOKIE_NAME": "shop_session",
}


def create_app(**config) -> Flask:
    """Return an app like any other."""
    app = Flask("shop")
    app.config.from_mapping(SECRET_KEY="secret", **config)

    @app.get("/login")
    @app.get("/api/login")
    def login():
        session["user"] = "me"
        return "in"

    @app.get("/logout")
    def logout():
        session.clear()
        return redirect("/")

    return app


@pytest.fixture
def wrapped(monkeypatch: pytest.MonkeyPatch):
    def wrapped(app, prefix="/api", mode="script_name", values=1, defaults=DEFAULTS):
        """Wrap ``app`` as gunicorn does."""
        module = type(sys)("theirs")
        module.app = app
        monkeypatch.setitem(sys.modules, "theirs", module)
        return wrap("theirs:app", prefix, mode, values, defaults)

    return wrapped


def cookie(app, path="/api/login", **how) -> Morsel:
    """Return the one cookie that ``app`` sets."""
    return cookies(app, path, **how)[0]


def cookies(app, path="/api/login", sent="", **headers: str) -> list[Morsel]:
    forwarded = {f"X-Forwarded-{name.title()}": value for name, value in headers.items()}
    client = Client(app, use_cookies=False)
    answer = client.get(path, headers={**forwarded, "Cookie": sent})
    assert answer.status_code in (200, 302)
    return [
        morsel
        for line in answer.headers.getlist("Set-Cookie")
        for morsel in SimpleCookie(line).values()
    ]


class TestName:
    def test_has_the_name_of_the_app(self, wrapped):
        assert cookie(wrapped(create_app())).key == "shop_session"

    def test_of_the_app_stays(self, wrapped):
        assert cookie(wrapped(create_app(SESSION_COOKIE_NAME="mine"))).key == "mine"

    def test_is_read_again(self, wrapped):
        app = wrapped(create_app())
        sent = cookie(app).OutputString().partition(";")[0]
        [gone] = cookies(app, "/api/logout", sent=sent)
        assert (gone.key, gone.value) == ("shop_session", "")


PATHS = [
    pytest.param("/api", "script_name", "/api/login", {}, "/api", id="prefix"),
    pytest.param(
        "/api",
        "script_name",
        "/api/login",
        {"prefix": "/outer/api"},
        "/outer/api",
        id="longer prefix",
    ),
    pytest.param("/api", "strip", "/login", {}, "/api", id="strip"),
    pytest.param(
        "/api", "strip", "/login", {"prefix": "/outer/api"}, "/outer/api", id="longer, strip"
    ),
    pytest.param("/api", "app", "/api/login", {"prefix": "/api"}, "/api", id="app"),
    pytest.param(
        "/api", "app", "/api/login", {"prefix": "/outer/api"}, "/outer/api", id="longer, app"
    ),
    pytest.param("", "script_name", "/login", {}, "/", id="root"),
    pytest.param("", "script_name", "/login", {"prefix": "/outer"}, "/outer", id="root of another"),
]


@pytest.mark.parametrize(("prefix", "mode", "path", "forwarded", "seen"), PATHS)
class TestPath:
    def test_is_the_prefix_of_the_client(self, wrapped, prefix, mode, path, forwarded, seen):
        app = wrapped(create_app(), prefix, mode)
        assert cookie(app, path, **forwarded)["path"] == seen

    def test_of_the_app_stays(self, wrapped, prefix, mode, path, forwarded, seen):
        app = wrapped(create_app(SESSION_COOKIE_PATH="/mine"), prefix, mode)
        assert cookie(app, path, **forwarded)["path"] == "/mine"


def test_path_of_a_host_cookie_stays(wrapped):
    app = wrapped(create_app(SESSION_COOKIE_NAME="__Host-session"))
    assert cookie(app)["path"] == "/"


def test_path_of_a_deleted_cookie(wrapped):
    app = wrapped(create_app())
    sent = cookie(app, prefix="/outer/api").OutputString().partition(";")[0]
    gone = cookie(app, "/api/logout", sent=sent, prefix="/outer/api", proto="https")
    assert (gone["path"], gone["max-age"], gone["secure"]) == ("/outer/api", "0", True)


def test_path_for_an_app_with_its_prefix(wrapped):
    app = create_app()
    inner = app.wsgi_app

    def take_off(environ, start_response):
        environ["SCRIPT_NAME"] += "/api"
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/api")
        return inner(environ, start_response)

    app.wsgi_app = take_off
    app = wrapped(app, mode="app")
    assert cookie(app, "/api/login", prefix="/outer/api")["path"] == "/outer/api"


class TestSecure:
    @pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", "")])
    def test_follows_the_scheme(self, wrapped, proto: str, secure):
        assert cookie(wrapped(create_app()), proto=proto)["secure"] == secure

    @pytest.mark.parametrize("proto", ["https", "http"])
    def test_of_the_app_stays_secure(self, wrapped, proto: str):
        app = wrapped(create_app(SESSION_COOKIE_SECURE=True))
        assert cookie(app, proto=proto)["secure"] is True

    def test_follows_the_scheme_in_a_list(self, wrapped):
        app = wrapped(create_app(), values=2)
        found = cookie(app, proto="https,http", prefix="/outer/api,/api")
        assert (found["path"], found["secure"]) == ("/outer/api", True)


class TestConfiguration:
    def test_is_for_urls_outside_a_request(self, wrapped):
        app = create_app(SERVER_NAME="example.org")
        wrapped(app)
        with app.app_context():
            assert url_for("logout") == "https://example.org/api/logout"

    @pytest.mark.parametrize("name", DEFAULTS)
    def test_of_the_app_stays(self, wrapped, name: str):
        app = create_app(**{name: "/mine"})
        wrapped(app)
        assert {name: app.config[name] for name in DEFAULTS} == {**DEFAULTS, name: "/mine"}

    def test_is_unchanged_without_defaults(self, wrapped):
        app = create_app()
        before = dict(app.config)
        found = cookie(wrapped(app, defaults={}), proto="https")
        assert app.config == before
        assert (found.key, found["path"], found["secure"]) == ("session", "/", "")

    def test_of_other_apps_stays(self, wrapped):
        other = create_app()
        wrapped(create_app())
        found = cookie(other, "/login")
        assert (found.key, found["path"]) == ("session", "/")


class Stored(dict, SessionMixin):
    """A session on the server."""


class ServerSide(SessionInterface):
    """Keep sessions as extensions do: by the methods that Flask documents."""

    def __init__(self) -> None:
        self.store = {}

    def open_session(self, app, request):
        return Stored(self.store.get(request.cookies.get(app.config["SESSION_COOKIE_NAME"]), {}))

    def save_session(self, app, session, response):
        name, path = self.get_cookie_name(app), self.get_cookie_path(app)
        if not session:
            response.delete_cookie(name, path=path, secure=self.get_cookie_secure(app))
            return
        self.store["1"] = dict(session)
        response.set_cookie(name, "1", path=path, secure=self.get_cookie_secure(app))


class Opinionated(SecureCookieSessionInterface):
    """Say where the cookie belongs, whatever the configuration is."""

    def get_cookie_path(self, app):
        return "/theirs"


class Strict(Opinionated):
    """Say that it is never for http."""

    def get_cookie_secure(self, app):
        return True


class Foreign:
    """An interface that is none of Flask's and has none of its methods."""

    def open_session(self, app, request):
        return Stored()

    def is_null_session(self, session):
        return False

    def save_session(self, app, session, response):
        response.set_cookie("foreign", "1")


class TestInterface:
    @pytest.fixture
    def with_interface(self, wrapped):
        def with_interface(interface):
            app = create_app()
            app.session_interface = interface
            return wrapped(app)

        return with_interface

    def test_of_an_extension(self, with_interface):
        app = with_interface(ServerSide())
        found = cookie(app, prefix="/outer/api", proto="https")
        assert (found.key, found["path"], found["secure"]) == ("shop_session", "/outer/api", True)
        gone = cookie(app, "/api/logout", sent="shop_session=1", prefix="/outer/api")
        assert (gone["path"], gone["max-age"]) == ("/outer/api", "0")

    def test_keeps_its_state(self, with_interface):
        interface = ServerSide()
        cookie(with_interface(interface))
        assert interface.store == {"1": {"user": "me"}}

    def test_that_is_shared_is_unchanged(self, with_interface):
        interface = ServerSide()
        other = create_app()
        other.session_interface = interface
        with_interface(interface)
        assert other.session_interface is interface
        assert cookie(other, "/login")["path"] == "/"

    def test_keeps_its_class(self, wrapped):
        app = create_app()
        app.session_interface = ServerSide()
        wrapped(app)
        assert isinstance(app.session_interface, ServerSide)
        assert type(app.session_interface).__name__ == "ServerSide"

    def test_keeps_its_methods(self, with_interface):
        found = cookie(with_interface(Opinionated()), prefix="/outer/api", proto="https")
        assert (found["path"], found["secure"]) == ("/theirs", True)

    def test_keeps_inherited_methods(self, with_interface):
        found = cookie(with_interface(Strict()), proto="http")
        assert (found["path"], found["secure"]) == ("/theirs", True)

    def test_of_another_kind_is_unchanged(self, wrapped):
        app = create_app()
        app.session_interface = theirs = Foreign()
        assert cookie(wrapped(app)).key == "foreign"
        assert app.session_interface is theirs

    def test_works_outside_a_request(self, wrapped):
        app = create_app()
        wrapped(app)
        assert app.session_interface.get_cookie_path(app) == "/api"
        assert app.session_interface.get_cookie_secure(app) is False


def test_middleware_of_the_app(wrapped):
    app = create_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    found = cookie(wrapped(app), prefix="/outer/api", proto="https")
    assert (found.key, found["path"], found["secure"]) == ("shop_session", "/outer/api", True)


class TestOthers:
    def theirs(self, environ, start_response):
        start_response("200 OK", [("Set-Cookie", "session=1; Path=/")])
        return [b""]

    @pytest.mark.parametrize("prefix", ["", "/outer/api"])
    def test_are_unchanged(self, wrapped, prefix: str):
        found = cookie(wrapped(self.theirs), prefix=prefix, proto="https")
        assert found.OutputString() == "session=1; Path=/"

    @pytest.mark.parametrize("flask", [None, type(sys)("flask")], ids=["no module", "another"])
    def test_need_no_flask(self, wrapped, monkeypatch: pytest.MonkeyPatch, flask):
        monkeypatch.setitem(sys.modules, "flask", flask)
        assert cookie(wrapped(self.theirs)).key == "session"
