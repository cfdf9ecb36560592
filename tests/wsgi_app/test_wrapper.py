"""The URL that an app sees, in each mode of its prefix."""

import io
import json

import pytest
from subsite_wsgi.wrapper import wrap
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, create_environ

pytestmark = pytest.mark.usefixtures("echo_can_be_imported")

FROM_NGINX = {
    "Host": "shop.example:8000",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Host": "shop.example:8000",
    "X-Forwarded-Port": "8000",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/api",
}


LIST_FROM_NGINX = {
    "Host": "shop.example:8080",
    "X-Forwarded-For": "192.0.2.7,10.0.0.5",
    "X-Forwarded-Host": "shop.example,shop.example:8080",
    "X-Forwarded-Port": "443,8080",
    "X-Forwarded-Proto": "https,http",
    "X-Forwarded-Prefix": "/outer/api,/api",
}


def see(app, headers: dict, prefix: str = "", path: str = "/cart") -> dict:
    """Return what ``app`` sees of a request that gunicorn gets through a unix socket."""
    environ = create_environ(prefix + path, "http://gunicorn.example", headers=headers)
    environ["REMOTE_ADDR"] = ""
    return json.loads(Client(app).run_wsgi_app(environ)[0].__next__())


class TestScriptName:
    @pytest.fixture
    def app(self):
        return wrap("echo:app", "/api", "script_name", 1, {})

    @pytest.mark.parametrize(
        ("headers", "url"),
        [
            pytest.param({}, "http://shop.example:8000/api/cart", id="as nginx says"),
            pytest.param(
                {"X-Forwarded-Host": "other.example", "X-Forwarded-Port": "80"},
                "http://other.example/api/cart",
                id="host",
            ),
            pytest.param(
                {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "8443"},
                "https://shop.example:8443/api/cart",
                id="scheme and port",
            ),
            pytest.param(
                {"X-Forwarded-Prefix": "/outer/api"},
                "http://shop.example:8000/outer/api/cart",
                id="longer prefix",
            ),
            pytest.param(
                {"X-Forwarded-Host": "[2001:db8::5]:8000"},
                "http://[2001:db8::5]:8000/api/cart",
                id="IPv6 literal",
            ),
        ],
    )
    def test_url_of_the_client(self, app, headers: dict, url: str):
        assert see(app, FROM_NGINX | headers, "/api")["url"] == url

    @pytest.mark.parametrize("lost", [*FROM_NGINX])
    def test_prefix_without_one_header(self, app, lost: str):
        headers = {name: value for name, value in FROM_NGINX.items() if name != lost}
        assert see(app, headers, "/api")["environ"]["SCRIPT_NAME"] == "/api"

    @pytest.mark.parametrize(("scheme", "port"), [("http", "80"), ("https", "443")])
    def test_default_port_is_left_out(self, app, scheme: str, port: str):
        headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-Port": port}
        environ = see(app, FROM_NGINX | headers, "/api")["environ"]
        assert environ["HTTP_HOST"] == "shop.example"

    @pytest.mark.parametrize(
        ("scheme", "port"),
        # The last one ends like the default.
        [("http", "443"), ("https", "80"), ("http", "8080"), ("https", "8443"), ("https", "4443")],
    )
    def test_other_port_is_in_the_host(self, app, scheme: str, port: str):
        headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-Port": port}
        environ = see(app, FROM_NGINX | headers, "/api")["environ"]
        assert environ["HTTP_HOST"] == f"shop.example:{port}"

    @pytest.mark.parametrize(
        ("path", "headers", "prefix"),
        [
            pytest.param("/shop/cart", {"X-Forwarded-Prefix": "/shop"}, "/shop", id="mount"),
            pytest.param(
                "/shop/v2/cart",
                {"X-Forwarded-Prefix": "/outer/shop/v2"},
                "/outer/shop/v2",
                id="behind an outer prefix",
            ),
            pytest.param("/shop", {"X-Forwarded-Prefix": "/shop"}, "/shop", id="without a slash"),
            pytest.param("/cart", {"X-Forwarded-Prefix": ""}, "", id="root"),
        ],
    )
    def test_earlier_prefix_of_the_site(self, app, path: str, headers: dict, prefix: str):
        """Until the site is deployed, nginx passes requests below the earlier prefix."""
        received = see(app, FROM_NGINX | headers, path=path)["environ"]
        assert (received["SCRIPT_NAME"], received["PATH_INFO"]) == (
            prefix,
            path.removeprefix(prefix.removeprefix("/outer")),
        )

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            pytest.param("/cart", {}, id="no prefix"),
            pytest.param("/apix", {}, id="longer word"),
            pytest.param("/cart", FROM_NGINX, id="prefix that nginx has taken off"),
            pytest.param("/", FROM_NGINX | {"X-Forwarded-Prefix": "//"}, id="empty segments"),
        ],
    )
    def test_other_path_is_a_fault(self, app, path: str, headers: dict):
        log = io.StringIO()
        answer = Client(app).get(path, headers=headers, errors_stream=log)
        assert (answer.status_code, answer.text) == (500, "This app is at /api/.\n")
        assert log.getvalue() == f"{path!r} is not below /api/, where the app is.\n"

    def test_client_address(self, app):
        assert see(app, FROM_NGINX, "/api")["environ"]["REMOTE_ADDR"] == "192.0.2.7"

    def test_server_name_and_port(self, app):
        environ = see(app, FROM_NGINX, "/api")["environ"]
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("shop.example", "8000")

    def test_without_host(self, app):
        environ = create_environ("/api/cart")
        del environ["HTTP_HOST"]
        assert Client(app).run_wsgi_app(environ)[1] == "200 OK"

    def test_with_a_proxy_fix_of_the_app(self, app):
        twice = ProxyFix(app, x_host=1, x_port=1, x_prefix=1)
        assert see(twice, FROM_NGINX, "/api")["url"] == see(app, FROM_NGINX, "/api")["url"]


