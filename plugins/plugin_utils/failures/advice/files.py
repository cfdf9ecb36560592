"""Files that the app cannot write or read."""

from __future__ import annotations

import os
import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD_COMMANDS,
    RUNS,
    SETUP,
    App,
)

QUOTED = r"['\u2018\"](?P<path>[^'\u2019\"\n]+)['\u2019\"]"
PARENTS = {"/", "/etc", "/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/usr", "/var"}
"""Directories that an app cannot get as a whole."""

MAKES = re.compile(r"mkdir|makedirs|create directory")


def read_only(match: re.Match[str], app: App) -> str:
    """Say where the app may write what it writes to ``path``."""
    path = match["path"]
    if app.part == SETUP and re.search(r"collectstatic|compilemessages|assets", match.string):
        return (
            "This changes the release, which only its build can: move the command from "
            "wsgi_app_setup_commands to wsgi_app_build_commands."
        )
    inside = app.in_source(path)
    if inside is not None:
        directory = inside if MAKES.search(match.string) else os.path.dirname(inside)
        if directory:
            return f"Set wsgi_app_shared_paths: [{directory}], where all releases write the same."
        return f"Write it to {app.data_dir}/{inside}: the app cannot change its source."
    absolute = os.path.normpath(os.path.join(app.source_dir or "/", path))
    if absolute.startswith("/var/log/"):
        return "Write the log to standard error: the journal of the host keeps it."
    directory = absolute if MAKES.search(match.string) else os.path.dirname(absolute)
    if directory in PARENTS or app.is_in_project(absolute):
        return f"Write it below {app.data_dir}, the home directory of the app."
    return (
        f"Write it below {app.data_dir}; or set wsgi_app_writable_paths: [{directory}], and create "
        f"this directory on the host: install -d -o {app.user} -g {app.user} {directory}"
    )


def forbidden(match: re.Match[str], app: App) -> str | None:
    """Say whose the file should be."""
    path = match["path"]
    script = re.fullmatch(r"\.?/?([\w./-]+)", path)
    if app.part in (SETUP, BUILD_COMMANDS) and script and app.in_source(path) is not None:
        return (
            f"The file is not executable: commit it with that mode (chmod +x {script[1]}), or run "
            f"it by its interpreter, as sh {script[1]}."
        )
    if not path.startswith("/") or app.is_in_project(path):
        return None
    if app.part == BUILD_COMMANDS and _is_data(path, app):
        return NO_DATA
    if path.startswith(("/home/", "/root")):
        return f"The sandbox hides /home and /root: move it below {app.data_dir} or to /srv."
    return f"The user of the app may not use it: on the host, chown {app.user} {path}"


def missing(match: re.Match[str], app: App) -> str | None:
    """Say where a file of the app should come from."""
    path = match["path"]
    inside = app.in_source(path)
    if inside is None:
        if _is_data(path, app):
            if app.part == BUILD_COMMANDS:
                return NO_DATA
            name = path.removeprefix(f"{app.data_dir}/")
            return f"Add it to wsgi_app_files, as {{dest: {name}, content: …}}."
        return None
    if os.path.basename(inside).startswith(".env"):
        return (
            "The release has no such file: set its variables in wsgi_app_environment and "
            "wsgi_app_secrets."
        )
    if app.source_files and inside in app.source_files:
        return None
    return f"The source has no {inside}: add it, or make it in wsgi_app_build_commands."


def _is_data(path: str, app: App) -> bool:
    return bool(app.data_dir) and path.startswith(f"{app.data_dir}/")


NO_DATA = (
    "Build commands do not see the data of the app, which wsgi_app_files are among: set in "
    "wsgi_app_build_environment what the command needs instead, or run it in "
    "wsgi_app_setup_commands."
)
WRITE_INSIDE = "Build commands can write only the source and their HOME: write it there."
ROWS = (
    row(rf"Read-only file system: {QUOTED}", read_only, *RUNS),
    row(rf"{QUOTED}: Read-only file system", read_only, *RUNS),
    row(r"cannot create (?P<path>\S+): Read-only file system", read_only, *RUNS),
    row(r"open (?P<path>/\S+): read-only file system", read_only, *RUNS),
    row(r"[Rr]ead-only file system", WRITE_INSIDE, BUILD_COMMANDS),
    row(
        r"attempt to write a readonly database|unable to open database file",
        "The database has to be where the app can write: in {data_dir}, or in a directory of "
        "wsgi_app_shared_paths.",
        *RUNS,
    ),
    row(rf"Permission denied: {QUOTED}", forbidden),
    row(rf"{QUOTED}: Permission denied", forbidden),
    row(r"^\S+: (line )?\d+: (?P<path>\S+): Permission denied", forbidden),
    row(rf"No such file or directory: {QUOTED}", missing),
    row(r"can't open file '(?P<path>[^']+)': \[Errno 2\]", missing),
)
