"""Find inputs that a cluster does not support, above all one of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils import cron
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import containers
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

NGINX = "nginx"
"""The name of nginx among the apps."""

NO_FILES = "nginx runs in another container than the app, and cannot get the files"
MOST_FILES = 900_000
"""Bytes of ``wsgi_app_files``. A ConfigMap or a Secret has at most 1 MiB, with all of its files."""
LONGEST_CRON_JOB = 52
"""Characters in the name of a CronJob. Its jobs have longer names."""
REGISTRY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*")


def of_manifests(directory: str, registry: str, ingress: dict) -> Iterator[str]:
    """Yield what is wrong with the inputs of playbooks/manifests.yml."""
    yield from containers.directory("manifests_directory", directory, "the manifests")
    yield from registry_address("manifests_registry", registry)
    if ingress and set(ingress) != {"class", "namespace"}:
        yield (
            f"manifests_ingress is {ingress!r}: write the class of the ingress controller and the "
            "namespace that it runs in, as in {class: traefik, namespace: traefik}."
        )


def registry_address(variable: str, registry: str) -> Iterator[str]:
    """Yield why ``registry`` cannot be where images are pushed to."""
    if not REGISTRY.fullmatch(registry):
        yield (
            f"{variable} is {registry!r}: write where the images will be, without a scheme, as in "
            f"-e {variable}=registry.example.org/shop."
        )


def errors(role: str, inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of ``role`` a cluster does not support.

    :param apps: the names of all apps of the inventory.
    """
    if role == "wsgi_app":
        yield from of_app(inputs, apps)
    else:
        yield from of_site(inputs, apps)


def of_app(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of an app a cluster does not support."""
    yield from of_any_app(inputs, apps)
    yield from _limits(inputs)
    yield from _schedules(inputs)
    values = inputs.values
    if values["registry_login"].get("username"):
        yield (
            "wsgi_app_registry_login is set, but the nodes of a cluster log in themselves: remove "
            "the variable, and add an imagePullSecret to the cluster."
        )
    size = sum(len((file["content"] or file["secret"] or "").encode()) for file in values["files"])
    if size > MOST_FILES:
        yield (
            f"wsgi_app_files has {size} bytes, but a cluster takes at most {MOST_FILES}: put large "
            "files into the source."
        )


def of_any_app(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of an app neither Kubernetes nor Docker Swarm supports."""
    yield from _names(inputs, apps)
    yield from _source(inputs)
    yield from _directories(inputs)
    values = inputs.values
    if values["replicas"] < 1:
        yield (
            f"wsgi_app_replicas is {values['replicas']}: write 1 or more, or remove the app from "
            "the inventory."
        )
    if values["statsd"]:
        yield (
            f"wsgi_app_statsd is {values['statsd']!r}, but a container of a cluster has no socket "
            "of a host: remove the variable."
        )
    yield from containers.of_app(inputs, runner="the cluster")


def _names(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    name = inputs.values["name"]
    if name == NGINX:
        yield f"wsgi_app_name is {name!r}, but the cluster's nginx has this name: write another."
    for variable in ("processes", "schedules"):
        for command in inputs.values[variable]:
            workload = f"{name}-{command['name']}"
            if workload in (*apps, NGINX):
                yield (
                    f"wsgi_app_{variable} of {name} has {command['name']!r}, but an app has the "
                    f"name {workload!r}, which both would have in the cluster: write another name."
                )


def _source(inputs: Inputs) -> Iterator[str]:
    source = inputs.values["source"] or {}
    if source.get("archive"):
        yield (
            f"wsgi_app_source.archive is {source['archive']!r}, but a cluster gets images from a "
            "registry: push the image, and write its digest in ref, as in "
            "registry.example.org/shop@sha256:…."
        )
    elif source.get("ref") and "@" not in source["ref"]:
        yield (
            f"wsgi_app_source.ref is {source['ref']!r}, but its tag can become another image while "
            "the cluster runs it: write its digest, as in registry.example.org/shop@sha256:…."
        )


def _directories(inputs: Inputs) -> Iterator[str]:
    values = inputs.values
    for name in ("shared_paths", "writable_paths"):
        if values[name]:
            yield (
                f"wsgi_app_{name} is {values[name]!r}, but the replicas of an app share no "
                "directory: remove the variable, and keep these files in an object storage or a "
                "database."
            )
    if values["static_paths"]:
        yield (
            f"wsgi_app_static_paths is {values['static_paths']!r}, but {NO_FILES}: remove the "
            f"variable, {containers.INSTEAD}."
        )


def _limits(inputs: Inputs) -> Iterator[str]:
    values = inputs.values
    limits = {"wsgi_app_limits": values["limits"]}
    for variable in ("processes", "schedules"):
        for command in values[variable]:
            limits[f"wsgi_app_{variable}[{command['name']}].limits"] = command["limits"]
    for variable, limit in limits.items():
        if limit["tasks"] is not None:
            yield (
                f"{variable}.tasks is {limit['tasks']}, but only the nodes of a cluster can limit "
                "the tasks of a pod (podPidsLimit of the kubelet): remove it."
            )


def _schedules(inputs: Inputs) -> Iterator[str]:
    for schedule in inputs.values["schedules"]:
        where = f"wsgi_app_schedules[{schedule['name']}]"
        try:
            cron.schedule(schedule["calendar"])
        except cron.CalendarError as error:
            yield (
                f"{where}.calendar is {schedule['calendar']!r}, but {error}: write one that cron "
                "can express, as '*:0/15' or 'Mon..Fri 06:30 Europe/Berlin'."
            )
        job = f"{inputs.values['name']}-{schedule['name']}"
        if len(job) > LONGEST_CRON_JOB:
            yield (
                f"{where}.name makes the name {job!r}, but a CronJob has at most "
                f"{LONGEST_CRON_JOB} characters: write a shorter name."
            )


def of_site(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of a site a cluster does not support."""
    yield from of_any_site(inputs, apps, instead="let the ingress end TLS, or write 'files'")


def of_any_site(inputs: Inputs, apps: list[str], instead: str) -> Iterator[str]:
    """Yield which inputs of a site neither Kubernetes nor Docker Swarm supports.

    :param instead: how TLS is possible, in words.
    """
    values, tls = inputs.values, inputs.values["tls"]
    for variable, address in containers.addresses(inputs):
        yield (
            f"{variable} has {address!r}, but a container does not have this address: write the "
            "port alone."
        )
    if tls["mode"] not in ("none", "files"):
        yield (
            f"nginx_site_tls.mode is {tls['mode']!r}, but each copy of nginx would have another "
            f"certificate: {instead} with the text of a certificate."
        )
    for name in ("certificate", "clients"):
        if tls[name] and "-----BEGIN" not in tls[name]:
            yield (
                f"nginx_site_tls.{name} is {tls[name]!r}, but nginx in a cluster sees no file of a "
                "host: write its text, as in \"{{ lookup('ansible.builtin.file', 'shop.pem') }}\"."
            )
    if tls["http3"]:
        yield "nginx_site_tls.http3 is true, but the cluster passes on TCP only: remove it."
    for index, mount in enumerate(values["mounts"]):
        where = f"nginx_site_mounts[{index}]"
        roots = {f"{where}.root": mount["root"]}
        roots |= {f"{where}.static.root": static["root"] for static in mount["static"]}
        for variable, root in roots.items():
            if root:
                yield (
                    f"{variable} is {root!r}, but nginx in a cluster sees no file of a host: write "
                    "a directory of this machine in src, as in {path: /files, src: files}."
                )
    yield from containers.of_site(inputs, apps, NO_FILES)
