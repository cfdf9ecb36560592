"""Hand a stream over in pieces, each to a process of its own.

The connections of Ansible keep the whole output of a command in memory. So the controller gets a
stream of any size by many commands, one for each piece.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.pieces SOCKET

writes the next piece to standard output, in base64.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
from typing import IO

SIZE = 4 * 2**20
"""Bytes of a piece."""

PATIENCE = 600
"""Seconds until the next piece has to be requested."""

PIECE, END = b"+", b"="
"""What an answer begins with: a piece of the stream, or the JSON text after its last piece."""


class Pieces:
    """The listening side."""

    def __init__(self, path: str) -> None:
        """Listen at ``path``, in a directory that only root can enter."""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(PATIENCE)

    def hand_over(self, stream: IO[bytes]) -> None:
        """Answer requests until ``stream`` is at its end.

        :raises OSError: when the next piece is not requested in time.
        """
        while piece := stream.read(SIZE):
            self._answer(PIECE + piece)

    def end(self, result: object) -> None:
        """Answer the last request.

        :raises OSError: when there is none in time.
        """
        self._answer(END + json.dumps(result).encode())

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    def _answer(self, answer: bytes) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            connection.sendall(answer)


def next_answer(path: str) -> bytes:
    """Return the next answer of the side that listens at ``path``."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        with client.makefile("rb") as stream:
            return stream.read()


def main() -> None:
    """Write the next answer in base64."""
    sys.stdout.write(base64.b64encode(next_answer(sys.argv[1])).decode())


if __name__ == "__main__":
    main()
