"""Answers to the health check that are not healthy."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import WEB, App

CHECK = r"The health check of (?P<path>\S+) failed: "


def redirected(match: re.Match[str], app: App) -> str:
    """Say which path or status is right for an app that redirects."""
    if match["to"].startswith("https://") and not app.setting("public_url").startswith("https"):
        return (
            "The app redirects to https. Set wsgi_app_public_url: https://HOST/PATH, as clients "
            "see it; the health check then comes as one of https."
        )
    return other_path(match, app)


def other_host(match: re.Match[str], app: App) -> str:
    """Say that the app may accept only some hosts."""
    health = app.setting("health", {})
    host = health.get("host") or "localhost"
    if app.setting("public_url") and not health.get("host"):
        host = app.setting("public_url").split("/")[2]
    return (
        f"The Host header of the check is {host!r}. If the app accepts only some hosts, as Django "
        "by ALLOWED_HOSTS, name one of them in wsgi_app_public_url or wsgi_app_health.host."
    )


def other_path(match: re.Match[str], _app: App) -> str:
    """Say which path or status is right for an app that wants a login."""
    return (
        "Name a path that answers without a login in wsgi_app_health.path, or add "
        f"{match['status']} to wsgi_app_health.status."
    )


def other_status(match: re.Match[str], app: App) -> str | None:
    """Say which statuses count as healthy."""
    healthy = app.setting("health", {}).get("status")
    if not healthy:
        return None
    return (
        f"wsgi_app_health.status has {healthy}: add {match['status']}, or name another path in "
        "wsgi_app_health.path."
    )


def late(match: re.Match[str], _app: App) -> str:
    """Say which variables decide what the app has to answer, and when."""
    return (
        f"Set wsgi_app_health.timeout to more than {match['seconds']}, or wsgi_app_health.path to "
        "a path that answers sooner. An app that waits for a server that it cannot reach needs "
        "another wsgi_app_network."
    )


SILENT = (
    "The app does not write why to its log. Let it log errors to standard error; Django does so "
    "with a handler logging.StreamHandler for the logger 'django' in LOGGING."
)
ROWS = (
    row(rf"{CHECK}(?P<status>30[1278]) .*, to (?P<to>\S+)", redirected, WEB),
    row(rf"{CHECK}(?P<status>40[13]) ", other_path, WEB),
    row(rf"{CHECK}400 ", other_host, WEB),
    row(
        rf"{CHECK}404 ",
        "Set wsgi_app_health.path to a path below the prefix that the app has.",
        WEB,
    ),
    row(rf"{CHECK}no answer within (?P<seconds>[\d.]+) s", late, WEB),
    row(rf"\A{CHECK}500 ", SILENT, WEB),
    row(rf"{CHECK}(?P<status>[1-4]\d\d) ", other_status, WEB),
)
