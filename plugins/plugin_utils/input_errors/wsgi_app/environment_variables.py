"""Find what is wrong with the environment variables of an app."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

RESERVED = {
    "SCRIPT_NAME": "wsgi_app_prefix sets it",
    "PYTHONPATH": "the code of the release must come first",
    "LISTEN_FDS": "systemd sets it",
    "LISTEN_PID": "systemd sets it",
    "NOTIFY_SOCKET": "systemd sets it",
    "GUNICORN_CMD_ARGS": "wsgi_app_gunicorn has the settings of gunicorn",
}
"""Environment variables that the role needs, and why."""


RESERVED_IN_BUILDS = {
    "HOME": "each build has a temporary one",
    "TMPDIR": "each build has one of its own",
    "PATH": "it has the programs of the environment",
    "PYTHONPATH": "it has the code of the role",
    **dict.fromkeys(
        (
            *("PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"),
            *("UV_CACHE_DIR", "UV_NO_CACHE", "UV_LINK_MODE", "UV_NO_PROGRESS"),
            "UV_PYTHON_DOWNLOADS",
        ),
        "the role sets it",
    ),
}
"""Environment variables that the role sets for builds, and why."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the environment variables of the app and of its builds."""
    environment, secrets = inputs.values["environment"], inputs.values["secrets"]
    yield from _variables("wsgi_app_environment", environment, RESERVED)
    yield from _variables("wsgi_app_secrets", secrets, RESERVED, are_secret=True)
    yield from _builds(
        inputs.values["build_environment"], (inputs.values["source"] or {}).get("type")
    )
    for name in sorted(set(environment) & set(secrets)):
        yield f"{name} is in wsgi_app_environment and in wsgi_app_secrets: remove one of them."
    if inputs.values["public_url"]:
        for option in ("environment", "secrets"):
            if "PUBLIC_URL" in inputs.values[option]:
                yield (
                    f"wsgi_app_{option} sets PUBLIC_URL, but wsgi_app_public_url sets it, too: "
                    "remove one of them."
                )


def _builds(variables: dict, kind: str | None) -> Iterator[str]:
    where = "wsgi_app_build_environment"
    if variables and kind == "image":
        yield (
            f"{where} is set, but wsgi_app_source.type is 'image': the image is built already, so "
            "remove it."
        )
    yield from _variables(where, variables, RESERVED_IN_BUILDS, are_secret=True)


def _variables(
    where: str,
    variables: dict,
    reserved: Mapping[str, str],
    are_secret: bool = False,
) -> Iterator[str]:
    for name, value in variables.items():
        if not NAME.fullmatch(str(name)):
            yield f"{where} has {name!r}: use letters, digits and '_', as in 'API_KEY'."
        elif name in reserved:
            yield f"{where} sets {name}, but {reserved[name]}: remove it."
        elif not isinstance(value, str):
            printed = "not a text" if are_secret else repr(value)
            yield f"{where}.{name} is {printed}: environment variables are texts, so use quotes."
        elif "\0" in value:
            yield (
                f"{where}.{name} has a null character, which an environment variable cannot have: "
                "remove it."
            )
