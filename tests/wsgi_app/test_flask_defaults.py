"""A Flask app gets the defaults of its place, and every visitor a cookie for the URL they see."""

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


def cookie(app, path="/login", **how) -> Morsel:
    """Return the one cookie that ``app`` sets."""
    return cookies(app, path, **how)[0]


def cookies(app, path="/login", script_name="/api", sent="", **headers: str) -> list[Morsel]:
    environ = {"SCRIPT_NAME": script_name}
    told = {f"X-Forwarded-{name.title()}": value for name, value in headers.items()}
    visitor = Client(app, use_cookies=False)
    answer = visitor.get(path, headers={**told, "Cookie": sent}, environ_overrides=environ)
    assert answer.status_code in (200, 302)
    return [
        morsel
        for line in answer.headers.getlist("Set-Cookie")
        for morsel in SimpleCookie(line).values()
    ]


class TestName:
    def test_is_the_apps(self, wrapped):
        assert cookie(wrapped(create_app())).key == "shop_session"

    def test_stays_when_the_app_has_one(self, wrapped):
        assert cookie(wrapped(create_app(SESSION_COOKIE_NAME="mine"))).key == "mine"

    def test_is_found_again(self, wrapped):
        app = wrapped(create_app())
        sent = cookie(app).OutputString().partition(";")[0]
        [gone] = cookies(app, "/logout", sent=sent)
        assert (gone.key, gone.value) == ("shop_session", "")


PATHS = [
    pytest.param("/api", "script_name", "/api", "/login", {}, "/api", id="prefix"),
    pytest.param(
        "/api",
        "script_name",
        "/api",
        "/login",
        {"prefix": "/outer/api"},
        "/outer/api",
        id="longer prefix",
    ),
    pytest.param("/api", "strip", "", "/login", {}, "/api", id="strip"),
    pytest.param(
        "/api", "strip", "", "/login", {"prefix": "/outer/api"}, "/outer/api", id="longer, strip"
    ),
    pytest.param("/api", "app", "", "/api/login", {"prefix": "/api"}, "/api", id="app"),
    pytest.param(
        "/api", "app", "", "/api/login", {"prefix": "/outer/api"}, "/outer/api", id="longer, app"
    ),
    pytest.param("", "script_name", "", "/login", {}, "/", id="root"),
    pytest.param(
        "", "script_name", "", "/login", {"prefix": "/outer"}, "/outer", id="root of another"
    ),
]


@pytest.mark.parametrize(("prefix", "mode", "script_name", "path", "told", "seen"), PATHS)
class TestPath:
    def test_is_the_prefix_that_the_visitor_sees(
        self, wrapped, prefix, mode, script_name, path, told, seen
    ):
        app = wrapped(create_app(), prefix, mode)
        assert cookie(app, path, script_name=script_name, **told)["path"] == seen

    def test_stays_when_the_app_has_one(self, wrapped, prefix, mode, script_name, path, told, seen):
        app = wrapped(create_app(SESSION_COOKIE_PATH="/mine"), prefix, mode)
        assert cookie(app, path, script_name=script_name, **told)["path"] == "/mine"


def test_path_of_a_cookie_for_the_whole_host_stays(wrapped):
    app = wrapped(create_app(SESSION_COOKIE_NAME="__Host-session"))
    assert cookie(app)["path"] == "/"


def test_path_is_the_same_when_the_cookie_is_deleted(wrapped):
    app = wrapped(create_app())
    sent = cookie(app, prefix="/outer/api").OutputString().partition(";")[0]
    gone = cookie(app, "/logout", sent=sent, prefix="/outer/api", proto="https")
    assert (gone["path"], gone["max-age"], gone["secure"]) == ("/outer/api", "0", True)


def test_path_of_an_app_that_takes_its_own_prefix_off(wrapped):
    app = create_app()
    inner = app.wsgi_app

    def take_off(environ, start_response):
        environ["SCRIPT_NAME"] += "/api"
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/api")
        return inner(environ, start_response)

    app.wsgi_app = take_off
    app = wrapped(app, mode="app")
    assert cookie(app, "/api/login", script_name="", prefix="/outer/api")["path"] == "/outer/api"


