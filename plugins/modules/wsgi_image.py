#!/usr/bin/python
"""Build the image of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_image
author: The Subsite maintainers (@subsite)
short_description: Build the image of a release
description:
  - Builds O(context) with O(engine) and the C(Containerfile) in it. Without an engine, the module
    only completes the context.
  - Before the build, it copies all files of C(source) that decide the dependencies to
    C(dependencies), so that the Containerfile can install these before it copies the rest.
  - The stage C(environment) of the Containerfile gets the tag C(environment), for later builds.
    Other images of earlier builds without a name, with the label C(wsgi_app), are removed.
  - The build gets the configuration of the host's pip as the secret C(pip). It can read no other
    file of the host besides O(context).
  - A build uses the engine's own network, in which the host's loopback addresses are not reachable.
    The module fails if the host's pip is configured with one of them.
options:
  engine:
    description: The command that builds, of podman or docker.
    type: str
  context:
    description: Directory with the files of the build.
    type: path
    required: true
  name:
    description: The app's RV(ignore:wsgi_app_name). Required with O(engine).
    type: str
  release:
    description: The release, which becomes the image's tag. Required with O(engine).
    type: str
  installer:
    description: The installer. With V(pip), every file of the project can decide its dependencies.
    type: str
    choices: [uv, pip]
    default: uv
attributes:
  check_mode:
    description: Reports that the image would be built.
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
    name: shop
    release: 4d1c09aa71be
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
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

PIP_CONF = "/etc/pip.conf"
ADDRESSES = ("index-url", "extra-index-url", "find-links", "proxy")
"""Settings of pip with addresses that it connects to."""

CONFINED = {
    "podman": (
        "--cap-drop=all",
        # apt-get changes owners, becomes another user to download, and ends what it started.
        "--cap-add=CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETGID,SETUID",
    )
}
"""Options that limit root in a build container, by engine. Docker has none for builds."""


def part(source: Source, dependencies: Path, installer: str) -> None:
    """Copy the files that decide the dependencies of ``source`` to ``dependencies``.

    The copy has the group of the source, because a user other than root may build.
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


def build(engine: str, context: str, name: str, release: str) -> str:
    """Build ``context`` and return the image's digest.

    The stage of the environment gets a tag, so that the prune does not remove it.

    :raises BuildError: when it fails, with the output of the engine.
    """
    image = f"{layout(name).image}:{release}"
    environment = f"{layout(name).image}:environment"
    secrets = ["--secret", f"id=pip,src={PIP_CONF}"] if os.path.exists(PIP_CONF) else []
    confined = CONFINED.get(os.path.basename(engine), ())
    command = [engine, "build", *confined, "--file", f"{context}/Containerfile", *secrets]
    _run([*command, "--target", "environment", "--tag", environment, context])
    _run([*command, "--tag", image, context])
    _run([engine, "image", "prune", "--force", "--filter", f"label=wsgi_app={name}"])
    return _run([engine, "image", "inspect", "--format", "{{.Id}}", image]).strip()


def refuse_loopback(path: str) -> None:
    """Check that the configuration of pip at ``path`` can work in a build container.

    :raises BuildError: when it has a loopback address, which is the container's own there.
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
    """Yield the addresses in pip's configuration at ``path``, each with the name of its setting.

    An invalid configuration yields nothing: pip reports the error.
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
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"},
    )
    if done.returncode != 0:
        raise BuildError((done.stdout + done.stderr).strip())
    return done.stdout


def main() -> None:
    """Build the image, or report that it would be built."""
    module = DiscreetModule(
        argument_spec={
            "engine": {"type": "str"},
            "context": {"type": "path", "required": True},
            "name": {"type": "str"},
            "release": {"type": "str"},
            "installer": {"type": "str", "choices": ["uv", "pip"], "default": "uv"},
        },
        required_by={"engine": ["name", "release"]},
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    engine, context, installer = (
        module.params[option] for option in ("engine", "context", "installer")
    )
    try:
        if engine:
            refuse_loopback(PIP_CONF)
        part(Source(Path(context, "source")), Path(context, "dependencies"), installer)
        if not engine:
            module.exit_json(changed=True)
        image_id = build(engine, context, module.params["name"], module.params["release"])
    except (BuildError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, id=image_id)


if __name__ == "__main__":
    main()
