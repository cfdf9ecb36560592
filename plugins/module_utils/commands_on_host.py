"""Run the build commands of a release as the user of builds, in a transient unit.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.commands_on_host <run.json

This user owns the result until root takes it (:mod:`lent_directory`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import hard_links
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError


@dataclass(frozen=True)
class Commands:
    """The commands, and what they run on. All paths are absolute."""

    unbuilt: str
    """The source as it is before the commands. It is read-only."""
    source: str
    """An empty directory for the copy that the commands change."""
    directory: str
    """The directory of the source in which they run."""
    commands: list[str]
    environ: dict[str, str]
    """The environment variables of the commands. Some are secret."""
    python: str
    """The interpreter that compiles the result."""

    @property
    def to_json(self) -> str:
        """The text that :func:`main` reads."""
        return json.dumps(asdict(self))

    def run(self) -> None:
        """Copy the source, run the commands in the copy, and compile the result.

        :raises BuildError: when a command fails. The output has each command that has run.
        """
        self._copy()
        with tempfile.TemporaryDirectory(
            prefix="wsgi-build-", dir=self.environ.get("TMPDIR"), ignore_cleanup_errors=True
        ) as work:
            script, home = Path(work, "commands"), Path(work, "home")
            home.mkdir()
            script.write_text("".join(f"{command}\n" for command in self.commands))
            done = subprocess.run(
                ["/bin/sh", "-ev", str(script)],
                check=False,
                cwd=Path(self.source, self.directory),
                env={**self.environ, "HOME": str(home)},
                stdin=subprocess.DEVNULL,
            )
        if done.returncode != 0:
            raise BuildError(
                "A command of wsgi_app_build_commands ended with status "
                f"{done.returncode}: the last one above."
            )
        hard_links.separate(Path(self.source))
        # A file that cannot be compiled is not an error: it may be a template.
        subprocess.run(
            [self.python, "-I", "-m", "compileall", "-q", self.source],
            check=False,
            capture_output=True,
        )

    def _copy(self) -> None:
        shutil.copytree(self.unbuilt, self.source, symlinks=True, dirs_exist_ok=True)
        for directory, _directories, files in os.walk(self.source):
            for path in [directory, *(os.path.join(directory, name) for name in files)]:
                if not os.path.islink(path):
                    os.chmod(path, os.stat(path).st_mode | 0o200)


def main() -> None:
    """Run the commands that standard input describes; print the reason if one fails."""
    try:
        Commands(**json.load(sys.stdin)).run()
    except (BuildError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
