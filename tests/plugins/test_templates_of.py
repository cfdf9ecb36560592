"""A template becomes one file for each item."""

from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar


@pytest.fixture
def files(tmp_path: Path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/unit.j2").write_text("{{ app }} runs {{ process.command }}\n")
    variables = {"app": "shop", "ansible_search_path": [str(tmp_path)]}
    loader = DataLoader()
    lookup = lookup_loader.get(
        "subsite.deploy.templates_of", loader=loader, templar=Templar(loader, variables)
    )

    def render(items: list[dict]) -> list[dict]:
        return lookup.run(
            ["unit.j2"],
            variables,
            items=items,
            variable="process",
            directory="/etc/units",
            file_name="unit",
        )

    return render


def test_one_file_for_each_item(files):
    items = [{"unit": "a.service", "command": "work"}, {"unit": "b.service", "command": "tick"}]
    assert files(items) == [
        {"dest": "/etc/units/a.service", "content": "shop runs work\n"},
        {"dest": "/etc/units/b.service", "content": "shop runs tick\n"},
    ]


def test_no_file_without_items(files):
    assert files([]) == []
