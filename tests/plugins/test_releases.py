"""The complete releases of an app on its host."""

import json
import os
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import releases

pytestmark = pytest.mark.usefixtures("home")


def names(app: str = "shop") -> list[str]:
    return [release["release"] for release in releases.complete(app, {})]


def test_release_without_gunicorn_is_incomplete(three_releases: Path):
    (three_releases / "environments/env1/bin/gunicorn").unlink()
    assert names() == ["bbb"]


@pytest.mark.parametrize(
    ("backend", "images", "complete"),
    [
        pytest.param("podman", {}, ["bbb"], id="no engine"),
        pytest.param("podman", {"podman": ["aaa"]}, ["aaa", "bbb"], id="its image"),
        pytest.param("podman", {"podman": ["bbb"]}, ["bbb"], id="another's image"),
        pytest.param("podman", {"docker": ["aaa"]}, ["bbb"], id="an image of another engine"),
        pytest.param("rootless_podman", {"podman": ["aaa"]}, ["bbb"], id="an image of root"),
        pytest.param(
            "rootless_podman",
            {"{home}/podman": ["aaa"]},
            ["aaa", "bbb"],
            id="an image of the app's user",
        ),
    ],
)
def test_release_in_a_container_needs_its_image(three_releases: Path, backend, images, complete):
    record = three_releases / "releases/aaa/release.json"
    record.write_text(json.dumps({"backend": backend}))
    os.utime(record, (1000, 1000))
    images = {command.format(home=three_releases): tags for command, tags in images.items()}
    found = releases.complete("shop", images)
    assert [release["release"] for release in found] == complete


def test_images_of_each_engine_of_the_host(tmp_path: Path, monkeypatch):
    for directory, tags in {"bin": "bbb aaa", "shop": "ccc"}.items():
        engine = tmp_path / directory / "podman"
        engine.parent.mkdir(exist_ok=True)
        engine.write_text(f"#!/bin/sh\nprintf '%s\\n' {tags}; echo asked: $*>&2\n")
        engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert releases.images_of("shop") == {
        "podman": ["aaa", "bbb"],
        f"{tmp_path}/shop/podman": ["ccc"],
    }


@pytest.mark.usefixtures("three_releases")
def test_complete_releases_newest_first():
    assert names() == ["aaa", "bbb"]


@pytest.mark.usefixtures("three_releases")
def test_description_of_a_release():
    assert releases.complete("shop", {})[0] == {
        "release": "aaa",
        "environment": "env1",
        "deployed": "1970-01-01 00:16:40",
        "static_paths": [],
        "source": "git",
        "revision": "aaa1",
    }


@pytest.mark.parametrize("text", ["", "{", '{"source": "gi'])
def test_release_with_half_a_record_is_incomplete(three_releases: Path, text: str):
    (three_releases / "releases/aaa/release.json").write_text(text)
    assert names() == ["bbb"]


def test_missing_app_has_no_releases():
    assert names("missing") == []


@pytest.mark.parametrize(
    ("names", "serving", "previous"),
    [
        pytest.param(["c", "b", "a"], "c", "b", id="the newest serves"),
        pytest.param(["c", "b", "a"], "b", "a", id="after a rollback"),
        pytest.param(["c", "b", "a"], "a", "", id="the oldest serves"),
        pytest.param(["c", "b"], "x", "", id="what serves is damaged"),
        pytest.param(["c", "b"], "", "", id="none serves"),
        pytest.param([], "", "", id="none is there"),
    ],
)
def test_previous_release(names: list[str], serving: str, previous: str):
    assert releases.previous(names, serving) == previous


@pytest.mark.parametrize("there", [False, True], ids=["nothing", "link to nowhere"])
def test_time_of_a_link(tmp_path: Path, there: bool):
    path = tmp_path / "wsgi-shop.service"
    if there:
        path.symlink_to("missing")
        os.utime(path, (1000, 1000), follow_symlinks=False)
    assert releases.time_of(path) == ("1970-01-01 00:16:40" if there else "")
