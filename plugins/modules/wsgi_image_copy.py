#!/usr/bin/python
"""Copy an existing image to the host, and check that it can run an app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_image_copy
author: The Subsite maintainers (@subsite)
short_description: Copy an existing image to the host, and check it
description:
  - Copies the image from a registry or an archive to the images of O(engine), with the name
    O(image). If the host has the image under one of the names in O(existing_names), it only adds
    the name.
  - Then looks for gunicorn and Werkzeug in a container of the image, which has no network and
    cannot write. If one is missing, the module fails, and the caller must remove the image.
options:
  engine:
    description: The program that runs the image.
    type: str
    choices: [podman, docker]
    required: true
  source:
    description: >-
      C(docker://) with the image's name in its registry and its digest, or the path of an archive
      on the host.
    type: str
    required: true
  image:
    description: Name and tag of the copy, as C(localhost/wsgi-NAME:TAG).
    type: str
    required: true
  existing_names:
    description: Names that the same image may have on the host already.
    type: list
    elements: str
    default: []
  user:
    description: IDs of the user and the group that will run it, as C(998:998).
    type: str
    required: true
  gunicorn_file:
    description:
      - The configuration file of gunicorn that is read. Without one, the module warns of a
        C(gunicorn.conf.py) in the image's working directory.
    type: str
    default: ""
extends_documentation_fragment:
  [subsite.deploy.registry, subsite.deploy.builds, subsite.deploy.failures]
attributes:
  check_mode:
    description: Reports that the image would be copied.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Copy the shop's image
  subsite.deploy.wsgi_image_copy:
    engine: podman
    source: docker://registry.example.org/shop@sha256:8f106f01a8c2c1ba477c7b9130ba4b7a746025722824dfdf2117643ee963a5fe
    image: localhost/wsgi-shop:4d1c09aa71be
    user: "998:998"
"""

RETURN = r"""
existing_name:
  description: The name that the image had on the host; empty if it was copied.
  type: str
  returned: when it can run an app
python:
  description: The image's interpreter, which has gunicorn.
  type: str
  returned: when it can run an app
  sample: /opt/venv/bin/python3
"""

import json
import re
import subprocess

from ansible_collections.subsite.deploy.plugins.module_utils import (
    failure_file,
    gunicorn_file,
    newest_run,
)
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
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

STORES = {"podman": "containers-storage", "docker": "docker-daemon"}
"""skopeo's names for the image storages of the engines."""

PROBE = f"""
import json, os, shutil, sys
from importlib import metadata

def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""

found = {{name: version(name) for name in ("gunicorn", "werkzeug")}}
found["python"] = sys.executable
found["program"] = shutil.which("gunicorn")
if os.path.isfile("{gunicorn_file.NAME}"):
    found["file"] = os.path.abspath("{gunicorn_file.NAME}")
print(json.dumps(found))
"""
"""The program that looks for packages in the image, and for a file in its working directory."""

OLDEST_GUNICORN = 23
"""Requests can be smuggled through nginx to gunicorn 22 and older."""

REQUIREMENTS = (
    "The image needs /bin/sh, and in its PATH the program gunicorn and a python3 with the app, "
    "gunicorn (23 or later) and Werkzeug, for example by "
    "'RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install gunicorn werkzeug' and "
    "'ENV PATH=/opt/venv/bin:$PATH'. All users must be able to read them."
)


class ImageError(Exception):
    """The image cannot be copied, or cannot run an app; the message says why."""


def obtain(parameters: dict) -> str:
    """Copy or name the image, and return the name that it had on the host already, if any.

    :raises ImageError: when an engine fails.
    :raises RegistryError: when it cannot be copied.
    :raises ArchiveError: when the archive has no image.
    """
    engine, source, image = (parameters[name] for name in ("engine", "source", "image"))
    for name in parameters["existing_names"]:
        if _run(engine, "image", "inspect", name).returncode == 0:
            _succeed(_run(engine, "tag", name, image))
            return name
    if "://" not in source:
        source = f"{identify(source)[0]}:{source}"
    store = f"{STORES[engine]}:{image}"
    remote = source.removeprefix("docker://")
    skopeo("copy", "--quiet", source, store, image=remote, login=parameters["login"])
    return ""


def examine(engine: str, image: str, user: str) -> dict[str, str]:
    """Return what ``image`` has, if it can serve an app as ``user``.

    :raises ImageError: when the image cannot.
    """
    sandbox = (
        *("--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=all"),
        "--security-opt=no-new-privileges",
    )
    process = ("--entrypoint=", f"--user={user}")
    command = ("/bin/sh", "-c", 'exec python3 -c "$0"', PROBE)
    done = _run(engine, "run", *sandbox, *process, image, *command)
    if done.returncode != 0:
        raise ImageError(
            f"Python does not start in the image: {done.stderr.strip()}. {REQUIREMENTS}"
        )
    found = parse_probe(done.stdout)
    if not found["gunicorn"] or not found["werkzeug"]:
        missing = " and ".join(name for name in ("gunicorn", "werkzeug") if not found[name])
        raise ImageError(f"{found['python']} of the image has no {missing}. {REQUIREMENTS}")
    if int(re.findall("[0-9]{0,4}", found["gunicorn"])[0] or 0) < OLDEST_GUNICORN:
        raise ImageError(
            f"{found['python']} of the image has gunicorn {found['gunicorn']}. {REQUIREMENTS}"
        )
    if not found["program"]:
        raise ImageError(f"There is no gunicorn in the image's PATH. {REQUIREMENTS}")
    return found


def parse_probe(text: str) -> dict[str, str]:
    """Return the result of :data:`PROBE`. The image's python3 may be any program.

    :raises ImageError: when the text is not a result of it.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    names = ("python", "program", "gunicorn", "werkzeug", "file")
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name), str | None) for name in names
    ):
        raise ImageError(
            f"python3 of the image is not Python: its output is {excerpt(text)}. {REQUIREMENTS}"
        )
    return {name: excerpt(found.get(name) or "", 4096) for name in names}


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")


def _succeed(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise ImageError((done.stdout + done.stderr).strip())


def main() -> None:
    """Copy and check the image; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "engine": {"type": "str", "choices": ["podman", "docker"], "required": True},
            "source": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "existing_names": {"type": "list", "elements": "str", "default": []},
            "user": {"type": "str", "required": True},
            "login": LOGIN,
            "check": {"type": "list", "elements": "str", "default": []},
            "failure_file": failure_file.OPTION,
            "gunicorn_file": gunicorn_file.OPTION,
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        existing_name = obtain(module.params)
        found = examine(*(module.params[name] for name in ("engine", "image", "user")))
        # The caller removes the archive now, which the newer run copies, too.
        newest_run.refuse_if_superseded(module.params["check"])
    except (ImageError, RegistryError, ArchiveError, BuildError, OSError) as error:
        failure_file.fail(module, str(error))
    if found["file"]:
        gunicorn_file.warn_of(found["file"], module)
    module.exit_json(changed=True, existing_name=existing_name, python=found["python"])


if __name__ == "__main__":
    main()
