"""Images that an engine cannot get, build or run."""

from __future__ import annotations

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import BUILD, RUNS, App


def no_base(_match: object, app: App) -> str | None:
    """Name the image that the engine cannot get."""
    if not app.has_image:
        return None
    return (
        f"wsgi_app_base_image is {app.setting('base_image')!r}, which the host cannot get: check "
        "the name, and whether the host reaches this registry; or name an image that the host has."
    )


def no_python(_match: object, app: App) -> str | None:
    """Say what the base image needs."""
    if not app.has_image:
        return None
    return (
        f"wsgi_app_base_image is {app.setting('base_image')!r}: name an image with Python 3.11 or "
        "later and its module venv."
    )


ROWS = (
    row(
        r"initializing source docker://|failed to resolve source metadata|pull access denied"
        r"|manifest unknown|manifest for .* not found|short-name .* did not resolve"
        r"|error getting credentials|no basic auth credentials|: image not known",
        no_base,
        BUILD,
    ),
    row(
        r"E: Unable to locate package (?P<package>\S+)",
        "wsgi_app_system_packages has {package!r}, which the base image's distribution does not "
        "have: correct the name.",
        BUILD,
    ),
    row(r"python3: not found|\"python3\": executable file not found", no_python, BUILD),
    row(
        r"exec:? .*(gunicorn).*(not found|no such file)",
        "The image has no gunicorn: add it to the requirements of the image.",
        *RUNS,
    ),
)
