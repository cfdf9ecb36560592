"""Build what a release runs with, as the app's user, in the unit that confines the build.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.in_unit <build.json

The rules are those of a build in an image (:mod:`in_image`). The app's user owns the result until
root takes it (:mod:`sealed`).
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

from ansible_collections.subsite.deploy.plugins.module_utils.installer import INSTALLERS
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

INHERITED = re.compile(
    r"(PIP|UV|SSL_CERT|LC)_\w+|LANG|(REQUESTS|CURL)_CA_BUNDLE|(ALL|HTTP|HTTPS|NO)_PROXY", re.I
)
"""The environment variables of Ansible's module that a build gets, too."""


@dataclass(frozen=True)
class Build:
    """What is built, and from what. All paths are absolute."""

    source: str
    """The source directory, which is read only and may be missing."""
    environment: str
    """The Python environment."""
    makes_environment: bool
    """Whether the environment is made, or only used."""
    lib: str
    """Directory that the project is installed into."""
    bytecode: str
    """Directory for the bytecode of the source, as :data:`sys.pycache_prefix` lays it out."""
    python: str
    installer: str
    tool: str
    """Environment that has uv."""
    cache: str
    requirements: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    """More environment variables."""

    @property
    def to_json(self) -> str:
        """The text that :func:`main` reads."""
        return json.dumps(asdict(self))

    def run(self) -> None:
        """Build.

        :raises BuildError: when a part cannot be built.
        """
        os.environ.update(self.environ)
        source, environment = Source(Path(self.source)), Path(self.environment)
        if self.makes_environment or source.builds:
            with tempfile.TemporaryDirectory(prefix="wsgi-release-") as home:
                # An earlier build may have changed the cache: a lock with hashes does not use it.
                cache = "" if source.hashed else self.cache
                installer = INSTALLERS[self.installer](self.python, home, cache, self.tool)
                if self.makes_environment:
                    installer.fill(environment, source, self.requirements)
                if source.builds:
                    os.mkdir(self.lib)
                    installer.install_project(environment, source, Path(self.lib))
        self._compile()

    def _compile(self) -> None:
        """Compile the source now, since the app must not write beside its code.

        A file that cannot be compiled is no error: it may be a template.
        """
        command = [self.python, "-I", "-X", f"pycache_prefix={self.bytecode}"]
        subprocess.run(
            [*command, "-m", "compileall", "-q", self.source], check=False, capture_output=True
        )


def inherited() -> dict[str, str]:
    """Return the environment variables of this process that a build has, too."""
    return {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)}


def main() -> None:
    """Build what standard input describes, or end with the reason why not."""
    try:
        Build(**json.load(sys.stdin)).run()
    except (BuildError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
