"""Warn of a configuration file of gunicorn that a source has, and that is not read."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

NAME = "gunicorn.conf.py"
"""gunicorn reads this file in its working directory if it gets no other."""

OPTION = {"type": "str", "default": ""}
"""The option C(gunicorn_file) of a module: the file that is read."""


def warn_if_in(source: Path, module: AnsibleModule) -> None:
    """Warn if ``source`` has such a file, unless the parameters of ``module`` name one."""
    if (source / NAME).is_file():
        warn_of(NAME, module)


def warn_of(path: str, module: AnsibleModule) -> None:
    """Warn of the file at ``path``, unless the parameters of ``module`` name one."""
    if not module.params["gunicorn_file"]:
        module.warn(
            f"The source has a {NAME}, which is not read. For its settings and hooks, write "
            f"wsgi_app_gunicorn_file: {path}"
        )
