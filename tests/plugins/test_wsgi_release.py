"""What decides how a release is built, and what its environment is named after."""

import grp
import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import (
    build_on_host,
    installer,
    transient_unit,
)
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Pip, Uv, get_uv
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source
from ansible_collections.subsite.deploy.plugins.modules import wsgi_release
from ansible_collections.subsite.deploy.plugins.modules.wsgi_release import Release

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'
DECLARES = '[project]\nname = "shop"\ndependencies = ["flask>=3", "redis"]\n'
DYNAMIC = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'
SPACED = "flask==3.1.3 --hash sha256:0123\n"
HASHED = "flask==3.1.3 \\\n    --hash=sha256:0123\n"


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


@pytest.fixture
def source(tmp_path: Path):
    def source(files: dict[str, str]) -> Source:
        write(tmp_path, files)
        return Source(tmp_path)

    return source


@pytest.mark.parametrize(
    ("files", "locks", "hashed", "declares", "builds"),
    [
        pytest.param({}, False, False, None, False, id="plain modules"),
        pytest.param({"requirements.txt": "flask\n"}, True, False, None, False, id="requirements"),
        pytest.param({"requirements.txt": HASHED}, True, True, None, False, id="hashes"),
        pytest.param({"requirements.txt": SPACED}, True, True, None, False, id="hashes, spaced"),
        pytest.param(
            {"pyproject.toml": BUILDS + DECLARES},
            False,
            False,
            "pyproject.toml",
            True,
            id="project",
        ),
        pytest.param(
            {"pyproject.toml": DECLARES}, False, False, "pyproject.toml", False, id="not built"
        ),
        pytest.param({"setup.py": ""}, False, False, "setup.py", True, id="setup.py"),
        pytest.param({"setup.cfg": ""}, False, False, None, False, id="setup.cfg alone"),
        pytest.param(
            {"pyproject.toml": "[tool.ruff]\n"}, False, False, None, False, id="tools' settings"
        ),
        pytest.param(
            {"requirements.txt": "-r base.txt\n", "base.txt": HASHED},
            True,
            True,
            None,
            False,
            id="included hashes",
        ),
        pytest.param(
            {"requirements.txt": HASHED, "pyproject.toml": BUILDS},
            True,
            True,
            "pyproject.toml",
            True,
            id="locked project",
        ),
        pytest.param(
            {"pyproject.toml": DECLARES, "setup.py": ""},
            False,
            False,
            "pyproject.toml",
            True,
            id="both generations",
        ),
    ],
)
class TestSource:
    def test_locks(self, source, files, locks, hashed, declares, builds):
        assert source(files).locks is locks

    def test_is_hashed(self, source, files, locks, hashed, declares, builds):
        assert source(files).hashed is hashed

    def test_declares(self, source, files, locks, hashed, declares, builds):
        assert source(files).declares == declares

    def test_builds(self, source, files, locks, hashed, declares, builds):
        assert source(files).builds is builds


@pytest.mark.parametrize(
    ("text", "dependencies"),
    [
        pytest.param(DECLARES, ["flask>=3", "redis"], id="some"),
        pytest.param('[project]\nname = "shop"\n', [], id="none"),
        pytest.param("[tool.ruff]\n", [], id="no project"),
    ],
)
def test_static_dependencies(source, text: str, dependencies: list[str]):
    assert source({"pyproject.toml": text}).static_dependencies() == dependencies


def test_dependencies_that_only_a_build_could_tell_need_a_build_system(source):
    with pytest.raises(BuildError, match=r"add a \[build-system\]"):
        source({"pyproject.toml": DYNAMIC}).static_dependencies()


def test_invalid_toml_is_refused_in_words(source):
    with pytest.raises(BuildError, match=r"pyproject.toml is not valid TOML: .*line 1"):
        source({"pyproject.toml": "[project\n"}).builds  # noqa: B018


