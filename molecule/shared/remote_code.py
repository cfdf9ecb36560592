"""An app that runs what it is sent: what an app can do that was taken over."""

from __future__ import annotations

from patience import eventually
from visitor import ask

APP = '''

def app(environ, start_response):
    """Run what the visitor sends, and tell what it calls the answer."""
    code = environ["wsgi.input"].read().decode()
    scope = {"answer": ""}
    try:
        exec(code, scope)
        answer = repr(scope["answer"])
    except OSError as error:
        answer = f"refused: {error}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.encode()]
'''
"""What is appended to the app's code."""
END = """
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
os._exit(3)
"""
MAIN_PROCESS = "systemctl show --value --property=MainPID wsgi-news.service"


def run(code: str) -> str:
    """Have the app run ``code``; return what it calls the answer, or why it was refused."""
    answer = ask("/news/", "POST", body=code)
    assert answer.status == 200
    return answer.text


def restart(host) -> None:
    """Have the main process of the app end, and wait until another answers."""
    before = host.check_output(MAIN_PROCESS)
    try:
        ask("/news/", "POST", body=END)
    except OSError:
        pass
    assert eventually(lambda: host.check_output(MAIN_PROCESS) not in (before, "0"), 60)
    assert eventually(lambda: ask("/news/", "POST", body="").status == 200, 60)
