"""A published app is right at a prefix without any change."""

from client import LOCALHOST, ask

HERE = f"http://{LOCALHOST}"


def test_app_receives_its_public_url():
    assert ask("/bin/get").json["url"] == f"{HERE}/bin/get"


def test_app_receives_method_and_body():
    answer = ask("/bin/post", method="POST", body=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.json["data"] == "a=1"
