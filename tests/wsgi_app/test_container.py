"""The Containerfile, and the command that starts an app in a container."""

import json
import subprocess
from pathlib import Path

import pytest

REQUIREMENTS = ["gunicorn>=23", "werkzeug>=1"]
AWKWARD = ["shop[fast]>=1,<2; python_version > '3'", '$HOME `id` "x" \\']
VALUES = {
    "BACKSLASHES": r"\ \\ \n \x41 \$ \" \'",
    "DOLLARS": "$HOME ${HOME} $$ $(id) `id`",
    "EMPTY": "",
    "LINES": "first\nsecond\\\n\n\tlast\n",
    "QUOTES": 'it\'s "so" # not ; one',
    "SPACES": "  before and behind  ",
    "UNICODE": "Grüße, 你好 🦊",
}


@pytest.fixture(params=["podman", "docker"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def containerfile(wsgi_app, inputs, backend: str):
    def containerfile(**settings) -> str:
        inputs_ = {**inputs, "wsgi_app_backend": backend, **settings}
        return wsgi_app.value("__wsgi_app_containerfile", inputs_)

    return containerfile


def commands(containerfile: str, instruction: str) -> list[str]:
    """Return the arguments of each such instruction, without its options."""
    lines = containerfile.replace("\\\n", "").splitlines()
    found = [line.split(" ", 1)[1] for line in lines if line.startswith(f"{instruction} ")]
    return [line.split("/etc/pip.conf", 1)[-1] for line in found]


def arguments_of(tmp_path: Path, program: str, command: str) -> list[str]:
    """Return the arguments that ``program`` gets when a shell runs ``command``."""
    path = tmp_path / program
    path.write_text(
        "#!/usr/bin/python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n", "utf-8"
    )
    path.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("packages", [[], AWKWARD], ids=["plain", "awkward"])
def test_requirements_are_quoted(containerfile, tmp_path: Path, packages):
    environment, _ = commands(containerfile(wsgi_app_packages=packages), "RUN")
    *arguments, text = arguments_of(tmp_path, "python3", environment)
    assert arguments[2:] == ["environment", "/srv/wsgi/shop"]
    assert json.loads(text) == {
        "installer": "uv",
        "base_image": "python:3.13-slim",
        "choice": {"directory": "", "requirements": [], "extras": [], "groups": []},
        "requirements": ["shop", *packages, *REQUIREMENTS],
    }


def test_choice_of_the_source_is_passed_on(containerfile, tmp_path: Path):
    chosen = {"directory": "back", "requirements": ["a b.txt"], "extras": ["x"], "groups": ["y"]}
    source = {"type": "git", "url": "x", "version": "1", **chosen}
    for command in commands(containerfile(wsgi_app_source=source), "RUN"):
        *_rest, text = arguments_of(tmp_path, "python3", command)
        assert json.loads(text)["choice"] == chosen


def test_refresh_changes_each_layer(containerfile):
    text = containerfile(wsgi_app_refresh=True)
    assert text.index("LABEL wsgi_app_refreshed=1") < text.index("RUN")
    assert "wsgi_app_refreshed" not in containerfile()


def test_system_packages_are_installed_in_the_image(containerfile):
    text = containerfile(wsgi_app_system_packages=["libpq5", "gcc"])
    assert "apt-get install -qq --no-install-recommends libpq5 gcc " in commands(text, "RUN")[0]


def test_base_image(containerfile):
    text = containerfile(wsgi_app_base_image="python:3.12")
    assert commands(text, "FROM")[0] == "python:3.12 AS base"


@pytest.mark.parametrize(
    ("source", "copied"),
    [
        pytest.param({"type": "pip", "requirement": "shop"}, False, id="package"),
        pytest.param({"type": "git", "url": "x", "version": "1"}, True, id="source directory"),
    ],
)
def test_source_is_copied(containerfile, source: dict, copied: bool):
    copies = commands(containerfile(wsgi_app_source=source), "COPY")
    assert ("source /srv/wsgi/shop/source" in copies) is copied


def test_environment_variables_are_quoted(wsgi_app, inputs, backend, tmp_path: Path):
    halves = [dict(list(VALUES.items())[start::2]) for start in range(2)]
    inputs_ = {
        **inputs,
        "wsgi_app_backend": backend,
        "__wsgi_app_release_dir": str(tmp_path),
        "wsgi_app_environment": halves[0],
        "wsgi_app_secrets": halves[1],
    }
    for file in wsgi_app.value("__wsgi_app_environment_variable_files", inputs_):
        Path(file["dest"]).write_text(file.get("content") or file["secret"])
    enter = wsgi_app.value("__wsgi_app_source_kind.container_command", inputs_).replace("$$", "$")
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        ["/bin/sh", "-c", f'{enter} python3 -c "$0"', program],
        check=True,
        capture_output=True,
        text=True,
    )
    environment = json.loads(done.stdout)
    assert {name: environment.get(name) for name in VALUES} == VALUES


@pytest.mark.parametrize(
    "source",
    [
        pytest.param({"type": "pip", "requirement": "shop"}, id="built"),
        pytest.param({"type": "image", "ref": "registry.example.org/shop:1.4"}, id="image"),
    ],
)
def test_image_cannot_change_the_settings_of_gunicorn(wsgi_app, inputs, tmp_path: Path, source):
    inputs_ = {
        **inputs,
        "wsgi_app_backend": "podman",
        "wsgi_app_source": source,
        "__wsgi_app_release_dir": str(tmp_path),
    }
    for name in ("environment_variables", "secrets"):
        (tmp_path / name).touch()
    enter = wsgi_app.value("__wsgi_app_source_kind.container_command", inputs_).replace("$$", "$")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{enter} env"],
        env={"GUNICORN_CMD_ARGS": "--workers=9", "KEPT": "yes"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "KEPT=yes" in done.stdout
    assert "GUNICORN_CMD_ARGS" not in done.stdout


@pytest.mark.parametrize(
    ("kind", "added"),
    [
        pytest.param("gthread", [], id="gthread"),
        pytest.param("gevent", ["gevent>=24.10.1", "packaging"], id="gevent"),
        pytest.param(
            "gunicorn.workers.ggevent.GeventWorker", ["gevent>=24.10.1", "packaging"], id="class"
        ),
    ],
)
def test_packages_of_a_kind_of_workers(containerfile, tmp_path: Path, kind: str, added: list[str]):
    environment, _ = commands(containerfile(wsgi_app_worker_class=kind), "RUN")
    *_rest, text = arguments_of(tmp_path, "python3", environment)
    assert json.loads(text)["requirements"] == ["shop", *REQUIREMENTS, *added]
