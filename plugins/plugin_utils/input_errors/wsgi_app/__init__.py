"""Find what is wrong with the inputs of the role wsgi_app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import (
    address,
    backups,
    build_commands,
    environment_variables,
    files,
    git,
    gunicorn,
    gunicorn_settings,
    health,
    image,
    limits,
    processes,
    releases,
    requirements,
    sandbox,
    schedules,
    shared_paths,
    source,
    static_paths,
    statsd,
    task_files,
    worker_class,
    writable_paths,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

AREAS = (
    source,
    requirements,
    git,
    image,
    build_commands,
    address,
    environment_variables,
    files,
    task_files,
    gunicorn,
    gunicorn_settings,
    worker_class,
    releases,
    health,
    shared_paths,
    static_paths,
    processes,
    schedules,
    limits,
    writable_paths,
    statsd,
    sandbox,
)


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of an app."""
    yield from common.name("wsgi_app_name", inputs.values["name"])
    if inputs.values["state"] == "present":
        for area in AREAS:
            yield from area.errors(inputs)


def cluster_errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of an app for a cluster.

    An image runs in containers there, whatever backend the hosts of the inventory have.
    """
    source = inputs.values["source"] or {}
    backend = {"backend": "docker"} if source.get("type") == "image" else {}
    yield from errors(replace(inputs, values=inputs.values | backend))


def backup_errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of a backup."""
    yield from common.name("wsgi_app_name", inputs.values["name"])
    yield from backups.backup_errors(inputs)


def restore_errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of a restore."""
    yield from common.name("wsgi_app_name", inputs.values["name"])
    yield from backups.restore_errors(inputs)
