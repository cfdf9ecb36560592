#!/usr/bin/python
"""Build the image that a release runs in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_image
author: The Subsite maintainers (@subsite)
short_description: Build the image that a release runs in
description:
  - Builds the C(Containerfile) in O(context) with O(engine). Without an engine, it only prepares
    the context, so that another program can build it.
  - First it copies the files of C(source) that decide which dependencies are installed to
    C(dependencies). So the Containerfile can install them before it copies all other files.
  - The stage C(environment) of the Containerfile is kept as tag C(environment), for later builds.
    Unnamed images of earlier builds with the label C(wsgi_app) are removed.
  - The build gets the configuration of the host's pip as the secret C(pip). It can read no other
    file of the host except O(context).
  - With an engine, runs that build images of the app wait for each other, and O(context) is removed
    when the image is built.
  - A build uses the engine's own network, which cannot reach the host's loopback addresses. The
    module fails if the host's pip is configured to use one of them.
options:
  engine:
    description: The command of podman or docker.
    type: str
  context:
    description: Directory of the files for the image.
    type: path
    required: true
  name:
    description: The app's RV(ignore:wsgi_app_name). Required with O(engine).
    type: str
  release:
    description: The release, which is the tag of the image. Required with O(engine).
    type: str
  lock:
    description: >-
      File that is locked while an image of the app is built. Only root may be able to read it.
      Required with O(engine).
    type: path
  secret_files:
    description:
      - Files that the Containerfile can mount as secrets, by their IDs. They are not in the image.
    type: dict
    default: {}
  hidden:
    description:
      - Values in O(secret_files) that the result must not have. Those of less than four characters
        are not hidden.
    type: list
    elements: str
    default: []
  gunicorn_file:
    description:
      - The configuration file of gunicorn that is read. Without one, the module warns of a
        C(gunicorn.conf.py) in the source.
    type: str
    default: ""
extends_documentation_fragment:
  - subsite.deploy.builds
  - subsite.deploy.choice
  - subsite.deploy.failures
attributes:
  check_mode:
    description: Reports that the image would be built.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Build the image
  subsite.deploy.wsgi_image:
    engine: podman
    context: /srv/wsgi/shop/releases/4d1c09aa71be/image
    name: shop
    release: 4d1c09aa71be
    lock: /run/subsite/shop.build
"""

RETURN = r"""
id:
  description: The image's digest.
  type: str
  returned: when built
"""

