#!/usr/bin/python
"""Build the image that a release runs in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_image
author: The Subsite maintainers (@subsite)
short_description: Build the image that a release runs in
description:
  - Builds O(context) with O(engine), by the C(Containerfile) that is in it. Without an engine, the
    context is made ready for somebody else to build.
  - Beforehand, all of C(source) that can change which dependencies are installed is copied to
    C(dependencies), so that a Containerfile can install them before it takes the rest.
  - The stage C(environment) of that file is kept as tag C(environment), for builds to come. What
    else earlier builds left without a name, with the label C(wsgi_app), is removed.
  - The build gets the configuration of the host's pip, as the secret C(pip). It sees no other file
    of the host besides O(context).
  - A build uses the engine's own network, in which the host's loopback addresses are not reachable.
    The module fails if the host's pip is configured with one of them.
options:
  engine:
    description: The command that builds, podman's or docker's.
    type: str
  context:
    description: Directory of what goes into the image.
    type: path
    required: true
  image:
    description: Name and tag that it gets, as C(localhost/wsgi-NAME:TAG). Required with O(engine).
    type: str
  installer:
    description: What resolves and installs. Of what pip asks a project, every file may be a part.
    type: str
    choices: [uv, pip]
    default: uv
attributes:
  check_mode:
    description: Says that the image would be built.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Build the image
  subsite.deploy.wsgi_image:
    engine: podman
    context: /srv/wsgi/shop/releases/4d1c09aa71be/image
    image: localhost/wsgi-shop:4d1c09aa71be
"""

RETURN = r"""
id:
  description: The image's digest.
  type: str
  returned: when built
"""

import configparser
import ipaddress
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

PIP_CONF = "/etc/pip.conf"
ADDRESSES = ("index-url", "extra-index-url", "find-links", "proxy")
"""Settings of pip that name what it connects to."""

CONFINED = {
    "podman": (
        "--cap-drop=all",
        # apt-get changes owners, becomes another user to download, and ends what it started.
        "--cap-add=CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETGID,SETUID",
    )
}
"""Options that limit root in a build container, by engine. Docker has none for builds."""


def part(source: Source, dependencies: Path, installer: str) -> None:
    """Copy what decides which dependencies ``source`` has to ``dependencies``, or nothing.

    Whoever may read the source, as a group, may read the copy: it may not be root who builds.
    """
    partial = dependencies.with_suffix(".partial")
    for directory in (partial, dependencies):
        shutil.rmtree(directory, ignore_errors=True)
    if not source.path.exists():
        partial.mkdir()
    elif installer == "pip" and source.builds and not source.locks:
        shutil.copytree(source.path, partial, symlinks=True)
    else:
        partial.mkdir()
        for name in source.recipe():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            declared = name in source.declarations  # Source has checked its link
            shutil.copy2(source.path / name, partial / name, follow_symlinks=declared)
    group = source.path.stat().st_gid if source.path.exists() else -1
    for path in [partial, *partial.rglob("*")]:
        os.chown(path, -1, group, follow_symlinks=False)
    partial.rename(dependencies)


def build(engine: str, context: str, image: str) -> str:
    """Build ``context`` and return the image's digest.

    The environment has a name of its own, or it would go with all that nobody needs any more.

    :raises BuildError: when it fails, with what the engine said.
    """
    secrets = ["--secret", f"id=pip,src={PIP_CONF}"] if os.path.exists(PIP_CONF) else []
    confined = CONFINED.get(os.path.basename(engine), ())
    command = [engine, "build", *confined, "--file", f"{context}/Containerfile", *secrets]
    name = image.partition(":")[0]
    app = name.partition("/wsgi-")[2]
    _run([*command, "--target", "environment", "--tag", f"{name}:environment", context])
    _run([*command, "--tag", image, context])
    _run([engine, "image", "prune", "--force", "--filter", f"label=wsgi_app={app}"])
    return _run([engine, "image", "inspect", "--format", "{{.Id}}", image]).strip()


def refuse_loopback(path: str) -> None:
    """Refuse a configuration of pip that cannot work in a build container.

    :raises BuildError: when it names a loopback address, which is another one in the container.
    """
    for name, address in _addresses(path):
        host = _host(address)
        if _is_loopback(host):
            raise BuildError(
                f"{path} has {name} = … {host} …, but an image is built in a network of its own, "
                "which does not reach the host's loopback addresses. Let the server listen on "
                "an address that containers reach, and write that address."
            )


def _addresses(path: str) -> Iterator[tuple[str, str]]:
    """Yield what pip connects to by the configuration at ``path``, each with its setting's name.

    What is no configuration yields nothing: pip says what is wrong with it.
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
    """Return the host of ``address``, a URL or ``host:port``; its password is not for messages."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    """Return whether ``host`` is a loopback address, or a name of one."""
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
    return done.stdout


def main() -> None:
    """Build the image, or say that it would be built."""
    module = DiscreetModule(
        argument_spec={
            "engine": {"type": "str"},
            "context": {"type": "path", "required": True},
            "image": {"type": "str"},
            "installer": {"type": "str", "choices": ["uv", "pip"], "default": "uv"},
        },
        required_by={"engine": ["image"]},
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    engine, context, image, installer = (
        module.params[name] for name in ("engine", "context", "image", "installer")
    )
    try:
        if engine:
            refuse_loopback(PIP_CONF)
        part(Source(Path(context, "source")), Path(context, "dependencies"), installer)
        built = {"id": build(engine, context, image)} if engine else {}
    except (BuildError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, **built)


if __name__ == "__main__":
    main()
