"""Environment variables arrive in a unit as they were written."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.environment_file import (
    environment_file,
)


def read(text: str) -> dict[str, str]:
    """Read ``text`` as systemd reads an EnvironmentFile (systemd.exec(5)), as far as it is quoted.

    Between double quotes a backslash takes the special meaning of ``"``, ``\\``, ```` ` ```` and
    ``$``, joins lines at a line's end, and is itself before anything else.
    """
    variables = {}
    characters = iter(text)
    while name := "".join(iter(lambda: next(characters, "="), "=")):
        assert next(characters) == '"'
        value = ""
        while (character := next(characters)) != '"':
            if character == "\\":
                escaped = next(characters)
                character = escaped if escaped in '"\\`$' else "\\" + escaped
                character = "" if escaped == "\n" else character
            value += character
        assert next(characters) == "\n"
        variables[name] = value
    return variables


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("", '""', id="empty"),
        pytest.param("plain", '"plain"', id="plain"),
        pytest.param(" a  b ", '" a  b "', id="spaces"),
        pytest.param('say "hi"', r'"say \"hi\""', id="double quotes"),
        pytest.param("it's", '"it\'s"', id="single quote"),
        pytest.param("$HOME ${X}", r'"\$HOME \${X}"', id="dollars"),
        pytest.param("`id`", r'"\`id\`"', id="backticks"),
        pytest.param(r"C:\new", r'"C:\\new"', id="backslash"),
        pytest.param("end\\", r'"end\\"', id="backslash at the end"),
        pytest.param("one\ntwo\n", '"one\ntwo\n"', id="line breaks"),
        pytest.param("one\\\ntwo", '"one\\\\\ntwo"', id="backslash before a line break"),
        pytest.param("# no comment", '"# no comment"', id="hash"),
        pytest.param("50 %n", '"50 %n"', id="percent"),
        pytest.param("A=B;C", '"A=B;C"', id="equals and semicolon"),
        pytest.param("käse ☃", '"käse ☃"', id="beyond ascii"),
    ],
)
class TestValue:
    def test_is_written(self, value: str, written: str):
        assert environment_file({"NAME": value}) == f"NAME={written}\n"

    def test_is_read_as_it_was(self, value: str, written: str):
        assert read(environment_file({"NAME": value})) == {"NAME": value}


def test_sorts_by_name():
    assert environment_file({"B": "2", "A": "1"}) == 'A="1"\nB="2"\n'


def test_is_empty_without_variables():
    assert environment_file({}) == ""
