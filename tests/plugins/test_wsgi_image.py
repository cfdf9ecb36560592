"""The files that an image is built from, and the commands of its engine."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)
from ansible_collections.subsite.deploy.plugins.modules import wsgi_image
from wheels import write

PROJECT = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "shop"\n'
DYNAMIC = PROJECT + 'dynamic = ["dependencies"]\n'
LOCK = 'version = 1\n[[package]]\nname = "lib"\nsource = { directory = "lib" }\n'
CHOICE = {"directory": "", "requirements": [], "extras": [], "groups": []}
RELEASE = {"name": "shop", "release": "4d1c"}


@pytest.mark.parametrize(
    ("files", "parted"),
    [
        pytest.param({"shop.py": ""}, set(), id="modules"),
        pytest.param(
            {"shop.py": "", "requirements.txt": "-r more.txt\n", "more.txt": "flask\n"},
            {"requirements.txt", "more.txt"},
            id="lock",
        ),
        pytest.param(
            {"shop.py": "", "requirements.txt": "./lib\n", "lib/setup.py": ""},
            {"shop.py", "requirements.txt", "lib/setup.py"},
            id="lock that names a path",
        ),
        pytest.param({"shop.py": "", "pyproject.toml": PROJECT}, {"pyproject.toml"}, id="project"),
        pytest.param(
            {"shop.py": "", "pyproject.toml": PROJECT, "uv.lock": LOCK, "lib/setup.cfg": ""},
            {"pyproject.toml", "uv.lock", "lib/setup.cfg"},
            id="lock of uv with a path",
        ),
        pytest.param(
            {"shop.py": "", "pyproject.toml": DYNAMIC},
            {"shop.py", "pyproject.toml"},
            id="project that computes",
        ),
    ],
)
def test_what_decides_the_dependencies_is_parted(tmp_path: Path, files, parted):
    write(tmp_path / "source", files)
    write(tmp_path / "dependencies", {"of-an-earlier-try": ""})
    wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    below = tmp_path / "dependencies"
    assert {str(path.relative_to(below)) for path in below.rglob("*") if path.is_file()} == parted


def test_link_to_a_declaration_is_parted_as_what_it_leads_to(tmp_path: Path):
    write(tmp_path / "source", {"shop.py": "", "more/prod.txt": "flask\n"})
    (tmp_path / "source/requirements.txt").symlink_to("more/prod.txt")
    wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    assert (tmp_path / "dependencies/requirements.txt").read_text() == "flask\n"


def test_what_links_of_a_library_lead_to_is_parted(tmp_path: Path):
    files = {"requirements.txt": "./libs/cart\n", "libs/cart/pyproject.toml": "", "more/x.py": "x"}
    write(tmp_path / "source", files)
    (tmp_path / "source/link").symlink_to("more")
    (tmp_path / "source/libs/cart/shared").symlink_to("../../link")
    (tmp_path / "source/libs/cart/x.py").symlink_to("shared/x.py")
    (tmp_path / "source/libs/cart/none").symlink_to("nothing")
    wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    library = tmp_path / "dependencies/libs/cart"
    assert (library / "x.py").read_text() == (library / "shared/x.py").read_text() == "x"
    assert os.readlink(library / "none") == "nothing"


@pytest.mark.parametrize("include", ["link/canary.txt", "../canary.txt"])
def test_nothing_outside_of_the_source_is_parted(run_module, tmp_path: Path, include: str):
    write(tmp_path, {"canary.txt": "CANARY\n", "source/requirements.txt": f"-r {include}\n"})
    (tmp_path / "source/link").symlink_to(tmp_path)
    result = run_module(wsgi_image, context=str(tmp_path))
    assert result["msg"].startswith(f"{include!r} is outside of the source")
    assert not (tmp_path / "dependencies").exists()


def test_without_a_source_nothing_is_parted(tmp_path: Path):
    wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    assert list((tmp_path / "dependencies").iterdir()) == []


def test_what_is_beside_the_directory_of_the_app_is_parted(tmp_path: Path):
    files = {"back/requirements.txt": "../lib\n", "lib/setup.cfg": "", "front/page.html": ""}
    write(tmp_path / "source", files)
    source = Source(tmp_path / "source", Choice(directory="back"))
    wsgi_image.copy_dependencies(source, tmp_path / "dependencies")
    found = {path.name for path in (tmp_path / "dependencies").rglob("*") if path.is_file()}
    assert found == {"requirements.txt", "setup.cfg"}


def test_directory_of_the_app_is_there_without_dependencies(tmp_path: Path):
    write(tmp_path / "source", {"back/shop.py": ""})
    source = Source(tmp_path / "source", Choice(directory="back"))
    wsgi_image.copy_dependencies(source, tmp_path / "dependencies")
    assert [path.name for path in (tmp_path / "dependencies").iterdir()] == ["back"]


def test_who_may_read_the_source_may_read_what_is_parted(tmp_path: Path):
    group = 4
    write(tmp_path / "source", {"pyproject.toml": DYNAMIC, "shop/__init__.py": ""})
    for path in [tmp_path / "source", *(tmp_path / "source").rglob("*")]:
        os.chown(path, -1, group)
        path.chmod(0o750)
    wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    parted = [tmp_path / "dependencies", *(tmp_path / "dependencies").rglob("*")]
    assert [path.stat().st_gid for path in parted] == [group] * 4


def test_nothing_is_left_half_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "source", {"requirements.txt": "flask\n"})
    monkeypatch.setattr(wsgi_image.shutil, "copymode", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        wsgi_image.copy_dependencies(Source(tmp_path / "source"), tmp_path / "dependencies")
    assert not (tmp_path / "dependencies").exists()


def test_without_engine_copies_dependencies(run_module, tmp_path: Path):
    write(tmp_path / "source", {"requirements.txt": "flask\n"})
    result = run_module(wsgi_image, context=str(tmp_path))
    assert (result["changed"], "id" in result) == (True, False)
    assert (tmp_path / "dependencies/requirements.txt").read_text() == "flask\n"


@pytest.mark.parametrize(
    ("name", "option", "count"),
    [
        pytest.param("gunicorn.conf.py", "", 1, id="not read"),
        pytest.param("gunicorn.conf.py", "gunicorn.conf.py", 0, id="read"),
        pytest.param("app.py", "", 0, id="none"),
    ],
)
def test_file_that_is_not_read_is_named(
    run_module, warnings: list[str], tmp_path: Path, name: str, option: str, count: int
):
    write(tmp_path / "source", {name: ""})
    run_module(wsgi_image, context=str(tmp_path), gunicorn_file=option)
    named = "wsgi_app_gunicorn_file: gunicorn.conf.py"
    assert [text.endswith(named) for text in warnings] == [True] * count


def test_engine_requires_name_and_release(run_module, tmp_path: Path):
    result = run_module(wsgi_image, engine="docker", context=str(tmp_path))
    assert "missing parameter(s) required by 'engine': name, release, lock" in result["msg"]


def test_check_mode(run_module, tmp_path: Path):
    write(tmp_path / "source", {"requirements.txt": "flask\n"})
    assert run_module(wsgi_image, context=str(tmp_path), _ansible_check_mode=True)["changed"]
    assert not (tmp_path / "dependencies").exists()


@pytest.fixture
def engine(stand_in):
    """Replace podman, and return a function that returns its commands."""
    commands = stand_in("podman", "print('sha256:70f8')\n")
    commands.program = lambda text: stand_in("podman", text)
    return commands


@pytest.fixture
def parameters(tmp_path: Path) -> dict:
    """The parameters of the module for a build with podman."""
    write(tmp_path, {"image/Containerfile": "FROM scratch\n"})
    places = {"context": f"{tmp_path}/image", "lock": f"{tmp_path}/lock"}
    return {"engine": "podman", "choice": CHOICE, "secret_files": {}, "check": []} | {
        **RELEASE,
        **places,
    }


def test_environment_is_built_first(run_module, engine, parameters: dict):
    result = run_module(wsgi_image, **parameters)
    builds = [command for command in engine() if command[0] == "build"]
    tags = [command[command.index("--tag") + 1] for command in builds]
    assert (result["changed"], result["id"]) == (True, "sha256:70f8")
    assert tags == ["localhost/wsgi-shop:environment", "localhost/wsgi-shop:4d1c"]


def test_notes_of_a_build_are_warnings(run_module, engine, parameters, warnings):
    engine.program("print('#9 0.1 subsite-note: \"Pipfile is not read.\"')\nprint('sha256:70f8')\n")
    run_module(wsgi_image, **parameters)
    assert warnings == ["Pipfile is not read."]


@pytest.mark.parametrize("more", [{}, {"engine": None}], ids=["engine", "context alone"])
def test_file_that_does_not_decide_is_named(run_module, engine, parameters, warnings, more: dict):
    files = {"requirements.txt": "flask\n", "Pipfile": ""}
    write(Path(parameters["context"], "source"), files)
    run_module(wsgi_image, **{**parameters, **more})
    [warning] = warnings
    assert warning.startswith("requirements.txt decides what is installed; Pipfile is not read.")


def test_prune_is_limited_to_the_app(engine, tmp_path: Path):
    wsgi_image.build("podman", str(tmp_path), **RELEASE)
    assert ["image", "prune", "--force", "--filter", "label=wsgi_app=shop"] in engine()


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_build_has_no_host_network_and_no_host_files(stand_in, tmp_path, name: str):
    commands = stand_in(name, "print('sha256:70f8')\n")
    wsgi_image.build(name, str(tmp_path), **RELEASE)
    options = {word.partition("=")[0] for command in commands() for word in command}
    assert options.isdisjoint({"--network", "--net", "--volume", "-v", "--privileged", "--ssh"})


@pytest.mark.parametrize("name", ["podman", "wsgi/shop/podman"], ids=["root", "without root"])
def test_build_has_limited_capabilities(stand_in, tmp_path: Path, name: str):
    commands = stand_in("podman", "print('sha256:70f8')\n")
    wsgi_image.build(str(tmp_path / "bin" / Path(name).name), str(tmp_path), **RELEASE)
    builds = [command for command in commands() if command[0] == "build"]
    assert ["--cap-drop=all" in command for command in builds] == [True, True]


LOOPBACK = [
    "index-url = http://127.0.0.1:3141/root/pypi/",
    "extra-index-url = https://example.org/\n  http://user:word@localhost/simple",
    "find-links = http://[::1]:8000/",
    "proxy = 127.0.0.53:3128",
]


@pytest.mark.parametrize("line", LOOPBACK)
def test_loopback_index_is_refused(
    run_module, engine, parameters: dict, tmp_path: Path, monkeypatch, line: str
):
    monkeypatch.setattr(wsgi_image, "PIP_CONF", str(tmp_path / "pip.conf"))
    write(tmp_path, {"pip.conf": f"[global]\n{line}\n"})
    result = run_module(wsgi_image, **parameters)
    assert f"has {line.partition(' ')[0]} = " in result["msg"]
    assert "cannot reach the host's loopback" in result["msg"]
    assert engine() == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[global]\nindex-url = https://pypi.example.org/simple\n", id="elsewhere"),
        pytest.param("[global]\nfind-links = /opt/wheels\n", id="directory"),
        pytest.param("[global]\n# index-url = http://127.0.0.1/\n", id="comment"),
        pytest.param("[global]\ntrusted-host = 127.0.0.1\n", id="trust alone"),
        pytest.param("[global]\nindex-url = http://[::1/\n", id="no address"),
        pytest.param("index-url = http://127.0.0.1/\n", id="no configuration"),
    ],
)
def test_other_configuration_is_accepted(tmp_path: Path, text: str):
    write(tmp_path, {"pip.conf": text})
    wsgi_image.refuse_loopback(str(tmp_path / "pip.conf"))


def test_password_of_an_index_is_not_in_the_message(tmp_path: Path):
    write(tmp_path, {"pip.conf": "[global]\nindex-url = http://me:hunter2@127.0.0.1/\n"})
    with pytest.raises(BuildError) as refused:
        wsgi_image.refuse_loopback(str(tmp_path / "pip.conf"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("there", [True, False], ids=["pip.conf", "none"])
def test_build_gets_pip_conf(engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool):
    monkeypatch.setattr(wsgi_image, "PIP_CONF", str(tmp_path / "pip.conf"))
    if there:
        write(tmp_path, {"pip.conf": "[global]\n"})
    wsgi_image.build("podman", str(tmp_path), **RELEASE)
    lent = [f"id=pip,src={tmp_path}/pip.conf" in command for command in engine()[:2]]
    assert lent == [there, there]


def test_build_gets_secret_files(run_module, engine, parameters: dict):
    files = {"shop_secrets": "/srv/wsgi/shop/releases/4d1c/secrets"}
    run_module(wsgi_image, **parameters | {"secret_files": files})
    lent = f"id=shop_secrets,src={files['shop_secrets']}"
    assert [lent in command for command in engine()[:2]] == [True, True]


def test_failure_has_the_output_of_the_engine(engine, tmp_path: Path):
    engine.program("sys.exit('no space left on device')\n")
    with pytest.raises(BuildError, match="no space left on device"):
        wsgi_image.build("podman", str(tmp_path), **RELEASE)


def test_context_is_removed_when_the_image_is_built(engine, parameters: dict):
    wsgi_image.build_alone(parameters)
    assert not Path(parameters["context"]).exists()


def test_context_of_a_failed_build_stays(engine, parameters: dict):
    engine.program("sys.exit('no space left on device')\n")
    with pytest.raises(BuildError, match="no space left on device"):
        wsgi_image.build_alone(parameters)
    assert Path(parameters["context"], "Containerfile").exists()


def test_builds_of_one_app_do_not_overlap(engine, parameters: dict, tmp_path: Path):
    """One would prune what the other has made so far."""
    runs = []
    for release in ("aaaa", "bbbb"):
        context = f"{tmp_path}/image_{release}"
        write(Path(context), {"Containerfile": "FROM scratch\n"})
        runs.append({**parameters, "release": release, "context": context})
    with ThreadPoolExecutor() as threads:
        list(threads.map(wsgi_image.build_alone, runs))
    builds = [command[-1] for command in engine() if command[0] == "build"]
    assert [context for context, _ in groupby(builds)] == sorted(set(builds), key=builds.index)


@pytest.mark.parametrize("builds", [False, True], ids=["before", "while it builds"])
def test_superseded_run_leaves_the_context_to_the_newer_one(
    engine, parameters: dict, tmp_path: Path, builds: bool
):
    """Both runs build from it, if they deploy the same version."""
    newer = tmp_path / "newer"
    claim = f"[ ! -e {newer} ] || {{ echo A newer run has begun.; exit 1; }}"
    parameters["check"] = ["sh", "-c", claim]
    if builds:
        engine.program(f"open({str(newer)!r}, 'w')\n")
    else:
        newer.touch()
    with pytest.raises(BuildError, match="^A newer run has begun"):
        wsgi_image.build_alone(parameters)
    assert Path(parameters["context"], "Containerfile").exists()
    assert bool(engine()) is builds