class TestStrip:
    @pytest.fixture
    def app(self):
        return wrap("echo:app", "/api", "strip", 1, {})

    @pytest.mark.parametrize(
        ("headers", "url"),
        [
            pytest.param(FROM_NGINX, "http://shop.example:8000/api/cart", id="header"),
            pytest.param({}, "http://gunicorn.example/api/cart", id="no header"),
            pytest.param(
                FROM_NGINX | {"X-Forwarded-Prefix": "/outer/api"},
                "http://shop.example:8000/outer/api/cart",
                id="longer prefix",
            ),
        ],
    )
    def test_prefix(self, app, headers: dict, url: str):
        assert see(app, headers)["url"] == url

    def test_path(self, app):
        assert see(app, FROM_NGINX)["path"] == "/cart"


class TestApp:
    @pytest.fixture
    def app(self):
        return wrap("echo:app", "/api", "app", 1, {})

    @pytest.mark.parametrize(
        ("header", "outer"),
        [
            pytest.param("/api", "", id="its own"),
            pytest.param("/outer/api", "/outer", id="one before its own"),
            pytest.param("/api/api", "/api", id="one that is called like its own"),
            pytest.param("/outer", "/outer", id="one without its own"),
            pytest.param("", "", id="none"),
        ],
    )
    class TestPrefix:
        def test_precedes_the_path(self, app, header: str, outer: str):
            found = see(app, FROM_NGINX | {"X-Forwarded-Prefix": header}, path="/api/cart")
            assert (found["environ"]["SCRIPT_NAME"], found["path"]) == (outer, "/api/cart")
            assert found["url"] == f"http://shop.example:8000{outer}/api/cart"

        def test_is_not_doubled_by_a_proxy_fix_of_the_app(self, header: str, outer: str):
            app = wrap("echo:create_counting(1)", "/api", "app", 1, {})
            found = see(app, FROM_NGINX | {"X-Forwarded-Prefix": header}, path="/api/cart")
            assert found["url"] == f"http://shop.example:8000{outer}/api/cart"

        def test_is_left_to_a_proxy_fix_of_the_app(self, header: str, outer: str):
            app = wrap("echo:create_counting(1)", "/api", "app", 0, {})
            found = see(app, FROM_NGINX | {"X-Forwarded-Prefix": header}, path="/api/cart")
            assert found["url"] == f"http://shop.example:8000{outer}/api/cart"

    def test_without_a_prefix(self, app):
        found = see(app, FROM_NGINX, path="/api/cart")
        assert "HTTP_X_FORWARDED_PREFIX" not in found["environ"]


