"""Which requests get a diagnosis, and what it has."""

import hmac
import json
import time

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import sign
from flask import Flask
from subsite_wsgi import diagnosis
from subsite_wsgi.wrapper import wrap
from werkzeug.test import Client, create_environ

pytestmark = pytest.mark.usefixtures("echo_can_be_imported", "key")

KEY = b"0123456789abcdef"
FROM_NGINX = {
    "Host": "shop.example:8443",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Host": "shop.example:8443",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/api",
}


@pytest.fixture
def key(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "diagnosis.key").write_bytes(KEY)
    monkeypatch.setattr(diagnosis, "KEY", tmp_path / "diagnosis.key")


def signature(key: bytes = KEY, lasts: int = 30, nonce: str = "aa") -> str:
    return signed(f"{int(time.time()) + lasts}.{nonce}", key)


def signed(text: str, key: bytes = KEY) -> str:
    return f"{text}.{hmac.digest(key, text.encode(), 'sha256').hex()}"


def ask(app, signed: str | None, headers: dict | None = None, **environ) -> dict:
    """Return the answer to a request that gunicorn gets through a unix socket."""
    signing = {"X-Subsite-Verify": signed} if signed is not None else {}
    came = create_environ(
        "/api/cart", "http://gunicorn.example", headers={**FROM_NGINX, **(headers or {}), **signing}
    )
    came |= {"REMOTE_ADDR": "", "RAW_URI": "/api/cart", **environ}
    return json.loads(b"".join(Client(app).run_wsgi_app(came)[0]))


def wrapped(target: str = "echo:app", mode: str = "script_name", values: int = 1, **settings):
    return wrap(target, "/api", mode, values, {}, **{"diagnosis": True, **settings})


class TestSigned:
    def test_shows_what_the_app_sees(self):
        assert ask(wrapped(), signature())["sees"] == {
            "scheme": "https",
            "host": "shop.example",
            "port": "8443",
            "prefix": "/api",
            "path": "/cart",
            "client": "192.0.2.7",
        }

    def test_shows_what_arrived(self):
        came = ask(wrapped(), signature())["received"]
        assert (came["scheme"], came["host"]) == ("http", "shop.example:8443")
        assert (came["path"], came["peer"]) == ("/api/cart", "")
        forwarded = {name: came["headers"][name] for name in FROM_NGINX if name != "Host"}
        assert forwarded == {name: FROM_NGINX[name] for name in forwarded}

    def test_shows_the_url_that_werkzeug_builds(self):
        assert ask(wrapped(), signature())["builds"] == {"url": "https://shop.example:8443/api/"}

    def test_shows_how_the_app_is_mounted(self):
        assert ask(wrapped(), signature())["mounted"] == {
            "prefix": "/api",
            "mode": "script_name",
            "forwarded_values": 1,
        }

    def test_shows_the_proxy_fix_of_the_app(self):
        twice = {"X-Forwarded-Host": "evil.example, shop.example"}
        said = ask(wrapped("echo:create_counting(2)", values=0), signature(), twice)
        assert said["sees"]["host"] == "evil.example"
        assert said["app_proxy_fix"] == [
            {"x_for": 2, "x_proto": 2, "x_host": 2, "x_port": 2, "x_prefix": 2}
        ]

    @pytest.mark.parametrize("signed", ["", "x.y.z, ", "1.a.b,"])
    def test_with_signatures_of_other_keys(self, signed: str):
        assert "sees" in ask(wrapped(), f"{signature(b'other')}, {signature()}")


class TestFlask:
    @pytest.fixture
    def app(self, monkeypatch: pytest.MonkeyPatch):
        def app(**config):
            flask = Flask("shop")
            flask.config.update(config)
            monkeypatch.setattr("subsite_wsgi.wrapper.load", lambda target: flask)
            return wrap("shop:app", "/api", "script_name", 1, {"SECRET_KEY": "x"}, diagnosis=True)

        return app

    def test_builds_the_url_of_the_client(self, app):
        assert ask(app(), signature())["builds"] == {
            "url": "https://shop.example:8443/api/",
            "cookie_path": "/api",
            "cookie_secure": True,
        }

    def test_builds_by_its_settings(self, app):
        pinned = app(SERVER_NAME="pinned.example", SESSION_COOKIE_PATH="/other")
        said = ask(pinned, signature())["builds"]
        assert (said["url"], said["cookie_path"]) == ("https://pinned.example/api/", "/other")


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("x", id="no signature"),
        pytest.param("..", id="nothing in it"),
        pytest.param("\xe4.\xe4.\xe4", id="beyond ascii"),
        pytest.param(signature(b""), id="no key"),
        pytest.param(signature(b"other"), id="another key"),
        pytest.param(signature(lasts=-1), id="expired"),
        pytest.param(signature(lasts=3600), id="lasts too long"),
        pytest.param(f"9{signature()}", id="changed"),
        pytest.param(signed("x.aa"), id="expiry is no number"),
        pytest.param(signed(".aa"), id="expiry is empty"),
        pytest.param(signed("²²²²².aa"), id="expiry in figures of another kind"),
        pytest.param(signed(f"{'9' * 5000}.aa"), id="expiry is long"),
    ],
)
def test_other_requests_reach_the_app(signed: str | None):
    answer = ask(wrapped(), signed)
    assert answer["url"] == "https://shop.example:8443/api/cart"


class TestManySignatures:
    @pytest.fixture
    def computed(self, monkeypatch: pytest.MonkeyPatch) -> list:
        """Note each HMAC that is computed."""
        computed, digest = [], hmac.digest

        def noted(*arguments) -> bytes:
            computed.append(arguments)
            return digest(*arguments)

        monkeypatch.setattr(hmac, "digest", noted)
        return computed

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("," * 8000, id="of nothing"),
            pytest.param(",".join([signature(b"other")] * 1000), id="of another key"),
        ],
    )
    def test_compute_at_most_ten_hmacs(self, computed: list, header: str):
        assert not diagnosis.is_signed(header, KEY, time.time())
        assert len(computed) <= 10

    @pytest.mark.parametrize(("before", "answered"), [(9, True), (10, False)])
    def test_at_most_ten_are_checked(self, before: int, answered: bool):
        header = ", ".join([*[signature(b"other")] * before, signature()])
        assert diagnosis.is_signed(header, KEY, time.time()) is answered

    def test_as_many_as_verify_sends(self):
        keys = [b"other"] * 9 + [KEY]
        assert diagnosis.is_signed(sign(keys), KEY, time.time())
        assert sign([b"other"] * 50).count(",") + 1 == diagnosis.MOST


def test_signature_is_ignored_without_diagnosis():
    assert "url" in ask(wrapped(diagnosis=False), signature())


@pytest.mark.parametrize("content", [None, b""])
def test_signature_is_ignored_without_a_key(content: bytes | None):
    diagnosis.KEY.unlink()
    if content is not None:
        diagnosis.KEY.write_bytes(content)
    assert "url" in ask(wrapped(), signature(b""))
