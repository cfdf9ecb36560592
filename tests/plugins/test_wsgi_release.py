"""What decides how a release is built, and what its environment is named after."""

import grp
import hashlib
import os
import pwd
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import (
    environment,
    imported_source,
    interpreter,
    transient_unit,
)
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Uv, get_uv
from ansible_collections.subsite.deploy.plugins.module_utils.interpreter import Interpreter
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.modules import wsgi_release
from ansible_collections.subsite.deploy.plugins.modules.wsgi_release import Release
from wheels import project, wheel, write

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'
DECLARES = '[project]\nname = "shop"\ndependencies = ["flask>=3", "redis"]\n'
DYNAMIC = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'
PYTHON = Interpreter((3, 13, 5), "CPython", "cpython-313-x86_64-linux-gnu")


class TestEnvironment:
    PARAMETERS = {
        "environments": "/srv/wsgi/shop/environments",
        "requirements": ["gunicorn>=23"],
        "installer": "uv",
        "build_environment_id": "",
        "python": "/usr/bin/python3",
        "user": "root",
        "group": "root",
        "choice": {},
        "refreshed": 0,
    }

    @pytest.fixture
    def name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def name(
            files: dict[str, str], release: str = "a", found: Interpreter = PYTHON, **more
        ) -> str:
            monkeypatch.setattr(interpreter, "inspect", lambda path: found)
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
            pytest.param({"uv.lock": ""}, {}, id="a lock"),
            pytest.param({}, {"requirements": ["gunicorn>=23", "redis"]}, id="requirements"),
            pytest.param({}, {"installer": "pip"}, id="installer"),
            pytest.param({}, {"refreshed": 1}, id="refresh"),
            pytest.param({"x/a": ""}, {"choice": {"directory": "x"}}, id="directory"),
            pytest.param(
                {"base.in": ""}, {"choice": {"requirements": ["base.in"]}}, id="requirements file"
            ),
            pytest.param({}, {"choice": {"extras": ["postgres"]}}, id="extras"),
            pytest.param({}, {"choice": {"groups": ["production"]}}, id="groups"),
            pytest.param({}, {"python": "/opt/python/bin/python3"}, id="path of the interpreter"),
            pytest.param(
                {}, {"found": replace(PYTHON, version=(3, 14, 0))}, id="version of the interpreter"
            ),
            pytest.param(
                {}, {"found": replace(PYTHON, abi="cpython-313t-x86_64-linux-gnu")}, id="its ABI"
            ),
            pytest.param({}, {"found": replace(PYTHON, implementation="PyPy")}, id="PyPy"),
            pytest.param({}, {"build_environment_id": "0123"}, id="environment variables"),
        ],
    )
    def test_is_another_with_other(self, name, files: dict, more: dict):
        declared = {"requirements.txt": "flask\n"}
        assert name({**declared, **files}, "b", **more) != name(declared, "a")

    def test_survives_a_patch_of_its_interpreter(self, name):
        patched = replace(PYTHON, version=(3, 13, 9))
        assert name({}, "b", found=patched) == name({}, "a")

    def test_is_below_the_environments(self, name, tmp_path: Path):
        (tmp_path / "c/source").mkdir(parents=True)
        release = Release(
            {**self.PARAMETERS, "path": str(tmp_path / "c"), "python": sys.executable}
        )
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


