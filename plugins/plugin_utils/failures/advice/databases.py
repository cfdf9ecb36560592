"""Databases that do not have what the app asks for."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import RUNS, WEB, App

MIGRATE = {
    "manage.py": "python manage.py migrate --noinput",
    "alembic.ini": "alembic upgrade head",
    "migrations/alembic.ini": "flask db upgrade",
}


def no_table(_match: re.Match[str], app: App) -> str:
    """Name the command that makes the tables."""
    found = [command for file, command in MIGRATE.items() if file in app.source_files]
    command = found[0] if found else "flask db upgrade"
    return f"Set wsgi_app_setup_commands: [{command}], which makes the tables before the start."


def no_socket(match: re.Match[str], app: App) -> str:
    """Say where the socket of a database is missing."""
    if app.has_image:
        return (
            f"The container does not have this socket. If the host has it, set "
            f"wsgi_app_writable_paths: [{match['directory']}]."
        )
    return "The host does not have this socket: start the server there, or correct the address."


ROWS = (
    row(
        r'role "(?P<role>[^"]+)" does not exist',
        "The database does not have this user. Create it on its host: "
        "sudo -u postgres createuser {role}",
        *RUNS,
    ),
    row(
        r'database "(?P<database>[^"]+)" does not exist',
        "Create this database on its host: sudo -u postgres createdb --owner {user} {database}",
        *RUNS,
    ),
    row(
        r"Peer authentication failed for user",
        "By its socket, PostgreSQL accepts the user {user} as the role of the same name: write "
        "that role into the address of the database.",
        *RUNS,
    ),
    row(
        r"no such table|relation \"[^\"]+\" does not exist|Table '[^']+' doesn't exist",
        no_table,
        WEB,
    ),
    row(
        r'server on socket "(?P<directory>[^"]+)/[^"/]+" failed: No such file or directory',
        no_socket,
        *RUNS,
    ),
    row(
        r"Missing staticfiles manifest entry",
        "Set wsgi_app_build_commands: [python manage.py collectstatic --noinput], which makes the "
        "manifest in each release.",
        WEB,
    ),
)
