"""Find what is wrong with the settings of the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

SETTING = re.compile(r"[A-Z][A-Za-z0-9]+")
SET_BY_THE_ROLE = (
    "Bind",
    "Environment",
    "Exec",
    "Group",
    "Kill",
    "Limit",
    "ReadWritePaths",
    "Restart",
    "Sockets",
    "Standard",
    "Syslog",
    "Timeout",
    "Type",
    "User",
    "WorkingDirectory",
)
"""The role itself sets the settings of systemd whose names begin like this."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_sandbox``."""
    values = inputs.values
    if values["backend"] != "systemd":
        yield from common.sandbox("wsgi_app_sandbox", values["sandbox"])
    for name, value in values["sandbox"].items():
        yield from _setting(name, value)


def _setting(name: str, value: object) -> Iterator[str]:
    if not SETTING.fullmatch(name):
        yield (
            f"wsgi_app_sandbox has {name!r}: write the name of a setting of systemd, as in "
            "'MemoryDenyWriteExecute'."
        )
    elif name.startswith(SET_BY_THE_ROLE):
        yield f"wsgi_app_sandbox sets {name}, but the role sets it itself: remove it."
    elif name == "PrivatePIDs":
        yield (
            "wsgi_app_sandbox sets PrivatePIDs, but systemd 257 kills such services at once when "
            "they stop, with the requests under way: remove it, or use a container as "
            "wsgi_app_backend, which has a PID namespace."
        )
    for setting in value if isinstance(value, list) else [value]:
        if not isinstance(setting, (str, bool, int)) or "\n" in str(setting):
            yield (
                f"wsgi_app_sandbox.{name} is {value!r}: write a text of one line, true or false, "
                "or a list of them."
            )
        elif "%" in str(setting):
            yield (
                f"wsgi_app_sandbox.{name} is {value!r}: write the path or the name itself. systemd "
                "would replace what begins with '%' in the unit of the app, but not for wsgi-run."
            )
