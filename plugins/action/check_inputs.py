"""Check the inputs of the role that the task is part of, and complete them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleValueOmittedError
from ansible.plugins.action import ActionBase
from ansible_collections.subsite.deploy.plugins.plugin_utils import (
    input_errors,
    rendering,
    template_directory,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import InputsError

ENTRY_POINTS = ("main", "validate_compose", "compose", "validate_cluster", "cluster")
RENDERING = {("wsgi_app", name) for name in ENTRY_POINTS}
"""The roles and entry points that use the content of ``files``."""


class ActionModule(ActionBase):
    """Work on the controller alone: no host is asked."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the module of the same name documents."""
        result = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "entry_point": {"type": "str", "default": "main"},
                "apps": {"type": "list", "elements": "str", "default": []},
                "target": {"type": "str", "choices": ["compose", "cluster", "stack"]},
            }
        )
        role = self._task._role
        name = role.get_name(include_role_fqcn=False)
        try:
            inputs = input_errors.check(
                name,
                _specification(Path(role._role_path)),
                arguments["entry_point"],
                dict(self._given(f"{name}_", task_vars or {})),
                arguments["target"],
                arguments["apps"],
            )
            values = inputs.values
            if (name, arguments["entry_point"]) in RENDERING and values["state"] == "present":
                values = values | {"files": self._rendered(values["files"], task_vars or {})}
        except InputsError as error:
            advice = f"More: ansible-doc --type role subsite.deploy.{name}"
            return result | {"failed": True, "msg": f"{error}\n{advice}"}
        # The inputs contain secrets, so no callback may print them.
        return result | {"changed": False, "_ansible_no_log": True} | values

    def _rendered(self, files: list[dict], variables: dict[str, Any]) -> list[dict]:
        """Return ``files`` with the content of each template.

        :raises InputsError: when a template cannot be rendered.
        """
        errors: list[str] = []
        render = rendering.renderer(self._loader, self._templar, variables)
        entries = list(template_directory.expanded(files, render, errors))
        if errors:
            raise InputsError(errors)
        return entries

    def _given(self, prefix: str, variables: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the variables of the role. One that is ``omit`` has the role's default, if any."""
        defaults = self._task._role.get_default_vars()
        for name in variables:
            if name.startswith(prefix):
                try:
                    yield name, self._templar.template(variables[name])
                except AnsibleValueOmittedError:
                    if name in defaults:
                        yield name, self._templar.template(defaults[name])


def _specification(role: Path) -> dict[str, Any]:
    return yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
