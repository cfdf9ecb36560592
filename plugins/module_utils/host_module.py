"""A module that changes the host."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule


class HostModule(AnsibleModule):
    """A module whose new files and directories get the modes that it names.

    Root's umask may be 077, as the configuration of sudo or of the host has it. mkdir(2) and
    open(2) would take these permissions off, and so would the programs that a module starts.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """Take no more than the permission of others to write."""
        super().__init__(*arguments, **more)
        os.umask(0o022)
