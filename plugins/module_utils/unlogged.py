"""A module that does not log its arguments, and whose messages have no control characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from ansible.module_utils.common.parameters import remove_values
from ansible_collections.subsite.deploy.plugins.module_utils.hidden_values import (
    SHORTEST,
    passwords_in,
)
from ansible_collections.subsite.deploy.plugins.module_utils.host_module import HostModule
from ansible_collections.subsite.deploy.plugins.module_utils.printable import printable


class UnloggedModule(HostModule):
    """A module whose arguments may be secret, and whose errors may quote any program."""

    def _log_invocation(self) -> None:
        """Do not write the arguments to the host's journal: they may have secrets."""

    def hide(self, values: Iterable[str]) -> None:
        """Replace ``values`` in the result of the module, and the passwords in their URLs.

        Short ones, such as a switch, stay.
        """
        texts = [part for value in values for part in (value, *passwords_in(value))]
        self.no_log_values.update(text for text in texts if len(text) >= SHORTEST)

    def take(self, option: str) -> dict[str, Any]:
        """Return the parameters, and hide the values of ``option``, also with -vvv."""
        parameters = dict(self.params)
        self.hide(parameters[option].values())
        self.params[option] = dict.fromkeys(parameters[option], "***")
        return parameters

    def warn(self, warning: str, **more: Any) -> None:
        """Warn without control characters and hidden values, which Ansible leaves in warnings."""
        super().warn(remove_values(printable(warning), self.no_log_values), **more)

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """Fail with ``msg``, without control characters: Ansible writes it to the terminal."""
        super().fail_json(msg=printable(str(msg)), **more)
