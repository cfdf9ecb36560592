"""An app that was taken over cannot block the release that replaces it (L9)."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from controller import deploy, play
from patience import eventually
from taken_over import SCENARIO, STAYS, TakenOver, local, reason

ROOT = "/var/lib/wsgi/evil"
PATHS = """
import os
from pathlib import Path
home = Path(os.environ['HOME'])
settings = home / 'conf/settings.ini'
public = Path('/var/lib/wsgi/evil/public')
"""


@pytest.fixture(scope="module", autouse=True)
def release(source, evil):
    """Deploy the release that the attacks obstruct, and return a function that deploys again."""
    again = local(source())
    deploy(SCENARIO / "deploy.yml", **again)
    yield again
    deploy(SCENARIO / "deploy.yml", **local(source()))


@pytest.fixture
def home(evil, host):
    """Return the app's home, and restore it afterwards."""
    path = evil.does("import os; answer = os.environ['HOME']")
    yield path
    host.check_output(
        f"chmod 0750 {path}; rm -rf {path}/conf {path}/conf.away;"
        f"for it in {ROOT}/public {ROOT}/shared/media; do "
        'if [ -e "$it.away" ]; then rm -rf "$it"; mv "$it.away" "$it"; fi; done;'
        f"chmod 2750 {ROOT}/public; install -d -o wsgi-evil -g wsgi-evil -m 0750 {path}/conf"
    )


OBSTACLES = {
    "public is closed, a file is a pipe": """
public.chmod(0)
settings.unlink(missing_ok=True)
os.mkfifo(settings)
""",
    "a file is a directory": """
settings.unlink(missing_ok=True)
(settings / 'more').mkdir(parents=True)
""",
    "parent is a link": """
settings.parent.rename(home / 'conf.away')
settings.parent.symlink_to('/opt/canary')
""",
    "parent is a file": """
settings.parent.rename(home / 'conf.away')
settings.parent.write_text('')
""",
    "parent is closed": """
settings.write_text('changed')
settings.parent.chmod(0)
""",
    "home is closed": """
settings.write_text('changed')
home.chmod(0)
""",
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.usefixtures("canaries")
def test_attack_does_not_stop_the_deploy(host, evil, release, home, obstacle):
    """L9. The kinds of files are further attacks."""
    evil.does(PATHS + OBSTACLES[obstacle])
    run = play(SCENARIO / "deploy.yml", **release)
    assert run.succeeded, reason(run)
    written = host.run(f"timeout 5 cat {home}/conf/settings.ini").stdout
    assert written == "colour = blue\n"


@pytest.mark.parametrize("path", [f"{ROOT}/public", f"{ROOT}/shared/media"])
@pytest.mark.usefixtures("home")
def test_foreign_process_is_not_accepted_as(evil, path):
    """H5, L9."""
    evil.may_not(f"import os; os.rename('{path}', '{path}.away')")


ON_THE_SOCKET = """
import os, socket
answer = 0
for name in os.listdir('/proc/self/fd'):
    try:
        kept = socket.socket(fileno=os.dup(int(name)))
        listens = kept.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        continue
    if listens:
        {}
        answer += 1
"""
STEAL = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        kept.setblocking(True)
        while True:
            kept.accept()[0].sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nstolen')
    os._exit(0)
"""
KILL = """
import os, signal, time

def numbers():
    listed = {int(name) for name in os.listdir('/proc') if name.isdigit()}
    return listed | set(range(max(listed), max(listed) + 400))

spared = {int(name) for name in os.listdir('/proc') if name.isdigit()}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        spared |= {os.getpid()}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for number in numbers() - spared:
                try:
                    os.kill(number, signal.SIGKILL)
                except OSError:
                    pass
    os._exit(0)
answer = os.wait()
"""
AT_ITS_END = ON_THE_SOCKET.format("atexit.register(kept.shutdown, socket.SHUT_RDWR)").replace(
    "import os", "import atexit, os", 1
)
WEAPONS = {
    "shuts the socket down as it ends": AT_ITS_END,
    "shuts the socket down": ON_THE_SOCKET.format("kept.shutdown(socket.SHUT_RDWR)"),
    "lets no client wait": ON_THE_SOCKET.format("kept.listen(0)"),
    "steals clients": ON_THE_SOCKET.format(STEAL.replace("\n", "\n        ")),
}


@pytest.mark.parametrize("weapon", WEAPONS)
def test_next_release_serves(host, evil, source, weapon):
    """L9; the last two are further attacks."""
    assert evil.does(WEAPONS[weapon])
    try:
        path = source()
        run = play(SCENARIO / "deploy.yml", **local(path))
        assert run.succeeded, reason(run)
        assert_serves(evil, path)
        waiting = host.check_output("ss -xlH src /run/wsgi/evil.sock").split()[3]
        assert int(waiting) > 100
    finally:
        start_again(host, evil)


def test_app_that_kills_processes_of_its_user(host, evil, source):
    """Further attack. It may have to be stopped; its next build is safe anyway."""
    assert evil.does(KILL)
    try:
        path = source()
        run = play(SCENARIO / "deploy.yml", **local(path))
        if not run.succeeded:
            assert "did not start (signal)" in reason(run)
            [stop] = set(re.findall(r"systemctl stop [\w.*' -]+'", run.output))
            host.check_output(stop)
            deploy(SCENARIO / "deploy.yml", **local(path))
        assert_serves(evil, path)
    finally:
        start_again(host, evil)


def assert_serves(evil: TakenOver, path: Path) -> None:
    """Fail unless the release of the source at ``path`` serves, and no other."""
    version = (path / "version").read_text()
    code = "answer = open('version').read()"
    assert eventually(lambda: evil.tries(code)["answer"] == version, 5)
    assert {evil.tries(code)["answer"] for _ in range(20)} == {version}


def start_again(host, evil: TakenOver) -> None:
    """Stop the app with all of its processes, and start it."""
    host.check_output(
        "systemctl stop wsgi-evil.socket 'wsgi-evil.*.service';systemctl start wsgi-evil.socket"
    )
    assert eventually(evil.answers)


def test_hanging_release_is_killed(host, source):
    """Further attack: its main process has systemd wait, and the deploy with it."""
    deploy(SCENARIO / "deploy.yml", **local(source(**STAYS)), wsgi_app_timeout=1)
    before = host.check_output("readlink /etc/systemd/system/wsgi-evil.service")
    begun = time.monotonic()
    run = play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_timeout=1)
    assert run.succeeded, reason(run)
    assert not host.service(before).is_running
    assert time.monotonic() - begun < 120
