"""Send gunicorn's figures to a StatsD server, without waiting for it."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from gunicorn.instrument.statsd import Statsd


class StatsdLogger(Statsd):
    """gunicorn's logger with figures, as setting ``logger_class``.

    gunicorn's own socket is connected to the server that listened at its start. It would lose the
    figures after a restart of the server, log each loss, and make requests wait for a busy server.
    """

    def __init__(self, cfg: Any) -> None:
        """Log with the settings of gunicorn."""
        super().__init__(cfg)
        self.sock = Figures(cfg.statsd_host)
        if error := unreachable(cfg.statsd_host):
            self.warning(
                "Figures are lost while no StatsD server takes them at %s (%s).",
                cfg.statsd_host,
                error.strerror,
            )


class Figures(socket.socket):
    """A socket whose messages are lost if no server takes them at once."""

    def __init__(self, path: str) -> None:
        """Send each message to the server that listens at ``path`` then."""
        super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = path

    def send(self, data: Any, flags: int = 0) -> int:
        """Send one figure, with the line end that some servers need between two of them."""
        with contextlib.suppress(OSError):
            return self.sendto(data + b"\n", flags | socket.MSG_DONTWAIT, self.path)
        return 0


def unreachable(path: str) -> OSError | None:
    """Return why this process cannot send to a server at ``path`` now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            return error
    return None
