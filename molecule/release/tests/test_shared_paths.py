"""What an app can do with the names of what is mounted for it: nothing that a restart follows."""

from __future__ import annotations

import ast

import pytest
from remote_code import APP, restart, run

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
def swapped(host, source, deploy):
    """Swap each name that the app can swap for a link to the canary, and have the app restart."""
    host.check_output(f"mkdir --mode=0777 {CANARY} && touch {CANARY}/canary")
    deploy(source(APP), wsgi_app_shared_paths=["media"])
    run(WRITE.format(name="before"))
    swapped = ast.literal_eval(run(SWAP.format(canary=CANARY)))
    restart(host)
    yield swapped
    host.run(f"rm --recursive {CANARY}")
    deploy(source())


@pytest.mark.usefixtures("swapped")
def test_app_does_not_come_to_where_its_link_leads():
    assert run(LOOK) == "[]"


@pytest.mark.usefixtures("swapped")
def test_app_writes_nothing_to_where_its_link_leads(host):
    run(WRITE.format(name="after"))
    assert host.check_output(f"ls {CANARY}") == "canary"


@pytest.mark.usefixtures("swapped")
def test_app_finds_what_it_wrote_before():
    read = "from pathlib import Path\nanswer = (Path.cwd() / 'media/before').read_text()"
    assert run(read) == "'mine'"


def test_names_of_what_is_mounted_cannot_be_changed(swapped):
    assert swapped == []
