"""Keep what a module is told out of the host's journal."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


class DiscreetModule(AnsibleModule):
    """A module whose arguments, which may hold secrets anywhere, are not logged."""

    def _log_invocation(self) -> None:
        pass
