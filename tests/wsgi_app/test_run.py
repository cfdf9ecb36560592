"""Where a run stands, by what the host has."""

import pytest

NEW = "0123456789ab"


@pytest.fixture
def stands(wsgi_app, inputs):
    def stands(variable: str, **found):
        """Return what ``variable`` is when the host has what is ``found``."""
        info = {**inputs["__wsgi_app_info"], **found}
        return wsgi_app.value(variable, {**inputs, "__wsgi_app_info": info})

    return stands


def complete(*names: str) -> list[dict]:
    return [{"release": name, "environment": name} for name in names]


@pytest.mark.parametrize(
    ("current", "releases", "instances", "before"),
    [
        pytest.param("", [], {}, "", id="nothing is there"),
        pytest.param("a", ["a"], {"a": "active"}, "a", id="another serves"),
        pytest.param("a", ["a"], {}, "a", id="another sleeps until it is asked"),
        pytest.param("a", [], {"a": "active"}, "a", id="another serves, but is damaged"),
        pytest.param("a", [], {}, "", id="a first run was cut off"),
        pytest.param(NEW, [NEW], {NEW: "active"}, "", id="this one serves"),
        pytest.param(NEW, [NEW, "a"], {NEW: "active", "a": "active"}, "", id="both serve"),
    ],
)
def test_before(stands, current: str, releases: list[str], instances: dict, before: str):
    found = {"current": current, "releases": complete(*releases), "instances": instances}
    assert stands("__wsgi_app_before", **found) == before


@pytest.mark.parametrize(
    ("current", "listening", "instances", "serving"),
    [
        pytest.param(NEW, True, {NEW: "active"}, True, id="it does"),
        pytest.param(NEW, False, {NEW: "active"}, False, id="the socket is closed"),
        pytest.param(NEW, True, {NEW: "activating"}, False, id="it only starts"),
        pytest.param(NEW, True, {}, False, id="it sleeps"),
        pytest.param(NEW, True, {NEW: "active", "a": "active"}, False, id="another does, too"),
        pytest.param("a", True, {NEW: "active"}, False, id="the socket wakes another"),
    ],
)
def test_serving(stands, current: str, listening: bool, instances: dict, serving: bool):
    found = {"current": current, "listening": listening, "instances": instances}
    assert stands("__wsgi_app_serving", **found) is serving