def test_toml_without_an_end_is_refused_in_words(source):
    with pytest.raises(BuildError, match="pyproject.toml is not valid TOML"):
        source({"pyproject.toml": f"a = {'[' * 20000}"}).builds  # noqa: B018


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"requirements.txt": "-e .  # the app\n"},
            r"'requirements.txt' has '-e .': .* Remove the -e: '.'.",
            id="short",
        ),
        pytest.param(
            {"requirements.txt": "--editable=./libs/x\n"}, r"the -e: './libs/x'.", id="long"
        ),
        pytest.param(
            {"requirements.txt": "-r more/dev.txt\n", "more/dev.txt": "flask\n-e libs/x\n"},
            r"'more/dev.txt' has '-e libs/x'",
            id="included",
        ),
    ],
)
def test_editable_requirements_are_refused_in_words(source, files: dict, message: str):
    with pytest.raises(BuildError, match=message):
        source(files).refuse_editables()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# see notes \\\n-e .\n", id="a comment that seems to go on"),
        pytest.param("flask # see notes \\\n-e .\n", id="a comment at the end of a line"),
        pytest.param("# see notes\r-e .\r", id="carriage returns"),
        pytest.param("-\\\ne .\n", id="a line that goes on"),
    ],
)
def test_no_line_is_hidden(source, text: str):
    with pytest.raises(BuildError, match="Remove the -e"):
        source({"requirements.txt": text}).refuse_editables()


@pytest.mark.parametrize("character", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_character_that_ends_a_line_for_pip_alone_is_refused(source, character: str):
    files = {"requirements.txt": "-r more.txt\n", "more.txt": f"# notes{character}-r link/x\n"}
    with pytest.raises(BuildError, match=r"^'more.txt' has a character that ends a line for pip"):
        source(files).recipe()


OUTSIDE = {
    "-r ../canary.txt\n": "../canary.txt",
    "-c more/../../canary.txt\n": "../canary.txt",
    "-r link/canary.txt\n": "link/canary.txt",
    "--requirement=canary-link.txt\n": "canary-link.txt",
    '-r "up/../canary.txt"\n': "canary.txt",
    "-r {outside}/canary.txt\n": "{outside}/canary.txt",
}


@pytest.fixture
def beside(tmp_path: Path) -> tuple[Source, Path]:
    """A source whose links lead to a canary beside it."""
    write(tmp_path, {"canary.txt": "CANARY\n", "source/app.py": ""})
    for name, target in {"link": tmp_path, "canary-link.txt": "../canary.txt"}.items():
        (tmp_path / "source" / name).symlink_to(target)
    return Source(tmp_path / "source"), tmp_path


@pytest.mark.parametrize(("line", "named"), OUTSIDE.items())
def test_include_that_leads_out_is_refused(beside, line: str, named: str):
    source, outside = beside
    if named == "canary.txt":
        (source.path / "up").symlink_to(".")
        (source.path / named).symlink_to("up/../canary.txt")
    write(source.path, {"requirements.txt": line.format(outside=outside)})
    named = named.format(outside=outside)
    with pytest.raises(BuildError, match=f"^'{named}' is outside of the source, or a link to"):
        source.recipe()


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "setup.py", "setup.cfg"])
def test_declaration_that_leads_out_is_refused(beside, name: str):
    source, _ = beside
    (source.path / name).symlink_to("../canary.txt")
    with pytest.raises(BuildError, match=f"^'{name}' is outside of the source, or a link to"):
        source.recipe()


def test_declaration_may_be_in_any_encoding(source):
    directory = source({}).path
    (directory / "setup.py").write_bytes("# -*- coding: latin-1 -*-\n# für alle".encode("latin-1"))
    assert source({}).declares == "setup.py"


def test_other_requirements_are_not_refused(source):
    source({"requirements.txt": "--extra-index-url=x\n# -e .\neve-e\n"}).refuse_editables()


