"""The firewall's lines in the README limit the connections of each client."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nft"), reason="takes root and nft"
)

LIMIT = 100
CONNECT = """
import socket, subprocess, sys
from patience import eventually

def is_reached(address):
    command = ["ip", "route", "get", address, "from", address]
    return subprocess.run(command, capture_output=True).returncode == 0

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["ip", "address", "add", "2001:db8:0:1::1/64", "dev", "lo", "nodad"], check=True)
subprocess.run(["ip", "address", "add", "2001:db8:0:2::1/64", "dev", "lo", "nodad"], check=True)
# The kernel makes the routes of IPv6 addresses after the commands have ended.
assert all(eventually(lambda: is_reached(address)) for address in sys.argv[1:])
subprocess.run(["nft", "--file", "-"], input=sys.stdin.read(), text=True, check=True)
listener = socket.create_server(
    ("::", 80), family=socket.AF_INET6, backlog=1000, dualstack_ipv6=True
)
kept = []
for address in sys.argv[1:]:
    try:
        for _ in range(150):
            kept.append(socket.create_connection((address, 80), 10, (address, 0)))
    except ConnectionRefusedError:
        pass
    print(len(kept))
"""


@pytest.fixture(scope="module")
def lines(root: Path) -> str:
    readme = (root / "roles/nginx_site/README.md").read_text()
    return re.search(r"<!-- nftables -->\n```text\n(.*?)```", readme, re.DOTALL)[1]


def test_each_address_has_its_share(lines, root: Path):
    """Two of IPv4, then two networks of IPv6: each gets as much, whatever the others have."""
    addresses = ["127.0.0.1", "127.0.0.2", "2001:db8:0:1::1", "2001:db8:0:2::1"]
    ran = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", CONNECT, *addresses],
        env={**os.environ, "PYTHONPATH": str(root / "molecule/shared")},
        input=lines,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.split() == [str(LIMIT * count) for count in range(1, 5)]
