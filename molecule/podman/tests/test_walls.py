"""A container shares only its mounted files with the host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from taken_over import TAKEN, TakenOver

WRITABLE = """
import os
kinds = ("ext4", "xfs", "btrfs", "overlay", "tmpfs", "mqueue")
found = [line.split() for line in open("/proc/mounts")]
answer = [
    place for _, place, kind, *_ in found
    if kind in kinds and os.path.isdir(place) and os.access(place, os.W_OK)
]
"""
TELL = """
import os, socket
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
    systemd.settimeout(5)
    systemd.connect(os.environ["NOTIFY_SOCKET"])
    systemd.send({message!r}.encode())
answer = "sent"
"""


@pytest.fixture(scope="module")
def news(source, deploy) -> Iterator[TakenOver]:
    """Deploy an app that runs the code it receives."""
    deploy(source(**TAKEN))
    yield TakenOver("news")
    deploy(source())


@pytest.mark.parametrize("kind", ["ipc", "mnt", "net", "pid", "uts", "cgroup"])
def test_namespace_is_private(host, news, kind: str):
    its = news.does(f"import os\nanswer = os.readlink('/proc/self/ns/{kind}')")
    assert its.startswith(f"{kind}:[")
    assert its != host.check_output(f"readlink /proc/1/ns/{kind}")


@pytest.mark.parametrize("directory", ["/dev/shm", "/tmp", "/var/tmp"])
def test_temporary_directory_is_private(host, news, directory: str):
    news.does(f"open('{directory}/subsite-canary', 'w').close()")
    assert not host.file(f"{directory}/subsite-canary").exists


def test_message_queues_are_private(host, news):
    news.does("open('/dev/mqueue/subsite-canary', 'w').close()")
    assert "subsite-canary" not in host.check_output("ls /dev/mqueue")


def test_only_data_is_writable(news):
    private = {"/dev/shm", "/dev/mqueue", "/tmp", "/var/tmp", "/run/lock"}
    data = {"/var/lib/wsgi/news/data", "/var/lib/wsgi/news/public"}
    found = set(news.does(WRITABLE))
    assert data <= found <= private | data


@pytest.fixture
def canary(host):
    """Have a process run on the host, and return its number."""
    host.check_output("systemd-run --unit=canary --quiet sleep infinity")
    yield host.check_output("systemctl show --value --property=MainPID canary.service")
    host.check_output("systemctl stop canary.service")


@pytest.mark.parametrize(
    "message",
    [
        "MAINPID={}",
        "MAINPID={}\n",
        "\nMAINPID={}\nREADY=1",
        "READY=1\nMAINPID={}",
        "STATUS=fine\nMAINPID={}",
        "STATUS=" + "x" * 3000 + "\nMAINPID={}",
    ],
    ids=["alone", "line", "first", "last", "behind a status", "behind a long status"],
)
def test_host_process_is_not_accepted_as_main_process(host, news, canary, message: str):
    before = news.main_process(host)
    assert news.does(TELL.format(message=message.format(canary))) == "sent"
    # The second message proves that systemd has read the first one.
    assert news.does(TELL.format(message="READY=1\nSTATUS=read")) == "sent"
    host.check_output("systemctl daemon-reload")
    assert news.main_process(host) == before
