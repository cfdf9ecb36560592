"""A container that restarts follows no link that its app has made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from patience import eventually

CANARY = "/srv/canary"
"""A directory of the calling user that no app may read."""
SWAP = """
for name in public-uploads public ../shared/public-uploads ../public; do
  cd "$HOME" && mv "$name" "$name.real" && ln -s {canary} "$name"
done
"""
PUT_BACK = """
find {below} -name '*.real' | while read -r path; do
  rm "${{path%.real}}" && mv "$path" "${{path%.real}}"
done
"""


@pytest.fixture(scope="module")
def swapped(host, directory, inspect, in_container) -> Iterator[None]:
    """Replace mounted directories by links to the canary, as the app could, and restart the app."""
    host.check_output(f"install -d -o me {CANARY} && touch {CANARY}/canary")
    in_container("echo", "sh", "-c", SWAP.format(canary=CANARY))
    restart(host, inspect)
    yield
    host.check_output(PUT_BACK.format(below=f"{directory}/files/var/lib/wsgi/echo"))
    restart(host, inspect)
    host.check_output(f"rm --recursive {CANARY}")


def restart(host, inspect) -> None:
    """Have the main process of the app end, and wait until another is healthy."""
    before = inspect("echo")["State"]["Pid"]
    host.check_output(f"kill -9 {before}")

    def is_up() -> bool:
        state = inspect("echo")["State"]
        return state["Pid"] not in (before, 0) and state["Health"]["Status"] == "healthy"

    assert eventually(is_up, 60)


@pytest.mark.usefixtures("swapped")
@pytest.mark.parametrize("place", [".", "public-uploads", "$HOME/public", "$HOME/../public"])
def test_link_target_is_not_mounted(in_container, place: str):
    listed = in_container("echo", "sh", "-c", f'[ -L "{place}" ] || ls "{place}"')
    assert "canary" not in listed.stdout.split()
