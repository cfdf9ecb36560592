"""The page and the table of verify."""

import re
from html import unescape
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.subsite.deploy.plugins.module_utils.verify.table import render
from setups import RIGHT, WRONG


def report(verify, name: str) -> dict:
    set_up = next(it for it in [*RIGHT, *WRONG] if it.name == name)
    return verify(set_up)["report"]


@pytest.fixture
def page(root: Path):
    def page(*reports: dict) -> str:
        loader = DataLoader()
        text = (root / "playbooks/templates/verify/report.html.j2").read_text()
        style = str(root / "app/page/journey.css")
        variables = {"__verify_reports": list(reports), "__verify_style": style}
        templar = Templar(loader, variables)
        return templar.template(trust_as_template(text))

    return page


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
    text = page({**report_of_url, "unanswered": "ConnectionRefusedError"})
    assert "No URL is wrong" in text
    assert "No response (ConnectionRefusedError)" in text
    assert re.findall("[✓✗]", text) == []


def test_page_escapes_texts_of_the_site(page):
    evil = "<script>alert(1)</script>"
    hop = {"name": evil, "value": evil, "expected": evil, "right": False}
    fault = dict.fromkeys(("name", "hop", "problem", "expected", "received", "fix"), evil)
    text = page(
        {
            "url": evil,
            "unanswered": evil,
            "faults": [fault],
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
