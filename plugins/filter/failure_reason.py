"""Say why a release failed, and what to do."""

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_reason
author: The Subsite maintainers (@subsite)
short_description: Why a release failed, and what to do
description:
  - Returns the exception and its place in the project, or the error of an installer, a compiler or
    a command, or the end of the output. The last line says what to do, if the output tells it.
positional: _input
options:
  _input:
    description: The C(output) and the C(journal) that M(subsite.deploy.release_failure) returns.
    type: dict
    required: true
  message:
    description: What the failed task says.
    type: str
    default: ""
  action:
    description: The module of the failed task.
    type: str
    default: ""
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release.
    type: str
    required: true
  inputs:
    description: The inputs of the role, without its prefix.
    type: dict
    required: true
  source_dir:
    description: The source directory, where the app runs.
    type: str
    default: ""
  directory:
    description: The directory of the app in the source.
    type: str
    default: ""
  source_files:
    description: Paths in the source.
    type: list
    elements: str
    default: []
  python:
    description: The version of the interpreter.
    type: str
    default: ""
"""

EXAMPLES = r"""
reason: >-
  {{ found | subsite.deploy.failure_reason(name='shop', release='4d1c', inputs=inputs_of_shop) }}
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import App
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.reason import (
    Entry,
    Failure,
    explain,
)


def failure_reason(
    found: Mapping[str, Any],
    message: str = "",
    *,
    action: str = "",
    name: str,
    release: str,
    inputs: Mapping[str, Any],
    source_dir: str = "",
    directory: str = "",
    source_files: Iterable[str] = (),
    python: str = "",
) -> list[str]:
    """Return the lines that say why ``release`` failed."""
    places = layout(name, release)
    output = list(found.get("output", []))
    if output and action.endswith("wsgi_switch"):
        message, *output = output
    failure = Failure(
        message,
        action,
        output,
        [Entry(**entry) for entry in found.get("journal", [])],
    )
    top = f"{directory}/" if directory else ""
    app = App(
        name,
        part=failure.part,
        inputs=inputs,
        source_dir=source_dir,
        library_dirs=(f"{places.release_dir}/lib", f"{places.app_dir}/lib"),
        source_files=tuple(
            sorted(path.removeprefix(top) for path in source_files if path.startswith(top))
        ),
        data_dir=places.data_dir,
        user=places.user,
        python=python,
    )
    return explain(failure, app)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"failure_reason": failure_reason}
