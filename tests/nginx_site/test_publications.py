"""Which published directories a site keeps, and which it removes."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
PUBLISHED = "/srv/nginx/main/published"


def result(path: str, current: str, *others: str, immutable: bool = True) -> dict:
    """Return the result of copying the directory of a mount."""
    return {
        "item": {"path": path, "immutable": ["/assets"] if immutable else []},
        "dest": f"{PUBLISHED}/{current}",
        "others": list(others),
        "changed": False,
    }


@pytest.fixture
def outdated(nginx_site):
    """A function that returns the directories which a site removes."""

    def outdated(*results: dict, **settings: object) -> list[str]:
        values = {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_mounts": [
                {
                    "path": entry["item"]["path"],
                    "src": str(HERE),
                    **{"immutable": entry["item"]["immutable"]},
                }
                for entry in results
            ],
            "__nginx_site_published": {"results": list(results)},
            **settings,
        }
        paths = nginx_site.value("__nginx_site_outdated_publications", values)
        return sorted(path.removeprefix(f"{PUBLISHED}/") for path in paths)

    return outdated


@pytest.mark.parametrize("mode", ["none", "files", "self_signed", "acme"])
def test_publications_stay_in_every_tls_mode(outdated, mode: str):
    tls = {"certificate": "/etc/a.pem", "key": "/etc/a.key"} if mode == "files" else {}
    removed = outdated(
        result("/", "+@c", "+@b", "+@a", "+old@a"),
        nginx_site_tls={"mode": mode, **tls},
        nginx_site_keep_publications=2,
    )
    assert removed == ["+@a", "+old@a"]


def test_only_immutable_files_need_earlier_publications(outdated):
    assert outdated(result("/", "+@b", "+@a", immutable=False)) == ["+@a"]


def test_directories_of_other_mounts_stay(outdated):
    both = ["+@c", "+@b", "+docs@c", "+docs@b"]
    removed = outdated(
        result("/", "+@c", *both[1:]),
        result("/docs", "+docs@c", "+@c", "+@b", "+docs@b"),
    )
    assert removed == []


def test_copy_of_a_lost_run_is_removed(outdated):
    assert outdated(result("/", "+@b", "+@a.partial", "+@a")) == ["+@a.partial"]


def test_items_of_the_loop_have_no_passwords(nginx_site):
    """Ansible prints an item whose task fails."""
    mount = {"path": "/", "src": str(HERE), "users": {"me": "hunter2 hunter2"}}
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_mounts": [mount],
    }
    items = nginx_site.value("__nginx_site_published_directories", site)
    assert items == [{"path": "/", "src": str(HERE), "immutable": []}]


def test_link_to_the_newest_is_removed_with_its_mount(outdated):
    links = ["+@newest", "+docs@newest", "+gone@newest"]
    removed = outdated(result("/", "+@b", *links), result("/docs", "+docs@b", *links))
    assert removed == ["+gone@newest"]


def test_link_to_the_newest_is_for_immutable_files(outdated):
    assert outdated(result("/", "+@b", "+@newest", immutable=False)) == ["+@newest"]