@pytest.mark.parametrize("installer", ["uv"])
def test_settings_of_uv_precede_those_of_pip(build, index: Path, tmp_path: Path, monkeypatch):
    wheel(tmp_path / "other", "cart", "2")
    wheel(index, "cart", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "other"))
    assert build("cart") == {"cart": "# 2 from other"}


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

    @pytest.mark.parametrize("line", ["--pre", "--no-index --pre"])
    def test_takes_what_an_option_of_a_requirements_file_allows(
        self, build, source: Path, index: Path, line: str
    ):
        for version in ("1", "2rc1"):
            wheel(index, "cart", version)
        write(source, {"requirements.txt": "-r more.txt\n", "more.txt": f"{line}\ncart\n"})
        assert build() == {"cart": "# 2rc1 from index"}

    @pytest.mark.parametrize(
        ("name", "value", "version"),
        [
            pytest.param("PIP_PRE", "1", "2rc1", id="pre-releases"),
            pytest.param("PIP_PRE", "0", "1", id="no pre-releases"),
            pytest.param("PIP_CONSTRAINT", "{}/constraints.txt", "0", id="constraints"),
        ],
    )
    def test_takes_what_a_setting_of_pip_allows(
        self, build, source: Path, index: Path, tmp_path: Path, monkeypatch, name, value, version
    ):
        for each in ("0", "1", "2rc1"):
            wheel(index, "cart", each)
        write(tmp_path, {"constraints.txt": "cart<1\n"})
        write(source, {"requirements.txt": "cart\n"})
        monkeypatch.setenv(name, value.format(tmp_path))
        assert build() == {"cart": f"# {version} from index"}

    def test_takes_no_wheel_that_a_setting_of_pip_forbids(
        self, build, source: Path, index: Path, monkeypatch
    ):
        wheel(index, "cart", "1")
        wheel(index, "till", "1")
        monkeypatch.setenv("PIP_NO_BINARY", "cart,scale")
        assert build("till") == {"till": "# 1 from index"}
        with pytest.raises(BuildError, match="cart"):
            build("till", "cart")

    def test_prefers_environment_variables_to_the_configuration_of_pip(
        self, build, source: Path, index: Path, tmp_path: Path, monkeypatch
    ):
        wheel(index, "cart", "1")
        write(tmp_path, {"pip.conf": "[global]\nfind-links = /nonexistent\n"})
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
        assert build("cart") == {"cart": "# 1 from index"}

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
        install = environment.install_project

        def plant(*arguments) -> None:
            install(*arguments)
            (arguments[-1] / "planted.py").symlink_to("../secrets")

        monkeypatch.setattr(imported_source, "install_project", plant)
        with pytest.raises(BuildError, match="planted.py links to ../secrets, outside of .*lib"):
            build()

    def test_adds_what_was_made_to_the_source(self, build, source: Path, parameters: dict):
        project(source, "shop")
        write(source, {"shop.py": "source", "subsite_wsgi/x.py": ""})
        lib = Path(parameters["path"], "lib")
        write(lib, {"subsite_wsgi/__init__.py": "of the role"})
        build()
        assert (source / "shop.py").read_text() == "source"
        assert not (lib / "shop.py").exists()
        assert (lib / "shop-1.dist-info/METADATA").exists()
        assert (lib / "subsite_wsgi/__init__.py").read_text() == "of the role"
        assert not (source / "subsite_wsgi/__init__.py").exists()

    def test_warns_of_a_project_that_is_not_built(self, build, source: Path, parameters: dict):
        project(source, "shop")
        write(source, {"backend.py": "raise SystemExit('not this one')", "requirements.txt": ""})
        build()
        assert not (Path(parameters["path"], "lib/shop.py")).exists()

    def test_needs_the_build_that_finds_dependencies(self, build, source: Path):
        project(source, "shop")
        write(source, {"backend.py": "raise SystemExit('not this one')"})
        with pytest.raises(BuildError, match="not this one"):
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

    def test_hold_beside_constraints_of_pip(self, build, lock, tmp_path: Path, monkeypatch):
        lock("cart")
        write(tmp_path, {"constraints.txt": "scale<2\n"})
        monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
        assert build() == {"cart": "# 1 from index"}

    def test_hold_beside_constraints_of_the_project(self, build, lock, source_directory: Path):
        lock("cart")
        settings = '[tool.uv]\nconstraint-dependencies = ["scale<2"]\n'
        write(source_directory, {"pyproject.toml": settings})
        assert build() == {"cart": "# 1 from index"}

    def test_read_no_cache(self, build, lock, parameters: dict):
        lock("cart")
        build()
        assert list(Path(parameters["cache"]).rglob("*cart*")) == []


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
