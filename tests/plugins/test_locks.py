"""Locks are installed as locked, by the real tools."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import io
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.filter.failure_reason import failure_reason
from ansible_collections.subsite.deploy.plugins.module_utils import locks
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from wheels import BACKEND, PROJECT, wheel, write

LIBRARY = """
[project]
name = "basket"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PYPROJECT = """
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["cart"{more}]
[project.optional-dependencies]
pay = ["till"]
[dependency-groups]
production = ["scale"]
dev = ["toy"]
"""
POETRY = """
[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
cart = "*"
{more}
till = {{version = "*", optional = true}}
basket = {{path = "libs/basket", develop = true}}
[tool.poetry.extras]
pay = ["till"]
[tool.poetry.group.production]
optional = true
[tool.poetry.group.production.dependencies]
scale = "*"
[tool.poetry.group.dev.dependencies]
toy = "*"
[[tool.poetry.source]]
name = "local"
url = "{index}"
priority = "primary"
"""
PIPFILE = """
[[source]]
name = "local"
url = "{index}"
verify_ssl = false
[packages]
cart = "*"
{more}
basket = {{path = "./libs/basket"}}
[production]
scale = "*"
[dev-packages]
toy = "*"
"""
UV = (
    PYPROJECT.replace('"cart"', '"cart", "basket"')
    + '[tool.uv]\ndefault-groups = ["dev", "production"]\n'
    + "[tool.uv.sources]\nbasket = {{workspace = true}}\n"
    + '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
    + '[[tool.uv.index]]\nname = "local"\nurl = "{index}"\ndefault = true\n'
)
PDM = (
    PYPROJECT.replace('"cart"', '"cart", "basket @ file:///${{PROJECT_ROOT}}/libs/basket"')
    + "[tool.pdm]\ndistribution = false\n"
    + '[[tool.pdm.source]]\nname = "pypi"\nurl = "{index}"\nverify_ssl = false\n'
)
PACKAGE_BACKEND = """
import tomllib, zipfile

def build_wheel(directory, settings=None, metadata=None):
    with open("pyproject.toml", "rb") as file:
        project = tomllib.load(file).get("project", {})
    requires = [*project.get("dependencies", [])]
    for extra, more in project.get("optional-dependencies", {}).items():
        requires += [f"{each} ; extra == '{extra}'" for each in more]
    lines = ["Metadata-Version: 2.1", "Name: shop", "Version: 1", "Provides-Extra: pay"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    name = "shop-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as archive:
        info = "shop-1.dist-info"
        archive.writestr(f"{info}/METADATA", "\\n".join(lines))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        archive.writestr(f"{info}/RECORD", "")
    return name

build_editable = build_wheel
"""
PROJECTS = {"uv": UV, "poetry": POETRY, "pdm": PDM, "pipenv": PIPFILE}
AS_PACKAGES = {
    "uv": ('version = "1"', 'dynamic = ["version"]'),
    "poetry": (
        "package-mode = false",
        'name = "shop"\nversion = "1"\ndescription = ""\nauthors = []',
    ),
    "pdm": ('version = "1"', 'dynamic = ["version"]'),
    "pipenv": ("[packages]", "[packages]"),
}
"""What makes the project of each tool a package with metadata that only a build can find."""
LATE = "subsite_late"
LATER = "2100-01-01T00:00:00Z"
MORE = {
    "uv": f', "{LATE}"',
    "pdm": f', "{LATE}"',
    "poetry": f'{LATE} = "*"',
    "pipenv": f'{LATE} = "*"',
}
LOCKS_EXTRAS: dict[str, list[str]] = {"uv": [], "poetry": [], "pdm": ["-G", ":all"], "pipenv": []}
CREDENTIALS = {
    "uv": {"UV_INDEX_LOCAL_USERNAME": "deploy", "UV_INDEX_LOCAL_PASSWORD": "secret"},
    "poetry": {
        "POETRY_HTTP_BASIC_LOCAL_USERNAME": "deploy",
        "POETRY_HTTP_BASIC_LOCAL_PASSWORD": "secret",
    },
    "pdm": {"INDEX_USER": "deploy", "INDEX_PASSWORD": "secret"},
    "pipenv": {"INDEX_USER": "deploy", "INDEX_PASSWORD": "secret"},
}
"""The credentials of an index, as each tool documents them. The last two have them in its URL."""
HAS_EXTRAS = ["uv", "poetry", "pdm"]


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves directories, as an index of packages has them: each link has a hash (PEP 503)."""

    def do_GET(self) -> None:
        """Refuse clients without credentials, if the index needs some."""
        credentials = base64.b64encode(b"deploy:secret").decode()
        given = self.headers.get("Authorization")
        if Path(self.directory, "private").exists() and given != f"Basic {credentials}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def list_directory(self, path: str | os.PathLike[str]) -> io.BytesIO:
        """Send the head of a page of links, and return the page."""
        page = "".join(
            f'<a href="{link}">{link}</a>\n' for link in map(link_to, Path(path).iterdir())
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        return io.BytesIO(page.encode())

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


def link_to(path: Path) -> str:
    if path.is_dir():
        return f"{path.name}/"
    return f"{path.name}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The packages of an index."""
    directory = tmp_path / "packages"
    for name in ("cart", "till", "scale", "toy", LATE):
        wheel(directory / name, name, "1")
    return directory