class TestSecure:
    @pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", "")])
    def test_is_as_the_visitor_came(self, wrapped, proto: str, secure):
        assert cookie(wrapped(create_app()), proto=proto)["secure"] == secure

    @pytest.mark.parametrize("proto", ["https", "http"])
    def test_stays_when_the_app_says_so(self, wrapped, proto: str):
        app = wrapped(create_app(SESSION_COOKIE_SECURE=True))
        assert cookie(app, proto=proto)["secure"] is True

    def test_is_as_the_visitor_came_in_a_list(self, wrapped):
        app = wrapped(create_app(), values=2)
        told = cookie(app, proto="https,http", prefix="/outer/api,/api")
        assert (told["path"], told["secure"]) == ("/outer/api", True)


class TestConfiguration:
    def test_is_for_urls_outside_of_a_request(self, wrapped):
        app = create_app(SERVER_NAME="example.org")
        wrapped(app)
        with app.app_context():
            assert url_for("logout") == "https://example.org/api/logout"

    @pytest.mark.parametrize("name", DEFAULTS)
    def test_stays_where_the_app_has_its_own(self, wrapped, name: str):
        app = create_app(**{name: "/mine"})
        wrapped(app)
        assert {name: app.config[name] for name in DEFAULTS} == {**DEFAULTS, name: "/mine"}

    def test_is_not_touched_when_it_is_not_wanted(self, wrapped):
        app = create_app()
        before = dict(app.config)
        told = cookie(wrapped(app, defaults={}), proto="https")
        assert app.config == before
        assert (told.key, told["path"], told["secure"]) == ("session", "/", "")

    def test_of_other_apps_stays(self, wrapped):
        other = create_app()
        wrapped(create_app())
        found = cookie(other, script_name="")
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
        told = cookie(app, prefix="/outer/api", proto="https")
        assert (told.key, told["path"], told["secure"]) == ("shop_session", "/outer/api", True)
        gone = cookie(app, "/logout", sent="shop_session=1", prefix="/outer/api")
        assert (gone["path"], gone["max-age"]) == ("/outer/api", "0")

    def test_keeps_its_state(self, with_interface):
        interface = ServerSide()
        cookie(with_interface(interface))
        assert interface.store == {"1": {"user": "me"}}

    def test_that_is_shared_stays_as_it_was(self, with_interface):
        interface = ServerSide()
        other = create_app()
        other.session_interface = interface
        with_interface(interface)
        assert other.session_interface is interface
        assert cookie(other, script_name="/other")["path"] == "/"

    def test_is_still_of_its_kind(self, wrapped):
        app = create_app()
        app.session_interface = ServerSide()
        wrapped(app)
        assert isinstance(app.session_interface, ServerSide)
        assert type(app.session_interface).__name__ == "ServerSide"

    def test_that_has_methods_of_its_own_keeps_them(self, with_interface):
        told = cookie(with_interface(Opinionated()), prefix="/outer/api", proto="https")
        assert (told["path"], told["secure"]) == ("/theirs", True)

    def test_that_inherits_methods_keeps_them(self, with_interface):
        told = cookie(with_interface(Strict()), proto="http")
        assert (told["path"], told["secure"]) == ("/theirs", True)

    def test_of_another_kind_is_left_alone(self, wrapped):
        app = create_app()
        app.session_interface = theirs = Foreign()
        assert cookie(wrapped(app)).key == "foreign"
        assert app.session_interface is theirs

    def test_answers_outside_of_a_request(self, wrapped):
        app = create_app()
        wrapped(app)
        assert app.session_interface.get_cookie_path(app) == "/api"
        assert app.session_interface.get_cookie_secure(app) is False


def test_middleware_of_the_apps_own_is_fine(wrapped):
    app = create_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    told = cookie(wrapped(app), prefix="/outer/api", proto="https")
    assert (told.key, told["path"], told["secure"]) == ("shop_session", "/outer/api", True)


class TestOthers:
    def theirs(self, environ, start_response):
        start_response("200 OK", [("Set-Cookie", "session=1; Path=/")])
        return [b""]

    @pytest.mark.parametrize("prefix", ["", "/outer/api"])
    def test_are_not_touched(self, wrapped, prefix: str):
        told = cookie(wrapped(self.theirs), prefix=prefix, proto="https")
        assert told.OutputString() == "session=1; Path=/"

    @pytest.mark.parametrize("flask", [None, type(sys)("flask")], ids=["no module", "another"])
    def test_need_no_flask(self, wrapped, monkeypatch: pytest.MonkeyPatch, flask):
        monkeypatch.setitem(sys.modules, "flask", flask)
        assert cookie(wrapped(self.theirs)).key == "session"
