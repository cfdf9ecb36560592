"""Which file of a source decides what is installed, and what an environment depends on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)
from wheels import write

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'
DECLARES = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask>=3", "cart"]\n'
DYNAMIC = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n' + BUILDS
LIBRARY = '[project]\nname = "cart"\nversion = "1"\n' + BUILDS
UV_SOURCE = DECLARES + '[tool.uv.sources]\ncart = {path = "libs/cart"}\n'
POETRY = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3.11"\n'
GROUPS = (
    DECLARES + "[project.optional-dependencies]\npostgres = []\n[dependency-groups]\nweb = []\n"
)
PYLOCK = 'lock-version = "1.0"\ncreated-by = "test"\npackages = []\n'
UV_LOCK = 'version = 1\nrequires-python = ">=3.11"\n'


@pytest.fixture
def dependencies(tmp_path: Path) -> Callable[..., Dependencies]:
    def dependencies(files: dict[str, str], **choice) -> Dependencies:
        write(tmp_path, files)
        return Dependencies(Source(tmp_path, Choice(**choice)))

    return dependencies


@pytest.mark.parametrize(
    ("files", "choice", "decides"),
    [
        pytest.param({"app.py": ""}, {}, [], id="plain modules"),
        pytest.param({"setup.cfg": ""}, {}, [], id="setup.cfg alone"),
        pytest.param({"pyproject.toml": "[tool.ruff]\n"}, {}, [], id="settings of tools"),
        pytest.param({"setup.py": ""}, {}, ["setup.py"], id="setup.py"),
        pytest.param({"pyproject.toml": DECLARES}, {}, ["pyproject.toml"], id="project"),
        pytest.param(
            {"pyproject.toml": DECLARES, "requirements.txt": ""},
            {},
            ["requirements.txt"],
            id="requirements.txt before the project",
        ),
        pytest.param(
            {"pyproject.toml": DECLARES, "requirements.txt": "", "uv.lock": UV_LOCK},
            {},
            ["uv.lock"],
            id="a lock before requirements.txt",
        ),
        pytest.param(
            {"requirements.txt": "", "pylock.toml": PYLOCK}, {}, ["pylock.toml"], id="pylock.toml"
        ),
        pytest.param(
            {"pylock.toml": PYLOCK, "poetry.lock": "", "uv.lock": UV_LOCK},
            {},
            ["uv.lock"],
            id="uv before others",
        ),
        pytest.param(
            {"uv.lock": UV_LOCK, "more/production.in": ""},
            {"requirements": ["more/production.in"]},
            ["more/production.in"],
            id="what the user has chosen",
        ),
        pytest.param({"Pipfile": ""}, {}, ["Pipfile"], id="Pipfile without a lock"),
        pytest.param({"Pipfile": "", "Pipfile.lock": "{}"}, {}, ["Pipfile.lock"], id="Pipfile"),
        pytest.param({"pyproject.toml": POETRY}, {}, ["pyproject.toml"], id="Poetry"),
        pytest.param(
            {"uv.lock": UV_LOCK, "requirements.txt": "", "back/requirements.txt": ""},
            {"directory": "back"},
            ["back/requirements.txt"],
            id="in a directory",
        ),
        pytest.param(
            {"pyproject.toml": DECLARES, "uv.lock": UV_LOCK, "back/site/manage.py": ""},
            {"directory": "back/site"},
            ["uv.lock"],
            id="in a directory of a project",
        ),
        pytest.param(
            {"requirements.txt": "", "back/pyproject.toml": "[tool.ruff]\n"},
            {"directory": "back"},
            ["requirements.txt"],
            id="above settings of tools",
        ),
        pytest.param(
            {"uv.lock": UV_LOCK, "back/pyproject.toml": POETRY, "back/site/manage.py": ""},
            {"directory": "back/site"},
            ["back/pyproject.toml"],
            id="in the nearest directory",
        ),
        pytest.param(
            {"uv.lock": UV_LOCK, "back/more.in": ""},
            {"directory": "back", "requirements": ["more.in"]},
            ["back/more.in"],
            id="what the user has chosen in a directory",
        ),
        pytest.param(
            {
                "uv.lock": UV_LOCK,
                "pyproject.toml": '[tool.uv.workspace]\nmembers = ["apps/*"]\n',
                "apps/web/pyproject.toml": DECLARES,
            },
            {"directory": "apps/web"},
            ["uv.lock"],
            id="the lock of a workspace",
        ),
    ],
)
def test_one_file_decides(dependencies, files: dict, choice: dict, decides: list[str]):
    assert dependencies(files, **choice).decided_by == decides


@pytest.mark.parametrize(
    ("pyproject", "tool"),
    [
        pytest.param(DECLARES, None, id="standard"),
        pytest.param(UV_SOURCE, "uv", id="sources of uv"),
        pytest.param(DECLARES + "[tool.uv.workspace]\nmembers = []\n", "uv", id="workspace"),
        pytest.param(POETRY, "poetry", id="Poetry without a package"),
        pytest.param(POETRY.replace("false", "true") + BUILDS, None, id="Poetry with a package"),
        pytest.param(DECLARES + POETRY, "poetry", id="Poetry with a standard project"),
    ],
)
def test_tool_reads_what_only_it_knows(dependencies, pyproject: str, tool: str | None):
    found = dependencies({"pyproject.toml": pyproject}).tool
    assert (found and found.name) == tool


def test_tool_reads_its_groups_of_a_package(dependencies):
    """The metadata of a package has no groups, and there is no standard table with them."""
    poetry = POETRY.replace("false", "true") + BUILDS
    found = dependencies({"pyproject.toml": poetry}, groups=["web"]).tool
    assert found and found.name == "poetry"


CHOSEN = {"requirements.txt": "flask\n", "uv.lock": UV_LOCK, "Pipfile": ""}


@pytest.mark.parametrize(
    ("files", "choice", "notes"),
    [
        pytest.param(
            CHOSEN,
            {},
            ["uv.lock decides what is installed; requirements.txt, Pipfile is not read."],
            id="lock and others",
        ),
        pytest.param(CHOSEN, {"requirements": ["requirements.txt"]}, [], id="a choice"),
        pytest.param({"requirements.txt": "flask\n"}, {}, [], id="one file"),
        pytest.param({"Pipfile": "", "Pipfile.lock": "{}"}, {}, [], id="lock and what it is of"),
        pytest.param(
            {".python-version": "3.12\n"},
            {},
            [".python-version has Python 3.12"],
            id="other Python",
        ),
        pytest.param({".python-version": "3.13\n"}, {}, [], id="the same Python"),
        pytest.param({".python-version": "pypy3.10\n"}, {}, [], id="a name of pyenv's"),
        pytest.param(
            {"Pipfile": '[requires]\npython_version = "3.9"\n'},
            {},
            ["Pipfile has Python 3.9"],
            id="other Python of Pipfile",
        ),
        pytest.param(
            {"runtime.txt": "python-3.9.7\n"},
            {},
            ["runtime.txt has Python 3.9.7, which is not read"],
            id="runtime.txt",
        ),
        pytest.param({"runtime.txt": "python-3.13.5\n"}, {}, [], id="runtime.txt with this one"),
        pytest.param({"runtime.txt": "Walks, runs and swims\n"}, {}, [], id="other runtime.txt"),
    ],
)
def test_what_is_not_read_is_named(dependencies, files: dict, choice: dict, notes: list[str]):
    named = dependencies(files, **choice)
    found = [*named.notes(), *named.python_notes((3, 13, 5))]
    assert len(found) == len(notes)
    assert all(text.startswith(start) for text, start in zip(found, notes, strict=True))


@pytest.mark.parametrize(
    ("files", "choice", "message"),
    [
        pytest.param(
            {"requirements.txt": ""},
            {"extras": ["postgres"]},
            "extras is ['postgres'], but requirements.txt decides",
            id="extras of a requirements file",
        ),
        pytest.param({}, {"groups": ["x"]}, "groups is ['x'], but no file decides", id="no file"),
        pytest.param(
            {"Pipfile": "", "Pipfile.lock": "{}"},
            {"extras": ["postgres"]},
            "extras is ['postgres'], but Pipfile.lock decides what is installed, which has no "
            "extras: remove it, or add what they name to Pipfile.",
            id="extras of a Pipfile",
        ),
        pytest.param(
            {"back/Pipfile": "[packages]\n[dev-packages]\n[worker]\n"},
            {"groups": ["worker", "Worker"], "directory": "back"},
            "groups has 'Worker', but back/Pipfile has no such table; it has: dev-packages, worker",
            id="group that a Pipfile lacks",
        ),
        pytest.param(
            {"pyproject.toml": GROUPS, "uv.lock": UV_LOCK},
            {"groups": ["web", "wbe"]},
            "wsgi_app_source.groups has 'wbe', but pyproject.toml has no such group; it has: web",
            id="group that a project lacks",
        ),
        pytest.param(
            {"pyproject.toml": GROUPS, "uv.lock": UV_LOCK},
            {"extras": ["web"]},
            "extras has 'web', but pyproject.toml has no such extra; it has: postgres",
            id="extra that a project lacks",
        ),
        pytest.param(
            {"pyproject.toml": POETRY + "[tool.poetry.group.web]\n", "poetry.lock": ""},
            {"groups": ["web", "x"]},
            "groups has 'x', but pyproject.toml has no such group; it has: web",
            id="group that Poetry lacks",
        ),
        pytest.param(
            {
                "pyproject.toml": GROUPS + "[tool.pdm.dev-dependencies]\ntest = []\n",
                "pdm.lock": '[metadata]\ngroups = ["default", "test"]\n',
            },
            {"groups": ["test", "web"]},
            "groups has 'web', but pdm.lock was made without it; it has: default, test. "
            "Run 'pdm lock --group :all', and commit pdm.lock.",
            id="group that a lock lacks",
        ),
        pytest.param(
            {"pylock.toml": PYLOCK + 'extras = ["redis"]\n'},
            {"extras": ["postgres"]},
            "but pylock.toml has no such extra; it has: redis",
            id="extra that a standard lock lacks",
        ),
        pytest.param(
            {},
            {"requirements": ["production.txt"]},
            "requirements has 'production.txt', but the source has no such file",
            id="no such requirements file",
        ),
        pytest.param(
            {}, {"directory": "back"}, "directory is 'back', but the source has no", id="directory"
        ),
    ],
)
def test_choice_that_the_source_does_not_have_is_refused(
    dependencies, files: dict, choice: dict, message: str
):
    with pytest.raises(BuildError) as refused:
        dependencies(files, **choice).refuse()
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("files", "choice"),
    [
        pytest.param(
            {"pyproject.toml": GROUPS, "uv.lock": UV_LOCK},
            {"extras": ["Postgres"], "groups": ["web"]},
            id="standard",
        ),
        pytest.param(
            {
                "pyproject.toml": POETRY
                + "[tool.poetry.extras]\nfast_json = []\n"
                + "[tool.poetry.dev-dependencies]\n[tool.poetry.group.web]\n",
                "poetry.lock": "",
            },
            {"extras": ["fast-json"], "groups": ["dev", "web"]},
            id="Poetry",
        ),
        pytest.param(
            {"pyproject.toml": DECLARES + "[tool.uv]\ndev-dependencies = []\n", "uv.lock": UV_LOCK},
            {"groups": ["dev"]},
            id="uv",
        ),
        pytest.param(
            {
                "pyproject.toml": GROUPS + "[tool.pdm.dev-dependencies]\ntest = []\n",
                "pdm.lock": '[metadata]\ngroups = ["default", "postgres", "test", "web"]\n',
            },
            {"extras": ["postgres"], "groups": ["test", "web"]},
            id="pdm",
        ),
        pytest.param(
            {"pyproject.toml": DYNAMIC.replace("dep", "optional-dep", 1), "uv.lock": UV_LOCK},
            {"extras": ["any"]},
            id="extras that only a build can find",
        ),
    ],
)
def test_choice_that_the_project_has_is_accepted(dependencies, files: dict, choice: dict):
    dependencies(files, **choice).refuse()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"pyproject.toml": DECLARES + 'requires-python = ">=3.14"\n'},
            "requires-python in pyproject.toml is '>=3.14', but wsgi_app_python x is Python 3.13.5",
            id="without a build",
        ),
        pytest.param(
            {"pyproject.toml": POETRY.replace("^3.11", "~3.12")},
            "python in pyproject.toml is '~3.12'",
            id="Poetry",
        ),
        pytest.param(
            {"setup.py": "", "setup.cfg": "[options]\npython_requires = <3.13\n"},
            "python_requires in setup.cfg is '<3.13'",
            id="setup.cfg",
        ),
        pytest.param(
            {"pylock.toml": PYLOCK + 'requires-python = ">=3.14"\n'},
            "requires-python in pylock.toml is '>=3.14'",
            id="a lock",
        ),
    ],
)
def test_interpreter_that_the_project_does_not_allow_is_refused(
    dependencies, files: dict, message: str
):
    with pytest.raises(BuildError) as refused:
        dependencies(files).refuse_python((3, 13, 5), "wsgi_app_python x")
    assert message in str(refused.value)


def test_interpreter_that_the_project_allows_is_accepted(dependencies):
    files = {"pyproject.toml": DECLARES + 'requires-python = ">=3.11"\n'}
    dependencies(files).refuse_python((3, 13, 5), "wsgi_app_python x")


PDM_SOURCE = DECLARES.replace("cart", "cart @ file:///${PROJECT_ROOT}/libs/cart")
LOCKED = 'version = 1\n[[package]]\nname = "cart"\nsource = { editable = "libs/cart" }\n'


class TestRecipe:
    """What an environment is named after."""

    @pytest.fixture
    def differs(self, tmp_path: Path) -> Callable[..., bool]:
        def differs(files: dict[str, str], changed: str, **choice) -> bool:
            """Return whether other content of the file ``changed`` is another recipe."""
            recipes = []
            for content in ("1\n", "2\n"):
                directory = tmp_path / content.strip()
                write(directory, {"app.py": "", **files, changed: content})
                (directory / "link").symlink_to("more")
                source = Source(directory, Choice(**choice))
                recipes.append(Dependencies(source).recipe())
            return recipes[0] != recipes[1]

        return differs

    @pytest.mark.parametrize(
        "include",
        [
            "-r more/base.txt",
            "-rmore/base.txt",
            "--requirement more/base.txt",
            "--requirement=more/base.txt",
            "-c more/base.txt",
            "--constraint=./more/base.txt",
            '-r "more/base.txt"',
            "-r link/base.txt",
        ],
    )
    def test_has_what_requirements_include(self, differs, include: str):
        assert differs({"requirements.txt": f"flask\n{include}  # shared\n"}, "more/base.txt")

    def test_has_what_included_files_include(self, differs):
        files = {"requirements.txt": "-r more/a.txt\n", "more/a.txt": "-r base.txt\n-r a.txt\n"}
        assert differs(files, "more/base.txt")

    @pytest.mark.parametrize(
        ("files", "changed"),
        [
            pytest.param({"requirements.txt": ".[extra]\n"}, "any/x.py", id="the project itself"),
            pytest.param({"requirements.txt": "-e .\n"}, "any/x.py", id="editable"),
            pytest.param({"requirements.txt": "./libs/cart\n"}, "libs/cart/x.dat", id="a path"),
            pytest.param(
                {"requirements.txt": "-e libs/cart\n"}, "libs/cart/x.py", id="editable path"
            ),
            pytest.param(
                {"requirements.txt": "cart @ file:libs/cart\n"}, "libs/cart/x.py", id="file URL"
            ),
            pytest.param({"requirements.txt": "x.whl\n"}, "x.whl", id="a wheel"),
            pytest.param({"requirements.txt": "-f wheels\nx\n"}, "wheels/x.whl", id="wheels"),
            pytest.param({"setup.py": "setup()"}, "shop/about.py", id="what setup.py may read"),
            pytest.param({"pyproject.toml": BUILDS}, "base.in", id="what a backend may read"),
            pytest.param({"pyproject.toml": DYNAMIC}, "base.in", id="what dynamic may read"),
            pytest.param({"pyproject.toml": UV_SOURCE}, "libs/cart/cart/data.txt", id="uv, path"),
            pytest.param(
                {
                    "pyproject.toml": DECLARES
                    + "[tool.uv.sources]\ncart = {workspace = true}\n"
                    + '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
                },
                "libs/cart/build.py",
                id="uv, workspace",
            ),
            pytest.param(
                {
                    "pyproject.toml": DECLARES + '[tool.uv.workspace]\nmembers = ["more/**"]\n',
                    "more/all/till/pyproject.toml": LIBRARY,
                },
                "more/all/till/build.py",
                id="uv, workspace with deeper members",
            ),
            pytest.param(
                {"pyproject.toml": DECLARES, "uv.lock": LOCKED}, "libs/cart/x.py", id="uv.lock"
            ),
            pytest.param(
                {"pyproject.toml": POETRY + 'cart = {path = "libs/cart", develop = true}\n'},
                "libs/cart/x.py",
                id="Poetry",
            ),
            pytest.param({"pyproject.toml": PDM_SOURCE}, "libs/cart/x.py", id="pdm"),
            pytest.param(
                {"pyproject.toml": DECLARES.replace("cart", "cart @ file:libs/cart")},
                "libs/cart/x.py",
                id="a URL in pyproject.toml",
            ),
            pytest.param(
                {
                    "pyproject.toml": '[project]\nname = "shop"\n[project.optional-dependencies]\n'
                    "all = [\"cart @ file:libs/cart ; sys_platform == 'linux'\"]\n"
                },
                "libs/cart/x.py",
                id="a URL in an extra",
            ),
            pytest.param(
                {"pyproject.toml": DECLARES + '[dependency-groups]\nx = ["c @ file:libs/cart"]\n'},
                "libs/cart/x.py",
                id="a URL in a group",
            ),
            pytest.param(
                {"Pipfile": '[packages]\ncart = {path = "./libs/cart", editable = true}\n'},
                "libs/cart/x.py",
                id="Pipfile",
            ),
            pytest.param(
                {
                    "Pipfile": "[packages]\n",
                    "Pipfile.lock": '{"default": {"cart": {"path": "./libs/cart"}}}',
                },
                "libs/cart/x.py",
                id="Pipfile.lock",
            ),
            pytest.param(
                {
                    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "cart"\n'
                    'directory = {path = "libs/cart"}\n'
                },
                "libs/cart/x.py",
                id="pylock.toml",
            ),
            pytest.param(
                {
                    "pyproject.toml": UV_SOURCE.replace("libs/cart", "libs/basket"),
                    "libs/basket/pyproject.toml": DECLARES
                    + '[tool.uv.sources]\ncart = {path = "../cart"}\n',
                },
                "libs/cart/x.py",
                id="through another project",
            ),
            pytest.param(
                {"pyproject.toml": UV_SOURCE, "libs/cart/setup.py": ""},
                "VERSION",
                id="what the setup.py of a library may read",
            ),
            pytest.param(
                {
                    "requirements.txt": "./libs/cart\n",
                    "libs/cart/pyproject.toml": LIBRARY
                    + '[tool.hatch.build.force-include]\n"../../more" = "cart/more"\n',
                },
                "more/page.html",
                id="what a library includes from elsewhere",
            ),
            pytest.param(
                {
                    "requirements.txt": "./libs/cart\n",
                    "libs/cart/pyproject.toml": '[tool.poetry]\nname = "cart"\nversion = "1"\n'
                    'packages = [{include = "cart", from = "../../more"}]\n' + BUILDS,
                },
                "more/cart/x.py",
                id="packages of a library elsewhere",
            ),
            pytest.param(
                {
                    "requirements.txt": "./libs/cart\n",
                    "libs/cart/pyproject.toml": LIBRARY + "[tool.hatch.build.hooks.custom]\n",
                },
                "VERSION",
                id="what the build hook of a library may read",
            ),
            pytest.param(
                {
                    "requirements.txt": "./libs/cart\n",
                    "libs/cart/pyproject.toml": LIBRARY + 'backend-path = ["."]\n',
                },
                "VERSION",
                id="what the backend of a library may read",
            ),
        ],
    )
    def test_has_what_is_installed_from_the_source(self, differs, files: dict, changed: str):
        assert differs({"libs/cart/pyproject.toml": LIBRARY, **files}, changed)

    @pytest.mark.parametrize(
        ("link", "target", "changed"),
        [
            pytest.param("shared.py", "../../more/shared.py", "more/shared.py", id="file"),
            pytest.param("shared", "../../more", "more/a/b.py", id="directory"),
            pytest.param("shared.py", "../../link/shared.py", "more/shared.py", id="two links"),
            pytest.param("all", "../..", "any.py", id="directory above"),
        ],
    )
    def test_has_what_links_of_a_library_lead_to(
        self, differs, tmp_path: Path, link: str, target: str, changed: str
    ):
        for name in ("1", "2"):
            write(tmp_path / name / "libs/cart", {"pyproject.toml": LIBRARY})
            (tmp_path / name / "libs/cart" / link).symlink_to(target)
        assert differs({"requirements.txt": "./libs/cart\n"}, changed)

    @pytest.mark.parametrize(
        ("files", "directory", "changed"),
        [
            pytest.param(
                {"back/requirements.txt": "../libs/cart\n"}, "back", "libs/cart/x.py", id="path"
            ),
            pytest.param(
                {"back/requirements.txt": "-r ../base.txt\n"}, "back", "base.txt", id="include"
            ),
            pytest.param({"back/app.py": ""}, "back", "back/.python-version", id="version"),
            pytest.param(
                {
                    "back/pyproject.toml": UV_SOURCE.replace("libs", "../libs"),
                },
                "back",
                "libs/cart/x.py",
                id="uv, path",
            ),
            pytest.param(
                {
                    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n',
                    "apps/web/pyproject.toml": DECLARES
                    + "[tool.uv.sources]\ncart = {workspace = true}\n",
                    "uv.lock": LOCKED + '[[package]]\nsource = { virtual = "." }\n',
                },
                "apps/web",
                "libs/cart/x.py",
                id="uv, workspace above",
            ),
            pytest.param(
                {
                    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n',
                    "apps/web/pyproject.toml": DECLARES,
                },
                "apps/web",
                "libs/cart/x.py",
                id="uv, workspace above without a lock",
            ),
        ],
    )
    def test_has_what_is_beside_the_directory_of_the_app(
        self, differs, files: dict, directory: str, changed: str
    ):
        library = {"libs/cart/pyproject.toml": LIBRARY}
        assert differs({**library, **files}, changed, directory=directory)

    def test_has_other_names_of_files_that_can_have_a_say(self, tmp_path: Path):
        for name in ("a", "b"):
            write(tmp_path / name, {"setup.py": "setup()", f"{name}.py": ""})
        recipes = [Dependencies(Source(tmp_path / name)).recipe() for name in ("a", "b")]
        assert recipes[0] != recipes[1]

    def test_has_the_executable_bit_of_a_library_s_file(self, tmp_path: Path):
        write(tmp_path, {"requirements.txt": "./lib\n", "lib/pyproject.toml": "", "lib/x": ""})
        before = Dependencies(Source(tmp_path)).recipe()
        (tmp_path / "lib/x").chmod(0o755)
        assert Dependencies(Source(tmp_path)).recipe() != before

    @pytest.mark.parametrize(
        ("files", "changed"),
        [
            pytest.param({"requirements.txt": "shop\n"}, "shop/a.py", id="a package's name"),
            pytest.param(
                {"requirements.txt": "x\n", "setup.py": ""}, "a.py", id="requirements.txt"
            ),
            pytest.param({"pyproject.toml": DECLARES + BUILDS}, "a.py", id="a static project"),
            pytest.param({"pyproject.toml": UV_SOURCE}, "shop/a.py", id="a library elsewhere"),
            pytest.param(
                {"pyproject.toml": DECLARES + BUILDS, "uv.lock": LOCKED.replace("libs/cart", ".")},
                "shop/a.py",
                id="a locked project",
            ),
        ],
    )
    def test_has_no_code_of_the_app(self, differs, files: dict, changed: str):
        assert not differs({"libs/cart/pyproject.toml": LIBRARY, **files}, changed)

    def test_has_no_file_of_a_workspace_that_is_no_package(self, differs):
        files = {
            "pyproject.toml": '[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n',
            "apps/web/pyproject.toml": DECLARES,
            "libs/cart/pyproject.toml": LIBRARY,
            "uv.lock": LOCKED + '[[package]]\nname = "all"\nsource = { virtual = "." }\n',
        }
        assert not differs(files, "about.md", directory="apps/web")


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A source whose links lead to a canary beside it."""
    write(tmp_path, {"canary.txt": "CANARY\n", "canary/pyproject.toml": "", "source/app.py": ""})
    for name, target in {"link": tmp_path, "canary-link.txt": "../canary.txt"}.items():
        (tmp_path / "source" / name).symlink_to(target)
    return tmp_path / "source"


