"""Files that make a tree so large that root's work in it takes as long as an attack needs."""

from pathlib import Path

NAMES = [f"large_{directory}/{file}.txt" for directory in range(30) for file in range(100)]


def make(top: Path) -> None:
    """Make them below ``top``."""
    for name in NAMES:
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).touch()
