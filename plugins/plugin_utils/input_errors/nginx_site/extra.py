"""Find what is wrong with lines of nginx's configuration that the user writes."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.nginx_config import (
    ConfigurationError,
    directives,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

INHERITED = "a block that has this directive loses those of the site"
TRUST = "it decides who can forge the client address"
REFUSED = {
    "add_header": f"{INHERITED}. Use nginx_site_response_headers",
    "proxy_set_header": f"{INHERITED}. Use headers of the mount",
    "proxy_hide_header": f"{INHERITED}. Use nginx_site_response_headers",
    "error_page": f"{INHERITED}. Use nginx_site_error_pages",
    "set_real_ip_from": f"{TRUST}. Use nginx_site_trusted_proxies",
    "real_ip_header": f"{TRUST}. Use nginx_site_trusted_headers",
    "real_ip_recursive": f"{TRUST}. Use nginx_site_trusted_proxies",
    "proxy_redirect": "apps make right redirects, and nginx would change them",
    "absolute_redirect": "nginx would name its own port in redirects",
    "underscores_in_headers": "clients could forge forwarded headers",
    "ignore_invalid_headers": "clients could forge forwarded headers",
}
"""Directives that would undo what the role promises, with the reason."""

ACCESS = {
    directive: "it decides who may request what. Use allow, deny, users, auth_request or satisfy"
    for directive in (
        *("allow", "deny", "satisfy"),
        *("auth_basic", "auth_basic_user_file", "auth_request", "auth_request_set"),
    )
}
OF_A_SERVER = {
    **ACCESS,
    "listen": "it decides who can reach the site. Use nginx_site_listen",
    "server_name": "it decides for which names the site answers. Use nginx_site_server_names",
}
OF_A_MOUNT = {
    **ACCESS,
    "proxy_pass": "the mount says where requests go. Use app or upstreams",
    "alias": "the mount says which files are served. Use root or src",
    "root": "the mount says which files are served. Use root or src",
}


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the lines for the ``http`` block and for the site."""
    yield from _lines("nginx_site_http_extra", inputs.values["http_extra"], REFUSED)
    yield from _lines("nginx_site_extra", inputs.values["extra"], REFUSED | OF_A_SERVER)


def of_mount(where: str, extra: str) -> Iterator[str]:
    """Yield what is wrong with the lines for the location of a mount."""
    yield from _lines(f"{where}.extra", extra, REFUSED | OF_A_MOUNT)


def _lines(where: str, text: str, refused: dict[str, str]) -> Iterator[str]:
    try:
        for directive in directives(text):
            name = directive.words[0]
            # A block of the user has rules of its own about where requests go.
            is_allowed_here = bool(directive.blocks) and name not in REFUSED
            if name in refused and not is_allowed_here:
                yield f"{where} has {name!r} in line {directive.line}: {refused[name]}."
    except ConfigurationError as error:
        yield f"{where} is not complete: {error}."
