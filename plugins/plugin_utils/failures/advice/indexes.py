"""Packages that an installer cannot get or choose."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice import network
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import BUILD, App

SETTINGS = "index-url, extra-index-url or proxy in /etc/pip.conf on the host"
REQUIRED = re.compile(r"Python(?P<version>[<>=!~]=?[\d.]+)")


def newer_python(match: re.Match[str], app: App) -> str:
    """Say which interpreter a package needs."""
    found = REQUIRED.search(match.string, match.end())
    return _with_python(found["version"] if found else "of another version", app)


def _with_python(wanted: str, app: App) -> str:
    if app.has_image:
        return f"The package needs Python {wanted}: set wsgi_app_base_image to one that has it."
    has = f", not {app.python}" if app.python else ""
    return (
        f"The package needs Python {wanted}{has}: set wsgi_app_python to an interpreter that has "
        "this version, or choose an earlier version of the package."
    )


def ignored_version(match: re.Match[str], app: App) -> str | None:
    """Say which interpreter a version needs that pip has ignored for its sake."""
    ignored = f" {match['version']} Requires-Python "
    if ignored not in match.string:
        return None
    return _with_python(match.string.partition(ignored)[2].partition(";")[0].strip(), app)


def untrusted(_match: re.Match[str], app: App) -> str:
    """Say where the authority of an index belongs."""
    if app.has_image:
        return (
            "The build does not trust the certificate of the index: set wsgi_app_base_image to an "
            "image that has its authority."
        )
    return (
        "The host does not trust the certificate of the index. Add its authority to "
        "/usr/local/share/ca-certificates on the host and run update-ca-certificates, or set cert "
        "in /etc/pip.conf."
    )


NO_VERSION = (
    "The index does not have it: check the name and the version. If another index has it, set "
    "extra-index-url in /etc/pip.conf on the host."
)
ROWS = (
    row(r"does not satisfy Python|requires a different Python", newer_python, BUILD),
    row(
        r"No matching distribution found for [\w.\[\]-]+==(?P<version>\S+)$",
        ignored_version,
        BUILD,
    ),
    row(
        r"DO NOT MATCH THE HASHES|Hash mismatch for",
        "The package is not the one of the lock. If its author has replaced it, make the hashes "
        "again, for example with pip-compile --generate-hashes; otherwise, do not install it.",
        BUILD,
    ),
    row(
        # The command has this option, too.
        r"no trusted hash was provided|[Ii]n `?--require-hashes`? mode"
        r"|have versions pinned with ==",
        "A requirements.txt with hashes needs one for each package, also for those that others "
        "require: write it with pip-compile --generate-hashes or uv pip compile --generate-hashes.",
        BUILD,
    ),
    # Installers also say that an index that refuses them does not have the package.
    row(
        r"\b(401|403)\b.{0,40}(Unauthorized|Forbidden)|\b401 Error, Credentials not correct",
        "The index wants other credentials: check its address, with user and password, in "
        "wsgi_app_build_environment (as PIP_EXTRA_INDEX_URL), or in /etc/pip.conf on the host.",
        BUILD,
    ),
    row(
        r"Because (?P<name>\S+) was not found in the package registry"
        r"|there (is|are) no versions? of (?P<version>\S+) and",
        NO_VERSION,
        BUILD,
    ),
    row(
        r"requirements are unsatisfiable|conflicting dependencies",
        "These requirements exclude each other: change the version of one of them in the "
        "project's requirements or in wsgi_app_packages.",
        BUILD,
    ),
    row(
        f"{network.RESOLUTION}|{network.UNREACHABLE}|{network.REFUSED}|dns error|tcp connect error"
        "|operation timed out|Read timed out|ConnectTimeoutError",
        f"The build cannot reach this address. It uses the host's network: check {SETTINGS}.",
        BUILD,
    ),
    row(
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|certificate verify",
        untrusted,
        BUILD,
    ),
    row(r"No matching distribution found for ", NO_VERSION, BUILD),
    row(
        r"Invalid requirement|Couldn't parse requirement",
        "Correct this line of the requirements.",
        BUILD,
    ),
    row(
        r"Multiple top-level (packages|modules) discovered",
        "Name what belongs to the project in its pyproject.toml, as [tool.setuptools] packages = "
        '["shop"]; or remove the [build-system] if the app runs from its source.',
        BUILD,
    ),
    row(
        r"Unable to determine which files to ship inside the wheel",
        "Name the package in pyproject.toml, as [tool.hatch.build.targets.wheel] packages = "
        '["shop"]; or remove the [build-system] if the app runs from its source.',
        BUILD,
    ),
    row(
        r"is not a supported wheel on this platform",
        "The wheel is for another version of Python or another kind of machine: require one that "
        "fits, or the source distribution.",
        BUILD,
    ),
)
