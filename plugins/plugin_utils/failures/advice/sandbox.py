"""What the sandbox of the app forbids, and units that systemd cannot start."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import RUNS, WEB, App


def namespace(match: re.Match[str], app: App) -> str:
    """Name the path that systemd cannot mount."""
    path = match["path"]
    if path in app.setting("writable_paths", []):
        return (
            f"wsgi_app_writable_paths has {path!r}, which the host does not have. Create it there, "
            f"for the user of the app: install -d -o {app.user} -g {app.user} {path}"
        )
    return f"The host does not have {path!r}: create it, or correct the setting that names it."


def program(match: re.Match[str], app: App) -> str | None:
    """Say why systemd cannot start the interpreter."""
    python = str(app.setting("python"))
    home = re.match(r"/(home|root|run/user)/", python)
    if home:
        return (
            f"wsgi_app_python is {python!r}, and the sandbox hides /{home[1]}: install the "
            "interpreter elsewhere, for example below /opt."
        )
    if "No such file" in match.string:
        return (
            f"Its interpreter is not there any more: check that {python} exists on the host, and "
            "that the app may execute it."
        )
    return f"The user {app.user} may not execute it: check the permissions of {python}."


ROWS = (
    row(r"mount namespacing: (?P<path>/\S+): No such file or directory", namespace, *RUNS),
    row(r"Failed at step EXEC spawning (?P<path>\S+): (?P<why>.+)", program, *RUNS),
    row(
        r"Failed at step (?P<step>[A-Z_]+) spawning",
        "Correct the setting of wsgi_app_sandbox, wsgi_app_writable_paths or wsgi_app_limits that "
        "systemd names here.",
        *RUNS,
    ),
    row(
        r"write\+execute memory|failed to map segment from shared object|cannot enable executable "
        r"stack|Unable to allocate section memory|PROT_EXEC|mprotect.*(denied|not permitted)",
        "The app makes memory executable. Set wsgi_app_sandbox: {{MemoryDenyWriteExecute: false}}.",
        *RUNS,
    ),
    row(
        r"No such file or directory: '/proc/(meminfo|stat|cpuinfo|loadavg|uptime|sys/|net/)",
        "Set wsgi_app_sandbox: {{ProcSubset: all}}, with which the app reads this file.",
        *RUNS,
    ),
    row(
        r"code=dumped|code=killed, status=(?P<status>(11|4|6|7)/\w+)|Fatal Python error|SIGSEGV",
        "An extension in C has crashed. With wsgi_app_environment: {{PYTHONFAULTHANDLER: '1'}}, "
        "the log says where.",
        *RUNS,
    ),
    row(
        r"[Aa]ddress already in use",
        "A process has this port, for example the release that still serves: two releases run at "
        "the same time during a switch. Let a background process with exclusive: true listen there "
        "(wsgi_app_processes).",
        *RUNS,
    ),
    row(
        r"start operation timed out",
        "The app was not loaded in time. wsgi_app_health.timeout adds to that time; an app that "
        "waits for a server that it cannot reach needs another wsgi_app_network.",
        WEB,
    ),
)