OUTSIDE = {
    "-r ../canary.txt\n": "../canary.txt",
    "-c more/../../canary.txt\n": "../canary.txt",
    "-r link/canary.txt\n": "link/canary.txt",
    "--requirement=canary-link.txt\n": "canary-link.txt",
    '-r "up/../canary.txt"\n': "canary.txt",
    "-r {outside}/canary.txt\n": "{outside}/canary.txt",
}


@pytest.mark.parametrize(("line", "named"), OUTSIDE.items())
def test_include_that_leads_out_is_refused(beside: Path, line: str, named: str):
    if named == "canary.txt":
        (beside / "up").symlink_to(".")
        (beside / named).symlink_to("up/../canary.txt")
    write(beside, {"requirements.txt": line.format(outside=beside.parent)})
    named = named.format(outside=beside.parent)
    with pytest.raises(BuildError, match=f"^'{named}' is outside of the source, or a link to"):
        Dependencies(Source(beside)).recipe()


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "uv.lock",
        "pylock.toml",
        "Pipfile",
        ".python-version",
    ],
)
def test_declaration_that_leads_out_is_refused(beside: Path, name: str):
    (beside / name).symlink_to("../canary.txt")
    with pytest.raises(BuildError, match=f"^'{name}' is outside of the source, or a link to"):
        Dependencies(Source(beside)).recipe()


