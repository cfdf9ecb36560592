"""Compare the site of the role with other proxies before the same socket of an app.

All run on one temporary host (bench/proxies). In each round, every proxy and the socket itself get
the same number of requests, in another order. The numbers depend on the machine and its load:
compare the rows only.

Usage: bench_proxies.py [--rounds 12] [--requests 8000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

PROJECT = Path(__file__).parents[1]
HOST = f"subsite-proxies-{os.environ.get('SUBSITE_SUITE', 'trixie')}"
SETTINGS = yaml.safe_load((PROJECT / "bench/proxies/proxies.yml").read_text())
BODY_SIZE = 1000
CONNECTIONS = 16
URL = "http://localhost/api/"
# Browsers send such headers, and a proxy has to read them. Without Accept-Encoding: only the site
# of the role would compress.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Cookie": "session=eyJ1c2VyIjoxfQ.aSsB1w.0123456789abcdefghijklmnopq",
    "Upgrade-Insecure-Requests": "1",
}
FORWARDED = {
    "FOR": "127.0.0.1",
    "HOST": "localhost",
    "PORT": "80",
    "PROTO": "http",
    "PREFIX": "/api",
}
GET = """
import sys, urllib.request as url
request = url.Request(f"http://127.0.0.1:{sys.argv[1]}/api/", headers={"Host": "localhost"})
print(url.urlopen(request).read().decode())
"""
SOCKET = "socket"
ROLE = "role"
FACTS = """
echo "$(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
echo "Linux $(uname -r), load average $(cut -d ' ' -f 1-3 /proc/loadavg)"
python3 --version
ls /srv/wsgi/small/environments/*/lib/python3*/site-packages | grep "^gunicorn-"
nginx -v 2>&1
haproxy -v | head -n 1
echo "Caddy $(caddy version | cut -d ' ' -f 1)"
echo "Envoy $(envoy --version | cut -d / -f 2 | xargs)"
h2load --version
"""


class Target(NamedTuple):
    """What gets requests: its options of h2load, and the unit whose processor time counts."""

    options: list[str]
    unit: str


class Sample(NamedTuple):
    """Requests per second, and microseconds of processor time per request."""

    rate: float
    proxy_time: float
    app_time: float


def targets(app_unit: str) -> dict[str, Target]:
    """Return the socket, the site of the role, and the other proxies."""
    ports = {ROLE: 80} | {name: proxy["port"] for name, proxy in SETTINGS["proxies"].items()}
    units = {ROLE: "nginx.service"}
    return {SOCKET: Target([f"--base-uri=unix:{SETTINGS['socket']}"], app_unit)} | {
        name: Target([f"--connect-to=127.0.0.1:{port}"], units.get(name, f"bench-{name}.service"))
        for name, port in ports.items()
    }


def rate(output: str, requests: int) -> float:
    """Return the requests per second from h2load's output, if all responses were right."""
    expected = [
        f"requests: {requests} total, {requests} started, {requests} done, {requests} succeeded, "
        "0 failed, 0 errored, 0 timeout",
        f"status codes: {requests} 2xx, 0 3xx, 0 4xx, 0 5xx",
        f"({requests * BODY_SIZE}) data",
    ]
    if missing := [line for line in expected if line not in output]:
        raise SystemExit(f"Not all responses were right: no {missing[0]!r} in\n{output}")
    return float(re.findall(r"finished in \S+, (\S+) req/s", output)[0])


def summary(values: Sequence[float], form: str) -> str:
    """Return the median and the range of ``values``."""
    middle, low, high = (
        form.format(value) for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def on_host(script: str, *arguments: str) -> str:
    """Run ``script`` on the host and return its output."""
    return subprocess.run(
        ["podman", "exec", HOST, "sh", "-euc", script, "sh", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def check_headers(name: str, target: Target) -> None:
    """Fail unless the app gets the same forwarded headers from each proxy."""
    port = target.options[0].rpartition(":")[2]
    received = json.loads(on_host('exec python3 -c "$1" "$2"', GET, port))
    if received != FORWARDED:
        raise SystemExit(f"{name} sends {received} to the app, not {FORWARDED}.")


def ask(target: Target, app_unit: str, requests: int) -> Sample:
    """Send the requests, and return what they took."""
    script = """
        spent() { systemctl show --property=CPUUsageNSec --value "$proxy" "$app"; }
        proxy=$1 app=$2
        shift 2
        spent
        h2load "$@"
        spent
    """
    headers = [f"--header={name}: {value}" for name, value in HEADERS.items()]
    output = on_host(
        script,
        *(target.unit, app_unit, "--h1", f"--requests={requests}", f"--clients={CONNECTIONS}"),
        *headers,
        *target.options,
        URL,
    )
    requests_per_second = rate(output, requests)
    numbers = [int(line) for line in output.splitlines() if line.isdigit()]
    proxy_time, app_time = (
        (after - before) / 1000 / requests
        for before, after in zip(numbers[:2], numbers[2:], strict=True)
    )
    return Sample(requests_per_second, proxy_time, app_time)


def measure(rounds: int, requests: int) -> dict[str, list[Sample]]:
    """Return the samples of each target."""
    app_unit = on_host("systemctl list-units --plain --no-legend 'wsgi-small.*.service'").split()[0]
    all_targets = targets(app_unit)
    samples: dict[str, list[Sample]] = {name: [] for name in all_targets}
    for name, target in all_targets.items():
        if name != SOCKET:
            check_headers(name, target)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        # A connection that a proxy keeps belongs to one worker of gunicorn. With a restart, an
        # uneven share lasts for one round only.
        on_host('systemctl restart "$1"', app_unit)
        ask(all_targets[SOCKET], app_unit, requests // 10)
        for name in random.sample(list(all_targets), len(all_targets)):
            samples[name].append(ask(all_targets[name], app_unit, requests))
    return samples


def rows(samples: dict[str, list[Sample]]) -> Iterator[list[str]]:
    """Yield the cells of the table. Targets are compared within each round."""
    yield ["", "requests/s", "of the socket's", "proxy, µs", "of HAProxy's", "app, µs"]
    for name, those in samples.items():
        rates = [
            100 * one.rate / other.rate for one, other in zip(those, samples[SOCKET], strict=True)
        ]
        times = [
            100 * one.proxy_time / other.proxy_time
            for one, other in zip(those, samples["haproxy"], strict=True)
        ]
        yield [
            name,
            summary([sample.rate for sample in those], "{:.0f}"),
            summary(rates, "{:.0f} %"),
            "" if name == SOCKET else summary([sample.proxy_time for sample in those], "{:.0f}"),
            "" if name == SOCKET else summary(times, "{:.0f} %"),
            summary([sample.app_time for sample in those], "{:.0f}"),
        ]


def show(samples: dict[str, list[Sample]]) -> None:
    """Print the table: medians, with the smallest and the largest value."""
    print("Processor time of the proxy and of the app is per request.")
    table = list(rows(samples))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print(" | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))


@contextmanager
def temporary_host() -> Iterator[None]:
    """Create the host with the app and the proxies, and remove it, also after a failure."""

    def molecule(command: str) -> None:
        subprocess.run(["molecule", command, "--scenario-name", "proxies"], check=True)

    molecule("destroy")
    try:
        molecule("converge")
        yield
    finally:
        molecule("destroy")


def main() -> None:
    """Measure all proxies on one host."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--requests", type=int, default=8000)
    arguments = parser.parse_args()
    with temporary_host():
        facts = on_host(FACTS)
        samples = measure(arguments.rounds, arguments.requests)
    print(facts)
    show(samples)


if __name__ == "__main__":
    main()
