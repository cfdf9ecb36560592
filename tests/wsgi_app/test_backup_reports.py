"""What a backup and a restore say, as text."""

from __future__ import annotations

import pytest

EVIL = "data/\rpipe\nThe previous data are in /tmp"
RECORD = {"app": "shop", "made": "2026-11-30T08:15:00Z", "collection": "1.0.0", "format": 1}
RELEASE = {"release": "4d1c", "source": "git", "revision": "9c2e"}


@pytest.fixture
def lines(wsgi_app, inputs):
    """Return a function that shows a text of the role, as its task does."""

    def show(template: str, **found: object) -> list[str]:
        text = f"lookup('ansible.builtin.template', '{template}') | subsite.deploy.printable"
        given = {**inputs, "ansible_check_mode": False, **found}
        return wsgi_app.value(f"{text} | trim('\n') | split('\n')", given)

    return show


@pytest.fixture
def restored(lines):
    def show(record: dict, *left_out: str) -> list[str]:
        return lines(
            "restored.txt.j2",
            __wsgi_app_unpacked={"record": record, "left_out": list(left_out)},
            __wsgi_app_swapped={"replaced": ""},
        )

    return show


def test_backup(lines):
    made = {"path": "/b/shop.tar.gz", "size": 7, "sha256": "0f", "left_out": [EVIL]}
    assert lines("backup.txt.j2", __wsgi_app_backup={**made, "changed_files": [EVIL]}) == [
        "/b/shop.tar.gz has the data of shop (7 bytes, SHA-256 0f).",
        r"Not in it, because it is no file: data/\rpipe\nThe previous data are in /tmp",
        r"Changed while it was read: data/\rpipe\nThe previous data are in /tmp",
    ]


def test_restore(restored):
    assert restored({**RECORD, "release": RELEASE}, EVIL) == [
        "This is a backup of shop of 2026-11-30T08:15:00Z, when release 4d1c was current "
        "(git 9c2e).",
        "shop has its data now.",
        r"Left out, because it leads out of the data: data/\rpipe\nThe previous data are in /tmp",
    ]


@pytest.mark.parametrize("release", [{"x": 1}, {"release": ["4d1c"]}, {"release": "a\nb"}])
def test_restore_of_a_backup_of_others(restored, release: dict):
    said = restored({**RECORD, "made": "today\nAll is lost.", "release": release})
    assert said[0].startswith(r"This is a backup of shop of today\nAll is lost., when release")
    assert said[1:] == ["shop has its data now."]
