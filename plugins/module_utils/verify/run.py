"""Verify one URL: send the requests to each endpoint, and judge the responses."""

from __future__ import annotations

import glob
import ssl
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline
from ansible_collections.subsite.deploy.plugins.module_utils.layout import release_of_unit
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl, is_path
from ansible_collections.subsite.deploy.plugins.module_utils.verify.case import (
    Case,
    split_authority,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.checks import (
    advise,
    find_faults,
    find_warnings,
    judge_forged_headers,
    why_unanswered,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    sign,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.probes import (
    FORGED_CLIENT,
    Probe,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.rows import list_hops
from ansible_collections.subsite.deploy.plugins.module_utils.verify.table import render

TOTAL_TIMEOUTS = 10
"""All responses together may take this many times as long as one."""

OPTIONS: dict[str, Any] = {
    "url": {"type": "str", "required": True},
    "url_is_assumed": {"type": "bool", "default": False},
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "default": [{"name": "public"}],
        "options": {
            "name": {
                "type": "str",
                "choices": ["public", "balancer", "nginx", "app"],
                "required": True,
            },
            "connect": {"type": "str", "default": ""},
            "tls": {"type": "bool"},
            "strip": {"type": "bool", "default": False},
        },
    },
    "current_unit": {"type": "str", "default": ""},
    "release": {"type": "str", "default": ""},
    "keys": {"type": "str", "default": "", "no_log": False},
    "signature": {"type": "str", "default": "", "no_log": True},
    "other_responses": {"type": "list", "elements": "dict", "default": []},
    "trusted_proxies": {"type": "list", "elements": "str"},
    "trusted_headers": {"type": "list", "elements": "str"},
    "inner_hosts": {"type": "list", "elements": "str", "default": []},
    "paths": {"type": "list", "elements": "str", "default": []},
    "websocket": {"type": "bool", "default": False},
    "body": {"type": "int", "default": 0},
    "timeout": {"type": "int", "default": 10},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
"""The options of M(subsite.deploy.public_url_info), which documents them."""


def verify(params: dict[str, Any]) -> dict[str, Any]:
    """Return the result of the module for ``params``, which has the form of :data:`OPTIONS`.

    :raises ValueError: when the URL, or a path below it, is none.
    """
    began = time.monotonic()
    release = params["release"] or current_release(params["current_unit"])
    url = public_url(params)
    keys = read_keys(params["keys"])
    signature = sign(keys) if keys else params["signature"]
    total = Deadline(params["timeout"] * TOTAL_TIMEOUTS)
    received = [
        Probe(
            options["name"], endpoint(options, url, params, signature, total), url, options["strip"]
        ).send(
            outermost=number == 0 and options["name"] != "app",
            websocket=params["websocket"],
            body=params["body"],
            inner_hosts=set(params["inner_hosts"]),
            paths=params["paths"],
        )
        for number, options in enumerate(params["endpoints"])
    ]
    report = {
        "url": url.text,
        "time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        "release": release,
        **judge(url, received, params),
    }
    report["seconds"] = round(time.monotonic() - began, 1)
    return {
        "right": not report["faults"],
        "report": report,
        "table": render(report),
        "responses": received + params["other_responses"],
        "signature": signature,
        "release": release,
    }


def public_url(params: dict[str, Any]) -> PublicUrl:
    """Return the public URL.

    :raises ValueError: when it, or a path below it, is none.
    """
    try:
        url = PublicUrl.parse(params["url"])
    except ValueError as error:
        raise ValueError(f"url: {error}") from error
    for path in params["paths"]:
        if not is_path(path):
            raise ValueError(f"paths: {path!r} is not a path such as /admin/")
    return url


def judge(url: PublicUrl, received: list[dict], params: dict[str, Any]) -> dict[str, Any]:
    """Return what the responses show."""
    responses, plain = received + params["other_responses"], received[0]["plain"]
    is_public = received[0]["name"] == "public"
    is_assumed = params["url_is_assumed"]
    unanswered = why_unanswered(plain, is_assumed=is_assumed) if is_public else ""
    if unanswered:
        behind_proxy = bool(params["trusted_proxies"])
        responses = [
            one
            for one in params["other_responses"]
            if not (behind_proxy and one["name"] == "nginx")
        ]
    judged: dict[str, Any] = {"faults": [], "warnings": [], "forged": {}, "hops": []}
    if responses:
        trust = params["trusted_proxies"], params["trusted_headers"]
        case = Case(url, responses, *trust, params["body"], is_assumed=is_assumed)
        judged = {
            "faults": [asdict(fault) for fault in find_faults(case)],
            "warnings": [asdict(warning) for warning in find_warnings(case)],
            "forged": judge_forged_headers(case),
            "hops": list_hops(case),
        }
    advice = advise(plain, is_assumed=is_assumed) if unanswered else ""
    return {**judged, "unanswered": unanswered, "advice": advice}


def tls_context(params: dict) -> ssl.SSLContext:
    """Return how certificates are checked."""
    context = ssl.create_default_context()
    if params["ca_path"]:
        context.load_verify_locations(params["ca_path"])
    if not params["validate_certs"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def endpoint(
    options: dict, url: PublicUrl, params: dict, signature: str, total: Deadline
) -> Endpoint:
    """Return where to connect to for one of the module's ``endpoints``, and what to send."""
    by_default = options["name"] == "public" and url.scheme == "https"
    use_tls = by_default if options["tls"] is None else options["tls"]
    return Endpoint(
        address=address_of(options["connect"], url),
        certificate_name=url.host.strip("[]"),
        context=tls_context(params) if use_tls else None,
        host=url.authority,
        headers=url.forwarded_headers(FORGED_CLIENT) if options["name"] == "app" else {},
        timeout=params["timeout"],
        signature=signature,
        total=total,
    )


def read_keys(pattern: str) -> list[bytes]:
    """Return the keys in the files of ``pattern``; the release that was deployed last is first."""
    paths = sorted(map(Path, glob.glob(pattern)), key=deployment_time, reverse=True)
    return [path.read_bytes() for path in paths]


def deployment_time(key: Path) -> int:
    """Return when the release of ``key`` was deployed."""
    record = key.with_name("release.json")
    return (record if record.exists() else key).stat().st_mtime_ns


def address_of(connect: str, url: PublicUrl) -> str:
    """Return the address for a value of ``connect``, which may lack its port or be empty."""
    if connect.startswith("/"):
        return connect
    host, port = split_authority(connect or url.host)
    return f"{host}:{port or url.port}"


def current_release(unit: str) -> str:
    """Return the release to whose unit the link ``unit`` points; empty if there is none."""
    path = Path(unit)
    return release_of_unit(path.resolve().name) if unit and path.is_symlink() else ""
