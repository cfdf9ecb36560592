"""An app that comes as an image: what is refused, what is asked for, and how it is entered."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

DIGEST = "sha256:" + "70f8" * 16
REF = "registry.example.org/shop:1.4"
IMAGE = {"type": "image", "ref": REF}
PODMAN = {"wsgi_app_backend": "podman", "wsgi_app_source": IMAGE}
LOGIN = {"username": "deployer", "password": "otter"}


@pytest.fixture
def input_errors(input_errors):
    return lambda **settings: input_errors(**{**PODMAN, **settings})


@pytest.fixture
def value(wsgi_app, inputs):
    return lambda variable, **more: wsgi_app.value(variable, {**inputs, **PODMAN, **more})


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    text = json.dumps({"manifests": [{"digest": DIGEST}]}).encode()
    member = tarfile.TarInfo("index.json")
    member.size = len(text)
    with tarfile.open(tmp_path / "shop.tar", "w") as file:
        file.addfile(member, io.BytesIO(text))
    return tmp_path / "shop.tar"


REFERENCES = [
    REF,
    "localhost/shop:1",
    "localhost:5000/team/my-shop:v1_2",
    "registry:5000/shop:latest",
    "10.0.0.1/shop:1",
    f"docker.io/library/shop@{DIGEST}",
    f"{REF}@{DIGEST}",
]


@pytest.mark.parametrize("ref", REFERENCES)
def test_reference_is_accepted(input_errors, ref: str):
    assert input_errors(wsgi_app_source={"type": "image", "ref": ref}) == []


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "shop",
        "shop:1.4",
        "team/shop:1.4",
        "registry.example.org/shop",
        "registry.example.org/Shop:1.4",
        "https://registry.example.org/shop:1.4",
        "registry.example.org/shop:",
        "registry.example.org/shop@sha256:70f8",
        f"{REF}\n",
        "--creds=x/shop:1",
    ],
)
def test_reference(input_errors, ref: str):
    assert input_errors(wsgi_app_source={"type": "image", "ref": ref}) == [
        f"wsgi_app_source.ref is {ref!r}: write the registry, the name of the image, and a tag or "
        "a digest, as in 'registry.example.org/shop:1.4' or 'docker.io/library/shop@sha256:' with "
        "64 hexadecimal digits."
    ]


def test_archive_is_accepted(input_errors, archive: Path):
    assert input_errors(wsgi_app_source={"type": "image", "archive": str(archive)}) == []


def test_archive(input_errors, tmp_path: Path):
    [said] = input_errors(wsgi_app_source={"type": "image", "archive": f"{tmp_path}/shop.tar"})
    path = f"{tmp_path}/shop.tar"
    assert said.startswith(f"wsgi_app_source.archive is {path!r}, but {path} cannot ")


def test_backend_without_images(input_errors):
    assert input_errors(wsgi_app_backend="systemd") == [
        "wsgi_app_source.type is 'image', but wsgi_app_backend is 'systemd', which does not run "
        "images: write a backend with containers, as in wsgi_app_backend: podman."
    ]


def test_backend_that_builds_its_images(input_errors):
    assert input_errors(wsgi_app_backend="rootless_podman") == [
        "wsgi_app_source.type is 'image', but wsgi_app_backend is 'rootless_podman', which "
        "builds its images: write the image in wsgi_app_base_image, or use podman or docker."
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("wsgi_app_packages", ["psycopg"]),
        ("wsgi_app_system_packages", ["libpq5"]),
        ("wsgi_app_installer", "pip"),
        ("wsgi_app_refresh", True),
        ("wsgi_app_python", "/opt/python"),
        ("wsgi_app_base_image", "python:3.12-slim"),
    ],
)
def test_build_option(input_errors, variable: str, value):
    assert input_errors(**{variable: value}) == [
        f"{variable} is {value!r}, but the image in wsgi_app_source is built already and must have "
        "all that the app needs: remove it."
    ]


def test_login_without_registry(input_errors, archive: Path):
    source = {"type": "image", "archive": str(archive)}
    [said] = input_errors(wsgi_app_source=source, wsgi_app_registry_login=LOGIN)
    assert said.startswith(
        "wsgi_app_registry_login is set, but only an image in a registry uses it"
    )
    assert LOGIN["password"] not in said
    assert input_errors(wsgi_app_registry_login=LOGIN) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"wsgi_app_source": {"type": "image"}}, "ref, archive", id="neither"),
        pytest.param(
            {"wsgi_app_source": {**IMAGE, "archive": "a"}}, "mutually exclusive", id="both"
        ),
        pytest.param(
            {"wsgi_app_source": IMAGE, "wsgi_app_registry_login": {"username": "deployer"}},
            "required together",
            id="half a login",
        ),
    ],
)
def test_specification_rejects(wsgi_app, settings: dict, said: str):
    [error] = wsgi_app.specification_errors({"wsgi_app_name": "shop", **settings})
    assert said in error


@pytest.mark.parametrize(
    ("ref", "kind", "repository"),
    [
        (REF, "tag", "registry.example.org/shop"),
        ("localhost:5000/shop:1", "tag", "localhost:5000/shop"),
        (f"localhost:5000/shop@{DIGEST}", "digest", "localhost:5000/shop"),
        (f"{REF}@{DIGEST}", "digest", "registry.example.org/shop"),
    ],
)
def test_image_is_requested_by_its_digest(value, ref: str, kind: str, repository: str):
    more = {"wsgi_app_source": {"type": "image", "ref": ref}, "__wsgi_app_revision": DIGEST}
    assert value("__wsgi_app_image_kind", **more) == kind
    assert value("__wsgi_app_image_source", **more) == f"docker://{repository}@{DIGEST}"


def test_host_may_have_it_for_another_release(value, inputs):
    releases = [
        {"release": "a", "revision": DIGEST},
        {"release": "b", "revision": DIGEST},
        {"release": "c", "revision": "9c2ea81"},
    ]
    found = {"releases": releases, "images": {"podman": ["a", "c"], "docker": ["b"]}}
    more = {"__wsgi_app_info": inputs["__wsgi_app_info"] | found, "__wsgi_app_revision": DIGEST}
    remote = f"registry.example.org/shop@{DIGEST}"
    assert value("__wsgi_app_local_images", **more) == ["localhost/wsgi-shop:a", remote]


@pytest.mark.parametrize(
    ("image", "path"), [({}, []), ({"PYTHONPATH": "/opt/more"}, ["/opt/more"])]
)
def test_paths_of_the_image_stay(value, tmp_path: Path, image: dict[str, str], path: list[str]):
    more = {"__wsgi_app_release_dir": str(tmp_path), "wsgi_app_environment": {"COLOUR": "blue"}}
    for file in value("__wsgi_app_environment_variable_files", **more):
        Path(file["dest"]).write_text(file.get("content") or file["secret"])
    enter = value("__wsgi_app_source_kind.container_command", **more).replace("$$", "$").strip()
    done = subprocess.run(
        ["/bin/sh", "-c", f"{enter} env"],
        env={"PATH": "/opt/venv/bin:/usr/bin:/bin", **image},
        check=True,
        capture_output=True,
        text=True,
    )
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert found["PATH"] == "/opt/venv/bin:/usr/bin:/bin"
    assert found["PYTHONPATH"].split(":") == [f"{tmp_path}/lib", *path]
    assert found["COLOUR"] == "blue"


@pytest.mark.parametrize("quadlet", [True, False], ids=["quadlet", "service"])
def test_its_directory_stays(value, inputs, quadlet: bool):
    more = {
        "__wsgi_app_info": inputs["__wsgi_app_info"] | {"quadlet": quadlet},
        "wsgi_app_shared_paths": ["opt/shop/media"],
    }
    bound = {
        True: "/var/lib/wsgi/shop/shared/media:/opt/shop/media",
        False: "source=/var/lib/wsgi/shop/shared/media,target=/opt/shop/media",
    }
    files = value("__wsgi_app_backend.start_files", **more)
    units = [file for file in files if "_unavailable." not in file["dest"]]
    assert len(units) == 2
    for unit in units:
        assert "workdir" not in unit["content"].lower().replace("workingdir", "workdir")
        assert bound[quadlet] in unit["content"]
        assert "PATH=/" not in unit["content"].replace("PYTHONPATH=", "")
