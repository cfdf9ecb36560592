"""Find what is wrong with images: one that is the source of an app, and one that it is built on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.image_archive import (
    ArchiveError,
    identify,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

BASE = re.compile(r"[a-z0-9][!-~]*")
REFERENCE = re.compile(
    r"(localhost|[\w-]+(\.[\w-]+)+|[\w.-]+(?=:))(:[0-9]+)?"  # the registry
    r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"  # the name of the image
    r"(:\w[\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})",
    re.ASCII,
)

OF_BUILDS = ("packages", "system_packages", "installer", "refresh", "python", "base_image")
"""Options for builds, which have no effect on an image that is built already."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the image of an app, and with its registry."""
    values, source = inputs.values, inputs.values["source"] or {}
    if source.get("type") == "image":
        yield from _backend(values["backend"])
        yield from _identity(source["ref"], source["archive"])
        yield from _builds(inputs)
    elif values["backend"] != "systemd" and not inputs.is_default("python"):
        yield (
            f"wsgi_app_python is {values['python']!r}, but an image has its own interpreter: "
            "choose it with wsgi_app_base_image, as in 'python:3.12-slim'."
        )
    if not BASE.fullmatch(values["base_image"]):
        yield (
            f"wsgi_app_base_image is {values['base_image']!r}: write an image in the syntax of the "
            "engine, as in 'python:3.13-slim'."
        )
    if inputs.given.get("registry_login") and source.get("ref") is None:
        yield (
            "wsgi_app_registry_login is set, but only an image in a registry uses it, as in "
            "wsgi_app_source: {type: image, ref: registry.example.org/shop:1.4}; remove it."
        )


def _backend(backend: str) -> Iterator[str]:
    if backend == "systemd":
        yield (
            "wsgi_app_source.type is 'image', but wsgi_app_backend is 'systemd', which does not "
            "run images: write a backend with containers, as in wsgi_app_backend: podman."
        )
    elif backend == "rootless_podman":
        yield (
            "wsgi_app_source.type is 'image', but wsgi_app_backend is 'rootless_podman', which "
            "builds its images: write the image in wsgi_app_base_image, or use podman or docker."
        )


def _identity(ref: str | None, archive: str | None) -> Iterator[str]:
    if ref is not None and not REFERENCE.fullmatch(ref):
        yield (
            f"wsgi_app_source.ref is {ref!r}: write the registry, the name of the image, and a tag "
            "or a digest, as in 'registry.example.org/shop:1.4' or "
            "'docker.io/library/shop@sha256:' with 64 hexadecimal digits."
        )
    if archive is not None:
        try:
            identify(archive)
        except ArchiveError as error:
            yield f"wsgi_app_source.archive is {archive!r}, but {error}"


def _builds(inputs: Inputs) -> Iterator[str]:
    for option in OF_BUILDS:
        if not inputs.is_default(option):
            yield (
                f"wsgi_app_{option} is {inputs.values[option]!r}, but the image in wsgi_app_source "
                "is built already and must have all that the app needs: remove it."
            )
