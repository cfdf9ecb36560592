"""A byte changes in a file that the environment is built from: the next run makes a release."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from controller import deploy

APP = """\
from importlib.metadata import version
from importlib.resources import files
import cart


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    goods = files("cart").joinpath("goods.txt").read_text()
    return [f"{cart.NAME}, {goods}, {version('click')}".encode()]
"""
CODE = "libs/cart/cart/__init__.py"
DATA = "libs/cart/cart/goods.txt"
LIBRARY = {
    CODE: 'NAME = "cart"\n',
    DATA: "bread",
    "libs/cart/pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "cart"
version = "1"
requires-python = ">=3.11"
""",
}
PROJECT = """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["cart{}", "click{}"]
"""
BY_PATH = '[tool.uv.sources]\ncart = {path = "libs/cart"}\n'
BY_WORKSPACE = (
    '[tool.uv.workspace]\nmembers = ["libs/*"]\n[tool.uv.sources]\ncart = {workspace = true}\n'
)
DECLARATIONS = {
    "a path": {"requirements.txt": "./libs/cart\nclick==8.1.7\n"},
    "an editable path": {"requirements.txt": "-e libs/cart\nclick==8.1.7\n"},
    "a URL": {"requirements.txt": "cart @ file:libs/cart\nclick==8.1.7\n"},
    "uv, path": {"pyproject.toml": PROJECT.format("", "==8.1.7") + BY_PATH},
    "uv, workspace": {"pyproject.toml": PROJECT.format("", "==8.1.7") + BY_WORKSPACE},
}


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in {"app.py": APP, **LIBRARY, **files}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    return path


@pytest.fixture
def run(source: Path) -> Iterator[Callable[[], int]]:
    """Return a function that deploys the source, and returns how many tasks changed something."""
    settings = {"type": "local", "path": str(source)}
    yield lambda: deploy("cart.yml", wsgi_app_source=settings).changed
    deploy("cart.yml", wsgi_app_state="absent")


@pytest.fixture
def answer(host) -> Callable[[], str]:
    """Return a function that asks the app."""
    code = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8124/').read().decode())"
    return lambda: host.check_output("python3 -c %s", code)


@pytest.mark.parametrize("declared", DECLARATIONS)
def test_library_beside_the_app(source: Path, run, answer, release, declared: str):
    write(source, DECLARATIONS[declared])
    run()
    assert (answer(), run()) == ("cart, bread, 8.1.7", 0)
    for name, old, new, expected in [
        (CODE, '"cart"', '"card"', "card, bread, 8.1.7"),
        (DATA, "bread", "broad", "card, broad, 8.1.7"),
    ]:
        before = release("cart")
        path = source / name
        path.write_text(path.read_text().replace(old, new))
        run()
        assert (answer(), release("cart") != before) == (expected, True)


def write_requirements(directory: Path, version: str) -> None:
    write(directory, {"requirements.txt": f"./libs/cart\nclick=={version}\n"})


def write_uv_lock(directory: Path, version: str) -> None:
    write(directory, {"pyproject.toml": PROJECT.format("", "") + BY_PATH})
    upgrade = ["uv", "lock", "--quiet", f"--upgrade-package=click=={version}"]
    subprocess.run(upgrade, cwd=directory, check=True)


def write_pylock(directory: Path, version: str) -> None:
    write_uv_lock(directory, version)
    export = ["uv", "export", "--quiet", "--no-emit-project", "--output-file=pylock.toml"]
    subprocess.run(export, cwd=directory, check=True)
    (directory / "uv.lock").unlink()


@pytest.mark.parametrize("lock", [write_requirements, write_uv_lock, write_pylock])
def test_version_in_a_lock(source: Path, run, answer, release, lock):
    lock(source, "8.1.7")
    run()
    assert (answer(), run()) == ("cart, bread, 8.1.7", 0)
    before = release("cart")
    lock(source, "8.1.8")
    run()
    assert (answer(), release("cart") != before) == ("cart, bread, 8.1.8", True)
