"""Containers come back by themselves, and find each other again."""

import time

from visitor import ask

SECONDS = 60


def comes_back(answers) -> bool:
    """Ask again and again, and return whether the answer is right in the end."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if answers():
                return True
        except OSError:
            pass
        time.sleep(0.1)  # between two looks at what is awaited; nothing announces it here
    return False


def test_app_that_was_killed(host, inspect):
    before = inspect("demo")["State"]["Pid"]
    host.check_output(f"kill -9 {before}")
    assert comes_back(lambda: ask("/api/result").status == 200)
    assert inspect("demo")["State"]["Pid"] != before


def test_all_of_them_after_a_boot(host):
    host.check_output("systemctl restart docker")
    for path in ("/api/result", "/bin/get", "/"):
        assert comes_back(lambda path=path: ask(path).status == 200)
