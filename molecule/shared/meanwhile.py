"""Send requests while something else runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from client import ask


def statuses_during(run: Callable[[], object], paths: list[str], host: str) -> dict[str, set[int]]:
    """Return the statuses of all requests that are sent during ``run``, by their paths."""
    statuses: dict[str, set[int]] = {path: set() for path in paths}
    with ThreadPoolExecutor() as pool:
        going = pool.submit(run)
        while wait([going], timeout=0.02).not_done:
            for path in paths:
                statuses[path].add(ask(path, host=host).status)
        going.result()
    return statuses
