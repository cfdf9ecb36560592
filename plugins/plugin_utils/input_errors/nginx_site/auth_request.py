"""Find what is wrong with the service that says who may request what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import headers
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

OPTIONS = ("url", "sign_in", "headers")
SERVICE = re.compile(rf"http://(?P<address>[^/]+)(?:{common.PREFIX.pattern})")
SIGN_IN = re.compile(r"(?:/(?!/)|https?://[A-Za-z0-9])[!%&'()*+,./:=?@A-Za-z0-9_~\[\]-]*")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the services of the site and of its mounts."""
    mounts = inputs.values["mounts"]
    yield from _settings("nginx_site_auth_request", inputs.values["auth_request"], mounts)
    for index, mount in enumerate(mounts):
        where = f"nginx_site_mounts[{index}]"
        service = mount["auth_request"]
        if service not in (None, False) and mount["redirect"] is None:
            yield from _settings(f"{where}.auth_request", service, mounts)
        service = inputs.values["auth_request"] if service is None else service
        users = inputs.values["users"] if mount["users"] is None else mount["users"]
        if service and users and mount["redirect"] is None:
            yield (
                f"{where} has auth_request and users, but a browser can do only one of them: write "
                "'users: {}' or 'auth_request: false' for the mount."
            )
        if mount["cache"] and isinstance(service, dict) and service.get("headers"):
            yield (
                f"{where} has cache, but auth_request has headers, which may differ between "
                "clients: remove one of them."
            )
        for name in {name.lower() for name in mount["headers"]} & set(_names(inputs)):
            yield f"{where}.headers sets {name}, but auth_request sets it: remove one of them."


def _names(inputs: Inputs) -> Iterator[str]:
    """Yield the names of headers that services send."""
    services = [inputs.values["auth_request"]]
    services += [mount["auth_request"] for mount in inputs.values["mounts"]]
    for service in services:
        if isinstance(service, dict) and isinstance(service.get("headers", []), list):
            yield from (str(name).lower() for name in service.get("headers", []))


def _settings(where: str, value: Any, mounts: list[dict]) -> Iterator[str]:
    if value == {}:
        return
    if not isinstance(value, dict):
        yield f"{where} is {value!r}: write its URL, as in {{url: /oauth2/auth}}."
        return
    for option in sorted(set(value) - set(OPTIONS)):
        yield f"{where}.{option} is no option: use {', '.join(OPTIONS)}."
    yield from _url(f"{where}.url", str(value.get("url", "")), mounts)
    sign_in = value.get("sign_in", "/")
    if not isinstance(sign_in, str) or not SIGN_IN.fullmatch(sign_in):
        yield (
            f"{where}.sign_in is {sign_in!r}: write a path of this site or a URL, as in "
            "'/oauth2/start?rd='. If it ends with '=', the path of the request is added."
        )
    names = value.get("headers", [])
    if not isinstance(names, list):
        yield f"{where}.headers is {names!r}: write a list, as in [X-Auth-Request-User]."
        return
    yield from common.repeated(f"{where}.headers", [str(name).lower() for name in names])
    yield from headers.of_requests(f"{where}.headers", {str(name): "" for name in names})


def _url(where: str, url: str, mounts: list[dict]) -> Iterator[str]:
    match = SERVICE.fullmatch(url)
    if common.PREFIX.fullmatch(url):
        covering = [mount for mount in mounts if url.startswith(f"{mount['path'].rstrip('/')}/")]
        target = max(covering, key=lambda mount: len(mount["path"]), default=None)
        if target is None or not (target["app"] or target["upstreams"]):
            yield f"{where} is {url!r}, but no mount with app or upstreams has this path: add one."
        elif target["auth_request"] not in (False, {}):
            yield (
                f"{where} is {url!r}, but clients could not sign in at {target['path']!r}: write "
                "'auth_request: false' for that mount."
            )
    elif not match or not (
        common.is_address(match["address"]) or common.HOST.fullmatch(match["address"])
    ):
        yield (
            f"{where} is {url!r}: write a path of this site or a URL that begins with http, as in "
            "'http://127.0.0.1:4180/oauth2/auth'."
        )
