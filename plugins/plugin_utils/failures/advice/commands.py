"""Commands that do not exist, or cannot run again."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD_COMMANDS,
    PROCESS,
    SETUP,
    App,
)

PYTHON = {
    "alembic": "alembic",
    "celery": "celery",
    "django-admin": "django",
    "dramatiq": "dramatiq",
    "flask": "flask",
    "huey_consumer": "huey",
    "rq": "rq",
    "sphinx-build": "sphinx",
}
"""Programs of packages of Python."""


def unknown(match: re.Match[str], app: App) -> str:
    """Say where a program should come from."""
    name = match["name"]
    if name in ("pip", "pip3"):
        return (
            "The role installs what the requirements and wsgi_app_packages name; remove the "
            "command that calls pip."
        )
    if name == "python" and app.has_image:
        return "The image has no program of this name: write python3."
    if name in PYTHON:
        return f"Add {PYTHON[name]!r} to the project's requirements or to wsgi_app_packages."
    return (
        f"Neither the host nor the release has {name}: add its package to wsgi_app_system_packages "
        "(of Debian) or to wsgi_app_packages (of Python)."
    )


ROWS = (
    row(r"^\S+: (line )?\d+: (exec: )?(?P<name>[\w+.-]+): (command )?not found", unknown),
    row(r"No module named pip$", "Remove the command: the role installs the requirements."),
    row(
        r"File exists|already (taken|exists)|duplicate key",
        "Setup commands run once for each release, with the data of the earlier ones: let the "
        "command succeed when its work is done already, as mkdir -p does.",
        SETUP,
    ),
    row(
        r"requires? a TTY|not a tty|EOF when reading a line|running in a non-TTY",
        "No person can answer here: give the command its answers as options, as --noinput.",
        SETUP,
        BUILD_COMMANDS,
    ),
    row(
        r"ended within .* s \(success, status 0\)",
        "Let the command stay in the foreground, without an option such as --detach or "
        "--daemonize.",
        PROCESS,
    ),
)
