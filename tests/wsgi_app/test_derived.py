"""Variables that the role derives from its inputs."""

from pathlib import Path

import pytest

API = {"wsgi_app_prefix": "/api"}
PUBLIC = {**API, "wsgi_app_public_url": "https://Example.org:8443/outer/api"}


@pytest.fixture
def value(wsgi_app, inputs):
    return lambda variable, **settings: wsgi_app.value(variable, {**inputs, **settings})


@pytest.mark.parametrize(
    ("settings", "root", "scheme"),
    [
        pytest.param({}, "/", "http", id="root"),
        pytest.param(API, "/api", "http", id="prefix"),
        pytest.param({**API, "wsgi_app_prefix_mode": "strip"}, "/api", "http", id="strip"),
        pytest.param({**API, "wsgi_app_prefix_mode": "app"}, "/", "http", id="app"),
        pytest.param(PUBLIC, "/outer/api", "https", id="public URL"),
        pytest.param(
            {**PUBLIC, "wsgi_app_prefix_mode": "app"}, "/outer", "https", id="public URL, app"
        ),
        pytest.param({"wsgi_app_public_url": "http://a.b"}, "/", "http", id="public root"),
        pytest.param({"wsgi_app_public_url": "http://a.b/c"}, "/c", "http", id="outer root"),
    ],
)
def test_flask_defaults(value, settings: dict, root: str, scheme: str):
    assert value("__wsgi_app_flask_defaults", **settings) == {
        "APPLICATION_ROOT": root,
        "PREFERRED_URL_SCHEME": scheme,
        "SESSION_COOKIE_NAME": "shop_session",
    }


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        pytest.param({}, "http://localhost", id="default"),
        pytest.param(PUBLIC, "https://example.org:8443", id="public URL"),
        pytest.param({"wsgi_app_health": {"host": "a.b:81"}}, "http://a.b:81", id="host"),
        pytest.param(
            {**PUBLIC, "wsgi_app_health": {"host": "a.b"}}, "https://a.b", id="host and public URL"
        ),
    ],
)
def test_health_origin(value, settings: dict, origin: str):
    assert value("__wsgi_app_health.origin", **settings) == origin


@pytest.mark.parametrize("wanted", [True, False])
def test_diagnosis_key_is_not_in_the_recipe(value, wanted: bool):
    placed = [file for file in value("__wsgi_app_release_files", wsgi_app_diagnosis=wanted)]
    assert [file for file in placed if "key" in file] == [
        {
            "dest": "/srv/wsgi/shop/releases/0123456789ab/diagnosis.key",
            "key": True,
            "group": "wsgi-shop",
            "mode": "0640",
        }
    ] * wanted
    assert "diagnosis.key" not in str(value("__wsgi_app_recipe.settings"))


def test_every_module_of_the_library_is_placed(value, wsgi_app):
    placed = {
        Path(file["dest"]): file["content"]
        for file in value("__wsgi_app_release_files")
        if "/lib/" in file["dest"]
    }
    lib = Path(value("__wsgi_app_release_dir"), "lib/subsite_wsgi")
    there = {
        lib / path.name: path.read_text() for path in wsgi_app.path.glob("files/subsite_wsgi/*.py")
    }
    assert placed == there != {}


@pytest.mark.parametrize("directory", ["lib", "lib/subsite_wsgi"])
def test_library_has_its_directories(value, directory: str):
    directories = [file["dest"] for file in value("__wsgi_app_release_directories")]
    assert f"{value('__wsgi_app_release_dir')}/{directory}" in directories


@pytest.mark.parametrize(
    "settings",
    [
        {"wsgi_app_forwarded": "append"},
        {"wsgi_app_flask_defaults": False},
        {"wsgi_app_public_url": "https://example.org"},
        {"wsgi_app_python": "/opt/python/bin/python3"},
        {"wsgi_app_refresh": True},
        {"wsgi_app_source": {"type": "pip", "requirement": "shop", "groups": ["x"]}},
        {"__wsgi_app_library": {}},
    ],
    ids=str,
)
def test_recipe_changes_with(value, settings: dict):
    assert value("__wsgi_app_recipe", **settings) != value("__wsgi_app_recipe")


