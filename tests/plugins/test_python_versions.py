"""Which versions of Python a requirement allows."""

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.python_versions import allows
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError


@pytest.mark.parametrize(
    ("requirement", "version", "allowed"),
    [
        (">=3.11", (3, 13, 5), True),
        (">=3.14", (3, 13, 5), False),
        (">= 3.11, < 4", (3, 13, 5), True),
        (">=3.11,<3.13", (3, 13, 0), False),
        (">=3.11 <3.13", (3, 12, 9), True),
        (">=3.13.6", (3, 13, 5), False),
        ("<=3.13", (3, 13, 5), False),
        (">3.13", (3, 13, 5), True),
        ("~=3.11", (3, 13, 5), True),
        ("~=3.11", (4, 0, 0), False),
        ("~=3.11.2", (3, 12, 0), False),
        ("~=3.11.2", (3, 11, 1), False),
        ("==3.12.*", (3, 12, 4), True),
        ("==3.12.*", (3, 13, 0), False),
        ("!=3.13.*,>=3.8", (3, 13, 5), False),
        ("!=3.9.7", (3, 9, 8), True),
        ("==3.13.5", (3, 13, 5), True),
        (">=3.14.0rc1", (3, 13, 5), False),
        ("", (3, 13, 5), True),
        ("*", (3, 13, 5), True),
        ("^3.11", (3, 13, 5), True),
        ("^3.14", (3, 13, 5), False),
        ("^3.11", (4, 0, 0), False),
        ("~3.12", (3, 12, 7), True),
        ("~3.12", (3, 13, 0), False),
        ("3.12", (3, 12, 7), True),
        ("3.12.*", (3, 13, 0), False),
        ("^3.9 || ^4.0", (4, 1, 0), True),
        ("~3.9|~3.13", (3, 13, 5), True),
        ("~3.9|~3.10", (3, 13, 5), False),
    ],
)
def test_requirement(requirement: str, version: tuple[int, ...], allowed: bool):
    assert allows(requirement, version) is allowed


def test_what_is_none_is_refused():
    with pytest.raises(BuildError, match="'three' is no requirement"):
        allows("three", (3, 13, 5))
