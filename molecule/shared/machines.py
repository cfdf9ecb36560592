"""The hosts of scenario ``hosts``, and requests to their app."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import testinfra
from clients import Watch
from controller import MOLECULE
from load import WEBSOCKET, Flow
from patience import eventually

NETWORK = MOLECULE["platforms"][0]["network"]
ADDRESSES = {
    platform["name"].rpartition("-")[2]: platform["ip"] for platform in MOLECULE["platforms"]
}
PORT = 8000
"""Port of the app."""

FLOWS = [
    Flow("GET", "GET", "/api/", 12),
    Flow("POST", "POST", "/api/", 10),
    Flow("kept connection", "GET", "/api/", 4, kept=True),
    Flow("slow GET", "GET", "/api/slow", 2),
    Flow("slow POST", "POST", "/api/slow", 2),
    *[Flow(f"WebSocket {number}", WEBSOCKET, "/api/ws", 1) for number in range(4)],
]
"""30 requests a second, and four WebSockets."""


@dataclass(frozen=True)
class Machine:
    """One of the hosts, which podman runs."""

    name: str

    @property
    def container(self) -> str:
        """The name for podman."""
        return f"{NETWORK}-{self.name}"

    @property
    def address(self) -> str:
        """The address in the network of the hosts."""
        return ADDRESSES[self.name]

    def run(self, command: str) -> testinfra.backend.base.CommandResult:
        """Run a command."""
        return testinfra.get_host(f"podman://{self.container}").run(command)

    def is_up(self) -> bool:
        """Return whether systemd has started all services."""
        return self.run("systemctl is-system-running").stdout.strip() in ("running", "degraded")

    def booted_at(self) -> str:
        """Return when systemd began."""
        return self.run("systemctl show --property=UserspaceTimestampMonotonic --value").stdout

    def reboot(self) -> None:
        """Shut the host down as an operator does, and wait until it is up again."""
        before = self.booted_at()
        self.run("systemctl reboot")
        assert eventually(lambda: self.booted_at() not in ("", before) and self.is_up(), 90)

    def cut_off(self) -> None:
        """Drop all packets from and to the host, as a power cut does."""
        self._network("disconnect", "--force")

    def connect(self) -> None:
        """Undo :meth:`cut_off`."""
        self._network("connect", f"--ip={self.address}")

    def stop_app(self) -> None:
        """Stop all processes of the app where they are. The host still accepts connections."""
        self._signal_app("STOP")

    def continue_app(self) -> None:
        """Undo :meth:`stop_app`."""
        self._signal_app("CONT")

    def _signal_app(self, signal: str) -> None:
        done = self.run(f"systemctl kill --signal={signal} wsgi-demo.service")
        assert done.succeeded, done.stderr

    def freeze(self) -> None:
        """Stop all processes of the host where they are, as a hypervisor that hangs does."""
        subprocess.run(["podman", "pause", self.container], check=True, capture_output=True)

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        subprocess.run(["podman", "unpause", self.container], check=True, capture_output=True)

    def _network(self, verb: str, option: str) -> None:
        command = ["podman", "network", verb, option, NETWORK, self.container]
        subprocess.run(command, check=True, capture_output=True)

    def can_connect_to(self, other: Machine) -> bool:
        """Return whether a connection to the app on another host succeeds."""
        code = f"import socket; socket.create_connection(('{other.address}', {PORT}), 3)"
        return self.run(f'python3 -c "{code}"').succeeded


APP1, APP2, WEB1, WEB2 = map(Machine, ("app1", "app2", "web1", "web2"))


def lost(watch: Watch) -> list[dict]:
    """Return the requests without an answer of the app."""
    return [each for each in requests(watch) if each["failure"]]


def delays(watch: Watch) -> list[float]:
    """Return how long each request took, without the time that the app itself took."""
    return sorted(each["took"] - each["path"].endswith("slow") for each in requests(watch))


def requests(watch: Watch) -> list[dict]:
    """Return the requests besides those of WebSockets, which each end with their release."""
    return [each for each in watch.requests if not each["kind"].startswith("WebSocket")]


def summary(watch: Watch) -> str:
    """Return the figures of the requests in words."""
    times = delays(watch)
    return (
        f"{len(times)} requests, {len(lost(watch))} lost, "
        f"{sum(time > 2.5 for time in times)} delayed over 2.5 s, longest {times[-1]:.1f} s"
    )
