"""The page and the table of verify."""

import re
from html import unescape
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.verify.table import render
from setups import RIGHT, WRONG


def report(verify, name: str) -> dict:
    set_up = next(it for it in [*RIGHT, *WRONG] if it.name == name)
    return verify(set_up)["report"]


def test_page_of_a_right_site(verify, page):
    text = page(report(verify, "a mapped port"))
    assert "Every URL is right" in text
    assert "✗" not in text


def test_page_of_a_wrong_site_shows_the_fix(verify, page, tmp_path: Path):
    wrong = report(verify, "balancer forgets the scheme")
    text = page(report(verify, "a proxy in front"), wrong)
    assert "1 of 2 URLs is wrong" in text
    assert "balancer: the proxy in front does not forward the client's scheme, https" in unescape(
        text
    )
    http = r"<dd>http</dd>\s+<dd class=.wrong.>✗ wrong</dd>\s+<dd class=.expected.>expected https<"
    assert re.search(http, text)


def test_page_without_a_response_is_neither(page):
    report_of_url = {"url": "http://shop.example/", "faults": [], "forged": {}, "hops": []}
    silent = {"unanswered": "ConnectionRefusedError", "advice": "Set that.", "warnings": []}
    text = page({**report_of_url, **silent})
    assert "No URL is wrong" in text
    assert "No response (ConnectionRefusedError)" in text
    assert re.findall("[✓✗]", text) == []
    assert "Set that." in text


def test_page_of_several_sites_has_contents(verify, page):
    names = ("a mapped port", "balancer forgets the scheme", "Django that accepts no host")
    text = page(*(report(verify, name) for name in names))
    links = re.findall(r'<li><a href="#(url-\d)">[^<]*</a> <span class="(\w+)">', text)
    assert links == [("url-1", "right"), ("url-2", "wrong"), ("url-3", "doubtful")]
    assert all(f'<section id="{anchor}"' in text for anchor, _ in links)
    assert "Warning of app: the app answers 400 at every path" in unescape(text)
    assert "1 with warnings, 0 without a response" in text


def test_page_of_one_url_has_no_contents(verify, page):
    assert "<nav" not in page(report(verify, "a mapped port"))


def test_page_says_what_was_verified_and_when(page):
    right = {"url": "http://a.b/", "faults": [], "warnings": [], "forged": {}, "hops": []}
    details = {"time": "2026-11-30 12:00:00", "seconds": 0.3, "release": "4d1c09aa71be"}
    text = page({**right, **details, "unanswered": "", "site": "main", "host": "web1"})
    assert "main on web1, release 4d1c09aa71be, <time datetime" in text
    assert "2026-11-30 12:00:00 UTC</time>, in 0.3 s" in text


def test_page_escapes_texts_of_the_site(page):
    evil = "<script>alert(1)</script>"
    hop = {"name": evil, "value": evil, "expected": evil, "right": False}
    fault = dict.fromkeys(("name", "hop", "problem", "expected", "received", "fix"), evil)
    text = page(
        {
            "url": evil,
            "unanswered": evil,
            "faults": [fault],
            "warnings": [fault],
            **dict.fromkeys(("advice", "site", "host", "release", "time"), evil),
            "forged": {},
            "hops": [{"hop": evil, "does": evil, "values": [hop]}],
        }
    )
    assert "<script" not in text


def test_table_has_a_line_for_each_hop(verify):
    lines = render(report(verify, "balancer drops the port"))
    assert lines[0] == "https://shop.example:8443/api/  ✗ wrong"
    assert [line.split()[:2] for line in lines[1:7]] == [
        ["browser", "requests"],
        ["balancer", "forwards"],
        ["nginx", "forwards"],
        ["app", "sees"],
        ["app", "builds"],
        ["browser", "receives"],
    ]
    assert "port 443 ✗" in lines[2]
    assert any("proxy_set_header Host $http_host;" in line for line in lines)
