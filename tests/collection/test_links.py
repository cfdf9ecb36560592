"""The links of the documents lead to files that the collection ships, and to their headings."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)#?(?P<heading>[^)\s]*)\)")
LINKS = [
    pytest.param(document, link["path"], link["heading"], id=f"{document.parent.name}, {link[0]}")
    for document in DOCUMENTS
    for link in LINK.finditer(document.read_text())
]


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, as forges derive them."""
    headings = re.findall(r"(?m)^#+ (.+)$", document.read_text())
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("document", "path", "heading"), LINKS)
def test_link(document: Path, path: str, heading: str):
    target = (document.parent / path).resolve() if path else document
    assert target.exists()
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    shipped = str(target.relative_to(ROOT))
    assert not [pattern for pattern in ignored if fnmatch(shipped.split("/")[0], pattern)]
    assert not heading or heading in anchors(target)