class TestRoot:
    @pytest.mark.parametrize("outer", ["", "/outer"])
    def test_has_only_the_outer_prefix(self, outer: str):
        headers = FROM_NGINX | {"X-Forwarded-Prefix": outer}
        found = see(wrap("echo:app", "", "script_name", 1, {}), headers)
        assert found["url"] == f"http://shop.example:8000{outer}/cart"


@pytest.mark.parametrize(
    ("prefix", "mode", "path"),
    [
        pytest.param("/api", "script_name", "/api/cart", id="script_name"),
        pytest.param("/api", "strip", "/cart", id="strip"),
        pytest.param("/api", "app", "/api/cart", id="app"),
        pytest.param("", "script_name", "/cart", id="root"),
    ],
)
class TestList:
    @pytest.fixture
    def see_(self, prefix: str, mode: str, path: str):
        def see_(outer: str) -> dict:
            """Return what the app sees when a proxy in front took ``outer`` off."""
            headers = LIST_FROM_NGINX | {"X-Forwarded-Prefix": f"{outer}{prefix},{prefix}"}
            return see(wrap("echo:app", prefix, mode, 2, {}), headers, path=path)

        return see_

    @pytest.mark.parametrize("outer", ["", "/outer"])
    def test_begins_with_the_public_origin(self, see_, prefix: str, outer: str):
        assert see_(outer)["url"] == f"https://shop.example{outer}{prefix}/cart"

    def test_begins_with_the_client_address(self, see_):
        assert see_("")["environ"]["REMOTE_ADDR"] == "192.0.2.7"

    @pytest.mark.parametrize("outer", ["", "/outer"])
    def test_is_left_to_a_proxy_fix_of_the_app(self, prefix, mode, path, outer):
        headers = LIST_FROM_NGINX | {"X-Forwarded-Prefix": f"{outer}{prefix},{prefix}"}
        app = wrap("echo:create_counting(2)", prefix, mode, 0, {})
        assert see(app, headers, path=path)["url"] == (f"https://shop.example{outer}{prefix}/cart")

    def test_is_still_a_list_for_the_app(self, see_):
        environ = see_("/outer")["environ"]
        lists = [name for name in environ if name.startswith("HTTP_X_FORWARDED_")]
        assert [environ[name].count(",") for name in lists] == [1] * 5


class TestWithoutProxyFix:
    def test_environ_is_unchanged(self):
        app = wrap("echo:app", "/api", "script_name", 0, {})
        headers = FROM_NGINX | {"Host": "shop.example:80"}
        environ = create_environ("/api/cart", "http://gunicorn.example", headers=headers)
        came = {name: value for name, value in environ.items() if isinstance(value, str)}
        came |= {"SCRIPT_NAME": "/api", "PATH_INFO": "/cart"}
        assert json.loads(b"".join(Client(app).run_wsgi_app(environ)[0]))["environ"] == came

    def test_prefix_that_nginx_strips(self):
        app = wrap("echo:app", "/api", "strip", 0, {})
        assert see(app, FROM_NGINX)["root"] == "http://shop.example:8000/api/"


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        pytest.param("echo:create_app('Good morning')", b"Good morning", id="argument"),
        pytest.param("echo:create_app('Sit', polite=True)", b"Sit, please", id="keyword"),
    ],
)
def test_calls_a_factory(target: str, answer: bytes):
    assert Client(wrap(target, "", "script_name", 1, {})).get("/").data == answer
