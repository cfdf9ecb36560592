"""A list of origins has the defaults of all other settings."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.cors import FilterModule

cors = FilterModule().filters()["cors"]
ORIGINS = ["https://app.example.org"]
DEFAULTS = {
    "credentials": False,
    "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    "headers": ["Authorization", "Content-Type"],
    "max_age": 600,
}


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        pytest.param(ORIGINS, {}, id="list"),
        pytest.param({"origins": ORIGINS}, {}, id="dictionary"),
        pytest.param({"origins": ORIGINS, "max_age": 5}, {"max_age": 5}, id="other value"),
    ],
)
def test_settings(value, changed: dict):
    assert cors(value) == {"origins": ORIGINS, **DEFAULTS, **changed}
