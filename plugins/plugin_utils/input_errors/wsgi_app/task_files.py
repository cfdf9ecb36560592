"""Find what is wrong with files of tasks on the controller."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

OPTIONS = ("before_switch", "after_switch", "before_backup", "after_backup", "after_restore")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield which files of tasks the controller does not have."""
    for option in OPTIONS:
        path = inputs.values[option]
        if path and not os.path.isfile(path):
            yield (
                f"wsgi_app_{option} is {path!r}, but the controller has no such file. A path that "
                "begins with {{ playbook_dir }} is the same everywhere."
            )
