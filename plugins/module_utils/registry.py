"""Read registries, and copy images, with skopeo."""

from __future__ import annotations

import base64
import json
import os
import subprocess

LOGIN = {
    "type": "dict",
    "options": {
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    },
}
"""The option of a module for the login."""


class RegistryError(Exception):
    """The registry does not return the image; the message ends with skopeo's output."""


def skopeo(*arguments: str, image: str, login: dict[str, str] | None) -> bytes:
    """Run skopeo and return its output.

    The ``login`` (``username`` and ``password``, or none) is for the registry of ``image``. It is
    passed in a file in memory: it is in no command line, and on no disk after an interruption.

    :raises RegistryError: when it fails.
    """
    environ, login_file = dict(os.environ), os.memfd_create("login")
    try:
        if login:
            os.write(login_file, _authentication(image, login))
            environ["REGISTRY_AUTH_FILE"] = f"/proc/self/fd/{login_file}"
        done = subprocess.run(
            ["skopeo", *arguments],
            check=False,
            capture_output=True,
            env=environ,
            pass_fds=[login_file],
        )
    finally:
        os.close(login_file)
    if done.returncode != 0:
        output = done.stderr.decode(errors="replace").strip()
        raise RegistryError(f"{_advice(image, login)} Output of skopeo: {output}")
    return done.stdout


def _authentication(image: str, login: dict[str, str]) -> bytes:
    """Return the content of a login file (containers-auth.json(5))."""
    pair = f"{login['username']}:{login['password']}".encode()
    registry = image.partition("/")[0]
    return json.dumps({"auths": {registry: {"auth": base64.b64encode(pair).decode()}}}).encode()


def _advice(image: str, login: dict[str, str] | None) -> str:
    account = f"to {login['username']}" if login else "without a login"
    return (
        f"The registry does not return {image} {account}. Check wsgi_app_source.ref and "
        "wsgi_app_registry_login."
    )