class TestEnvironment:
    PARAMETERS = {
        "environments": "/srv/wsgi/shop/environments",
        "requirements": ["gunicorn>=23"],
        "installer": "uv",
        "build_environment_id": "",
        "python": "/usr/bin/python3",
        "user": "root",
        "group": "root",
    }

    @pytest.fixture
    def name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def name(files: dict[str, str], release: str = "a", python: str = "3.13", **more) -> str:
            monkeypatch.setattr(installer, "version_of", lambda interpreter: python)
            path = tmp_path / release
            (path / "source").mkdir(parents=True)
            write(path / "source", files)
            (path / "source/link").symlink_to("more")
            return Release({**self.PARAMETERS, "path": str(path), **more}).environment.name

        return name

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"app.py": "print()"}, id="code"),
            pytest.param({"README.md": "# Shop"}, id="a read-me"),
        ],
    )
    def test_is_shared_by_releases_that_differ_in(self, name, other: dict):
        declared = {"requirements.txt": "flask\n"}
        assert name({**declared, **other}, "b") == name(declared, "a")

    @pytest.mark.parametrize(
        ("files", "more"),
        [
            pytest.param({"requirements.txt": "flask<3\n"}, {}, id="requirements.txt"),
            pytest.param({"pyproject.toml": DECLARES}, {}, id="pyproject.toml"),
            pytest.param({"setup.cfg": "[options]"}, {}, id="setup.cfg"),
            pytest.param({}, {"requirements": ["gunicorn>=23", "redis"]}, id="requirements"),
            pytest.param({}, {"installer": "pip"}, id="installer"),
            pytest.param({}, {"build_environment_id": "0123"}, id="environment variables"),
            pytest.param({}, {"python": "3.14"}, id="interpreter"),
        ],
    )
    def test_is_another_with_other(self, name, files: dict, more: dict):
        declared = {"requirements.txt": "flask\n"}
        assert name({**declared, **files}, "b", **more) != name(declared, "a")

    @pytest.mark.parametrize(
        ("declared", "changed"),
        [
            pytest.param(
                {"requirements.txt": f"flask\n{include}  # shared\n"}, "more/base.txt", id=include
            )
            for include in (
                "-r more/base.txt",
                "-rmore/base.txt",
                "--requirement more/base.txt",
                "--requirement=more/base.txt",
                "-c more/base.txt",
                "--constraint=./more/base.txt",
                '-r "more/base.txt"',
                "-r link/base.txt",
            )
        ]
        + [
            pytest.param(
                {"requirements.txt": "-r more/a.txt\n", "more/a.txt": "-r base.txt\n-r a.txt\n"},
                "more/base.txt",
                id="includes of includes, and circles",
            ),
            pytest.param({"requirements.txt": ".[extra]\n"}, "libs/x.py", id="the project itself"),
            pytest.param({"requirements.txt": "./libs/x\n"}, "libs/x/x.py", id="a project in it"),
            pytest.param({"requirements.txt": "x @ file:libs/x\n"}, "libs/x/x.py", id="a file URL"),
            pytest.param({"requirements.txt": "x.whl\n"}, "x.whl", id="a wheel in it"),
            pytest.param({"requirements.txt": "-f wheels\nx\n"}, "wheels/x.whl", id="wheels in it"),
            pytest.param({"setup.py": "setup()"}, "shop/about.py", id="what setup.py may read"),
            pytest.param(
                {"pyproject.toml": DYNAMIC + BUILDS}, "base.in", id="what dynamic may read"
            ),
            pytest.param({"pyproject.toml": BUILDS}, "base.in", id="what a backend may read"),
        ],
    )
    def test_is_another_with_other_files_that_can_have_a_say(self, name, declared, changed):
        before, after = {**declared, changed: "flask<3\n"}, {**declared, changed: "flask\n"}
        assert name(before, "a") != name(after, "b")

    def test_is_another_with_other_names_of_files_that_can_have_a_say(self, name):
        setup = {"setup.py": "setup()"}
        assert name({**setup, "a.py": ""}, "a") != name({**setup, "b.py": ""}, "b")

    @pytest.mark.parametrize(
        "declared",
        [
            pytest.param(
                {"requirements.txt": "shop\n"}, id="requirements.txt, by a package's name"
            ),
            pytest.param({"requirements.txt": "x\n", "setup.py": ""}, id="requirements.txt"),
            pytest.param({"pyproject.toml": DECLARES + BUILDS}, id="a static pyproject.toml"),
        ],
    )
    def test_is_shared_by_releases_that_differ_elsewhere_than(self, name, declared: dict):
        assert name({**declared, "shop/a.py": "1"}, "a") == name(
            {**declared, "shop/a.py": "2"}, "b"
        )

    def test_survives_a_patch_of_its_interpreter(self):
        major, minor, *_ = sys.version_info
        assert installer.version_of(sys.executable) == f"{major}.{minor}"

    def test_is_below_the_environments(self, name, tmp_path: Path):
        (tmp_path / "c/source").mkdir(parents=True)
        release = Release({**self.PARAMETERS, "path": str(tmp_path / "c")})
        assert str(release.environment.parent) == self.PARAMETERS["environments"]


