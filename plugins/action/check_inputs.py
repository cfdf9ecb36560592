"""Check the inputs of the role that the task is part of, and complete them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.action import ActionBase
from ansible_collections.subsite.deploy.plugins.plugin_utils import input_errors
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import InputsError, resolve


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
                "compose_apps": {"type": "list", "elements": "str"},
            }
        )
        role = self._task._role
        name = role.get_name(include_role_fqcn=False)
        options = _options(Path(role._role_path), arguments["entry_point"])
        given = dict(self._given(f"{name}_", task_vars or {}))
        errors = input_errors.find(
            name, arguments["entry_point"], given, list(options), arguments["compose_apps"]
        )
        try:
            inputs = {} if errors else resolve(options, given, name)
        except InputsError as error:
            errors = [str(error)]
        if errors:
            advice = f"More: ansible-doc --type role subsite.deploy.{name}"
            return result | {"failed": True, "msg": "\n".join([*errors, advice])}
        # The inputs contain secrets, so no callback may show them.
        return result | {"changed": False, "_ansible_no_log": True} | inputs

    def _given(self, prefix: str, variables: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name in variables:
            if name.startswith(prefix):
                yield name, self._templar.template(variables[name])


def _options(role: Path, entry_point: str) -> dict[str, Any]:
    text = (role / "meta/argument_specs.yml").read_text()
    return yaml.safe_load(text)["argument_specs"][entry_point]["options"]
