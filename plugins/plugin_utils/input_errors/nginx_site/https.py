"""Find what is wrong with https: the redirect to it, HSTS and HTTP/3."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.filter.origin import origin
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import trust
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

YEAR = 31536000
"""The ``max_age`` in seconds that browsers demand for their preload list (hstspreload.org)."""
LONGEST = 10 * YEAR


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with https."""
    yield from _port(inputs)
    if inputs.values["https_redirect"] == "true":
        yield from _redirect(inputs)
    if inputs.given.get("hsts"):
        yield from _hsts(inputs)
    if inputs.values["tls"]["http3"] and inputs.values["tls"]["mode"] != "none":
        yield from _http3(inputs)


def _port(inputs: Inputs) -> Iterator[str]:
    url, port = inputs.values["public_url"], inputs.values["https_port"]
    if port == "auto":
        return
    if url.startswith("https:") and origin(url).get("port", port) != port:
        yield (
            f"nginx_site_https_port is {port}, but nginx_site_public_url is {url!r}: remove one of "
            "them."
        )
    elif not url and not common.is_port(port):
        yield f"nginx_site_https_port is {port}: write a port, as in 443."


def _redirect(inputs: Inputs) -> Iterator[str]:
    url, start = inputs.values["public_url"], "nginx_site_https_redirect is true, but "
    if url.startswith("http:"):
        yield f"{start}nginx_site_public_url is {url!r}: remove one of them, or write an https URL."
    elif not _has_https(inputs):
        yield (
            f"{start}the site has no https: set nginx_site_tls. If a proxy in front ends TLS, "
            "write its address in nginx_site_trusted_proxies and trust its 'proto'."
        )
    elif url and trust.has_http_proxy(inputs):
        yield (
            f"{start}nginx_site_public_url is {url!r}, so every request through "
            "nginx_site_trusted_proxies counts as https: remove the redirect, and let the proxy "
            "redirect."
        )


def _hsts(inputs: Inputs) -> Iterator[str]:
    url, hsts, given = inputs.values["public_url"], inputs.values["hsts"], inputs.given["hsts"]
    if hsts["max_age"] is None or hsts["max_age"] < 0:
        yield (
            f"nginx_site_hsts is {given!r}: write for how many seconds browsers use https only, as "
            "in {max_age: 3600}."
        )
    if (hsts["max_age"] or 0) > LONGEST:
        yield f"nginx_site_hsts.max_age is {hsts['max_age']}: write at most {LONGEST}, ten years."
    if url.startswith("http:") or not (url or _has_https(inputs)):
        yield (
            f"nginx_site_hsts is {given!r}, but the site has no https: set nginx_site_tls, write "
            "the address of the proxy that ends TLS in nginx_site_trusted_proxies, or remove "
            "nginx_site_hsts."
        )
    is_enough = (hsts["max_age"] or 0) >= YEAR and hsts["include_subdomains"]
    if hsts["preload"] and not is_enough:
        yield (
            f"nginx_site_hsts is {given!r}, but browsers preload only "
            f"{{max_age: {YEAR}, include_subdomains: true, preload: true}} or more."
        )


def _http3(inputs: Inputs) -> Iterator[str]:
    url = inputs.values["public_url"]
    if not url.startswith("https://"):
        yield (
            f"nginx_site_tls.http3 is true, but nginx_site_public_url is {url!r}: with HTTP/3, "
            "nginx does not know the port of the request, so write the URL that clients use, as in "
            "'https://example.org'."
        )
    if inputs.values["proxy_protocol"]:
        yield (
            "nginx_site_tls.http3 is true, but nginx_site_proxy_protocol works with TCP "
            "connections only: remove one of them."
        )


def _has_https(inputs: Inputs) -> bool:
    """Return whether clients can use https, and nginx knows it of each request."""
    return inputs.values["tls"]["mode"] != "none" or trust.has_forwarded_scheme(inputs)
