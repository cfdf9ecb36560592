"""A module that does not log its arguments, and fails without control characters."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible_collections.subsite.deploy.plugins.module_utils.host_module import HostModule
from ansible_collections.subsite.deploy.plugins.module_utils.printable import printable


class UnloggedModule(HostModule):
    """A module whose arguments may be secret, and whose errors may quote any program."""

    def _log_invocation(self) -> None:
        """Do not write the arguments to the host's journal: they may have secrets."""

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """Fail with ``msg``, without control characters: Ansible writes it to the terminal."""
        super().fail_json(msg=printable(str(msg)), **more)
