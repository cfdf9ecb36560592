"""What a release that failed has written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout
from ansible_collections.subsite.deploy.plugins.modules import release_failure

LINES = [
    ("wsgi-shop", "wsgi-shop.1a2b.service", "", "KeyError: 'X'"),
    ("wsgi-shop-worker", "wsgi-shop_process_worker.1a2b.service", "", "ready"),
    ("systemd", "init.scope", "wsgi-shop.1a2b.service", "Failed with result 'exit-code'."),
    ("(gunicorn)", "wsgi-shop.1a2b.service", "", "Failed at step EXEC spawning gunicorn"),
    ("podman", "wsgi-shop.1a2b.service", "", "container died"),
    ("wsgi-shop", "wsgi-shop.1a2b.service", "", [104, 111, 255, 27]),
    ("wsgi-shop", "wsgi-shop.1a2b.service", "", None),
    ("wsgi-shop", "wsgi-shop.1a2b.service", "", "the token is correct horse"),
]
JOURNAL = "\n".join(
    json.dumps(
        {
            "SYSLOG_IDENTIFIER": identifier,
            "_SYSTEMD_UNIT": unit,
            "MESSAGE": message,
            **({"UNIT": about} if about else {}),
        }
    )
    for identifier, unit, about, message in LINES
)


@pytest.fixture
def found(run_module, stand_in, tmp_path: Path, monkeypatch) -> dict:
    """What the module returns."""
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    places = layout.layout("shop", "1a2b")
    Path(places.release_dir).mkdir(parents=True)
    Path(places.release_dir, "secrets").write_text('TOKEN="correct horse"\n')
    claim = tmp_path / "claim"
    claim.write_text("")
    monkeypatch.setattr(
        release_failure, "layout", lambda *names: _with_claim(layout.layout(*names), claim)
    )
    stand_in("journalctl", f"print({JOURNAL!r}) if '--sync' not in sys.argv else None")
    failure = tmp_path / "failure"
    failure.write_text("error: correct horse\nis no token\n")
    return run_module(release_failure, name="shop", release="1a2b", failure_file=str(failure))


def _with_claim(places: layout.Layout, claim: Path) -> layout.Layout:
    return layout.Layout(**{**vars(places), "claim_path": str(claim)})


def test_output_has_no_secrets(found):
    assert found["output"] == ["error: …", "is no token"]


def test_journal_has_lines_of_the_app_and_of_systemd(found):
    assert [(entry["unit"], entry["message"]) for entry in found["journal"]] == [
        ("wsgi-shop.1a2b.service", "KeyError: 'X'"),
        ("wsgi-shop_process_worker.1a2b.service", "ready"),
        ("wsgi-shop.1a2b.service", "Failed with result 'exit-code'."),
        ("wsgi-shop.1a2b.service", "Failed at step EXEC spawning gunicorn"),
        ("wsgi-shop.1a2b.service", "ho\ufffd\x1b"),
        ("wsgi-shop.1a2b.service", "(a line of more than 4096 characters)"),
        ("wsgi-shop.1a2b.service", "the token is …"),
    ]


def test_host_without_a_journal(run_module, stand_in, tmp_path: Path):
    """The cleaning up goes on."""
    stand_in("journalctl", "sys.exit('No journal files were found.')")
    failure = tmp_path / "failure"
    failure.write_text("error: it is not there\n")
    found = run_module(release_failure, name="absent", release="1a2b", failure_file=str(failure))
    assert (found["output"], found["journal"]) == (["error: it is not there"], [])
