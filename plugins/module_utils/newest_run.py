"""Whether this run is still the newest one that changes the app."""

from __future__ import annotations

import subprocess

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError


def refuse_if_superseded(check: list[str]) -> None:
    """Run the command ``check``, which fails if a newer run has started; empty for none.

    :raises BuildError: when it fails, with its output.
    """
    if check:
        done = subprocess.run(check, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise BuildError((done.stdout + done.stderr).strip())
