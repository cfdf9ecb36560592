"""What decides how a release is built, and what its environment is named after."""

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import wsgi_release
from ansible_collections.subsite.deploy.plugins.modules.wsgi_release import Release, Source

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'
DECLARES = '[project]\nname = "shop"\ndependencies = ["flask>=3", "redis"]\n'
HASHED = "flask==3.1.3 \\\n    --hash=sha256:0123\n"


@pytest.fixture
def source(tmp_path: Path):
    def source(files: dict[str, str]) -> Source:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return Source(tmp_path)

    return source


@pytest.mark.parametrize(
    ("files", "locks", "hashed", "declares", "builds"),
    [
        pytest.param({}, False, False, None, False, id="plain modules"),
        pytest.param({"requirements.txt": "flask\n"}, True, False, None, False, id="requirements"),
        pytest.param({"requirements.txt": HASHED}, True, True, None, False, id="hashes"),
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


class TestEnvironment:
    PARAMETERS = {
        "environments": "/srv/wsgi/shop/environments",
        "requirements": ["gunicorn>=23"],
        "installer": "uv",
        "python": "/usr/bin/python3",
    }

    @pytest.fixture
    def name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def name(files: dict[str, str], release: str = "a", python: str = "(3, 13)", **more) -> str:
            monkeypatch.setattr(wsgi_release, "_identity_of", lambda interpreter: python)
            path = tmp_path / release
            (path / "source").mkdir(parents=True)
            for file, text in files.items():
                (path / "source" / file).write_text(text)
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
            pytest.param({}, {"python": "(3, 14)"}, id="interpreter"),
        ],
    )
    def test_is_another_with_other(self, name, files: dict, more: dict):
        declared = {"requirements.txt": "flask\n"}
        assert name({**declared, **files}, "b", **more) != name(declared, "a")

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
        _ansible_check_mode=True,
    )
    assert (result["changed"], list(tmp_path.iterdir())) == (True, [])
