"""A release is named after all that it is made of."""

import pytest

EXPRESSION = "(recipe | to_json(sort_keys=true) | subsite.deploy.fingerprint)"
RECIPE = {"revision": "v1", "settings": {"workers": 2, "prefix": "/api"}}


@pytest.fixture(scope="module")
def name_of(wsgi_app):
    def name_of(recipe: dict) -> str:
        return wsgi_app.value(EXPRESSION, {"recipe": recipe})

    return name_of


def test_has_twelve_hexadecimal_digits(name_of):
    name = name_of(RECIPE)
    assert len(name) == 12
    assert set(name) <= set("0123456789abcdef")


def test_stays_what_it_was_in_earlier_versions(name_of):
    assert name_of(RECIPE) == "bddaec576c81"


def test_does_not_depend_on_order(name_of):
    turned = {"settings": {"prefix": "/api", "workers": 2}, "revision": "v1"}
    assert name_of(turned) == name_of(RECIPE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({**RECIPE, "revision": "v2"}, id="a value"),
        pytest.param({**RECIPE, "settings": {"workers": "2", "prefix": "/api"}}, id="a type"),
        pytest.param({**RECIPE, "more": None}, id="a key"),
        pytest.param({**RECIPE, "revision": "v1 "}, id="a space"),
    ],
)
def test_depends_on(name_of, other: dict):
    assert name_of(other) != name_of(RECIPE)
