"""Keep a module's arguments out of the host's journal, and control characters out of terminals."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.printable import printable


class UnloggedModule(AnsibleModule):
    """A module whose arguments may hold secrets, and whose failures hold what others said."""

    def _log_invocation(self) -> None:
        """Log nothing: a secret may be anywhere among the arguments."""

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """Fail with ``msg`` without control characters: Ansible writes it to the terminal."""
        super().fail_json(msg=printable(str(msg)), **more)
