"""Clients that send requests while something else happens, and what came of each request."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from client import PORTS
from load import Flow


@dataclass
class Watch:
    """The requests of the clients, and the events meanwhile."""

    requests: list[dict] = field(default_factory=list)
    events: list[tuple[str, float, float]] = field(default_factory=list)

    @staticmethod
    def go_on(seconds: float) -> None:
        """Send requests for ``seconds``, the length of a measurement."""
        # That no request fails in this time is the measurement. There is no event to await, and
        # a shorter time would measure less.
        time.sleep(seconds)

    @contextmanager
    def event(self, name: str) -> Iterator[None]:
        """Record when the event ``name`` begins and ends."""
        began = time.monotonic()
        yield
        self.events.append((name, began, time.monotonic()))

    def during(self, name: str) -> list[dict]:
        """Return the requests that were due or running during the events ``name``."""
        return [
            request
            for request in self.requests
            if any(
                request["due"] <= end and request["due"] + request["took"] >= begin
                for event, begin, end in self.events
                if event == name
            )
        ]

    @property
    def results(self) -> Counter[str]:
        """The number of requests by result."""
        return Counter(request["failure"] or "status 200" for request in self.requests)

    @property
    def resent(self) -> list[dict]:
        """The requests that were sent again, because their connection was closed while idle."""
        return [request for request in self.requests if request["resent"]]

    @property
    def failures(self) -> Counter[tuple[str, str]]:
        """The number of failed requests by kind and reason."""
        return Counter((v["kind"], v["failure"]) for v in self.requests if v["failure"])

    @property
    def pace(self) -> float:
        """The number of requests per second."""
        began = min(request["due"] for request in self.requests)
        ended = max(request["due"] + request["took"] for request in self.requests)
        return len(self.requests) / (ended - began)


def to_app(path: str) -> list[Flow]:
    """Return the requests to an app at ``path``. A slow one keeps a thread of it for so long."""
    return [
        Flow("new connection", "GET", path, 200),
        Flow("kept connection", "POST", path, 100, kept=True),
        Flow("slow", "GET", f"{path}slow?seconds=0.5", 10),
    ]


def to_page(path: str) -> list[Flow]:
    """Return the requests to a file at ``path``."""
    return [
        Flow("new connection", "GET", path, 200),
        Flow("kept connection", "GET", path, 100, kept=True),
    ]


@contextmanager
def sending(
    flows: list[Flow], share: float = 1, host: str = "localhost", address: str = ""
) -> Iterator[Watch]:
    """Send requests meanwhile, at a share of the pace. After it, its value has the results.

    :param address: address and port of the server; by default, port 80 of the host.
    """
    watch = Watch()
    shares = [asdict(replace(flow, rate=flow.rate * share)) for flow in flows]
    program = Path(__file__).with_name("load.py")
    process = subprocess.Popen(
        [
            sys.executable,
            str(program),
            address or f"127.0.0.1:{PORTS[80]}",
            host,
            json.dumps(shares),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield watch
    finally:
        watch.requests = json.loads(process.communicate()[0])
