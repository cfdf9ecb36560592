"""What differs between two releases, by name."""

from __future__ import annotations

import pytest
from ansible_collections.subsite.deploy.plugins.filter.change_words import change_words
from ansible_collections.subsite.deploy.plugins.module_utils import release_changes

BEFORE = {
    "environment": {"LOG_LEVEL": "info", "OLD": "1"},
    "secrets": {"API_KEY": "aaaa", "SECRET_KEY": "bbbb"},
    "settings": {"workers": "2", "network": "none"},
    "files": {"settings.ini": "cccc"},
    "requirements": {"redis": ""},
    "source_files": {"app.py": "100644 1", "cart.py": "100644 2", "gone.py": "100644 3"},
}


def after(**kinds: dict[str, str]) -> dict[str, dict[str, str]]:
    return {**BEFORE, **kinds}


def words(**kinds: dict[str, str]) -> str:
    return change_words(release_changes.changes(BEFORE, after(**kinds)))


def test_same_release():
    assert release_changes.changes(BEFORE, after()) == []
    assert release_changes.diff(BEFORE, after()) == ("", "")
    assert words() == ""


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param(
            {"environment": {"LOG_LEVEL": "debug", "OLD": "1"}},
            "environment variable LOG_LEVEL",
            id="environment variable",
        ),
        pytest.param(
            {"environment": {"LOG_LEVEL": "info", "NEW": "1"}},
            "environment variable NEW added; environment variable OLD removed",
            id="another environment variable",
        ),
        pytest.param(
            {"secrets": {"API_KEY": "aaaa", "SECRET_KEY": "dddd"}}, "secret SECRET_KEY", id="secret"
        ),
        pytest.param(
            {"settings": {"workers": "4", "network": "none"}}, "workers 2 -> 4", id="setting"
        ),
        pytest.param(
            {"settings": {"workers": "2", "public_url": "https://example.org"}},
            "network none removed; public_url https://example.org added",
            id="another setting",
        ),
        pytest.param(
            {"settings": {"workers": "2" * 41, "network": "none"}}, "workers", id="long value"
        ),
        pytest.param({"files": {"settings.ini": "eeee"}}, "file settings.ini", id="file"),
        pytest.param(
            {"requirements": {"celery": ""}},
            "requirement celery added; requirement redis removed",
            id="requirements",
        ),
        pytest.param(
            {"source_files": {**BEFORE["source_files"], "app.py": "100755 1"}},
            "1 source file (app.py)",
            id="executable bit",
        ),
    ],
)
def test_words(kinds: dict, expected: str):
    assert words(**kinds) == expected


def test_source_files_are_counted():
    files = {f"{number}.py": "100644 1" for number in range(7)} | {"app.py": "100644 9"}
    [change] = release_changes.changes(BEFORE, after(source_files=files))
    assert [change[event] for event in ("added", "removed", "changed")] == [7, 2, 1]
    assert change_words([change]) == "10 source files (0.py, 1.py, 2.py, 3.py, 4.py, …)"


def test_line_is_bounded():
    requirements = {f"package{number:02}": "" for number in range(30)}
    assert words(requirements={**BEFORE["requirements"], **requirements}).endswith("; 18 more")


def test_kind_that_one_release_lacks_is_not_compared():
    assert release_changes.changes(BEFORE, {"packages": {"flask": "3.1"}}) == []


def test_versions_of_packages():
    old, new = {"packages": {"flask": "3.0"}}, {"packages": {"flask": "3.1"}}
    assert change_words(release_changes.changes(old, new)) == "package flask 3.0 -> 3.1"


def test_diff_has_the_names_that_differ_alone():
    old, new = release_changes.diff(
        BEFORE,
        after(
            environment={"LOG_LEVEL": "debug", "OLD": "1"},
            secrets={"API_KEY": "aaaa", "SECRET_KEY": "dddd"},
            source_files={**BEFORE["source_files"], "app.py": "100644 4"},
        ),
    )
    assert old.splitlines() == [
        "environment variable LOG_LEVEL: info",
        "secret SECRET_KEY: a value",
        "source file app.py: 100644 1",
    ]
    assert new.splitlines() == [
        "environment variable LOG_LEVEL: debug",
        "secret SECRET_KEY: another value",
        "source file app.py: 100644 4",
    ]


def test_diff_of_a_secret_that_is_added():
    _, new = release_changes.diff(BEFORE, after(secrets={**BEFORE["secrets"], "NEW": "eeee"}))
    assert new == "secret NEW: a value\n"


def test_diff_shortens_the_ids_of_source_files():
    files = {**BEFORE["source_files"], "app.py": f"100644 {'a' * 40}"}
    _, new = release_changes.diff(BEFORE, after(source_files=files))
    assert new == f"source file app.py: 100644 {'a' * 12}\n"


def test_diff_lists_some_source_files():
    files = {f"{number:02}.py": "100644 1" for number in range(25)}
    _, new = release_changes.diff(BEFORE, after(source_files={**BEFORE["source_files"], **files}))
    assert len(new.splitlines()) == 21
    assert new.splitlines()[-1] == "5 more source files differ"


@pytest.mark.parametrize("text", ["a\nsecret FAKE: x", "\x1b[2J"])
def test_value_is_one_printable_line(text: str):
    settings = {"workers": text, "network": "none"}
    _, new = release_changes.diff(BEFORE, after(settings=settings))
    assert len(new.splitlines()) == 1 and "\x1b" not in new
    [change] = release_changes.changes(BEFORE, after(settings=settings))
    assert "\n" not in change["after"] and "\x1b" not in change["after"]
