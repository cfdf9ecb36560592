"""The settings of pip, of its configuration or of requirements files, as uv has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.subsite.deploy.plugins.module_utils import requirements_files

VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "constraint": "UV_CONSTRAINT",
}
"""Settings of pip, and the environment variables of uv that do the same."""

OPTIONS = ("no-binary", "only-binary")
"""Settings with lists of packages, for which uv has options with the same names."""

TRUE = ("1", "on", "t", "true", "y", "yes")
"""Values of a switch."""

PRE = re.compile(r"(^|\s)--pre(\s|$)")
TRUSTED_HOST = re.compile(r"(?:^|\s)--trusted-host[\s=]\s*(?P<host>\S+)")
"""Options that uv does not read in requirements files."""


def read(listed: str) -> dict[str, str]:
    """Return the settings in the output of C(pip config list), by their names.

    As for pip, environment variables precede files, and the section of a command the global one.
    """
    found = {}
    for line in sorted(listed.splitlines(), key=_rank):
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip("'\"").replace("\\n", " ")
    return found


def _rank(line: str) -> int:
    return 0 if line.startswith("global.") else 2 if line.startswith(":env:.") else 1


def variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of uv for ``settings``."""
    found = {}
    for name, variable in VARIABLES.items():
        if settings.get(name):
            between = "," if name == "find-links" else " "
            found[variable] = between.join(settings[name].split())
    return found | ({"UV_PRERELEASE": "allow"} if _is_on("pre", settings) else {})


def options(settings: Mapping[str, str]) -> Iterator[str]:
    """Yield the options of C(uv pip install) for ``settings``."""
    if _is_on("no-index", settings):
        yield "--no-index"
    for name in OPTIONS:
        for package in re.split(r"[\s,]+", settings.get(name, "")):
            if package:
                yield f"--{name}={package}"


def options_of_files(texts: Iterable[str]) -> Iterator[str]:
    """Yield the options of C(uv pip install) for those that uv does not read in ``texts``."""
    for line in (line for text in texts for line in requirements_files.lines(text)):
        if line.startswith("-"):
            yield from ["--prerelease=allow"] if PRE.search(line) else []
            for found in TRUSTED_HOST.finditer(line):
                yield f"--allow-insecure-host={found['host']}"


def _is_on(name: str, settings: Mapping[str, str]) -> bool:
    return settings.get(name, "").lower() in TRUE