import configparser
import ipaddress
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils import (
    failure_file,
    file_lock,
    gunicorn_file,
    lent_directory,
    newest_run,
    source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.build_in_image import NOTE
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

PIP_CONF = "/etc/pip.conf"
ADDRESSES = ("index-url", "extra-index-url", "find-links", "proxy")
"""Settings of pip that have addresses."""

SANDBOX = {
    "podman": (
        "--cap-drop=all",
        # apt-get changes owners, downloads as another user, and kills its child processes.
        "--cap-add=CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETGID,SETUID",
    )
}
"""Options that limit root in a build container. Docker has none for builds."""


def copy_dependencies(source: Source, dependencies: Path) -> None:
    """Copy the files that decide which dependencies ``source`` has to ``dependencies``.

    The group of the source may read the copy, since the build may not run as root.
    """
    partial = dependencies.with_suffix(".partial")
    for directory in (partial, dependencies):
        shutil.rmtree(directory, ignore_errors=True)
    (partial / source.choice.directory).mkdir(parents=True)
    if source.path.exists():
        for name in Dependencies(source).recipe():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            _copy(source, name, partial / name)
    group = source.path.stat().st_gid if source.path.exists() else -1
    for path in [partial, *partial.rglob("*")]:
        os.chown(path, -1, group, follow_symlinks=False)
    partial.rename(dependencies)


def _copy(source: Source, name: str, place: Path) -> None:
    """Copy a file of the source. A link is copied as the file that it leads to."""
    content = source.content(name)
    if content is None:  # a link to a directory, or to nothing
        link = source.path / name
        # Other links on the way to the directory may be no part of the copy.
        directory = source.landing(link)
        target = (
            os.path.relpath(directory, os.path.dirname(name)) if directory else os.readlink(link)
        )
        with suppress(FileExistsError):  # a file below it has made the directory
            place.symlink_to(target)
    else:
        place.write_bytes(content)
        shutil.copymode(source.path / name, place)


def build(
    engine: str, context: str, name: str, release: str, secret_files: dict[str, str] | None = None
) -> tuple[str, list[str]]:
    """Build ``context`` and return the image's digest, and what the user should know.

    The stage of the environment gets its own tag; otherwise the prune would remove it.

    :param secret_files: paths by the IDs that the Containerfile has for them.

    :raises BuildError: when it fails, with the engine's output.
    """
    image = f"{layout(name).image_name}:{release}"
    environment = f"{layout(name).image_name}:environment"
    files = {"pip": PIP_CONF} if os.path.exists(PIP_CONF) else {}
    files |= secret_files or {}
    secrets = [
        word for secret, path in files.items() for word in ("--secret", f"id={secret},src={path}")
    ]
    sandbox = SANDBOX.get(os.path.basename(engine), ())
    command = [engine, "build", *sandbox, "--file", f"{context}/Containerfile", *secrets]
    output = _run([*command, "--target", "environment", "--tag", environment, context])
    output += _run([*command, "--tag", image, context])
    _run([engine, "image", "prune", "--force", "--filter", f"label=wsgi_app={name}"])
    image_id = _run([engine, "image", "inspect", "--format", "{{.Id}}", image]).strip()
    return image_id, list(dict.fromkeys(_notes(output)))


def _notes(output: str) -> Iterator[str]:
    """Yield what a build has written for the user (:mod:`build_in_image`)."""
    for line in output.splitlines():
        if match := re.search(rf"{NOTE}(\".*\")", line):
            with suppress(ValueError):
                yield json.loads(match[1])


def build_alone(parameters: dict) -> tuple[str, list[str]]:
    """Build the image while no other run builds one of the app, and return what :func:`build` does.

    Another run would prune what this build has made so far, or remove its context.

    :raises BuildError: when it fails, or a newer run has started.
    """
    context, check = parameters["context"], parameters["check"]
    with file_lock.locked(Path(parameters["lock"])):
        newest_run.refuse_if_superseded(check)
        notes = prepare(context, parameters["choice"])
        options = {name: parameters[name] for name in ("name", "release", "secret_files")}
        image_id, more = build(parameters["engine"], context, **options)
        newest_run.refuse_if_superseded(check)  # the newer run builds from the same context
        lent_directory.remove(Path(context))
    return image_id, notes + more


def prepare(context: str, choice: dict) -> list[str]:
    """Make the part of ``context`` that decides which dependencies are installed.

    :returns: what the user should know. The build itself has no files that are not read.
    """
    source = Source(Path(context, "source"), Choice(**choice))
    dependencies = Dependencies(source)
    if source.path.exists():
        dependencies.refuse()
    copy_dependencies(source, Path(context, "dependencies"))
    return list(dependencies.notes())


def refuse_loopback(path: str) -> None:
    """Check that pip's configuration can work in a build container.

    :raises BuildError: when it has a loopback address, which is the container's own there.
    """
    for name, address in _addresses(path):
        host = _host(address)
        if _is_loopback(host):
            raise BuildError(
                f"{path} has {name} = … {host} …, but a build container has its own network, "
                "which cannot reach the host's loopback addresses. Let the server listen on "
                "an address that containers can reach, and write that address."
            )


def _addresses(path: str) -> Iterator[tuple[str, str]]:
    """Yield each address in pip's configuration at ``path``, with the name of its setting.

    An invalid configuration yields nothing: pip reports what is wrong.
    """
    configuration = configparser.RawConfigParser()
    try:
        configuration.read(path)
    except configparser.Error:
        return
    for section in configuration.sections():
        for name in ADDRESSES:
            for address in configuration.get(section, name, fallback="").split():
                yield name, address


def _host(address: str) -> str:
    """Return the host of ``address``, a URL or ``host:port``, without its password."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    """Return whether ``host`` is a loopback address or the name of one."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"},
    )
    if done.returncode != 0:
        raise BuildError((done.stdout + done.stderr).strip())
    return done.stdout if command[1] == "image" else done.stdout + done.stderr


def main() -> None:
    """Build the image; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "engine": {"type": "str"},
            "context": {"type": "path", "required": True},
            "name": {"type": "str"},
            "release": {"type": "str"},
            "choice": source.OPTION,
            "secret_files": {"type": "dict", "default": {}, "no_log": False},
            "hidden": {"type": "list", "elements": "str", "default": []},
            "lock": {"type": "path"},
            "check": {"type": "list", "elements": "str", "default": []},
            "failure_file": failure_file.OPTION,
            "gunicorn_file": gunicorn_file.OPTION,
        },
        required_by={"engine": ["name", "release", "lock"]},
        supports_check_mode=True,
    )
    module.hide(module.params["hidden"])
    module.params["hidden"] = []  # -vvv shows it among the arguments
    if module.check_mode:
        module.exit_json(changed=True)
    directory = Path(module.params["context"], "source", module.params["choice"]["directory"])
    gunicorn_file.warn_if_in(directory, module)
    try:
        if module.params["engine"]:
            refuse_loopback(PIP_CONF)
            image_id, notes = build_alone(module.params)
            result = {"id": image_id}
        else:
            notes, result = prepare(module.params["context"], module.params["choice"]), {}
    except (BuildError, OSError) as error:
        failure_file.fail(module, str(error))
    for note in notes:
        module.warn(note)
    module.exit_json(changed=True, **result)


if __name__ == "__main__":
    main()
