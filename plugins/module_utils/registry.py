"""Ask registries for images, and copy images, with skopeo."""

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
"""How a module is told who asks."""


class RegistryError(Exception):
    """There is no such image, or not for us; the message ends with what skopeo said."""


def skopeo(*arguments: str, image: str, login: dict[str, str] | None) -> bytes:
    """Run skopeo and return what it writes.

    The ``login`` (``username`` and ``password``, or none) is for the registry of ``image``. It is
    lent in a file that exists in memory alone, so that nothing of it is left when a run is cut off,
    and is in no command line.

    :raises RegistryError: when it fails.
    """
    environ, lent = dict(os.environ), os.memfd_create("login")
    try:
        if login:
            os.write(lent, _authentication(image, login))
            environ["REGISTRY_AUTH_FILE"] = f"/proc/self/fd/{lent}"
        done = subprocess.run(
            ["skopeo", *arguments],
            check=False,
            capture_output=True,
            env=environ,
            pass_fds=[lent],
        )
    finally:
        os.close(lent)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise RegistryError(f"{_advice(image, login)} skopeo says: {said}")
    return done.stdout


def _authentication(image: str, login: dict[str, str]) -> bytes:
    """Return what containers-auth.json(5) says that such a file has in it."""
    pair = f"{login['username']}:{login['password']}".encode()
    registry = image.partition("/")[0]
    return json.dumps({"auths": {registry: {"auth": base64.b64encode(pair).decode()}}}).encode()


def _advice(image: str, login: dict[str, str] | None) -> str:
    whom = f"to {login['username']}" if login else "without a login"
    return (
        f"The registry does not give {image} {whom}: look at wsgi_app_source.ref and at "
        "wsgi_app_registry_login."
    )
