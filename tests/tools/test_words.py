import pytest
import words


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("# Nobody may read it.", ["Nobody"], id="word"),
        pytest.param("the visitor's URL", ["visitor"], id="genitive"),
        pytest.param("what becomes of a path", ["what becomes of"], id="phrase"),
        pytest.param("__nginx_site_known: true", ["__nginx_site_known"], id="variable of Ansible"),
        pytest.param("set $site_main_near 80;", ["$site_main_near"], id="variable of nginx"),
        pytest.param("def told(value):", ["told"], id="function"),
        pytest.param("{% macro shown(site) %}", ["shown"], id="macro"),
        pytest.param("    seen = set()", ["seen"], id="Python variable"),
        pytest.param("    seen: set[str] = set()", ["seen"], id="Python variable with a type"),
        pytest.param("call(own=True)", ["own"], id="argument"),
        pytest.param("  usual: 3", ["usual"], id="key of YAML"),
        pytest.param("class TestRefusal:", ["TestRefusal"], id="camel case"),
        pytest.param("test_key_is_not_shown", ["test_key_is_not_shown"], id="test name"),
    ],
)
def test_word_is_refused(line, found):
    assert [finding.word for finding in words.findings("roles/x.yml", line)] == found


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("# It has its own user, as is usual.", id="prose"),
        pytest.param("nearest_release = owner", id="longer words"),
        pytest.param("as shown above: three files", id="prose with a colon"),
        pytest.param("chown --recursive", id="part of a word"),
        pytest.param("__nginx_site_name_allowed", id="term"),
    ],
)
def test_line_is_accepted(line):
    assert list(words.findings("roles/x.yml", line)) == []


def test_finding_names_the_place_and_the_term():
    [finding] = words.findings("README.md", "\nask the visitor")
    assert str(finding) == "README.md:2: visitor → client"


def test_every_exception_is_needed(root, monkeypatch):
    exceptions = words.ALLOWED
    monkeypatch.setattr(words, "ALLOWED", ())
    for entry in exceptions:
        found = words.findings(entry.file, (root / entry.file).read_text())
        assert [finding for finding in found if entry.word in ("", finding.word.lower())], entry
