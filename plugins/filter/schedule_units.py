"""Name the units of each schedule of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
name: schedule_units
author: The Subsite maintainers (@subsite)
short_description: Units of the schedules of a release
description:
  - Returns one dictionary for the service of each schedule.
positional: _input, app, release
options:
  _input:
    description: RV(ignore:wsgi_app_schedules), with all its keys.
    type: list
    elements: dict
    required: true
  app:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release.
    type: str
    required: true
  limits:
    description: RV(ignore:wsgi_app_limits). A run has these where it has no limits of its own.
    type: dict
    required: true
"""

EXAMPLES = r"""
units: "{{ wsgi_app_schedules | subsite.deploy.schedule_units('shop', '4d1c', limits={}) }}"
"""

RETURN = r"""
_value:
  description: >-
    The keys of the schedule, and C(unit), C(timer), C(container), C(slice_unit), C(identifier),
    which the log has, C(command_path), where the command is, C(head), the template that its service
    begins with, C(stop_signal), and C(stop_timeout) in seconds.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.schedules import STOP_TIMEOUT
from ansible_collections.subsite.deploy.plugins.plugin_utils import command_units


def schedule_units(schedules: list[dict], app: str, release: str, limits: dict) -> list[dict]:
    """Return the units of ``schedules``, in their order."""
    places = layout(app, release)
    prefix = places.schedule_unit_pattern.removesuffix("*")
    return [
        {
            **schedule,
            "head": "schedule_unit.j2",
            "timer": f"{prefix}{schedule['name']}.timer",
            "stop_signal": "TERM",
            "stop_timeout": STOP_TIMEOUT,
            "limits": command_units.with_limits(schedule, limits),
            **command_units.names(
                unit=f"{prefix}{schedule['name']}.service",
                slice_unit=places.slice_unit.replace(
                    ".slice", f".schedule.{schedule['name']}.slice"
                ),
                identifier=f"{places.unit_prefix}-{schedule['name']}",
                command_path=f"{places.schedule_commands_dir}/{schedule['name']}",
            ),
        }
        for schedule in schedules
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"schedule_units": schedule_units}
