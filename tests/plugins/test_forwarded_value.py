"""The value in a list that the outermost trusted proxy has added."""

import re

import pytest
from ansible_collections.subsite.deploy.plugins.filter.forwarded_value import forwarded_value


def found(header: str, hops: int, value: str = "[a-z]+") -> str | None:
    """Return the value that is found in ``header``."""
    match = re.match("1:" + forwarded_value(f"(?P<it>{value})", hops), f"1:{header}")
    return match and match["it"]


@pytest.mark.parametrize(
    ("header", "values"),
    [
        pytest.param("a", ["a", "a", "a"], id="one value"),
        pytest.param("a,b", ["b", "a", "a"], id="two values"),
        pytest.param("a,b,c", ["c", "b", "a"], id="three values"),
        pytest.param("a,b,c,d", ["d", "c", "b"], id="more values than proxies"),
        pytest.param(" a ,\tb\t, c ", ["c", "b", "a"], id="blanks"),
        pytest.param("", [None, None, None], id="nothing"),
        pytest.param("1", [None, None, None], id="another value"),
        pytest.param("a,1", [None, "a", "a"], id="another value at the end"),
        pytest.param("1,b", ["b", None, None], id="another value first"),
        pytest.param("a,1,c", ["c", None, "a"], id="another value inside"),
        pytest.param("a,", [None, "a", "a"], id="nothing at the end"),
        pytest.param(",b", ["b", None, None], id="nothing first"),
        pytest.param("a,,c", ["c", None, "a"], id="nothing inside"),
        pytest.param("a b", [None, None, None], id="blank inside"),
        pytest.param("a;b", [None, None, None], id="another separator"),
    ],
)
def test_found_behind_one_to_three_proxies(header: str, values: list[str | None]):
    assert [found(header, hops) for hops in (1, 2, 3)] == values


def test_alternatives_are_a_whole_value():
    assert found("x,bee", 1, "a|be") is None


def test_hops_may_be_text():
    assert forwarded_value("a", "2") == forwarded_value("a", 2)
