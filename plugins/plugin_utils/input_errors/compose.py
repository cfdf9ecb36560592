"""Find inputs that Compose does not support."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import containers
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

RESERVED = ("nginx", "default")
"""The service of nginx, and the network of all services, in a Compose file."""

NO_FILES = "Compose builds the image later, so nginx cannot get the files"


def of_project(directory: str, owner: str) -> Iterator[str]:
    """Yield what is wrong with the directory and the user of a Compose project."""
    yield from containers.directory("compose_directory", directory, "the files of the project")
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
    name, source = values["name"], values["source"]
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
            f"wsgi_app_static_paths is {values['static_paths']!r}, but {NO_FILES}: remove the "
            f"variable, {containers.INSTEAD}."
        )
    yield from containers.of_app(inputs, runner="Compose")


def of_site(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of a site Compose does not support.

    :param apps: the names of all apps of the project.
    """
    tls = inputs.values["tls"]
    for variable, address in containers.addresses(inputs):
        yield (
            f"{variable} has {address!r}, but a container does not have this address: "
            "write the port alone, and its published address in compose_ports, as in "
            "{80: '127.0.0.1:8000'}."
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
    yield from containers.of_site(inputs, apps, NO_FILES)
