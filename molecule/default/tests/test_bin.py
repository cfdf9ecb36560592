"""A published app is right at a prefix without any change."""

import pytest
from client import LOCALHOST, ask

HERE = f"http://{LOCALHOST}"


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        pytest.param("/bin", 308, "/bin/", id="slash added by nginx"),
        pytest.param("/bin/absolute-redirect/1", 302, f"{HERE}/bin/get", id="absolute URL"),
        pytest.param("/bin/relative-redirect/1", 302, "/bin/get", id="relative URL"),
        pytest.param("/bin/redirect-to?url=/bin/ip", 302, "/bin/ip", id="URL of its caller"),
    ],
)
def test_location(path, status, location):
    answer = ask(path)
    assert (answer.status, answer.location) == (status, location)


def test_app_receives_its_public_url():
    assert ask("/bin/get").json["url"] == f"{HERE}/bin/get"


def test_app_receives_method_and_body():
    answer = ask("/bin/post", method="POST", body=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.json["data"] == "a=1"
