"""The page and the table tell people the same as the module tells playbooks."""

import re
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.subsite.deploy.plugins.module_utils import contract_table
from setups import RIGHT, WRONG


def contract(verify, name: str) -> dict:
    set_up = next(it for it in [*RIGHT, *WRONG] if it.name == name)
    return verify(set_up)["contract"]


@pytest.fixture
def page(root: Path):
    def page(*contracts: dict) -> str:
        loader = DataLoader()
        text = (root / "playbooks/templates/verify/report.html.j2").read_text()
        style = str(root / "app/page/journey.css")
        variables = {"__verify_contracts": list(contracts), "__verify_style": style}
        templar = Templar(loader, variables)
        return templar.template(trust_as_template(text))

    return page


def test_right_one_is_all_right(verify, page):
    text = page(contract(verify, "a mapped port"))
    assert "Every URL is right" in text
    assert "✗" not in text


def test_wrong_one_is_shown_with_what_mends_it(verify, page, tmp_path: Path):
    wrong = contract(verify, "balancer forgets the scheme")
    text = page(contract(verify, "a proxy in front"), wrong)
    assert "1 of 2 URLs is wrong" in text
    assert "balancer: the proxy in front does not say that the visitor came by https" in text
    http = r"<dd>http</dd>\s+<dd class=.wrong.>✗ wrong</dd>\s+<dd class=.expected.>expected https<"
    assert re.search(http, text)


def test_one_that_nobody_answered_is_neither(page):
    asked = {"url": "http://shop.example/", "findings": [], "claims": {}, "hops": []}
    text = page({**asked, "unanswered": "ConnectionRefusedError"})
    assert "No URL is wrong" in text
    assert "Nobody answers there (ConnectionRefusedError)" in text
    assert re.findall("[✓✗]", text) == []


def test_what_a_site_says_is_no_markup(page):
    evil = "<script>alert(1)</script>"
    hop = {"name": evil, "value": evil, "expected": evil, "right": False}
    finding = dict.fromkeys(("fault", "hop", "means", "expected", "came", "mend"), evil)
    text = page(
        {
            "url": evil,
            "unanswered": evil,
            "findings": [finding],
            "claims": {},
            "hops": [{"hop": evil, "does": evil, "values": [hop]}],
        }
    )
    assert "<script" not in text


def test_table_has_a_line_for_each_hop(verify):
    lines = contract_table.lines(contract(verify, "balancer drops the port"))
    assert lines[0] == "https://shop.example:8443/api/  ✗ wrong"
    assert [line.split()[:2] for line in lines[1:7]] == [
        ["browser", "asks"],
        ["balancer", "tells"],
        ["nginx", "tells"],
        ["app", "sees"],
        ["app", "builds"],
        ["browser", "gets"],
    ]
    assert "port 443 ✗" in lines[2]
    assert any("proxy_set_header Host $http_host;" in line for line in lines)
