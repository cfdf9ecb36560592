"""The rows of verify's report: what each hop makes of the public URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.verify.case import PARTS, Case
from ansible_collections.subsite.deploy.plugins.module_utils.verify.checks import (
    check_forwarded,
    cookie_applies,
    further_pages,
)

Values = dict[str, str]


def list_hops(case: Case) -> list[dict[str, Any]]:
    """Return a row for each hop, from the browser to the app and back."""
    wanted = {part: getattr(case.url, part) for part in PARTS}
    rows = [row("browser", "requests", wanted, wanted)]
    if case.wrapper_answer():
        rows += [row(hop, action, values, wanted) for hop, action, values in list_forwarded(case)]
        rows += list_built(case)
    rows.append(row("browser", "receives", *response_values(case)))
    rows += [
        row("browser", "reads", {place: page_value(place, page["redirect_end"])}, {})
        for place, page in further_pages(case).items()
    ]
    return rows


def row(hop: str, action: str, values: Values, expected: Values) -> dict[str, Any]:
    """Return one row of the report."""
    return {"hop": hop, "does": action, "values": compare(values, expected)}


def list_forwarded(case: Case) -> Iterator[tuple[str, str, Values]]:
    """Yield what each hop forwards, and what the app sees of it."""
    forwarded, app_sees = case.forwarded(), case.wrapper_answer()["sees"]
    # nginx repeats what a trusted proxy says; a fault of nginx would hide it.
    is_repeated = case.is_behind_proxy and "proto" in (case.trusted_headers or [])
    if is_repeated and all(fault.hop == "balancer" for fault in check_forwarded(case)):
        yield "balancer", "forwards", {part: forwarded[part] for part in ("scheme", "host", "port")}
    yield "nginx", "forwards", {part: forwarded[part] for part in PARTS}
    in_routes = case.url.prefix.removeprefix(case.prefix_outside_app)
    prefix = app_sees["prefix"] + in_routes
    yield "app", "sees", {**{part: app_sees[part] for part in PARTS}, "prefix": prefix}


def list_built(case: Case) -> Iterator[dict[str, Any]]:
    """Yield the row of the URL that the app builds."""
    app_url = case.wrapper_answer().get("builds", {}).get("url", "").rstrip("/")
    if app_url:
        expected = (case.url.origin + case.prefix_outside_app).rstrip("/")
        yield row("app", "builds", {"URL": app_url}, {"URL": expected})


def page_value(place: str, response: dict[str, Any]) -> str:
    """Return what came of the request for the page at ``place``, and from where."""
    received = response["error"] or response["malformed"] or str(response["status"])
    return received if response["target"] == place else f"{received} of {response['target']}"


def response_values(case: Case) -> tuple[Values, Values]:
    """Return what the browser receives, and what it should be where that is known."""
    response = case.plain
    received = {"status": response["error"] or response["malformed"] or str(response["status"])}
    if response["location"]:
        received["Location"] = response["location"]
    expected = {}
    for cookie in response["cookies"]:
        name, path = f"cookie {cookie['name']}", cookie["path"] or "/"
        received[name] = f"Path={path}"
        is_right = cookie_applies(path, case.url.prefix)
        expected[name] = received[name] if is_right else f"Path={case.url.prefix}"
    return received, expected


def compare(values: Values, expected: Values) -> list[dict[str, Any]]:
    """Return each value, and whether it is right where something is ``expected``."""
    return [
        {
            "name": name,
            "value": excerpt(value),
            "expected": excerpt(expected.get(name, "")),
            "right": value == expected[name] if name in expected else None,
        }
        for name, value in values.items()
    ]
