"""Build a release's environment and project as the user of builds, in a transient unit.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.build_on_host <build.json

The rules are the same as in an image (:mod:`build_in_image`). This user owns the result until root
takes it (:mod:`lent_directory`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import environment, imported_source
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.installer import INSTALLERS
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)

INHERITED = re.compile(
    r"(PIP|UV|SSL_CERT|LC)_\w+|LANG|(REQUESTS|CURL)_CA_BUNDLE|(ALL|HTTP|HTTPS|NO)_PROXY", re.I
)
"""Environment variables of the Ansible module that a build inherits."""


@dataclass(frozen=True)
class Build:
    """The inputs and outputs of a build. All paths are absolute."""

    source: str
    """The source directory. It is read-only and may be missing."""
    environment: str
    """The Python environment."""
    makes_environment: bool
    """Whether to make the environment; otherwise it exists already."""
    lib: str
    """Directory to install the project into."""
    bytecode: str
    """Directory for the bytecode of the source, in the layout of :data:`sys.pycache_prefix`."""
    python: str
    installer: str
    tool: str
    """Environment that has uv."""
    cache: str
    choice: dict[str, Any] = field(default_factory=dict)
    """What the user has chosen of the source (:class:`Choice`)."""
    requirements: list[str] = field(default_factory=list)
    """What the environment has besides the dependencies of the source."""
    environ: dict[str, str] = field(default_factory=dict)
    """More environment variables."""

    @property
    def to_json(self) -> str:
        """The text that :func:`main` reads."""
        return json.dumps(asdict(self))

    def run(self) -> list[str]:
        """Make the environment if it is missing, install the project, and compile the source.

        :returns: what the user should know.
        :raises BuildError: when one of them fails.
        """
        os.environ.update(self.environ)
        source = Source(Path(self.source), Choice(**self.choice))
        dependencies = Dependencies(source)
        notes = []
        if self.makes_environment or dependencies.project.builds:
            with tempfile.TemporaryDirectory(prefix="wsgi-release-") as home:
                installer = INSTALLERS[self.installer](self.python, home, self.cache, self.tool)
                made = Path(self.environment)
                if self.makes_environment:
                    environment.Filling(installer, made, dependencies).fill(self.requirements)
                if dependencies.project.builds:
                    notes += imported_source.build(installer, made, dependencies, Path(self.lib))
        self._compile()
        return notes

    def _compile(self) -> None:
        """Compile the source now: the app cannot write bytecode beside its code later.

        A file that cannot be compiled is not an error: it may be a template.
        """
        command = [self.python, "-I", "-X", f"pycache_prefix={self.bytecode}"]
        subprocess.run(
            [*command, "-m", "compileall", "-q", self.source], check=False, capture_output=True
        )


def inherited() -> dict[str, str]:
    """Return the environment variables of this process that a build inherits."""
    return {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)}


def main() -> None:
    """Run the build that standard input describes; print its notes, or the reason if it fails."""
    try:
        print(json.dumps(Build(**json.load(sys.stdin)).run()))
    except (BuildError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
