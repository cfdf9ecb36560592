#!/usr/bin/python
"""Have an image on the host that somebody else has built, if it can run an app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_image_copy
author: The Subsite maintainers (@subsite)
short_description: Have an image on the host that somebody else has built
description:
  - Copies the image from a registry or an archive to what O(engine) keeps, under the name O(image)
    and no other. When the host has it already under one of the names in O(held), it gets another.
  - Then asks a container of it, which has no network and can write nothing, for gunicorn and
    Werkzeug. An image without them is refused, in words, but stays for the caller to remove.
options:
  engine:
    description: What runs it.
    type: str
    choices: [podman, docker]
    required: true
  source:
    description: >-
      C(docker://), the image's name in its registry and its digest; or the path of an archive on
      the host.
    type: str
    required: true
  image:
    description: Name and tag that it gets, as C(localhost/wsgi-NAME:TAG).
    type: str
    required: true
  held:
    description: Names that the same image may have on the host.
    type: list
    elements: str
    default: []
  user:
    description: Numbers of the user and the group who are to run it, as C(998:998).
    type: str
    required: true
extends_documentation_fragment: [subsite.deploy.registry]
attributes:
  check_mode:
    description: Says that the image would be copied.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Have the shop's image
  subsite.deploy.wsgi_image_copy:
    engine: podman
    source: docker://registry.example.org/shop@sha256:8f106f01a8c2c1ba477c7b9130ba4b7a746025722824dfdf2117643ee963a5fe
    image: localhost/wsgi-shop:4d1c09aa71be
    user: "998:998"
"""

RETURN = r"""
held:
  description: The name that the host had the image under; empty if it had to be copied.
  type: str
  returned: when it can run an app
python:
  description: The interpreter in the image that has gunicorn.
  type: str
  returned: when it can run an app
  sample: /opt/venv/bin/python3
"""

import json
import re
import subprocess

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.image_archive import (
    ArchiveError,
    identify,
)
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.registry import (
    LOGIN,
    RegistryError,
    skopeo,
)

STORES = {"podman": "containers-storage", "docker": "docker-daemon"}
"""What skopeo calls that in which an engine keeps its images."""

PROBE = """
import json, shutil, sys
from importlib import metadata

def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""

found = {name: version(name) for name in ("gunicorn", "werkzeug")}
print(json.dumps({"python": sys.executable, "program": shutil.which("gunicorn"), **found}))
"""
"""What is asked in the image."""

LEAST = 23
"""gunicorn 22 and older can be made to disagree with nginx about where a request ends."""

RIGHT = (
    "An image that runs here has /bin/sh, and in the PATH that it sets a python3 with the app, "
    "gunicorn (23 or later) and Werkzeug, and that gunicorn; as with "
    "'RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install gunicorn werkzeug' and "
    "'ENV PATH=/opt/venv/bin:$PATH'. Everybody has to be able to read them."
)


class ImageError(Exception):
    """The image cannot be had, or cannot run an app; the message says why."""


def obtain(parameters: dict) -> str:
    """Give the image its name and return which one it had on the host already, if any.

    :raises ImageError: when an engine fails.
    :raises RegistryError: when it cannot be copied.
    :raises ArchiveError: when the archive has no image.
    """
    engine, source, image = (parameters[name] for name in ("engine", "source", "image"))
    for name in parameters["held"]:
        if _ask(engine, "image", "inspect", name).returncode == 0:
            _succeed(_ask(engine, "tag", name, image))
            return name
    if "://" not in source:
        source = f"{identify(source)[0]}:{source}"
    store = f"{STORES[engine]}:{image}"
    remote = source.removeprefix("docker://")
    skopeo("copy", "--quiet", source, store, image=remote, login=parameters["login"])
    return ""


def examine(engine: str, image: str, user: str) -> str:
    """Return the interpreter of ``image`` that can serve an app as ``user``.

    :raises ImageError: when there is none.
    """
    confined = (
        *("--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=all"),
        "--security-opt=no-new-privileges",
    )
    who = ("--entrypoint=", f"--user={user}")
    question = ("/bin/sh", "-c", 'exec python3 -c "$0"', PROBE)
    answer = _ask(engine, "run", *confined, *who, image, *question)
    if answer.returncode != 0:
        raise ImageError(f"Python does not start in the image: {answer.stderr.strip()}. {RIGHT}")
    found = probed(answer.stdout)
    if not found["gunicorn"] or not found["werkzeug"]:
        absent = " and ".join(name for name in ("gunicorn", "werkzeug") if not found[name])
        raise ImageError(f"{found['python']} of the image has no {absent}. {RIGHT}")
    if int(re.findall("[0-9]{0,4}", found["gunicorn"])[0] or 0) < LEAST:
        raise ImageError(
            f"{found['python']} of the image has gunicorn {found['gunicorn']}. {RIGHT}"
        )
    if not found["program"]:
        raise ImageError(f"There is no gunicorn in the image's PATH. {RIGHT}")
    return found["python"]


def probed(text: str) -> dict[str, str]:
    """Return what the probe has found; a program in the place of Python may say anything.

    :raises ImageError: when it is not what the probe says.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    names = ("python", "program", "gunicorn", "werkzeug")
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name), str | None) for name in names
    ):
        raise ImageError(f"python3 of the image is no Python: it says {excerpt(text)}. {RIGHT}")
    return {name: excerpt(found.get(name) or "", 4096) for name in names}


def _ask(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, errors="replace")


def _succeed(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise ImageError((done.stdout + done.stderr).strip())


def main() -> None:
    """Have the image, or say that it would be copied."""
    module = DiscreetModule(
        argument_spec={
            "engine": {"type": "str", "choices": ["podman", "docker"], "required": True},
            "source": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "held": {"type": "list", "elements": "str", "default": []},
            "user": {"type": "str", "required": True},
            "login": LOGIN,
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        held = obtain(module.params)
        python = examine(*(module.params[name] for name in ("engine", "image", "user")))
    except (ImageError, RegistryError, ArchiveError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, held=held, python=python)


if __name__ == "__main__":
    main()
