"""What others say is escaped without the characters that a terminal obeys."""

import unicodedata

import pytest
from ansible_collections.subsite.deploy.plugins.filter.printable import FilterModule
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt, printable

OBEYED = [
    *map(chr, [*range(0x09), *range(0x0B, 0x20), 0x7F, *range(0x80, 0xA0)]),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\xad\u200b\u2028\u2029\ufeff\U000e0041",
]


@pytest.mark.parametrize("character", OBEYED, ids=ascii)
def test_control_character_is_written_as_an_escape(character: str):
    escaped = printable(f"a{character}b")
    assert escaped.isprintable() and escaped.isascii()
    assert escaped == "a" + character.encode("unicode_escape").decode() + "b"


@pytest.mark.parametrize("text", ["one\ntwo\tthree\n", "café ✓ 日本\xa0🙂", "{{ 7 * 7 }} <b>", ""])
def test_other_text_stays(text: str):
    assert printable(text) == text


def test_every_control_character_of_unicode_is_escaped():
    everything = map(chr, range(0x110000))
    controls = [it for it in everything if unicodedata.category(it) in ("Cc", "Cf", "Cs")]
    assert [it for it in controls if printable(it) == it] == ["\t", "\n"]


def test_end_of_line_of_other_systems_is_one():
    assert printable("one\r\ntwo\rthree") == "one\ntwo\\rthree"


def test_half_a_character_can_be_written():
    assert printable("a\ud800b").encode() == b"a\\ud800b"


@pytest.mark.parametrize("character", [*OBEYED, "\t", "\n"], ids=ascii)
def test_excerpt_has_one_line(character: str):
    assert excerpt(f"a{character}b").isprintable()


@pytest.mark.parametrize("text", ["a" * 10_000, "\x1b" * 10_000, "é" * 11])
def test_excerpt_is_short(text: str):
    assert len(excerpt(text, 10)) == 10
    assert excerpt(text, 10).endswith("…")


def test_excerpt_of_a_short_text_is_the_text():
    assert excerpt("a" * 10, 10) == "a" * 10


def test_filter_is_the_same():
    assert FilterModule().filters() == {"printable": printable}
