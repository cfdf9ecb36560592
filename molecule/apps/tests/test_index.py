"""A factory with literal arguments makes a package index that knows its URL."""

import re
from urllib.parse import urljoin

from visitor import ask


def test_tells_its_own_url():
    page = ask("/pypi/", host="localhost:18001").body
    assert b"pip install --index-url http://localhost:18001/pypi/simple/" in page


def test_wheel_is_where_the_index_says():
    project = "/pypi/simple/subsite-private-ink/"
    link = re.search(r'href="([^"#]+\.whl)', ask(project).text)
    assert ask(urljoin(project, link[1])).body.startswith(b"PK")
