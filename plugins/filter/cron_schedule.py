"""Write a calendar of systemd as a schedule of cron."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cron_schedule
author: The Subsite maintainers (@subsite)
short_description: A calendar of systemd as a schedule of cron
description:
  - Returns the schedule and the time zone of a CronJob of Kubernetes.
positional: _input
options:
  _input:
    description: A calendar as in systemd.time(7) that cron can express.
    type: str
    required: true
"""

EXAMPLES = r"""
cron: "{{ 'Mon..Fri 06:30 Europe/Berlin' | subsite.deploy.cron_schedule }}"
"""

RETURN = r"""
_value:
  description: >-
    C(schedule) and C(time_zone), as V({'schedule': '30 6 * * 1', 'time_zone': 'Europe/Berlin'}).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils import cron


def cron_schedule(calendar: str) -> dict[str, str]:
    """Return the schedule of cron for ``calendar``, and its time zone."""
    schedule, zone = cron.schedule(calendar)
    return {"schedule": schedule, "time_zone": zone}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"cron_schedule": cron_schedule}
