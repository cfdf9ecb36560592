"""Requests reach the apps complete, within the limits of their mounts."""

from __future__ import annotations

import pytest
from client import ask


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method(method):
    assert ask("/api/x", method).json["environ"]["REQUEST_METHOD"] == method


def test_head_request_has_no_body():
    answer = ask("/api/x", "HEAD")
    assert (answer.status, answer.text) == (200, "")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("path", "size"),
    [
        pytest.param("/api/x", 0, id="empty"),
        pytest.param("/api/x", 100_000, id="larger than nginx's buffers"),
        pytest.param("/narrow/x", 1024, id="as large as the mount allows"),
    ],
)
def test_body(path, size):
    body = "b" * size
    assert ask(path, "POST", body=body).json["body"] == body


def test_too_large_body_is_rejected():
    assert ask("/narrow/x", "POST", body="b" * 1025).status == 413


def test_slow_answer_is_awaited():
    assert ask("/api/slow").text == "At last."


def test_read_timeout_of_a_mount():
    answer = ask("/narrow/slow")
    assert (answer.status, "Not available right now" in answer.text) == (504, True)


def test_answer_passes_unchanged():
    answer = ask("/api/busy")
    assert (answer.status, answer.text) == (503, "The app itself says that it is busy.")
