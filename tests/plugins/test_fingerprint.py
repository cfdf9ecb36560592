"""The name of a release depends on its whole content."""

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

EXPRESSION = trust_as_template(
    "{{ recipe | to_json(sort_keys=true) | subsite.deploy.fingerprint }}"
)
RECIPE = {"revision": "v1", "settings": {"workers": 2, "prefix": "/api"}}


def name_of(recipe: dict) -> str:
    return Templar(DataLoader(), {"recipe": recipe}).template(EXPRESSION)


def test_has_twelve_hexadecimal_digits():
    name = name_of(RECIPE)
    assert len(name) == 12
    assert set(name) <= set("0123456789abcdef")


def test_is_the_same_as_in_earlier_versions():
    assert name_of(RECIPE) == "bddaec576c81"


def test_does_not_depend_on_order():
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
def test_depends_on(other: dict):
    assert name_of(other) != name_of(RECIPE)
