"""Requirements files as pip reads them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import requirements_files
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

TEXT = "flask  # für alle\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), id="UTF-8 with a mark"),
        pytest.param(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), id="PowerShell"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="UTF-16-BE"),
        pytest.param(codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), id="UTF-32-LE"),
    ],
)
def test_byte_order_mark_tells_the_encoding(content: bytes):
    assert requirements_files.decode(content, "requirements.txt") == TEXT


@pytest.mark.parametrize(
    "head", ["# -*- coding: latin-1 -*-\n", "#!x\n# vim: set fileencoding=cp1252 :\n"]
)
def test_coding_line_tells_the_encoding(head: str):
    content = (head + TEXT).encode("latin-1")
    assert requirements_files.decode(content, "requirements.txt") == head + TEXT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(TEXT.encode("latin-1"), "'more/a.txt' cannot be read as utf-8", id="none"),
        pytest.param(
            b"# coding: klingon\n", "'more/a.txt' cannot be read as klingon", id="unknown"
        ),
        pytest.param(b"# coding: hex\n", "'more/a.txt' cannot be read as hex", id="no text"),
    ],
)
def test_other_encoding_is_refused_in_words(content: bytes, message: str):
    with pytest.raises(BuildError, match=message):
        requirements_files.decode(content, "more/a.txt")


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        pytest.param("-e .  # the app\n", ".\n", id="short"),
        pytest.param("--editable=./libs/x\n", "./libs/x\n", id="long"),
        pytest.param("-e libs/x[a]\n", "./libs/x[a]\n", id="without a dot"),
        pytest.param("-e cart\n", "./cart\n", id="a directory, not a package"),
        pytest.param('-e "./libs/x"\n', "./libs/x\n", id="quoted"),
        pytest.param("-e git+https://x/y@z#egg=y\n", "git+https://x/y@z#egg=y\n", id="commit"),
        pytest.param(
            '-e file:///x ; python_version < "4"\n',
            'file:///x ; python_version < "4"\n',
            id="marker",
        ),
        pytest.param("-e file:libs/x\n", "file:libs/x\n", id="URL"),
        pytest.param("# see notes \\\n-e .\n", ".\n", id="a comment that seems to go on"),
        pytest.param("-\\\ne .\n", ".\n", id="a line that goes on"),
        pytest.param(
            "flask==1 \\\n  --hash=sha256:0\n", "flask==1   --hash=sha256:0\n", id="hashes"
        ),
        pytest.param("eve-e\n--extra-index-url=x\n", "eve-e\n--extra-index-url=x\n", id="others"),
    ],
)
def test_editable_requirements_become_copies(text: str, copied: str):
    assert requirements_files.as_installed(text) == copied


def test_carriage_returns_hide_no_line():
    text = requirements_files.decode(b"# see notes\r-e .\r", "requirements.txt")
    assert requirements_files.as_installed(text) == ".\n"


@pytest.mark.parametrize("character", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_character_that_ends_a_line_for_pip_alone_is_refused(tmp_path: Path, character: str):
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text(f"# notes{character}-r link/x\n")
    with pytest.raises(BuildError, match=r"^'more.txt' has a character that ends a line for pip"):
        requirements_files.read(Source(tmp_path), ["requirements.txt"])


def test_include_that_is_missing_is_refused(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    with pytest.raises(BuildError, match=r"includes 'more.txt', which the source does not have"):
        requirements_files.read(Source(tmp_path), ["requirements.txt"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flask==3.1.3 --hash sha256:0123\n", True),
        ("flask==3.1.3 \\\n    --hash=sha256:0123\n", True),
        ("flask==3.1.3\n", False),
    ],
)
def test_has_hashes(text: str, found: bool):
    assert requirements_files.has_hashes([text]) is found
