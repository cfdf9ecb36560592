"""A path of the host that has to change."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState


@dataclass(frozen=True)
class Change:
    """A path that differs from its entry. ``after`` is None if the owner does not exist yet."""

    path: str
    owner: str
    before: PathState
    after: PathState | None
    is_secret: bool
    has_diff: bool = True
    """Whether ``--diff`` shows it."""

    def diff(self) -> dict[str, str]:
        """Return the change as Ansible shows it under ``--diff``."""
        before, after = self.before, self.after
        if after is None:
            return {"prepared": f"{self.path}: its owner does not exist yet\n"}
        if (before.kind, before.content) == (after.kind, after.content):
            return {"prepared": f"{self.path}: {before.rights} becomes {after.rights}\n"}
        return {
            "before_header": f"{self.path} {before.rights}".strip(),
            "after_header": f"{self.path} {after.rights}".strip(),
            "before": before.describe(self.is_secret),
            "after": after.describe(self.is_secret),
        }
