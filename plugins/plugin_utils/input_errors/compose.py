"""Find which inputs Compose cannot satisfy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common

NGINX = "nginx"
"""What nginx's own container is called."""


def of_machine(directory: str, owner: str) -> Iterator[str]:
    """Yield what is wrong with the directory and the user of a Compose project."""
    if not re.fullmatch(r"(/[A-Za-z0-9._@+-]+)*/[._@+-]*[A-Za-z0-9][A-Za-z0-9._@+-]*", directory):
        yield (
            f"compose_directory is {directory!r}: say where to write what the containers are made "
            "from, as an absolute path without spaces, as in -e compose_directory=/home/me/shop."
        )
    if owner == "root":
        yield (
            "playbooks/compose.yml was started by root, and so the apps would be root, too, since "
            "nobody but them may read what it writes: start it as a user who may use docker, as "
            "members of the group docker do."
        )


def of_app(variables: dict) -> Iterator[str]:
    """Yield which inputs of an app Compose cannot satisfy."""
    name, listen = variables["wsgi_app_name"], variables["wsgi_app_listen"]
    if variables.get("wsgi_app_source", {}).get("type") == "image":
        yield (
            "wsgi_app_source.type is 'image', but Compose builds its images: name the code that "
            "this one was built from."
        )
    if name in (NGINX, "default"):
        yield (
            f"wsgi_app_name is {name!r}, which something else is called in a Compose file: give "
            "the app another name."
        )
    if listen != layout(name).socket:
        yield (
            f"wsgi_app_listen is {listen!r}, but a container has an address of its own, which only "
            f"nginx reaches: leave it out, and mount the app as {{path: /, app: {name}}}."
        )
    if variables["wsgi_app_network"] == "local":
        yield (
            "wsgi_app_network is 'local', but a container has loopback addresses of its own, where "
            "nobody else listens: leave it out, or write 'full' and name an address that others "
            "reach."
        )
    yield from common.sandbox("wsgi_app_sandbox", variables["wsgi_app_sandbox"])


def of_site(variables: dict, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of a site Compose cannot satisfy.

    :param apps: names of all apps of the project.
    """
    tls = variables["nginx_site_tls"]
    listeners = {
        "nginx_site_listen": variables["nginx_site_listen"],
        "nginx_site_tls.listen": tls.get("listen", []),
    }
    for variable, addresses in listeners.items():
        for address in addresses:
            if not common.is_port(address):
                yield (
                    f"{variable} has {address!r}, which is no address of a container: name the "
                    "port alone, and say where it is published in compose_ports, as in "
                    "{80: '127.0.0.1:8000'}."
                )
    if variables["nginx_site_status_listen"]:
        yield (
            f"nginx_site_status_listen is {variables['nginx_site_status_listen']!r}, which is "
            "nginx's own container there: leave it out."
        )
    if tls.get("mode", "none") not in ("none", "files"):
        yield (
            f"nginx_site_tls.mode is {tls['mode']!r}, but a container has no certificate made or "
            "renewed: write 'files', with one that is on the machine."
        )
    if "-----BEGIN" in tls.get("certificate", ""):
        yield (
            "nginx_site_tls.certificate is a text, but a container reads a file of the machine: "
            "write the paths of both files."
        )
    if tls.get("http3", False):
        yield "nginx_site_tls.http3 is true, but Compose publishes ports by TCP here: leave it out."
    for index, mount in enumerate(variables["nginx_site_mounts"]):
        yield from _mount(f"nginx_site_mounts[{index}]", mount, apps)


def _mount(where: str, mount: dict, apps: list[str]) -> Iterator[str]:
    if "app" in mount and mount["app"] not in apps:
        yield (
            f"{where}.app is {mount['app']!r}, but the apps of the inventory are "
            f"{', '.join(apps) or 'none'}: a container can be mounted only if it is one of them."
        )
    for address in mount.get("upstreams", []):
        if _is_here(address):
            yield (
                f"{where}.upstreams has {address!r}, which is nginx's own container there: name "
                "an address that others reach, or mount the app by its name."
            )


def _is_here(address: str) -> bool:
    """Return whether only this machine itself can connect to ``address``."""
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return address.startswith("/") or host == "localhost"
