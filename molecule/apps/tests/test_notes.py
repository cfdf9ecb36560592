"""One git repository, deployed twice: by uv with SCRIPT_NAME, by pip behind a stripped prefix."""

import pytest
from client import ask

APPS = [
    pytest.param("notes", "uv", id="built by uv"),
    pytest.param("memos", "pip", id="built by pip"),
]
INSTALLER = (
    "import sys, importlib.metadata as m; print(m.distribution(sys.argv[1]).read_text('INSTALLER'))"
)

pytestmark = pytest.mark.parametrize(("app", "installer"), APPS)


@pytest.fixture
def index(app):
    return ask(f"/{app}/", host="shop.example.test:18001").json


def test_dependency_comes_from_the_configured_index(index, installer):
    assert index["ink"] == "sepia"


def test_url_has_the_prefix(index, app, installer):
    assert index["self"] == f"http://shop.example.test:18001/{app}/"


def test_static_files_are_below_the_prefix(index, app, installer):
    assert (index["style"], ask(index["style"]).status) == (f"/{app}/static/style.css", 200)


@pytest.mark.parametrize("package", ["flask", "subsite-private-ink", "notes"])
def test_installer(host, release, app, installer, package):
    home = release(app)
    python = f"PYTHONPATH={home}/lib {home}/venv/bin/python"
    assert host.check_output(f'{python} -c "{INSTALLER}" {package}').strip() == installer
