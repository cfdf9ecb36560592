"""Render a template of the controller with the variables of a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.loader import lookup_loader
from ansible_collections.subsite.deploy.plugins.plugin_utils.template_directory import RenderError


def renderer(loader: Any, templar: Any, variables: dict[str, Any]) -> Callable[[Path, bool], str]:
    """Return a function that renders a template as ``ansible.builtin.template`` does.

    It raises :class:`RenderError`. Of a secret file, the message has the names of variables, but
    not their values.
    """
    lookup = lookup_loader.get("ansible.builtin.template", loader=loader, templar=templar)

    def render(path: Path, is_secret: bool) -> str:
        try:
            path.read_text(encoding="utf-8")
            [content] = lookup.run([str(path.absolute())], variables)
        except UnicodeDecodeError:
            raise RenderError("it is not text in UTF-8") from None
        except AnsibleError as error:
            raise RenderError(reason(error, is_secret)) from None
        return str(content)

    return render


def reason(error: AnsibleError, is_secret: bool) -> str:
    """Return why a template cannot be rendered."""
    said = str(error)
    if not is_secret or isinstance(error, AnsibleUndefinedVariable):
        return said
    # After the name of a filter, the message may quote its input.
    return f"{said.partition(':')[0]} (more is not shown, because the file is secret)"