def test_check_mode_builds_nothing(run_module, tmp_path: Path):
    result = run_module(
        wsgi_release,
        path=f"{tmp_path}/release",
        environments=f"{tmp_path}/environments",
        cache=f"{tmp_path}/cache",
        tools=f"{tmp_path}/tools",
        user="root",
        group="root",
        _ansible_check_mode=True,
    )
    assert (result["changed"], list(tmp_path.iterdir())) == (True, [])


@pytest.mark.parametrize(("name", "count"), [("gunicorn.conf.py", 1), ("app.py", 0)])
def test_file_that_is_not_read_is_named(
    run_module, warnings: list[str], parameters: dict, monkeypatch, name: str, count: int
):
    monkeypatch.setattr(Release, "build", lambda release: False)
    write(Path(parameters["path"], "source"), {name: ""})
    run_module(wsgi_release, **parameters)
    named = "wsgi_app_gunicorn_file: gunicorn.conf.py"
    assert [text.endswith(named) for text in warnings] == [True] * count


def test_requirements_are_kept_out_of_the_journal(run_module, tmp_path: Path, monkeypatch):
    logged = []
    monkeypatch.setattr(
        AnsibleModule, "log", lambda module, message, **more: logged.append(message)
    )
    run_module(
        wsgi_release,
        **dict.fromkeys(("path", "environments", "cache", "tools"), str(tmp_path)),
        user="root",
        group="root",
        requirements=["shop @ https://example.org/shop.whl?token=hunter2"],
        _ansible_check_mode=True,
    )
    assert "hunter2" not in str(logged)


