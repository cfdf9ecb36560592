"""wsgi_app_build_environment in an image: as a secret of the build, and for nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

VALUE = 'to"ken $1 `2`'
SETTINGS = {
    "wsgi_app_source": {"type": "git", "url": "https://git.example.org/shop.git", "version": "v1"},
    "wsgi_app_build_environment": {"INDEX_TOKEN": VALUE},
    "wsgi_app_build_commands": ["make"],
    "__wsgi_app_checkout": {"after": "1"},
}
ID = "shop_build_environment"


@pytest.fixture(params=["podman", "docker", "rootless_podman"])
def value(wsgi_app, inputs: dict, request):
    def value(variable: str, **more):
        settings = {**SETTINGS, "wsgi_app_backend": request.param, **more}
        return wsgi_app.value(variable, {**inputs, **settings})

    return value


def test_each_command_of_a_build_gets_it(value):
    text = value("__wsgi_app_containerfile").replace("\\\n", " ")
    runs = [line for line in text.splitlines() if line.startswith("RUN ") and "secret" in line]
    assert len(runs) == 3
    assert all(f"--mount=type=secret,id={ID}" in line for line in runs)


def test_value_is_in_the_secret_alone(value):
    assert VALUE not in value("__wsgi_app_containerfile")
    texts = [
        file["content"]
        for file in value("__wsgi_app_build_context_files + __wsgi_app_release_files")
        if "content" in file
    ]
    assert not [text for text in texts if "INDEX_TOKEN" in text]
    [file] = [file for file in value("__wsgi_app_build_context_files") if "secret" in file]
    assert value("__wsgi_app_image_secrets")[ID] == file["dest"]
    assert "INDEX_TOKEN" not in json.dumps(value("__wsgi_app_description"))


def test_app_cannot_read_it_unless_its_user_builds(value, request):
    [file] = [file for file in value("__wsgi_app_build_context_files") if "secret" in file]
    rootless = "rootless_podman" in request.node.name
    assert (file.get("group"), file["mode"]) == (
        ("wsgi-shop", "0640") if rootless else (None, "0600")
    )


def test_command_has_its_exact_value(value, tmp_path: Path):
    [file] = [file for file in value("__wsgi_app_build_context_files") if "secret" in file]
    (tmp_path / ID).write_text(file["secret"])
    begins = value("__wsgi_app_builder_variables").replace("/run/secrets", str(tmp_path))
    command = [*("/bin/sh", "-c"), f"{begins} env"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"INDEX_TOKEN={VALUE}" in done.stdout.splitlines()


def test_other_values_make_another_stage(value):
    """An engine does not compare secrets, so a file that it copies has to differ."""

    def copied(token: str) -> list[str]:
        files = value(
            "__wsgi_app_build_context_files", wsgi_app_build_environment={"INDEX_TOKEN": token}
        )
        return [file["content"] for file in files if "/image/builder/" in file["dest"]]

    assert copied("a") != copied("b") and copied("a") == copied("a")


def test_without_it_nothing_is_mounted(value):
    none = {"wsgi_app_build_environment": {}, "wsgi_app_build_commands": []}
    assert ID not in value("__wsgi_app_containerfile", **none)
    assert value("__wsgi_app_image_secrets", **none) == {}


def test_release_depends_on_it(value):
    assert value("__wsgi_app_recipe.build_environment") == {"INDEX_TOKEN": VALUE}
    assert "INDEX_TOKEN" in value("__wsgi_app_fingerprints.build_environment")
    assert VALUE not in str(value("__wsgi_app_fingerprints"))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"A B": "x"}, "has 'A B': use letters, digits and '_', as in 'API_KEY'."),
        ({"HOME": "x"}, "sets HOME, but each build has a temporary one: remove it."),
        ({"PATH": "x"}, "sets PATH, but it has the programs of the environment: remove it."),
        ({"UV_LINK_MODE": "x"}, "sets UV_LINK_MODE, but the role sets it: remove it."),
        ({"A": 1}, ".A is not a text: environment variables are texts, so use quotes."),
    ],
)
def test_input_errors(input_errors, variables: dict, said: str):
    [error] = input_errors(wsgi_app_build_environment=variables)
    assert error.removeprefix("wsgi_app_build_environment").strip() == said


def test_variable_of_the_app_can_have_another_value_in_builds(input_errors):
    variables = {"DJANGO_SETTINGS_MODULE": "shop.settings"}
    builds = {"DJANGO_SETTINGS_MODULE": "shop.settings.build"}
    assert not input_errors(wsgi_app_environment=variables, wsgi_app_build_environment=builds)


def test_finished_image_is_refused(input_errors):
    source = {"type": "image", "ref": "registry.example.org/shop:1"}
    said = input_errors(
        wsgi_app_backend="podman", wsgi_app_source=source, wsgi_app_build_environment={"A": "b"}
    )
    assert said == [
        "wsgi_app_build_environment is set, but wsgi_app_source.type is 'image': the image is "
        "built already, so remove it."
    ]
