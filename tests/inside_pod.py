"""What :mod:`pod` runs in namespaces of its own: the network has the loopback interface alone."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Read a plan, and write what happened."""
    plan = json.load(sys.stdin)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    top = Path(plan["top"])
    for path, source in plan["image"].items():
        place = top / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
    for directory in ("srv", "var/lib"):
        (top / directory).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", top / directory, f"/{directory}"], check=True)
    process = subprocess.Popen(
        plan["command"],
        cwd=plan["working_dir"],
        env=plan["environment"],
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        answers = [ask(process, *request) for request in plan["requests"]]
        if plan["until"]:
            wait(process, Path(plan["environment"]["HOME"], plan["until"]).exists)
        process.send_signal(signal.SIGTERM)
        status = process.wait(plan["grace"])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    home = Path(plan["environment"]["HOME"])
    files = {
        str(path.relative_to(home)): (path.read_text(), oct(path.stat().st_mode & 0o777))
        for path in home.rglob("*")
        if path.is_file()
    }
    json.dump({"answers": answers, "status": status, "files": files}, sys.stdout)


def wait(process: subprocess.Popen, condition) -> None:
    """Wait until ``condition`` holds, while the process runs."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, f"it ended with {process.returncode}"
        assert time.monotonic() < deadline
        # The process is any app: it sends no event when it listens or writes its file.
        time.sleep(0.05)


def listens() -> bool:
    """Return whether the app accepts connections."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", 8000)) == 0


def ask(process: subprocess.Popen, path: str, headers: dict) -> tuple[int, dict, str]:
    """Return status, headers and body of an answer."""
    wait(process, listens)
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), answer.read().decode()


main()
