"""The app whose release failed, as far as advice depends on it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BUILD, BUILD_COMMANDS, SETUP, WEB, PROCESS = "build", "build commands", "setup", "web", "process"
"""The parts of a deploy that run what the role did not write."""

RUNS = (SETUP, WEB, PROCESS)
"""Those in the sandbox of the app, with its network and its data."""

COMMANDS = (BUILD_COMMANDS, SETUP)
"""Those that are commands in a shell."""

SCRATCH = re.compile(r".*/wsgi-release-[^/]+/source/")
"""A copy of the source that an installer builds."""


@dataclass(frozen=True)
class App:
    """The inputs of the role, and where the release has its files."""

    name: str
    part: str
    """What failed: one of :data:`BUILD` and the others."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Without the prefix of the role, as ``network``."""
    source_dir: str = ""
    """The source directory, where the app runs."""
    library_dirs: tuple[str, ...] = ()
    """Where the installed project is."""
    source_files: tuple[str, ...] = ()
    """Paths in the source; empty if they are not on the controller."""
    data_dir: str = ""
    user: str = ""
    python: str = ""
    """The version of the interpreter, as ``3.13``."""

    def setting(self, name: str, default: Any = "") -> Any:
        """Return an input, or ``default`` if it is not set."""
        value = self.inputs.get(name)
        return default if value is None else value

    @property
    def has_image(self) -> bool:
        """Whether the release runs in a container."""
        return self.setting("backend", "systemd") != "systemd"

    def in_source(self, path: str) -> str | None:
        """Return ``path`` relative to the source, or nothing if it is elsewhere.

        :param path: an absolute path, or one from the working directory of the app.
        """
        path = os.path.normpath(os.path.join(self.source_dir or "/", SCRATCH.sub("", path)))
        if not self.source_dir or not path.startswith(f"{self.source_dir}/"):
            return None
        return path.removeprefix(f"{self.source_dir}/")

    def is_in_project(self, path: str) -> bool:
        """Return whether a file at ``path`` is of the source or of the installed project."""
        if SCRATCH.match(path):
            return True
        directories = (self.source_dir, *self.library_dirs)
        return any(top and path.startswith(f"{top}/") for top in directories) and (
            "/subsite_wsgi/" not in path and "/site-packages/" not in path
        )

    def short(self, path: str) -> str:
        """Return ``path`` without the directory of the project."""
        path = SCRATCH.sub("", path)
        for top in (self.source_dir, *self.library_dirs):
            if top and path.startswith(f"{top}/"):
                return path.removeprefix(f"{top}/")
        return path.partition("/site-packages/")[2] or path
