"""What the role's texts are made from besides its public variables."""

import pytest

INPUTS = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "echo:app",
    "__wsgi_app_info": {
        "python": "3.13",
        "systemd": 252,
        "current": "",
        "releases": [],
        "claim": "",
        "altered": False,
        "previous": "",
        "instances": {},
        "address": "",
        "quadlet": False,
    },
    "__wsgi_app_revision": "1",
    "__wsgi_app_release": "0123456789ab",
    "__wsgi_app_was_complete": False,
}


@pytest.fixture(scope="session")
def inputs() -> dict:
    return INPUTS


@pytest.fixture
def input_errors(wsgi_app, inputs):
    public = {name: inputs[name] for name in inputs if name.startswith("wsgi_app_")}
    return lambda **settings: wsgi_app.input_errors({**public, **settings})


@pytest.fixture
def echo_can_be_imported(root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(root / "tests/apps")
