import bench_proxies
import pytest
from bench_proxies import SOCKET, Sample

OUTPUT = """\
finished in 1.53s, 2619.86 req/s, 2.86MB/s
requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 4000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 4.36MB (4572000) total, 406.25KB (416000) headers (space savings 0.00%), 3.81MB (4000000) data
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


def test_rates_are_compared_within_each_round():
    samples = {
        SOCKET: [Sample(1000, 0, 300), Sample(2000, 0, 200), Sample(4000, 0, 100)],
        "role": [Sample(900, 30, 310), Sample(1000, 20, 210), Sample(3600, 25, 110)],
    }
    assert list(bench_proxies.rows(samples))[2] == [
        "role",
        "1000 (900 to 3600)",
        "90 % (50 % to 90 %)",
        "25 (20 to 30)",
        "210 (110 to 310)",
    ]