@pytest.fixture
def index(packages: Path) -> Iterator[str]:
    """The URL of an index."""
    handler = functools.partial(Handler, directory=str(packages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[locks.Tool], list[str]]:
    """Return a function that installs a tool, as a developer has it, and returns its command."""
    directory = tmp_path_factory.mktemp("programs")

    @functools.cache
    def program(locker: locks.Tool) -> list[str]:
        if not locker.packages:
            return ["uv"]
        environment = directory / locker.name
        subprocess.run(["uv", "venv", "-q", environment], check=True)
        install = ["uv", "pip", "install", "-q", "--python", environment]
        subprocess.run([*install, *locker.packages], check=True)
        return [f"{environment}/bin/{locker.name}"]

    return program


@pytest.fixture
def source(parameters: dict) -> Path:
    return Path(parameters["path"], "source")


@pytest.fixture
def lock(
    locker: locks.Tool, source: Path, index: str, programs, monkeypatch
) -> Callable[..., None]:
    """Return a function that writes the project, and locks it as a developer does."""
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def lock(
        makes_lock: bool = True,
        is_package: bool = False,
        with_credentials: bool = False,
        setting: str = "",
        more: str = "",
    ) -> None:
        wheel(source / "libs/basket/built", "basket", "1")
        write(source / "libs/basket", {"pyproject.toml": LIBRARY, "backend.py": BACKEND})
        text = written(locker, index).replace("[tool.uv]\n", f"[tool.uv]\n{setting}\n") + more
        if with_credentials:
            text = text.replace("http://", "http://${INDEX_USER}:${INDEX_PASSWORD}@")
        if is_package:
            files = {"setup.py": "", "backend.py": PACKAGE_BACKEND, "pyproject.toml": PROJECT}
            write(source, files)
            text = as_package(locker, text)
        write(source, {locker.declared_in: text})
        if makes_lock:
            command = [*programs(locker), *locker.resolve.split(), *LOCKS_EXTRAS[locker.name]]
            environ = {
                **os.environ,
                "PIPENV_NOSPIN": "1",
                "WORKON_HOME": f"{source.parent}/venvs",
                # A cache can have a file of this name from the index of another test.
                "XDG_CACHE_HOME": f"{source.parent}/caches",
            }
            subprocess.run(command, cwd=source, env=environ, check=True, capture_output=True)

    return lock


def written(locker: locks.Tool, index: str, more: str = "") -> str:
    return PROJECTS[locker.name].format(index=index, more=more)


def as_package(locker: locks.Tool, text: str) -> str:
    build_system = PROJECT if locker.declared_in == "pyproject.toml" else ""
    return text.replace(*AS_PACKAGES[locker.name], 1) + build_system


EACH_TOOL = pytest.mark.parametrize(
    ("locker", "installer"),
    [
        *(pytest.param(locker, "uv", id=locker.name) for locker in locks.TOOLS),
        pytest.param(locks.TOOLS[0], "pip", id="uv, pip"),
    ],
)


@EACH_TOOL
class TestLock:
    def test_decides_versions_and_hashes(self, locker, lock, build, packages: Path):
        lock()
        wheel(packages / "cart", "cart", "2")
        assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}

    def test_need_not_have_what_the_role_needs(self, locker, lock, build, packages, monkeypatch):
        lock()
        monkeypatch.setenv("PIP_FIND_LINKS", str(packages / LATE))
        assert build(LATE).keys() == {"cart", "basket", LATE}

    def test_keeps_its_versions(self, locker, lock, build, packages: Path):
        lock()
        wheel(packages / "cart", "cart", "2")
        with pytest.raises(BuildError, match=r"cart\s*==1"):
            build("cart>=2")

    def test_has_extras_and_groups(self, locker, lock, build, parameters: dict):
        lock()
        extras = ["pay"] if locker.name in HAS_EXTRAS else []
        parameters["choice"] = {"extras": extras, "groups": ["production"]}
        assert build().keys() == {"cart", "basket", "scale", *(["till"] if extras else [])}

    def test_that_does_not_match_is_refused(self, locker, lock, build, source: Path, index: str):
        lock()
        write(source, {locker.declared_in: written(locker, index, MORE[locker.name])})
        message = f"^{locker.lock} does not match {locker.declared_in}, .* Run '{locker.name} lock'"
        with pytest.raises(BuildError, match=message):
            build()

    def test_of_a_package_that_does_not_match_is_refused(
        self, locker, lock, build, source: Path, index: str
    ):
        lock(is_package=True)
        build()
        text = as_package(locker, written(locker, index, MORE[locker.name]))
        write(source, {locker.declared_in: text})
        with pytest.raises(BuildError, match=f"^{locker.lock} does not match"):
            build()

    def test_refuses_another_file_with_the_same_name(self, locker, lock, build, packages: Path):
        lock()
        (packages / "cart/cart-1-py3-none-any.whl").unlink()
        wheel(packages / "cart", "cart", "1", "till")
        with pytest.raises(BuildError, match="(?i)hash"):
            build()


