import subprocess

import bench_proxies
import pytest
from bench_proxies import SOCKET, Sample

OUTPUT = """\
finished in 1.53s, 2619.86 req/s, 2.86MB/s
requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 4000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 4.36MB (4572000) total, 406.25KB (416000) headers, 3.81MB (4000000) data
"""


def test_rate_is_read():
    assert bench_proxies.rate(OUTPUT, 4000) == 2619.86


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        pytest.param("4000 succeeded, 0 failed", "3999 succeeded, 1 failed", id="failed request"),
        pytest.param("4000 2xx, 0 3xx, 0 4xx", "3999 2xx, 0 3xx, 1 4xx", id="other status"),
        pytest.param("(4000000) data", "(4000001) data", id="other body size"),
    ],
)
def test_wrong_response_fails(good, bad):
    assert good in OUTPUT
    with pytest.raises(SystemExit, match="Not all responses were right"):
        bench_proxies.rate(OUTPUT.replace(good, bad), 4000)


def test_targets_are_compared_within_each_round():
    samples = {
        SOCKET: [Sample(1000, 0, 300), Sample(2000, 0, 200), Sample(4000, 0, 100)],
        "role": [Sample(900, 30, 310), Sample(1000, 20, 210), Sample(3600, 25, 110)],
        "haproxy": [Sample(800, 60, 300), Sample(800, 25, 300), Sample(800, 25, 300)],
    }
    assert list(bench_proxies.rows(samples))[2] == [
        "role",
        "1000 (900 to 3600)",
        "90 % (50 % to 90 %)",
        "25 (20 to 30)",
        "80 % (50 % to 100 %)",
        "210 (110 to 310)",
    ]


def test_host_is_removed_after_failure(tmp_path, monkeypatch):
    molecule = tmp_path / "molecule"
    molecule.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n[ "$1" = destroy ]\n')
    molecule.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(subprocess.CalledProcessError), bench_proxies.temporary_host():
        pass
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        f"{name} --scenario-name proxies" for name in ("destroy", "converge", "destroy")
    ]
