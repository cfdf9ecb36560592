"""An app cannot replace its mounted directories by links that a restart follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from taken_over import TAKEN, TakenOver

CANARY = "/opt/canary"
"""A directory of the host that everybody may write, but that no app may see."""
WRITE = """
from pathlib import Path
(Path.cwd() / "media/{name}").write_text("mine")
"""
SWAP = """
import os
from pathlib import Path

def swap(directory):
    try:
        os.rename(directory, f"{{directory}}.real")
        os.symlink({canary!r}, directory)
        return True
    except OSError:
        return False

home, source = Path.home(), Path.cwd()
parents = [source, home, home.parent, home / "shared", home.parent / "shared"]
below = [parent / name for parent in parents for name in ("media", "public")]
answer = [str(place) for place in [home, *below] if swap(place)]
"""
LOOK = """
from pathlib import Path
home = Path.home()
places = [Path.cwd() / "media", home, home / "public", home.parent / "public"]
answer = [str(place) for place in places if (place / "canary").exists() and not place.is_symlink()]
"""


@pytest.fixture(scope="module")
def news() -> TakenOver:
    return TakenOver("news")


@pytest.fixture(scope="module")
def swapped(host, source, deploy, news) -> Iterator[list[str]]:
    """Swap each name that the app can swap for a link to the canary, and have the app restart."""
    host.check_output(f"mkdir --mode=0777 {CANARY} && touch {CANARY}/canary")
    deploy(source(**TAKEN), wsgi_app_shared_paths=["media"])
    news.does(WRITE.format(name="before"))
    swapped = news.does(SWAP.format(canary=CANARY))
    news.dies(host, "worker")
    yield swapped
    host.run(f"rm --recursive {CANARY}")
    deploy(source())


@pytest.mark.usefixtures("swapped")
def test_link_target_is_not_readable(news):
    assert news.does(LOOK) == []


@pytest.mark.usefixtures("swapped")
def test_link_target_is_not_writable(host, news):
    news.does(WRITE.format(name="after"))
    assert host.check_output(f"ls {CANARY}") == "canary"


@pytest.mark.usefixtures("swapped")
def test_shared_data_stays(news):
    read = "from pathlib import Path\nanswer = (Path.cwd() / 'media/before').read_text()"
    assert news.does(read) == "mine"


def test_mount_points_cannot_be_renamed(swapped):
    assert swapped == []
