"""An app that was taken over meets neither its host nor other apps."""

from __future__ import annotations

import pytest

CALL = "import ctypes; c = ctypes.CDLL(None, use_errno=True); "
SOCKET = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('{}')"


@pytest.mark.parametrize(
    ("code", "trace"),
    [
        *(
            pytest.param(f"open('{path}/canary', 'w').close()", f"ls {path}", id=path)
            for path in ("/dev/shm", "/dev/mqueue", "/run/lock", "/tmp", "/var/tmp")
        ),
        pytest.param(
            f"{CALL} assert c.mq_open(b'/canary', 0o102, 0o600, None) >= 0, ctypes.get_errno()",
            "ls /dev/mqueue",
            id="message queue by its system call",
        ),
        pytest.param(
            f"{CALL} assert c.shmget(0xCA, 64, 0o1600) >= 0, ctypes.get_errno()",
            "grep --quiet '^ *202 ' /proc/sysvipc/shm && echo canary",
            id="shared memory",
        ),
        pytest.param(
            f"{CALL} assert c.semget(0xCA, 1, 0o1600) >= 0, ctypes.get_errno()",
            "grep --quiet '^ *202 ' /proc/sysvipc/sem && echo canary",
            id="semaphores",
        ),
        pytest.param(
            "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0canary'); s.listen();"
            "import builtins; builtins.kept = s",
            "cat /proc/net/unix",
            id="abstract socket",
        ),
    ],
)
def test_attack_leaves_no_object_on_the_host(host, evil, code, trace):
    """L4."""
    evil.tries(code)
    output = host.run(trace).stdout
    host.run(
        "rm -f /dev/shm/canary /dev/mqueue/canary /run/lock/canary; ipcrm -M 0xca; ipcrm -S 0xca"
    )
    assert "canary" not in output


@pytest.mark.parametrize("name", ["wsgi-victim", "systemd", "sudo"])
def test_forged_identifier_is_not_in_the_unit_journal(host, evil, name):
    """L4: pinned, because the README says to ask by unit."""
    evil.does(f"""
import socket
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.sendto(
    b"MESSAGE=CANARY-forged\\nSYSLOG_IDENTIFIER={name}\\n_SYSTEMD_UNIT=wsgi-victim.service\\n"
    b"UNIT=wsgi-victim.service\\nOBJECT_SYSTEMD_UNIT=wsgi-victim.service\\n",
    "/run/systemd/journal/socket",
)
""")
    host.check_output("journalctl --sync")
    output = host.check_output("journalctl --unit 'wsgi-victim*' --output=cat")
    attacker = host.check_output("journalctl --unit 'wsgi-evil*' --output=cat")
    assert ("CANARY-forged" in output, "CANARY-forged" in attacker) == (False, True)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("open('/srv/wsgi/new', 'w')", id="write beside releases"),
        pytest.param("open('/var/cache/wsgi/new', 'w')", id="write beside downloads"),
        pytest.param("open('/run/wsgi/new', 'w')", id="write beside sockets"),
        pytest.param(SOCKET.format("/run/wsgi/victim.sock"), id="connect to another app"),
        pytest.param("import os; os.listdir('/srv/wsgi/victim')", id="read another release"),
        pytest.param("import os; os.listdir('/var/lib/wsgi/victim')", id="read another's data"),
        pytest.param("import os; os.listdir('/var/cache/wsgi/victim')", id="read its downloads"),
        pytest.param("import os; os.listdir('/root')", id="read root's home"),
        pytest.param("open('/home/canary/notes.txt').read()", id="read homes"),
        pytest.param(SOCKET.format("/run/systemd/private"), id="control systemd"),
        pytest.param(SOCKET.format("/run/dbus/system_bus_socket"), id="call D-Bus"),
        pytest.param(
            "import subprocess; subprocess.run(['systemctl', 'stop', 'wsgi-victim.socket'],"
            "check=True)",
            id="stop another app",
        ),
        pytest.param(
            "import pathlib; names = pathlib.Path('/proc').glob('[0-9]*/comm')\n"
            "assert {name.read_text() for name in names} - {'gunicorn\\n'}",
            id="see other processes",
        ),
    ],
)
def test_attack_is_blocked(evil, code):
    assert "error" in evil.tries(code)


def test_other_app_still_serves(host):
    assert host.socket("unix:///run/wsgi/victim.sock").is_listening
