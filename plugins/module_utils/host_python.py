"""The version of Python that the modules need on the host.

This file works with older versions, too. A role's first module imports it before all others.
"""

from __future__ import annotations

import json
import sys

MINIMUM = (3, 11)

OLD = (
    "This host has Python {version} ({path}), but subsite.deploy needs Python {minimum} or later "
    "on its hosts, as Debian 12 and later have it. Use such a host, or upgrade this one. Nothing "
    "has been changed."
)


def refuse_old() -> None:
    """End the module with an error, as Ansible reads it, if Python is too old."""
    if sys.version_info[:2] < MINIMUM:
        message = OLD.format(
            version=".".join(map(str, sys.version_info[:3])),
            path=sys.executable,
            minimum=".".join(map(str, MINIMUM)),
        )
        print(json.dumps({"failed": True, "msg": message}))
        sys.exit(1)
