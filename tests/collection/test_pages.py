"""Pages of the project look alike."""

from pathlib import Path


def test_report_and_demo_draw_the_way_of_a_request_alike(root: Path):
    drawn = [root / "playbooks/templates/verify/journey.css", root / "app/page/journey.css"]
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
