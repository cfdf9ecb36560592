"""Find inputs that do not work where a cluster or Compose runs containers of apps and sites."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.filter.upstream_servers import HTTPS
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import (
    upstreams,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

DIRECTORY = re.compile(r"(/[A-Za-z0-9._@+-]+)*/[._@+-]*[A-Za-z0-9][A-Za-z0-9._@+-]*")

INSTEAD = (
    "and let the app serve them, for example with WhiteNoise, or mount a directory of this "
    "machine, as in {path: /static, src: shop/static}"
)


def directory(variable: str, value: str, content: str) -> Iterator[str]:
    """Yield why ``value`` cannot be the directory of a playbook, which writes ``content`` there."""
    if not DIRECTORY.fullmatch(value):
        yield (
            f"{variable} is {value!r}: write the directory for {content}, as an absolute path "
            f"without spaces, as in -e {variable}=/home/me/shop."
        )


def of_app(inputs: Inputs, runner: str) -> Iterator[str]:
    """Yield which inputs of an app do not work in a container.

    :param runner: what runs the containers, in words.
    """
    values = inputs.values
    name, listen = values["name"], values["listen"]
    if listen != layout(name).socket_path:
        yield (
            f"wsgi_app_listen is {listen!r}, but only nginx can connect to a container, at an "
            f"address that {runner} gives it: remove the variable, and mount the app as "
            f"{{path: /, app: {name}}}."
        )
    if values["refresh"]:
        yield (
            f"wsgi_app_refresh is true, but the user of {runner} builds the images: remove it, and "
            "build them without a cache, as with 'docker compose build --no-cache --pull'."
        )
    if values["network"] == "local":
        yield (
            "wsgi_app_network is 'local', but nothing else listens on the loopback addresses of a "
            "container: remove the variable, or write 'full' and use an address that other "
            "machines can reach."
        )
    for hook in ("before_switch", "after_switch"):
        if values[hook]:
            yield (
                f"wsgi_app_{hook} is {values[hook]!r}, but {runner} replaces the containers, and "
                "runs no tasks of the controller: remove the variable."
            )
    yield from common.sandbox("wsgi_app_sandbox", values["sandbox"])


def of_site(inputs: Inputs, apps: list[str], no_files: str) -> Iterator[str]:
    """Yield which inputs of a site do not work in a container.

    :param apps: the names of all apps that run beside it.
    :param no_files: why nginx cannot get the files of an app, in words.
    """
    values = inputs.values
    if values["status_listen"]:
        yield (
            f"nginx_site_status_listen is {values['status_listen']!r}, but only the container of "
            "nginx could connect there: remove the variable."
        )
    yield from _auth_request("nginx_site_auth_request", values["auth_request"])
    for index, mount in enumerate(values["mounts"]):
        yield from _auth_request(f"nginx_site_mounts[{index}].auth_request", mount["auth_request"])
        yield from _mount(f"nginx_site_mounts[{index}]", mount, apps, no_files)


def addresses(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a site that are not ports alone, each with its variable."""
    listeners = {
        "nginx_site_listen": inputs.values["listen"],
        "nginx_site_tls.listen": inputs.values["tls"]["listen"],
    }
    for variable, values in listeners.items():
        yield from ((variable, value) for value in values if not common.is_port(value))


def _auth_request(where: str, service: dict | None) -> Iterator[str]:
    match = re.match(r"http://([^/]+)", service["url"]) if service else None
    if service and match and _is_local(match[1]):
        yield (
            f"{where}.url is {service['url']!r}, but in a container this is the container itself: "
            "write an address that other machines can reach."
        )


def _mount(where: str, mount: dict, apps: list[str], no_files: str) -> Iterator[str]:
    if mount["app"] is not None and mount["app"] not in apps:
        yield (
            f"{where}.app is {mount['app']!r}, but the apps of the inventory are "
            f"{', '.join(apps) or 'none'}: write the name of one of them."
        )
    for static in mount["static"]:
        if static["app_directory"] is not None:
            yield (
                f"{where}.static.app_directory is {static['app_directory']!r}, but {no_files}: "
                f"remove it, {INSTEAD}."
            )
    for address in upstreams.addresses(mount["upstreams"] or []):
        if _is_local(address):
            yield (
                f"{where}.upstreams has {address!r}, but in a container this is the container "
                "itself: write an address that other machines can reach, or mount the app by its "
                "name."
            )


def _is_local(address: str) -> bool:
    """Return whether only processes on the same machine can connect to ``address``."""
    address = address.removeprefix(HTTPS)
    try:
        return common.ip_address(address).is_loopback
    except ValueError:
        return address.startswith("/") or address.rpartition(":")[0] == "localhost"
