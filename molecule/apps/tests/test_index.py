"""A factory with literal arguments makes a package index that knows its URL."""

import re
from urllib.parse import urljoin

from client import ask


def test_page_has_the_public_url():
    page = ask("/pypi/", host="localhost:18001").body
    assert b"pip install --index-url http://localhost:18001/pypi/simple/" in page


def test_wheel_is_at_its_link():
    project = "/pypi/simple/subsite-private-ink/"
    link = re.search(r'href="([^"#]+\.whl)', ask(project).text)
    assert ask(urljoin(project, link[1])).body.startswith(b"PK")
