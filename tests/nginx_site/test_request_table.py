"""The table of requests, sent to the rendered configuration in each variant of the site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from raw_requests import send
from request_table import CASES, FILES, VARIANTS, Case, Variant, inputs
from serving import Nginx, free_ports, running


@pytest.fixture(scope="module")
def ports(server, nginx_site, certificate, tmp_path_factory) -> Iterator[dict[Variant, int]]:
    """Serve each variant, and return where."""
    nginx = Nginx(tmp_path_factory.mktemp("table"))
    nginx.top.chmod(0o755)
    for name, text in FILES.items():
        path = nginx.top / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    app = {"upstreams": [f"{server.top}/api.sock"]}
    down = {"upstreams": [f"{nginx.top}/down.sock"]}
    served = dict(zip(VARIANTS, free_ports(len(VARIANTS)), strict=True))
    for variant, port in served.items():
        address = [f"127.0.0.1:{port}"]
        listeners = {
            "http": {"nginx_site_listen": address},
            "https": {
                "nginx_site_listen": [],
                "nginx_site_tls": {**certificate, "listen": address},
            },
        }
        site = inputs(variant, f"{nginx.top}/files", app, down)
        nginx.add(nginx_site, {**site, **listeners[variant.scheme]})
    with running(nginx):
        yield served


@pytest.mark.parametrize("variant", [pytest.param(each, id=str(each)) for each in VARIANTS])
@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in CASES])
def test_response(ports, variant: Variant, case: Case):
    response = send(case.request(variant, ports[variant]))
    assert case.differences(variant, response) == []


def test_names_are_different():
    assert len({case.name for case in CASES}) == len(CASES) >= 120
