"""What the role's texts are made from besides its public variables."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from gunicorn_process import Gunicorn, started

INPUTS = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "echo:app",
    "__wsgi_app_info": {
        "python": "3.13",
        "interpreter": "CPython 3.13 cpython-313-x86_64-linux-gnu",
        "refreshed": 0,
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


@pytest.fixture
def gunicorn(wsgi_app, inputs: dict, tmp_path_factory) -> Iterator[Callable[..., Gunicorn]]:
    """Start gunicorn with the files of a source, and with variables of the role."""
    with ExitStack() as stack:

        def gunicorn(
            files: dict[str, str], environment: dict[str, str] | None = None, **settings
        ) -> Gunicorn:
            source = {"type": "git", "url": "https://git.example.org/shop.git", "version": "v1"}
            variables = {"wsgi_app_callable": "app:app", "wsgi_app_source": source, **settings}
            process = started(
                wsgi_app,
                {**inputs, **variables},
                files,
                tmp_path_factory.mktemp("gunicorn"),
                **environment or {},
            )
            return stack.enter_context(process)

        yield gunicorn
