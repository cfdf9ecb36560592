"""Environment variables that the app needs and does not have."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import App

SECRET = re.compile(r"SECRET|KEY|TOKEN|PASS|PWD|CREDENTIAL|DSN|DATABASE_URI|_URL$")
FIELD = re.compile(r"^(?P<name>[A-Za-z]\w*)\n\s+Field required", re.MULTILINE)
SETTINGS = re.compile(r"(?P<path>.+)/settings(/__init__)?\.py")


def set_one(name: str) -> str:
    """Return how to set the variable ``name``."""
    where = "wsgi_app_secrets" if SECRET.search(name.upper()) else "wsgi_app_environment"
    return f"Set {name} in {where}."


def missing(match: re.Match[str], _app: App) -> str:
    """Name the variable of the match."""
    return set_one(match["name"])


def missing_key(match: re.Match[str], _app: App) -> str | None:
    """Name the variable if the failed look-up is one of the environment."""
    if "environ" not in match.string and not match["name"].isupper():
        return None
    return set_one(match["name"])


def missing_fields(match: re.Match[str], _app: App) -> str | None:
    """Name the variables of a class of pydantic's settings."""
    names = [name.upper() for name in FIELD.findall(match.string[match.start() :])]
    return " ".join(set_one(name) for name in names) or None


def settings_module(_match: re.Match[str], app: App) -> str:
    """Name Django's settings module, if the source has one."""
    found = [match for path in app.source_files if (match := SETTINGS.fullmatch(path))]
    name = f"{found[0]['path'].replace('/', '.')}.settings" if found else "PROJECT.settings"
    return f"Set wsgi_app_environment: {{DJANGO_SETTINGS_MODULE: {name}}}."


ROWS = (
    row(r"KeyError: '(?P<name>[A-Za-z_]\w*)'", missing_key),
    row(r"Set the (?P<name>\w+) environment variable", missing),  # django-environ
    row(r"\b(?P<name>\w+) not found\. Declare it as envvar", missing),  # python-decouple
    row(r"[Ee]nvironment variable [\"'](?P<name>\w+)[\"'] (is )?not set", missing),  # environs
    row(r"Config '(?P<name>\w+)' is missing, and has no default", missing),  # starlette
    row(r"ImproperlyConfigured: The (?P<name>[A-Z_]+) setting must not be empty", missing),
    row(r"Either '(?P<name>SQLALCHEMY_DATABASE_URI)' or 'SQLALCHEMY_BINDS' must be set", missing),
    row(r"ValidationError: \d+ validation errors? for \w*([Ss]ettings|[Cc]onf)", missing_fields),
    row(r"must either define the environment variable DJANGO_SETTINGS_MODULE", settings_module),
    row(
        r"^\S+: (line )?\d+: (?P<name>\w+): (parameter (null or )?not set|unbound variable)",
        missing,
    ),
    row(
        r"session is unavailable because no secret key was set",
        "Let the app take its SECRET_KEY from the environment, and set SECRET_KEY in "
        "wsgi_app_secrets.",
    ),
)
