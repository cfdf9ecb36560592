"""A stream arrives complete, by as many processes as it has pieces."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import pieces

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "size", [0, 1, pieces.SIZE - 1, pieces.SIZE, pieces.SIZE + 1, 3 * pieces.SIZE]
)
def test_arrives_complete(tmp_path: Path, size: int):
    sent, path = os.urandom(size), str(tmp_path / "socket")
    arrived, kind = b"", pieces.PIECE
    with closing(pieces.Pieces(path)) as server:

        def serve() -> None:
            server.hand_over(io.BytesIO(sent))
            server.end({"size": size})

        serving = threading.Thread(target=serve)
        serving.start()
        while kind == pieces.PIECE:
            answer = pieces.next_answer(path)
            kind, content = answer[:1], answer[1:]
            arrived += content if kind == pieces.PIECE else b""
        serving.join()
    assert (arrived, json.loads(content)) == (sent, {"size": size})


def test_process_writes_the_next_answer(tmp_path: Path):
    path = str(tmp_path / "socket")
    with (
        closing(pieces.Pieces(path)) as server,
        subprocess.Popen(
            [sys.executable, "-m", pieces.__name__, path],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
        ) as process,
    ):
        server.hand_over(io.BytesIO(b"piece"))
        assert base64.b64decode(process.stdout.read()) == b"+piece"


def test_ends_if_no_piece_is_requested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "PATIENCE", 0.1)
    with closing(pieces.Pieces(str(tmp_path / "socket"))) as server, pytest.raises(TimeoutError):
        server.hand_over(io.BytesIO(b"piece"))