def wheel(directory: Path, name: str, version: str, *requires: str) -> Path:
    """Make a wheel whose one module says its version and in which directory it was."""
    directory.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += ["Provides-Extra: extra", *(f"Requires-Dist: {line}" for line in requires)]
    files = {
        f"{name}.py": f"# {version} from {directory.name}",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(
            f"{info}/RECORD", "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
        )
    return path


def project(directory: Path, name: str, *requires: str) -> None:
    """Make a project that is built without any other, and writes beside its code meanwhile."""
    wheel(directory / "built", name, "1", *requires)
    write(directory, {"pyproject.toml": PROJECT, "backend.py": BACKEND})


PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import pathlib, shutil

def build_wheel(directory, settings=None, metadata=None):
    [wheel] = pathlib.Path("built").glob("*.whl")
    pathlib.Path("build").mkdir(exist_ok=True)
    return shutil.copy(wheel, directory) and wheel.name
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but pip, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that packages come from."""
    index = tmp_path / "index"
    index.mkdir()
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{index} {tmp_path}")
    monkeypatch.setenv("UV_OFFLINE", "1")
    return index


@pytest.fixture
def parameters(tmp_path: Path) -> dict[str, str]:
    parameters = {name: str(tmp_path / name) for name in ("path", "environments", "cache", "tools")}
    for directory in parameters.values():
        Path(directory).mkdir()
    more = {
        "user": "root",
        "group": "root",
        "python": sys.executable,
        "requirements": [],
        "sandbox": {},
        "build_environment": {},
        "build_environment_id": "",
        "check": [],
    }
    return {**parameters, **more}


@pytest.fixture
def tool(parameters: dict, empty: Path) -> Path:
    """An environment for uv, whose installation was cut off."""
    tool = Path(parameters["tools"], f"uv-{sys.version_info[0]}.{sys.version_info[1]}")
    (tool / "bin").mkdir(parents=True)
    for name in ("bin/python", "lib", "pyvenv.cfg"):
        (tool / name).symlink_to(empty / name)
    return tool


@pytest.fixture
def unit() -> dict[str, object]:
    """The settings of the unit that built last."""
    return {}


@pytest.fixture
def build(
    installer: str, parameters: dict, empty: Path, index: Path, tool: Path, unit: dict, monkeypatch
) -> Callable[..., dict[str, str]]:
    def copy(builder: Pip, environment: Path) -> None:
        shutil.copytree(empty, environment, symlinks=True, dirs_exist_ok=True)

    def run(program, library, text, name, properties) -> None:
        """Build without a unit, for which systemd is needed."""
        unit.update({**properties, "name": name})
        build_on_host.Build(**json.loads(text)).run()

    monkeypatch.setattr(Pip, "create", copy)
    monkeypatch.setattr(transient_unit, "run", run)
    monkeypatch.setattr(transient_unit, "stop", lambda unit: None)
    (tool / "bin/uv").symlink_to(shutil.which("uv"))
    (tool / ".complete").touch()

    def build(*requirements: str) -> dict[str, str]:
        """Build the release and return what each module in its environment says."""
        release = Release({**parameters, "installer": installer, "requirements": requirements})
        release.build()
        modules = release.environment.glob("lib/*/site-packages/*.py")
        return {path.stem: path.read_text() for path in modules}

    return build


@pytest.mark.parametrize("installer", ["pip", "uv"])
class TestBuild:
    @pytest.fixture
    def source(self, parameters: dict) -> Path:
        return Path(parameters["path"], "source")

    def test_takes_a_dependency_from_the_address_that_the_project_gives(
        self, build, source: Path, index: Path, tmp_path: Path
    ):
        wheel(index, "cart", "1")
        address = wheel(tmp_path / "private", "cart", "1").as_uri()
        project(source, "shop", f"cart @ {address}")
        assert build() == {"cart": "# 1 from private"}

    def test_installs_dependencies_but_no_extras_and_not_the_project(
        self, build, source: Path, index: Path
    ):
        wheel(index, "cart", "1", "till>=2")
        wheel(index, "till", "2")
        project(source, "shop", "cart", "missing; extra == 'extra'")
        assert build() == {"cart": "# 1 from index", "till": "# 2 from index"}

    def test_finds_paths_of_requirements_in_the_source(self, build, source: Path, index: Path):
        wheel(index, "till", "2")
        project(source, "shop", "till; extra == 'extra'")
        project(source / "libs/cart", "cart")
        write(
            source,
            {"requirements.txt": "-r more/base.txt\n", "more/base.txt": ".[extra]\n./libs/cart\n"},
        )
        assert build().keys() == {"shop", "cart", "till"}

    def test_runs_no_module_of_the_source_in_place_of_the_installer(
        self, build, source: Path, index: Path
    ):
        wheel(index, "cart", "1")
        write(source, {"requirements.txt": "cart\n", "pip.py": "raise SystemExit(1)\n"})
        assert build() == {"cart": "# 1 from index"}

    def test_writes_nothing_into_the_source(self, build, source: Path):
        project(source / "libs/cart", "cart")
        write(source, {"requirements.txt": "./libs/cart\n"})
        build()
        assert not (source / "libs/cart/build").exists()

    def test_keeps_what_requirements_pin(self, build, source: Path, index: Path):
        for version in ("1", "2"):
            wheel(index, "cart", version)
        wheel(index, "till", "1", "cart>=2")
        wheel(index, "till", "0", "cart")
        write(source, {"requirements.txt": "cart==1\n"})
        assert build("till") == {"cart": "# 1 from index", "till": "# 0 from index"}

    def test_says_what_cannot_be_had_beside_a_pin(self, build, source: Path, index: Path):
        for version in ("1", "2"):
            wheel(index, "cart", version)
        write(source, {"requirements.txt": "cart==1\n"})
        with pytest.raises(BuildError, match=r"cart\s*==1"):
            build("cart>=2")

    def test_keeps_what_came_from_a_file(self, build, source: Path, index: Path):
        wheel(index, "cart", "2")
        wheel(source / "wheels", "cart", "1")
        write(source, {"requirements.txt": "./wheels/cart-1-py3-none-any.whl\n"})
        assert build("cart") == {"cart": "# 1 from wheels"}

    def test_is_on_the_disk_before_it_is_complete(
        self, build, source: Path, index: Path, parameters: dict, monkeypatch
    ):
        wheel(index, "cart", "1")
        write(source, {"requirements.txt": "cart\n"})
        path, environments = (Path(parameters[name]) for name in ("path", "environments"))
        marks = {"*/lib/*/site-packages/cart.py": "installed", "*.complete": "complete"}
        synced = []
        monkeypatch.setattr(
            os,
            "sync",
            lambda: synced.append(
                [mark for pattern, mark in marks.items() if any(environments.glob(pattern))]
                + ["linked"] * (path / "venv").is_symlink()
            ),
        )
        build()
        assert synced == [["installed"], ["installed", "complete", "linked"]]

    def test_refuses_a_link_that_leads_out_of_the_installed_project(
        self, build, source: Path, monkeypatch
    ):
        project(source, "shop")
        install = Pip.install_project

        def plant(installer: Pip, environment: Path, project: Source, lib: Path) -> None:
            install(installer, environment, project, lib)
            (lib / "planted.py").symlink_to("../secrets")

        monkeypatch.setattr(Pip, "install_project", plant)
        with pytest.raises(BuildError, match="planted.py links to ../secrets, outside of .*lib"):
            build()

    def test_begins_from_the_source_before_interrupted_build_commands(
        self, build, source: Path, index: Path
    ):
        wheel(index, "cart", "1")
        write(source.with_name("unbuilt"), {"requirements.txt": "cart\n"})
        write(source, {"requirements.txt": "missing\n", "half": ""})
        assert build() == {"cart": "# 1 from index"}
        assert not (source / "half").exists()

    def test_is_confined_and_has_a_network_only_if_it_installs(
        self, build, source: Path, index: Path, unit: dict, parameters: dict
    ):
        wheel(index, "cart", "1")
        write(source, {"requirements.txt": "cart\n"})
        parameters |= {"user": "daemon", "group": "bin"}
        parameters["sandbox"] = {"TemporaryFileSystem": "/dev/shm"}
        apps = Path(parameters["path"]).parents[2]
        # The second build finds the environment of the first.
        for installs in (True, False):
            unit.clear()
            build()
            assert unit["PrivateNetwork"] is not installs
            assert (unit["User"], unit["Group"]) == ("daemon", grp.getgrnam("bin").gr_gid)
            assert unit["name"] == "bin_build.service"
            assert unit["TemporaryFileSystem"] == f"/dev/shm {apps}:ro"

    @pytest.mark.parametrize("other", ["owner", "link"])
    def test_uses_no_cache_that_another_user_could_change(
        self, build, source: Path, parameters: dict, tmp_path: Path, other: str
    ):
        write(source, {"requirements.txt": ""})
        parameters["user"] = "daemon"
        cache, uid = Path(parameters["cache"]), pwd.getpwnam("daemon").pw_uid
        if other == "owner":
            (cache / "poisoned").touch()
            os.chown(cache, 4242, 4242)
        else:
            cache.rmdir()
            cache.symlink_to(tmp_path / "environments")
        build()
        assert not (cache / "poisoned").exists()
        assert (cache.lstat().st_uid, cache.lstat().st_mode) == (uid, stat.S_IFDIR | 0o700)

    def test_keeps_its_cache(self, build, source: Path, parameters: dict):
        write(source, {"requirements.txt": ""})
        kept = Path(parameters["cache"], "kept")
        kept.touch()
        build()
        assert kept.exists()

    def test_of_a_superseded_run_stops_no_other(self, build, parameters: dict, monkeypatch):
        stopped: list[str] = []
        monkeypatch.setattr(transient_unit, "stop", stopped.append)
        parameters["check"] = ["sh", "-c", "echo A newer run has begun.; exit 1"]
        with pytest.raises(BuildError, match="A newer run has begun"):
            build()
        assert stopped == []

    def test_that_a_newer_run_stopped_says_so(self, build, tmp_path, parameters, monkeypatch):
        def run(*unit) -> None:
            (tmp_path / "newer").touch()
            raise BuildError("ended without output")

        monkeypatch.setattr(transient_unit, "run", run)
        newer = f"[ ! -e {tmp_path}/newer ] || {{ echo A newer run has begun.; exit 1; }}"
        parameters["check"] = ["sh", "-c", newer]
        with pytest.raises(BuildError, match="A newer run has begun"):
            build()

    def test_refuses_editable_requirements(self, build, source: Path):
        write(source, {"requirements.txt": "-e .\n"})
        with pytest.raises(BuildError, match="Remove the -e"):
            build()


@pytest.mark.parametrize("installer", ["pip", "uv"])
class TestHashes:
    """A lock with hashes decides everything that is installed."""

    @pytest.fixture
    def lock(self, index: Path, source_directory: Path) -> Callable[..., None]:
        def lock(*names: str) -> None:
            lines = []
            for name in names:
                digest = hashlib.sha256(wheel(index, name, "1").read_bytes()).hexdigest()
                lines.append(f"{name}==1 --hash=sha256:{digest}\n")
            write(source_directory, {"requirements.txt": "".join(lines)})

        return lock

    @pytest.fixture
    def source_directory(self, parameters: dict) -> Path:
        return Path(parameters["path"], "source")

    def test_bring_what_the_role_requires(self, build, lock):
        lock("cart", "till")
        assert build("till>=1").keys() == {"cart", "till"}

    def test_are_demanded_of_what_the_role_requires(self, build, lock, index: Path):
        lock("cart")
        wheel(index, "till", "1")
        with pytest.raises(BuildError, match="has hashes, but it does not include 'till>=1'"):
            build("till>=1")

    def test_hold_in_a_version_that_the_role_requires(self, build, lock, index: Path):
        lock("cart", "till")
        wheel(index, "till", "2")
        with pytest.raises(BuildError, match="has hashes, but it does not include 'till>=2'"):
            build("till>=2")

    def test_read_no_cache(self, build, lock, parameters: dict):
        lock("cart")
        build()
        assert list(Path(parameters["cache"]).iterdir()) == []


class TestTool:
    @pytest.fixture(autouse=True)
    def uv(self, index: Path) -> None:
        """Offer a package that has the name of uv."""
        wheel(index, "uv", "1")

    def test_that_is_complete_and_for_the_same_version_of_python_is_used(
        self, parameters: dict, tool: Path
    ):
        (tool / ".complete").touch()
        (tool / "bin/uv").touch()
        assert get_uv(parameters["tools"], sys.executable) == tool
        assert (tool / "bin/uv").exists()

    def test_whose_installation_was_cut_off_is_built_anew(self, parameters: dict, tool: Path):
        (tool / "bin/uv").touch()
        get_uv(parameters["tools"], sys.executable)
        assert not (tool / "bin/uv").exists()
        assert list(tool.glob("lib/*/site-packages/uv.py"))
        assert (tool / ".complete").exists()

    def test_looks_in_each_place_that_pip_looks_in(self, parameters, tool, index, tmp_path):
        (tool / ".complete").touch()
        uv = Uv(sys.executable, str(tmp_path), tool=str(tool))
        assert uv.environ["UV_FIND_LINKS"] == f"{index},{tmp_path}"