class TestExplicitIndex:
    """An index of uv that has only the packages that name it."""

    INDEX = '[[tool.uv.index]]\nname = "other"\nurl = "{}"\nexplicit = true\n'

    @pytest.mark.parametrize("installer", ["uv"])
    @pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
    def test_is_not_needed_by_others(self, locker, lock, build):
        lock(more=self.INDEX.format("http://127.0.0.1:9/"))  # a port that nothing listens on
        assert build().keys() == {"cart", "basket"}

    @pytest.mark.parametrize("installer", ["uv", "pip"])
    @pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
    def test_has_the_packages_that_name_it(
        self, locker, lock, build, packages: Path, index, parameters
    ):
        wheel(packages / "other/till", "till", "7")
        named = '[tool.uv.sources.till]\nindex = "other"\n'
        lock(more=self.INDEX.format(f"{index.replace('//', '//ann@')}other/") + named)
        parameters["choice"] = {"extras": ["pay"]}
        assert build()["till"] == "# 7 from till"


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
class TestChoicesOfUv:
    """What uv is configured to choose has shaped the lock, and shapes no second one."""

    @pytest.mark.parametrize(
        "setting",
        [
            pytest.param('constraint-dependencies = ["toy<2"]', id="constraint"),
            pytest.param('override-dependencies = ["cart>=1"]', id="override"),
        ],
    )
    def test_of_versions(self, locker, lock, build, packages: Path, setting: str):
        lock(setting=setting)
        wheel(packages / "cart", "cart", "2")
        assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}

    def test_of_versions_beside_the_project(self, locker, lock, build, source: Path, index: str):
        lock()
        settings = f'''constraint-dependencies = ["toy<2"]
            [[index]]
            name = "local"
            url = "{index}"
            default = true'''
        write(source, {"uv.toml": settings})
        assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}

    @pytest.mark.parametrize(
        ("setting", "in_lock"),
        [
            pytest.param(
                f'exclude-newer = "{LATER}"', f'[options]\nexclude-newer = "{LATER}"\n', id="all"
            ),
            pytest.param(
                f'exclude-newer-package = {{cart = "{LATER}"}}',
                f'[options.exclude-newer-package]\ncart = "{LATER}"\n',
                id="package",
            ),
        ],
    )
    def test_of_dates_that_the_index_lacks(
        self, locker, lock, build, source: Path, setting: str, in_lock: str
    ):
        lock()
        for name, place, text in (
            ("pyproject.toml", "[tool.uv]\n", f"[tool.uv]\n{setting}\n"),
            ("uv.lock", "[manifest]\n", f"{in_lock}\n[manifest]\n"),
        ):
            write(source, {name: (source / name).read_text().replace(place, text)})
        assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize("locker", [pytest.param(locker, id=locker.name) for locker in locks.TOOLS])
