"""Find inputs that Compose does not support."""

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

RESERVED = ("nginx", "default")
"""The service of nginx, and the network of all services, in a Compose file."""

DIRECTORY = re.compile(r"(/[A-Za-z0-9._@+-]+)*/[._@+-]*[A-Za-z0-9][A-Za-z0-9._@+-]*")


def of_project(directory: str, owner: str) -> Iterator[str]:
    """Yield what is wrong with the directory and the user of a Compose project."""
    if not DIRECTORY.fullmatch(directory):
        yield (
            f"compose_directory is {directory!r}: write the directory for the files of the "
            "project, as an absolute path without spaces, as in "
            "-e compose_directory=/home/me/shop."
        )
    if owner == "root":
        yield (
            "playbooks/compose.yml was started by root. The apps would run as root, too, because "
            "only the owner can read the files of the project: start it as a user who can use "
            "docker, as members of the group docker can."
        )


def errors(role: str, inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of ``role`` Compose does not support.

    :param apps: the names of all apps of the project.
    """
    if role == "wsgi_app":
        yield from of_app(inputs)
    else:
        yield from of_site(inputs, apps)


def of_app(inputs: Inputs) -> Iterator[str]:
    """Yield which inputs of an app Compose does not support."""
    values = inputs.values
    name, listen, source = values["name"], values["listen"], values["source"]
    if source and source["type"] == "image":
        yield (
            "wsgi_app_source.type is 'image', but Compose builds its images: name the source of "
            "this image."
        )
    if name in RESERVED:
        yield (
            f"wsgi_app_name is {name!r}, but this name has another meaning in a Compose file: "
            "give the app another name."
        )
    if listen != layout(name).socket_path:
        yield (
            f"wsgi_app_listen is {listen!r}, but only nginx can connect to a container, at an "
            f"address that Compose gives it: remove the variable, and mount the app as "
            f"{{path: /, app: {name}}}."
        )
    if values["network"] == "local":
        yield (
            "wsgi_app_network is 'local', but nothing else listens on the loopback addresses of a "
            "container: remove the variable, or write 'full' and use an address that other "
            "machines can reach."
        )
    if values["processes"]:
        names = [process["name"] for process in values["processes"]]
        yield (
            f"wsgi_app_processes has {names!r}, but the playbook writes no services for background "
            "processes: remove the variable, and add the services in a Compose file of your own."
        )
    if values["schedules"]:
        names = [schedule["name"] for schedule in values["schedules"]]
        yield (
            f"wsgi_app_schedules has {names!r}, but Compose runs nothing at set times: remove the "
            "variable, and let a timer of your machine call 'docker compose exec'."
        )
    if values["statsd"]:
        yield (
            f"wsgi_app_statsd is {values['statsd']!r}, but a container of Compose has no socket of "
            "this machine: remove the variable."
        )
    if values["static_paths"]:
        yield (
            f"wsgi_app_static_paths is {values['static_paths']!r}, but Compose builds the image "
            "later, so nginx cannot get the files: remove the variable, and let the app serve "
            "them, for example with WhiteNoise, or mount a directory of this machine, as in "
            "{path: /static, src: shop/static}."
        )
    yield from common.sandbox("wsgi_app_sandbox", values["sandbox"])


def of_site(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of a site Compose does not support.

    :param apps: the names of all apps of the project.
    """
    values, tls = inputs.values, inputs.values["tls"]
    listeners = {"nginx_site_listen": values["listen"], "nginx_site_tls.listen": tls["listen"]}
    for variable, addresses in listeners.items():
        for address in addresses:
            if not common.is_port(address):
                yield (
                    f"{variable} has {address!r}, but a container does not have this address: "
                    "write the port alone, and its published address in compose_ports, as in "
                    "{80: '127.0.0.1:8000'}."
                )
    if values["status_listen"]:
        yield (
            f"nginx_site_status_listen is {values['status_listen']!r}, but only the container of "
            "nginx could connect there: remove the variable."
        )
    if tls["mode"] not in ("none", "files"):
        yield (
            f"nginx_site_tls.mode is {tls['mode']!r}, but a container cannot issue or renew a "
            "certificate: write 'files', with a certificate in a file of this machine."
        )
    if "-----BEGIN" in (tls["certificate"] or ""):
        yield (
            "nginx_site_tls.certificate is a text, but a container reads files of this machine: "
            "write the paths of both files."
        )
    if tls["http3"]:
        yield "nginx_site_tls.http3 is true, but Compose publishes TCP ports here: remove it."
    yield from _auth_request("nginx_site_auth_request", values["auth_request"])
    for index, mount in enumerate(values["mounts"]):
        yield from _auth_request(f"nginx_site_mounts[{index}].auth_request", mount["auth_request"])
        yield from _mount(f"nginx_site_mounts[{index}]", mount, apps)


def _auth_request(where: str, service: dict | None) -> Iterator[str]:
    match = re.match(r"http://([^/]+)", service["url"]) if service else None
    if service and match and _is_local(match[1]):
        yield (
            f"{where}.url is {service['url']!r}, but in a container this is the container itself: "
            "write an address that other machines can reach."
        )


def _mount(where: str, mount: dict, apps: list[str]) -> Iterator[str]:
    if mount["app"] is not None and mount["app"] not in apps:
        yield (
            f"{where}.app is {mount['app']!r}, but the apps of the inventory are "
            f"{', '.join(apps) or 'none'}: write the name of one of them."
        )
    for static in mount["static"]:
        if static["app_directory"] is not None:
            yield (
                f"{where}.static.app_directory is {static['app_directory']!r}, but Compose builds "
                "the image later, so nginx cannot get the files: remove it, and let the app serve "
                "them, for example with WhiteNoise, or mount a directory of this machine, as in "
                "{path: /static, src: shop/static}."
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
