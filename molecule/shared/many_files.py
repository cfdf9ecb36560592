"""A tree that is large enough for an attack while root works in it."""

from pathlib import Path

NAMES = [f"large_{directory}/{file}.txt" for directory in range(30) for file in range(100)]


def make(top: Path) -> None:
    """Create the files below ``top``."""
    for name in NAMES:
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).touch()
