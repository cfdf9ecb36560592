"""The layout of an app follows from its name."""

from fnmatch import fnmatch
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.filter.wsgi_app_layout import wsgi_app_layout
from ansible_collections.subsite.deploy.plugins.module_utils import layout as layouts
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    current_release,
    layout,
    release_of_unit,
)

RELEASE = "4d1c09aa71be"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user", "wsgi-my-shop"),
        ("build_user", "wsgi_my-shop"),
        ("app_dir", "/srv/wsgi/my-shop"),
        ("data_dir", "/var/lib/wsgi/my-shop/data"),
        ("public_dir", "/var/lib/wsgi/my-shop/public"),
        ("static_dir", "/var/lib/wsgi/my-shop/static"),
        ("static_current_path", "/var/lib/wsgi/my-shop/static/current"),
        ("static_previous_path", "/var/lib/wsgi/my-shop/static/previous"),
        ("static_next_path", "/var/lib/wsgi/my-shop/static/next"),
        ("static_release_dir", f"/var/lib/wsgi/my-shop/static/{RELEASE}"),
        ("socket_path", "/run/wsgi/my-shop.sock"),
        ("socket_unit_path", "/etc/systemd/system/wsgi-my-shop.socket"),
        ("build_lock_path", "/run/subsite/my-shop.build"),
        ("image_name", "localhost/wsgi-my-shop"),
        ("release_dir", f"/srv/wsgi/my-shop/releases/{RELEASE}"),
        ("diagnosis_key_path", f"/srv/wsgi/my-shop/releases/{RELEASE}/diagnosis.key"),
        ("service_unit", f"wsgi-my-shop.{RELEASE}.service"),
        ("slice_unit", f"wsgi_my_shop.{RELEASE}.slice"),
    ],
)
def test_name_and_release_decide(key: str, value: str):
    assert wsgi_app_layout("my-shop", RELEASE)[key] == value


def test_release_is_a_pattern_by_default():
    assert layout("shop").diagnosis_key_path == "/srv/wsgi/shop/releases/*/diagnosis.key"


def test_unit_patterns_match_every_unit_of_a_release():
    app = layout("my-shop", RELEASE)
    process = app.process_unit_pattern.replace("*", "worker_1")
    for unit in (
        app.service_unit,
        app.setup_unit,
        app.unavailable_unit,
        app.slice_unit,
        app.socket_unit,
        app.processes_unit,
        app.current_processes_unit,
        process,
        app.schedule_unit_pattern.replace("*", "mails.timer"),
        f"stamp-{app.schedule_unit_pattern}".replace("*", "mails.timer"),
    ):
        assert any(fnmatch(unit, pattern) for pattern in app.unit_patterns)


def test_release_artifacts_include_its_directories():
    app = layout("shop", RELEASE)
    static = {app.static_release_dir, f"{app.static_release_dir}.partial"}
    assert {app.release_dir, *static} == set(app.release_paths)


@pytest.mark.parametrize(
    "unit",
    [
        "wsgi-my-shop.4d1c.service",
        "wsgi-my-shop_setup.4d1c.service",
        "wsgi-my-shop_unavailable.4d1c.service",
        "wsgi-my-shop_process_mail-worker_2.4d1c.service",
        "wsgi-my-shop_processes.4d1c.target",
        "wsgi_my_shop.4d1c.slice",
        "wsgi_my_shop.4d1c.mail-worker_2.slice",
    ],
)
def test_release_of_unit(unit: str):
    assert release_of_unit(unit) == "4d1c"


@pytest.fixture
def unit_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layouts, "UNIT_DIR", str(tmp_path))
    return tmp_path


def test_current_release(unit_dir: Path):
    (unit_dir / "wsgi-shop.service").symlink_to("wsgi-shop.0123456789ab.service")
    assert current_release("shop") == "0123456789ab"


@pytest.mark.parametrize("there", [False, True], ids=["no unit", "no link"])
def test_current_release_is_empty_with(unit_dir: Path, there: bool):
    if there:
        (unit_dir / "wsgi-shop.service").touch()
    assert current_release("shop") == ""
