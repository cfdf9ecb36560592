"""Name the unit of each background process of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
name: process_units
author: The Subsite maintainers (@subsite)
short_description: Units of the background processes of a release
description:
  - Returns one dictionary for each unit, so C(count) of them for each background process.
positional: _input, app, release
options:
  _input:
    description: RV(ignore:wsgi_app_processes), with all its keys.
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
    description: RV(ignore:wsgi_app_limits). A process has these where it has no limits of its own.
    type: dict
    required: true
"""

EXAMPLES = r"""
units: "{{ wsgi_app_processes | subsite.deploy.process_units('shop', '4d1c', limits={}) }}"
"""

RETURN = r"""
_value:
  description: >-
    The keys of the process, and C(unit), C(container), C(slice_unit),
    C(identifier), which the log has, C(command_path), where the command is, and C(head), the
    template that its unit begins with.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.plugin_utils import command_units


def process_units(processes: list[dict], app: str, release: str, limits: dict) -> list[dict]:
    """Return the units of ``processes``, in their order."""
    return [
        unit(process, f"{process['name']}_{number}", app, release, limits)
        for process in processes
        for number in range(1, process["count"] + 1)
    ]


def unit(process: dict, name: str, app: str, release: str, limits: dict) -> dict:
    """Return one unit of ``process``, with this ``name``."""
    places = layout(app, release)
    return {
        **process,
        "head": "process_unit.j2",
        "limits": command_units.with_limits(process, limits),
        **command_units.names(
            unit=places.process_unit_pattern.replace("*", name, 1),
            slice_unit=places.slice_unit.replace(".slice", f".{name}.slice"),
            identifier=f"{places.unit_prefix}-{process['name']}",
            command_path=f"{places.process_commands_dir}/{process['name']}",
        ),
    }


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"process_units": process_units}