GIT = {"type": "git", "url": "x", "version": "v1"}


@pytest.mark.parametrize(
    ("source", "has_src", "paths"),
    [
        pytest.param(GIT, False, [""], id="flat"),
        pytest.param(GIT, True, ["", "/src"], id="src"),
        pytest.param({**GIT, "directory": "back"}, True, ["/back", "/back/src"], id="directory"),
    ],
)
@pytest.mark.parametrize("backend", ["systemd", "podman"])
def test_modules_are_imported_from_the_source(value, backend, source, has_src: bool, paths):
    inputs = {"wsgi_app_backend": backend, "wsgi_app_source": source}
    inputs["__wsgi_app_checkout"] = {"has_src": has_src}
    top = value("__wsgi_app_release_dir") if backend == "systemd" else "/srv/wsgi/shop"
    first, *others = value("__wsgi_app_search_paths", **inputs)["PYTHONPATH"].split(":")
    # The role's package comes first.
    assert first == f"{value('__wsgi_app_release_dir')}/lib"
    assert others[-len(paths) :] == [f"{top}/source{path}" for path in paths]
    assert value("__wsgi_app_backend.working_dir", **inputs) == f"{top}/source{paths[0]}"


@pytest.mark.parametrize("backend", ["systemd", "podman", "rootless_podman", "docker"])
def test_recipe_does_not_depend_on_the_release_of_an_earlier_call(value, backend: str):
    recipes = [
        value("__wsgi_app_recipe", wsgi_app_backend=backend, __wsgi_app_release=release)
        for release in ("0123456789ab", "ba9876543210")
    ]
    assert recipes[0] == recipes[1]
    assert "unnamed" in recipes[0]["start_files"]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        pytest.param({}, "http://10.0.0.11:8000/", id="root"),
        pytest.param(API, "http://10.0.0.11:8000/api/", id="prefix"),
        pytest.param(
            {**API, "wsgi_app_prefix_mode": "strip"}, "http://10.0.0.11:8000/", id="strip"
        ),
        pytest.param(
            {**API, "wsgi_app_health": {"path": "/healthz"}},
            "http://10.0.0.11:8000/api/healthz",
            id="path",
        ),
    ],
)
def test_health_request_of_another_host(value, settings: dict, url: str):
    listen = {"wsgi_app_listen": "10.0.0.11:8000"}
    assert value("__wsgi_app_health_request.url", **settings, **listen) == url


@pytest.mark.parametrize(
    ("settings", "host", "scheme"),
    [
        pytest.param({}, "localhost", "http", id="default"),
        pytest.param(PUBLIC, "example.org:8443", "https", id="public URL"),
        pytest.param({"wsgi_app_health": {"host": "a.b"}}, "a.b", "http", id="host"),
    ],
)
def test_health_request_has_the_headers_of_the_health_check(value, settings, host, scheme):
    """An app that accepts only some hosts accepts it."""
    assert value("__wsgi_app_health_request.headers", **settings) == {
        "Host": host,
        "X-Forwarded-Proto": scheme,
    }


@pytest.mark.parametrize("status", [[], [200, 204]])
def test_health_request_has_the_statuses_of_the_health_check(value, status: list[int]):
    found = value("__wsgi_app_health_request.status", wsgi_app_health={"status": status})
    assert found == (status or list(range(200, 500)))


@pytest.mark.parametrize(
    ("listen", "host"),
    [
        pytest.param("10.0.0.11:8000", "10.0.0.11", id="IPv4"),
        pytest.param("[fd00::11]:8000", "fd00::11", id="IPv6"),
    ],
)
def test_address_for_other_hosts(value, listen: str, host: str):
    settings = {"wsgi_app_listen": listen, "wsgi_app_gunicorn": {"graceful_timeout": 90}}
    found = value("__wsgi_app_address_result", **settings)
    assert [found[key] for key in ("listen", "host", "port", "drain_timeout")] == [
        listen,
        host,
        "8000",
        90,
    ]