def test_index_gets_the_credentials_of_the_tool(locker, lock, build, packages: Path, monkeypatch):
    for name, value in CREDENTIALS[locker.name].items():
        monkeypatch.setenv(name, value)
    lock(with_credentials="INDEX_USER" in CREDENTIALS[locker.name])
    (packages / "private").touch()
    assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize(
    "locker",
    [
        pytest.param(locker, id=locker.name)
        for locker in locks.TOOLS
        if locker.name in ("uv", "poetry", "pipenv")
    ],
)
def test_tool_resolves_what_has_no_lock(locker, lock, build, packages: Path):
    wheel(packages / "cart", "cart", "2")
    lock(makes_lock=False)
    assert build() == {"cart": "# 2 from cart", "basket": "# 1 from built"}


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
def test_report_says_how_to_update_a_lock(lock, build, source: Path):
    lock()
    project = source / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "1"', 'version = "2"'))
    with pytest.raises(BuildError) as refused:
        build()
    report = failure_reason(
        {"output": str(refused.value).splitlines(), "journal": []},
        action="subsite.deploy.wsgi_release",
        name="shop",
        release="0123456789ab",
        inputs={},
    )
    assert report[-1] == "Fix: Run 'uv lock' in the project, and commit uv.lock."


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[3], id="pipenv")])
def test_pipfile_without_a_lock_is_resolved_for_the_interpreter(lock, build, source: Path):
    """The version of Python that it names is not read, and the host need not have it."""
    lock(makes_lock=False)
    pipfile = source / "Pipfile"
    pipfile.write_text(pipfile.read_text() + '[requires]\npython_version = "3.99"\n')
    assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
class TestStandardLock:
    @pytest.fixture
    def exported(self, lock, source: Path) -> None:
        """A standard lock without the project that it was made from."""
        lock()
        command = ["uv", "export", "-q", "--frozen", "--no-emit-project", "--no-default-groups"]
        subprocess.run([*command, "-o", "pylock.toml"], cwd=source, check=True)
        for name in ("uv.lock", "pyproject.toml"):
            (source / name).unlink()

    def test_decides_versions(self, exported, build, packages: Path):
        wheel(packages / "cart", "cart", "2")
        assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}

    def test_links_to_no_directory_of_the_build(self, exported, build, parameters: dict):
        build()
        environments = Path(parameters["environments"])
        assert [*environments.glob("*/lib/*/site-packages/*basket*.pth")] == []

    def test_refuses_another_file_with_the_same_name(self, exported, build, packages: Path):
        (packages / "cart/cart-1-py3-none-any.whl").unlink()
        wheel(packages / "cart", "cart", "1", "till")
        with pytest.raises(BuildError, match="(?i)hash"):
            build()


@pytest.mark.parametrize("installer", ["uv"])
@pytest.mark.parametrize("locker", [pytest.param(locks.TOOLS[0], id="uv")])
@pytest.mark.parametrize("makes_lock", [True, False], ids=["locked", "not locked"])
def test_member_of_a_workspace(
    lock, locker, build, source: Path, index: str, parameters: dict, makes_lock: bool
):
    text = written(locker, index)
    before, workspace = text.split("[tool.uv.workspace]")
    member = before + '[[tool.uv.index]]\nname = "local"\n' + f'url = "{index}"\ndefault = true\n'
    lock(makes_lock=False)
    write(
        source, {"pyproject.toml": "[tool.uv.workspace]" + workspace.replace('["', '["apps/*", "')}
    )
    write(source, {"apps/web/pyproject.toml": member})
    if makes_lock:
        subprocess.run(["uv", "lock", "--quiet"], cwd=source, check=True)
    parameters["choice"] = {"directory": "apps/web"}
    assert build() == {"cart": "# 1 from cart", "basket": "# 1 from built"}
