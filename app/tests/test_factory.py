import pytest
from flask.testing import FlaskClient

from demo import create_app


def test_config() -> None:
    assert not create_app().testing
    assert create_app({"TESTING": True}).testing


def test_secret_key_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_SECRET_KEY", "from a variable")
    assert create_app().secret_key == "from a variable"


def test_secret_key_is_random_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_SECRET_KEY", raising=False)
    assert create_app().secret_key != create_app().secret_key


def test_healthz(client: FlaskClient, base_url: str) -> None:
    response = client.get("/healthz", base_url=base_url)
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    assert response.text == "ok"
