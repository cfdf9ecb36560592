"""What a project says of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source
from wheels import write

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'
DECLARES = """
[project]
name = "shop"
dependencies = ["flask>=3", "redis"]
[project.optional-dependencies]
Post_Gres = ["psycopg"]
[dependency-groups]
prod = ["gunicorn", {include-group = "More"}]
more = ["sentry-sdk"]
circle = [{include-group = "circle"}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    def project(files: dict[str, str], directory: str = "") -> Project:
        write(tmp_path, files)
        return Project(Source(tmp_path), directory)

    return project


@pytest.mark.parametrize(
    ("extras", "groups", "dependencies"),
    [
        pytest.param([], [], [], id="none"),
        pytest.param(["post-gres"], [], ["psycopg"], id="extra"),
        pytest.param([], ["prod"], ["gunicorn", "sentry-sdk"], id="group"),
        pytest.param([], ["circle"], [], id="circle"),
    ],
)
def test_dependencies(project, extras: list[str], groups: list[str], dependencies: list[str]):
    found = project({"pyproject.toml": DECLARES}).dependencies(extras, groups)
    assert found == ["flask>=3", "redis", *dependencies]


@pytest.mark.parametrize(
    ("extras", "groups", "message"),
    [
        (["x"], [], "extras has 'x', but pyproject.toml has no such extra; it has: post-gres."),
        ([], ["x"], "groups has 'x', but pyproject.toml has no such group; it has: circle, more"),
    ],
)
def test_unknown_extras_and_groups_are_refused(project, extras, groups, message: str):
    with pytest.raises(BuildError, match=message):
        project({"pyproject.toml": DECLARES}).dependencies(extras, groups)


def test_dependencies_that_only_a_build_could_find_need_a_build_system(project):
    with pytest.raises(BuildError, match=r"add a \[build-system\]"):
        project({"pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'}).dependencies([], [])


@pytest.mark.parametrize("text", ["[project\n", f"a = {'[' * 20000}"])
def test_invalid_toml_is_refused_in_words(project, text: str):
    with pytest.raises(BuildError, match=r"back/pyproject.toml is not valid TOML"):
        project({"back/pyproject.toml": text}, "back").builds  # noqa: B018


@pytest.mark.parametrize(
    ("files", "builds"),
    [
        pytest.param({}, False, id="modules"),
        pytest.param({"pyproject.toml": DECLARES}, False, id="without a build system"),
        pytest.param({"pyproject.toml": BUILDS}, True, id="with a build system"),
        pytest.param({"setup.py": ""}, True, id="setup.py"),
        pytest.param({"setup.cfg": ""}, False, id="setup.cfg alone"),
        pytest.param(
            {"pyproject.toml": BUILDS + "[tool.uv]\npackage = false\n"}, False, id="no package, uv"
        ),
        pytest.param({"pyproject.toml": "[tool.uv]\npackage = true\n"}, True, id="package, uv"),
        pytest.param(
            {"pyproject.toml": BUILDS + "[tool.poetry]\npackage-mode = false\n"},
            False,
            id="no package, Poetry",
        ),
        pytest.param(
            {"pyproject.toml": BUILDS + "[tool.pdm]\ndistribution = false\n"},
            False,
            id="no package, pdm",
        ),
    ],
)
def test_builds(project, files: dict, builds: bool):
    assert project(files).builds is builds


@pytest.mark.parametrize(
    ("files", "has_src"),
    [
        pytest.param({"src/shop/__init__.py": "", "pyproject.toml": BUILDS}, True, id="packages"),
        pytest.param({"src/shop.py": "", "setup.py": ""}, True, id="modules"),
        pytest.param({"src/celery.py": "", "requirements.txt": ""}, False, id="no project"),
        pytest.param(
            {"src/__init__.py": "", "pyproject.toml": BUILDS}, False, id="a package called src"
        ),
        pytest.param({"shop/__init__.py": "", "pyproject.toml": BUILDS}, False, id="flat"),
    ],
)
@pytest.mark.parametrize("directory", ["", "back"])
def test_has_src(project, files: dict, has_src: bool, directory: str):
    placed = {f"{directory}/{name}".lstrip("/"): text for name, text in files.items()}
    assert project(placed, directory).has_src is has_src


@pytest.mark.parametrize("text", ["project = 1\n", "tool = []\n", "[tool]\nuv = 3\n"])
def test_what_should_be_a_table_is_refused_in_words(project, text: str):
    with pytest.raises(BuildError, match=r"pyproject.toml has '[a-z.]+', which is no table"):
        project({"pyproject.toml": text}).builds  # noqa: B018
