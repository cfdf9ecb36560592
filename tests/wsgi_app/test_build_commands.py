"""The build commands of an image and of a Compose project, and what they are part of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

COMMANDS = {"wsgi_app_build_commands": ['printf %s "$GREETING, $TOKEN" > page', "echo $HOME"]}
LOCAL = {"wsgi_app_source": {"type": "local", "path": str(Path(__file__).parents[1] / "apps")}}
VALUES = {"wsgi_app_environment": {"GREETING": 'say "hi"'}, "wsgi_app_secrets": {"TOKEN": "$1 `2`"}}
SOURCE = "/srv/wsgi/shop/source"
ENGINES = ["podman", "docker", "rootless_podman"]


@pytest.fixture
def value(wsgi_app, inputs):
    def value(variable: str, **settings):
        return wsgi_app.value(variable, {**inputs, **LOCAL, **COMMANDS, **VALUES, **settings})

    return value


def stage(containerfile: str, name: str) -> list[str]:
    """Return the instructions of a stage of ``containerfile``, each in one line."""
    lines = containerfile.replace("\\\n", "").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.endswith(f" AS {name}"))
    end = next(number for number in range(begin + 1, len(lines)) if lines[number][:5] == "FROM ")
    return [line for line in lines[begin + 1 : end] if line and not line.startswith("#")]


@pytest.mark.parametrize("backend", ENGINES)
class TestImage:
    @pytest.fixture
    def containerfile(self, value, backend: str) -> str:
        return value("__wsgi_app_containerfile", wsgi_app_backend=backend)

    def test_commands_run_without_root_between_steps_of_root(self, containerfile):
        kinds = [line.split()[:2] for line in stage(containerfile, "built")]
        assert [kind for kind in kinds if kind[0] == "USER"] == [
            ["USER", "65534:65534"],
            ["USER", "0:0"],
        ]
        assert [kind[0] for kind in kinds] == ["COPY", "RUN", "USER", "RUN", "USER", "RUN"]

    def test_image_has_the_source_of_their_stage(self, containerfile):
        assert f"COPY --from=built {SOURCE} {SOURCE}" in containerfile.splitlines()
        assert "--from=project /srv/wsgi/shop/source" not in containerfile

    def test_values_are_not_in_the_containerfile(self, containerfile):
        assert not [value for value in ('say "hi"', "`2`") if value in containerfile]

    def test_secrets_can_be_mounted_by_their_ids(self, value, containerfile, backend: str):
        files = value("__wsgi_app_build_secrets", wsgi_app_backend=backend)
        mounts = [
            word
            for word in containerfile.split()
            if word.startswith("--mount=type=secret,id=shop_")
        ]
        assert mounts == [f"--mount=type=secret,id={name},uid=65534,mode=0400" for name in files]
        assert list(files) == ["shop_environment_variables", "shop_secrets"]
        written = value("__wsgi_app_environment_variable_files", wsgi_app_backend=backend)
        assert list(files.values()) == [file["dest"] for file in written]

    def test_commands_get_environment_variables_secrets_and_a_home(
        self, value, containerfile, backend: str, tmp_path: Path
    ):
        done = run(value, containerfile, backend, tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "source/page").read_text() == 'say "hi", $1 `2`'
        home = Path(done.stdout.strip())
        assert (home.parent, home.exists()) == (Path("/tmp"), False)

    def test_command_that_fails_is_the_last_one_printed(
        self, value, containerfile, backend: str, tmp_path: Path
    ):
        commands = ["echo begun > first", "false", "touch second"]
        done = run(value, containerfile, backend, tmp_path, wsgi_app_build_commands=commands)
        assert done.returncode != 0
        assert done.stderr.splitlines()[-2:] == ["echo begun > first", "false"]
        assert not (tmp_path / "source/second").exists()

    def test_each_release_has_another_file_of_commands(self, value, backend: str):
        """An engine does not compare secrets, so something else has to differ."""
        texts = {
            value(
                "__wsgi_app_build_commands_file",
                wsgi_app_backend=backend,
                __wsgi_app_release=release,
            )["build_commands"]
            for release in ("4d1c09aa71be", "0123456789ab")
        }
        assert len(texts) == 2

    def test_their_file_is_in_the_context(self, value, backend: str):
        files = value("__wsgi_app_build_context_files", wsgi_app_backend=backend)
        [file] = [file for file in files if file["dest"].endswith("/image/build_commands")]
        assert file["content"].splitlines()[1:] == COMMANDS["wsgi_app_build_commands"]

    def test_without_commands_there_is_no_stage_for_them(self, value, backend: str):
        none = {"wsgi_app_backend": backend, "wsgi_app_build_commands": []}
        assert "built" not in value("__wsgi_app_containerfile", **none)
        assert value("__wsgi_app_build_secrets", **none) == {}


def run(value, containerfile: str, backend: str, tmp_path: Path, **settings):
    """Run the step of the commands below ``tmp_path`` instead of in a container."""
    (tmp_path / "source").mkdir()
    settings["wsgi_app_backend"] = backend
    for name, file in zip(
        value("__wsgi_app_build_secrets", **settings),
        value("__wsgi_app_environment_variable_files", **settings),
        strict=True,
    ):
        (tmp_path / name).write_text(file.get("content") or file["secret"])
    text = value("__wsgi_app_build_commands_file", **settings)["build_commands"]
    (tmp_path / "build_commands").write_text(text)
    command = stage(containerfile, "built")[3].split(",mode=0400", 2)[2].strip()
    for place, instead in {
        "/run/secrets": tmp_path,
        "/build_commands": tmp_path / "build_commands",
        f"cd {SOURCE}": f"cd {tmp_path}/source",
    }.items():
        command = command.replace(place, str(instead))
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)


@pytest.mark.parametrize(
    "commands", [[], COMMANDS["wsgi_app_build_commands"]], ids=["none", "some"]
)
def test_compose_gives_the_build_its_secrets(value, commands: list[str]):
    text = value(
        "__wsgi_app_compose_service.content",
        __wsgi_app_backend_name="compose",
        compose_directory="/home/me/site",
        __compose_user="1000:1000",
        wsgi_app_build_commands=commands,
    )
    file = yaml.safe_load(text)
    release = "./files/srv/wsgi/shop/releases/0123456789ab"
    secrets = {
        "shop_environment_variables": {"file": f"{release}/environment_variables"},
        "shop_secrets": {"file": f"{release}/secrets"},
    }
    assert file.get("secrets", {}) == (secrets if commands else {})
    assert file["services"]["shop"]["build"].get("secrets", []) == (
        list(secrets) if commands else []
    )


@pytest.mark.parametrize("backend", ["systemd", *ENGINES])
def test_changed_command_is_another_release(wsgi_app, inputs, backend: str):
    """The release has no name yet."""
    unnamed = {name: value for name, value in inputs.items() if name != "__wsgi_app_release"}
    settings = {**unnamed, **LOCAL, "wsgi_app_backend": backend}
    recipes = [
        wsgi_app.value("__wsgi_app_recipe", {**settings, "wsgi_app_build_commands": commands})
        for commands in ([], ["make"], ["make all"])
    ]
    assert all(recipes.count(recipe) == 1 for recipe in recipes)
