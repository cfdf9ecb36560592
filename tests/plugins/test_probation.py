"""A background process has to prove that it works; scenario `release` has some on hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout, probation
from ansible_collections.subsite.deploy.plugins.module_utils.background_processes import Process


def worker(check: str = "") -> Process:
    return Process(
        name="worker",
        unit="wsgi-shop_process_worker_1.4d1c.service",
        exclusive=False,
        probation=5,
        check=check,
        stop_timeout=60,
    )


@pytest.mark.parametrize(("seconds", "passed"), [(4.9, False), (5, True)])
def test_process_without_a_check_stays_up(seconds: float, passed: bool):
    assert probation.has_passed("shop", worker(), seconds) == passed


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stand_in):
    """Return a function that lets checks end with a status, and notes their commands."""
    release = tmp_path / "shop/releases/4d1c"
    release.mkdir(parents=True)
    (release / "run_settings").write_text("User=wsgi-shop\n")
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    return lambda status: stand_in("systemd-run", f"print('no reply'); sys.exit({status})")


def test_check_that_succeeds_ends_the_probation(runs):
    started = runs(0)
    assert probation.has_passed("shop", worker("ping $NAME"), 0.2)
    [arguments] = started()
    assert arguments[0] == "--property=RuntimeMaxSec=5"
    assert "--property=User=wsgi-shop" in arguments
    assert arguments[-3:] == ["sh", "-c", "ping $$NAME"]


def test_check_that_fails_may_succeed_later(runs):
    runs(1)
    assert not probation.has_passed("shop", worker("ping"), 4.9)


def test_check_that_fails_at_the_end(runs):
    runs(3)
    with pytest.raises(probation.ProbationError) as error:
        probation.has_passed("shop", worker("ping"), 5)
    assert str(error.value) == (
        "The background process 'worker' of wsgi_app_processes did not pass its check within 5 s. "
        "'ping' ended with status 3:\nno reply"
    )
