"""Containers come back by themselves, and find each other again."""

from client import ask
from patience import eventually

SECONDS = 60


def test_killed_app_restarts(host, inspect):
    before = inspect("demo")["State"]["Pid"]
    host.check_output(f"kill -9 {before}")
    assert eventually(lambda: ask("/api/result").status == 200, SECONDS)
    assert inspect("demo")["State"]["Pid"] != before


def test_containers_start_after_a_boot(host):
    host.check_output("systemctl restart docker")
    for path in ("/api/result", "/bin/get", "/"):
        assert eventually(lambda path=path: ask(path).status == 200, SECONDS)