@pytest.mark.parametrize("directory", ["..", "link", "../source", "/etc"])
def test_directory_that_leads_out_is_refused(beside: Path, directory: str):
    with pytest.raises(BuildError, match="but the source has no such directory"):
        Dependencies(Source(beside, Choice(directory=directory))).refuse()


@pytest.mark.parametrize("path", ["../canary", "link/canary", "{outside}/canary"])
@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"requirements.txt": "{}\n"}, id="requirements.txt"),
        pytest.param(
            {"pyproject.toml": DECLARES + '[tool.uv.sources]\ncart = {{path = "{}"}}\n'}, id="uv"
        ),
        pytest.param(
            {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["{}"]\n' + DECLARES}, id="workspace"
        ),
    ],
)
def test_nothing_outside_of_the_source_is_read(beside: Path, files: dict, path: str):
    path = path.format(outside=beside.parent)
    write(beside, {name: text.format(path) for name, text in files.items()})
    found = Dependencies(Source(beside)).recipe()
    assert [name for name in found if "canary" in name and name != "canary-link.txt"] == []


def test_declaration_may_be_in_any_encoding(tmp_path: Path):
    (tmp_path / "setup.py").write_bytes("# -*- coding: latin-1 -*-\n# für".encode("latin-1"))
    assert Dependencies(Source(tmp_path)).decided_by == ["setup.py"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("extra == 'all' and " * 20, id="too long for a name"),
        pytest.param("x/" * 3000, id="too long for a path"),
        pytest.param("\\u0000", id="NUL"),
    ],
)
def test_text_of_a_lock_that_can_be_no_path_is_none(tmp_path: Path, text: str):
    write(tmp_path, {"pyproject.toml": DECLARES, "uv.lock": f'{UV_LOCK}marker = "{text}"\n'})
    assert {*Dependencies(Source(tmp_path)).recipe()} == {"pyproject.toml", "uv.lock"}


def test_lock_that_is_no_json_is_refused_in_words(tmp_path: Path):
    write(tmp_path, {"Pipfile": "", "Pipfile.lock": "{"})
    with pytest.raises(BuildError, match="^Pipfile.lock is not valid JSON"):
        Dependencies(Source(tmp_path)).recipe()
