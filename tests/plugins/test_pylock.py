"""The packages of a standard lock as requirements."""

from __future__ import annotations

import tomllib

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import pylock
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

WHEELS = """
[[packages]]
name = "cart"
version = "1.2"
wheels = [{url = "x", hashes = {sha256 = "aa"}}, {url = "y", hashes = {sha256 = "bb"}}]
sdist = {url = "z", hashes = {sha256 = "cc"}}
"""


def requirements(text: str, extras: tuple = (), groups: tuple = ()) -> list[str]:
    return [*pylock.requirements(tomllib.loads('lock-version = "1.0"\n' + text), extras, groups)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(
            WHEELS, "cart==1.2 --hash=sha256:aa --hash=sha256:bb --hash=sha256:cc", id="wheels"
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\ndirectory = {path = "libs/cart", editable = true}\n',
            "./libs/cart",
            id="directory",
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\ndirectory = {path = "libs", subdirectory = "cart"}\n',
            "./libs/cart",
            id="directory below another one",
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\nvcs = {type = "git", url = "https://x/y.git", '
            'commit-id = "0123", subdirectory = "z"}\n',
            "cart @ git+https://x/y.git@0123#subdirectory=z",
            id="commit",
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\narchive = {url = "https://x/y.zip", '
            'hashes = {sha256 = "aa"}}\n',
            "cart @ https://x/y.zip --hash=sha256:aa",
            id="archive",
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\narchive = {url = "https://x/y.zip", '
            'subdirectory = "z", hashes = {sha256 = "aa"}}\n',
            "cart @ https://x/y.zip#subdirectory=z --hash=sha256:aa",
            id="directory in an archive",
        ),
        pytest.param(
            '[[packages]]\nname = "cart"\nversion = "1"\nmarker = "os_name == \'posix\'"\n',
            "cart==1 ; os_name == 'posix'",
            id="marker",
        ),
    ],
)
def test_package(text: str, line: str):
    assert requirements(text) == [line]


@pytest.mark.parametrize(
    ("marker", "extras", "groups", "became"),
    [
        ("'pg' in extras", ("pg",), (), 'python_version >= "0"'),
        ("'pg' in extras", (), (), 'python_version < "0"'),
        ("'dev' not in dependency_groups", (), ("dev",), 'python_version < "0"'),
        ("'dev' in dependency_groups", (), ("dev",), 'python_version >= "0"'),
        ("'web-ui' in extras", ("Web_UI",), (), 'python_version >= "0"'),
        ("'Web_UI' not in dependency_groups", (), ("web.ui",), 'python_version < "0"'),
    ],
)
def test_extras_and_groups_decide_markers(marker: str, extras, groups, became: str):
    text = f'[[packages]]\nname = "cart"\nversion = "1"\nmarker = "{marker}"\n'
    assert requirements(text, extras, groups) == [f"cart==1 ; {became}"]


def test_default_groups_are_installed():
    text = 'default-groups = ["main"]\n[[packages]]\nname = "cart"\nversion = "1"\n'
    text += "marker = \"'main' in dependency_groups\"\n"
    assert requirements(text) == ['cart==1 ; python_version >= "0"']


def test_indexes_and_directories_of_wheels_come_first():
    text = '[[packages]]\nname = "cart"\nversion = "1"\nindex = "https://x/simple"\n'
    text += 'wheels = [{path = "wheels/cart-1.whl", hashes = {sha256 = "aa"}}]\n'
    assert requirements(text)[:2] == [
        "--extra-index-url https://x/simple",
        "--find-links ./wheels",
    ]


def test_other_version_is_refused():
    with pytest.raises(BuildError, match="lock-version '2.0'; only version 1 is known"):
        list(pylock.requirements({"lock-version": "2.0"}, [], []))


def test_package_without_a_version_is_refused():
    with pytest.raises(BuildError, match="has 'cart' without a version"):
        requirements('[[packages]]\nname = "cart"\n')
