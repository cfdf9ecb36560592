"""A default that the specification documents is the one that the role uses."""

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

PROXIES = {"nginx_site_trusted_proxies": ["10.0.0.5"]}


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({}, id="plain"),
        pytest.param({"nginx_site_tls": {"mode": "self_signed"}}, id="TLS"),
        pytest.param({"nginx_site_public_url": "https://example.org:8443"}, id="public URL"),
        pytest.param({**PROXIES, "nginx_site_proxy_preset": "apache"}, id="preset"),
        pytest.param({**PROXIES, "nginx_site_proxy_protocol": True}, id="PROXY protocol"),
    ],
)
def test_other_inputs_do_not_change_it(nginx_site, inputs: dict):
    inputs = {"nginx_site_name": "main", "nginx_site_server_names": ["example.org"], **inputs}
    complete = nginx_site.value("__nginx_site", inputs)
    documented = ArgumentSpecValidator(nginx_site.options).validate(inputs).validated_parameters
    prefix = "nginx_site_"
    assert complete == {name.removeprefix(prefix): value for name, value in documented.items()}
