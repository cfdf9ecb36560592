"""A site in a container forwards the same origin as one on a server."""

import pytest
from client import ask, send
from origins import REQUEST, TABLE, origin_of

EDGE = 8001


@pytest.mark.parametrize(("headers", "origin"), TABLE["edge"])
def test_origin(headers: list[str], origin: str | int):
    request = "\r\n".join([REQUEST, *headers, "Connection: close", "", ""])
    head, _, body = send(request.encode("latin-1"), EDGE).partition(b"\r\n\r\n")
    assert origin_of(int(head.split()[1]), body) == origin


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("/api/", "http://externalserver:8000/api/result", id="absolute"),
        pytest.param("/api/test", "/api/success", id="relative"),
        pytest.param("/api", "/api/", id="slash"),
    ],
)
def test_redirects_of_the_original_example(path: str, location: str):
    assert ask(path, host="externalserver:8000").location == location
