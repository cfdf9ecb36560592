"""Which links nginx finds the static files of releases by."""

from __future__ import annotations

import pytest

STATIC = "/var/lib/wsgi/shop/static"
NEW, OLD = "0123456789ab", "ba9876543210"
PATHS = {"wsgi_app_static_paths": ["shop/static"]}


@pytest.fixture
def value(wsgi_app, inputs):
    """Return a function that returns a value of the role on a host with releases."""

    def value(variable: str, releases: dict[str, bool], current: str = "", **more):
        """Tell by its name which of ``releases`` has static files."""
        records = [
            {"release": name, "static_paths": ["shop/static"] if has_static else []}
            for name, has_static in releases.items()
        ]
        info = {**inputs["__wsgi_app_info"], "releases": records, "current": current}
        host = {"__wsgi_app_info": info, "ansible_check_mode": False}
        return wsgi_app.value(variable, {**inputs, **host, **more})

    return value


def targets(files: list[dict]) -> dict[str, str | None]:
    """Return the targets of the links among ``files``; none for one that must not be there."""
    return {
        file["dest"].removeprefix(f"{STATIC}/"): file.get("link")
        for file in files
        if file["dest"].startswith(STATIC)
    }


@pytest.mark.parametrize(
    ("releases", "current", "links"),
    [
        pytest.param({NEW: True, OLD: True}, OLD, (NEW, OLD), id="switch"),
        pytest.param({NEW: True, OLD: False}, OLD, (NEW, None), id="first with static files"),
        pytest.param({NEW: False, OLD: True}, OLD, (None, OLD), id="first without static files"),
        pytest.param({NEW: True}, "", (NEW, None), id="first release"),
        pytest.param({NEW: True}, "c0ffee", (NEW, None), id="current release is gone"),
    ],
)
def test_links_of_a_switch(value, releases, current, links):
    files = (
        "__wsgi_app_static_previous + __wsgi_app_current_files + __wsgi_app_probation_ended_files"
    )
    assert targets(value(files, releases, current)) == {
        "previous": links[1],
        "current": links[0],
        "next": None,
    }


@pytest.mark.parametrize(
    ("releases", "links"),
    [
        pytest.param({NEW: True, OLD: True}, {"next": NEW}, id="static files"),
        pytest.param({NEW: False, OLD: True}, {}, id="no static files"),
    ],
)
def test_link_of_a_start(value, releases, links):
    assert targets(value("__wsgi_app_probation_files", releases, OLD)) == links


def test_release_that_starts_again_keeps_the_previous_release(value):
    assert value("__wsgi_app_static_previous", {NEW: True, OLD: True}, NEW) == []


def test_run_that_changes_nothing_keeps_the_previous_release(value):
    files = "__wsgi_app_current_files + __wsgi_app_serving_files"
    assert targets(value(files, {NEW: True, OLD: True}, NEW)) == {"current": NEW, "next": None}


def test_link_of_the_first_release_comes_with_its_files(value):
    assert targets(value("__wsgi_app_current_files", {}, **PATHS)) == {"current": None}


def test_check_mode_shows_the_links(value):
    files = value("__wsgi_app_current_files", {}, **PATHS, ansible_check_mode=True)
    assert targets(files) == {"current": NEW}


@pytest.mark.parametrize(
    ("settings", "names"),
    [pytest.param({}, [], id="none"), pytest.param(PATHS, [STATIC], id="one")],
)
def test_nginx_can_read_the_directory(value, settings: dict, names: list[str]):
    directories = value("__wsgi_app_static_directories", {}, **settings)
    assert [entry["dest"] for entry in directories] == names
    assert {(entry["group"], entry["mode"]) for entry in directories} <= {("www-data", "0750")}


def test_changed_list_makes_a_new_release(value):
    source = {"wsgi_app_source": {"type": "local", "path": "/srv/shop"}}
    paths = [{}, PATHS, {"wsgi_app_static_paths": ["other"]}]
    recipes = [value("__wsgi_app_recipe", {}, **source, **each) for each in paths]
    assert len({str(recipe) for recipe in recipes}) == 3
