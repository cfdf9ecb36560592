"""The table of requests, sent to each variant of the site on the host itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import controller
import pytest
import raw_requests
from raw_requests import RawResponse
from request_table import CASES, FILES, VARIANTS, Variant, inputs

PORTS = {variant: 9100 + number for number, variant in enumerate(VARIANTS)}
REQUESTS = [(case, variant) for variant in VARIANTS for case in CASES]


def site(variant: Variant) -> dict:
    """Return the variables of the site on the host."""
    address = [f"127.0.0.1:{PORTS[variant]}"]
    listeners = {
        "http": {"nginx_site_listen": address, "nginx_site_tls": {"mode": "none"}},
        "https": {
            "nginx_site_listen": [],
            "nginx_site_tls": {"mode": "self_signed", "listen": address},
        },
    }
    app, down = {"upstreams": ["/run/wsgi/mirror.sock"]}, {"upstreams": ["/run/wsgi/none.sock"]}
    return {**inputs(variant, "/srv/table", app, down), **listeners[variant.scheme]}


@pytest.fixture(scope="module")
def responses(host, tmp_path_factory) -> Iterator[dict[tuple[str, Variant], RawResponse]]:
    """Return the responses to all requests, by the names of the cases."""
    top = tmp_path_factory.mktemp("table")
    for name, text in FILES.items():
        path = top / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    requests = [asdict(case.request(variant, PORTS[variant])) for case, variant in REQUESTS]
    (top / "requests.json").write_text(json.dumps(requests))
    variables = {
        "table_files": str(top / "files"),
        "table_program": str(Path(raw_requests.__file__)),
        "table_requests": str(top / "requests.json"),
        "table_sites": [site(variant) for variant in VARIANTS],
    }
    controller.deploy("table.yml", **variables)
    output = host.check_output("python3 /root/raw_requests.py </root/requests.json")
    received = [RawResponse(**response) for response in json.loads(output)]
    names = [(case.name, variant) for case, variant in REQUESTS]
    yield dict(zip(names, received, strict=True))
    controller.deploy("table.yml", **variables, table_state="absent")


@pytest.mark.parametrize("variant", [pytest.param(each, id=str(each)) for each in VARIANTS])
def test_responses(responses, variant: Variant):
    found = {
        case.name: differences
        for case in CASES
        if (differences := case.differences(variant, responses[case.name, variant]))
    }
    assert found == {}
