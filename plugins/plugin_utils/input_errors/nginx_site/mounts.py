"""Find what is wrong with the mounts of a site."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.public_url import is_path
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import (
    cache,
    extra,
    headers,
    limits,
    upstreams,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs
from ansible_collections.subsite.deploy.plugins.plugin_utils.moved_paths import MAXIMUM_LOCATION

APPS, FILES = ("app", "upstreams"), ("root", "src")
KINDS = (*APPS, *FILES, "redirect")
USED_BY = {
    "strip": APPS,
    "raw": APPS,
    "websocket": APPS,
    "buffering": APPS,
    "request_buffering": APPS,
    "cache": APPS,
    "balance": ("upstreams",),
    "connect_timeout": ("upstreams",),
    "upstream_tls": ("upstreams",),
    "compression": APPS,
    "body_size": APPS,
    "read_timeout": APPS,
    "headers": APPS,
    "extra": APPS + FILES,
    "static": APPS,
    "verify_paths": APPS,
    "fallback": FILES,
    "immutable": FILES,
    "internal": ("root",),
    "listing": ("root",),
    "auth_request": (*APPS, *FILES),
    "cors": (*APPS, *FILES),
    "limits": (*APPS, *FILES),
    "response_headers": (*APPS, *FILES),
    "code": ("redirect",),
    "below": ("redirect",),
}
"""Options of a mount, and the kinds of mounts that use them."""

LONE_DOLLAR = re.compile(r"\$(?![A-Za-z0-9_]|\{[A-Za-z0-9_]+\})")
"""What nginx takes for the beginning of a variable without a name."""

MAXIMUM_PUBLICATIONS = 100
DIRECTORY = re.compile(r"(/[A-Za-z0-9._~@+-]+)+/?")
TARGET = re.compile(r"(/(?!/)|https?://)[!#%&'()*+,./:=?@A-Za-z0-9_~\[\]-]*")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_mounts``."""
    mounts, given = inputs.values["mounts"], inputs.given.get("mounts", [])
    if inputs.values["keep_publications"] < 1:
        yield (
            f"nginx_site_keep_publications is {inputs.values['keep_publications']}: write at least "
            "1, which is the current publication."
        )
    if inputs.values["keep_publications"] > MAXIMUM_PUBLICATIONS:
        yield (
            f"nginx_site_keep_publications is {inputs.values['keep_publications']}: write at most "
            f"{MAXIMUM_PUBLICATIONS}. nginx looks for a file in each of them."
        )
    for index, mount in enumerate(mounts):
        where = f"nginx_site_mounts[{index}]"
        yield from _mount(where, mount, given[index])
        for name, value in mount["headers"].items():
            if LONE_DOLLAR.search(str(value)):
                yield (
                    f"{where}.headers.{name} has a '$' without the name of a variable: write one, "
                    "as in '$remote_user'."
                )
    yield from upstreams.drained_errors(inputs.values["drained"], mounts)
    yield from common.repeated("nginx_site_mounts", list(paths(mounts)))
    for path in paths(mounts):
        if len(path) >= MAXIMUM_LOCATION:
            yield (
                f"nginx_site_mounts has {path!r}: nginx compares at most {MAXIMUM_LOCATION} "
                "characters, with the slash after it: write a shorter path."
            )


def paths(mounts: list[dict]) -> Iterator[str]:
    """Yield the paths that the mounts answer, each of which nginx accepts only once."""
    for mount in mounts:
        prefix = mount["path"].removesuffix("/")
        yield mount["path"]
        yield from (f"{prefix}{static['path']}" for static in mount["static"])
        yield from (f"{prefix}{path}" for path in mount["immutable"])
        if mount["fallback"] is not None:
            yield f"{prefix}{mount['fallback']}"


def _mount(where: str, mount: dict, given: dict) -> Iterator[str]:
    if mount["path"] != "/":
        yield from common.prefix(f"{where}.path", mount["path"])
    [kind] = [kind for kind in KINDS if mount[kind] is not None]
    for option, kinds in USED_BY.items():
        if option in given and kind not in kinds:
            yield (
                f"{where}.{option} is {given[option]!r}, but the mount has {kind}: only mounts "
                f"with {' or '.join(kinds)} use it."
            )
    yield from _target(where, kind, mount)
    yield from _options(where, mount)


def _target(where: str, kind: str, mount: dict) -> Iterator[str]:
    if kind == "app":
        yield from common.name(f"{where}.app", mount["app"])
    elif kind == "upstreams":
        yield from upstreams.errors(where, mount)
    elif kind == "root":
        yield from _directory(f"{where}.root", mount["root"])
    elif kind == "src":
        if os.path.isdir(mount["src"]):
            yield from common.links(f"{where}.src", mount["src"])
        else:
            yield f"{where}.src is {mount['src']!r}, but the controller has no such directory."
    elif not TARGET.fullmatch(mount["redirect"]):
        yield (
            f"{where}.redirect is {mount['redirect']!r}: write a path, as in '/new', or a URL that "
            "begins with http."
        )


def _options(where: str, mount: dict) -> Iterator[str]:
    if mount["strip"] and mount["raw"]:
        yield (
            f"{where} has strip and raw: nginx cannot take the prefix off a path that it does not "
            "change. Remove one of them."
        )
    if mount["internal"]:
        yield from _internal(where, mount)
    if mount["fallback"] is not None:
        yield from common.prefix(f"{where}.fallback", mount["fallback"])
    for path in mount["immutable"]:
        yield from common.prefix(f"{where}.immutable", path)
    yield from limits.body_size(f"{where}.body_size", mount["body_size"])
    yield from limits.seconds(f"{where}.read_timeout", mount["read_timeout"])
    yield from headers.of_requests(f"{where}.headers", mount["headers"])
    yield from cache.errors(where, mount)
    yield from extra.of_mount(where, mount["extra"])
    yield from _verify_paths(f"{where}.verify_paths", mount)
    for static in mount["static"]:
        yield from common.prefix(f"{where}.static.path", static["path"])
        yield from _static(f"{where}.static", static, mount)


def _static(where: str, static: dict, mount: dict) -> Iterator[str]:
    root, directory = static["root"], static["app_directory"]
    if (root is None) == (directory is None):
        yield (
            f"{where} has {'neither root nor' if root is None else 'both root and'} app_directory "
            f"for {static['path']!r}: write root, a directory on the host, or app_directory, the "
            "last name of a directory in wsgi_app_static_paths."
        )
    elif root is not None:
        yield from _directory(f"{where}.root", root)
    elif mount["app"] is None:
        yield (
            f"{where}.app_directory is {directory!r}, but the mount has upstreams: nginx finds the "
            "files by the name of an app on the same host. Mount the app by its name, or write "
            "root."
        )
    elif "/" in directory or not common.PREFIX.fullmatch(f"/{directory}"):
        yield (
            f"{where}.app_directory is {directory!r}: write the last name of a directory in "
            "wsgi_app_static_paths, as in 'static' for shop/static."
        )


def _verify_paths(where: str, mount: dict) -> Iterator[str]:
    for path in mount["verify_paths"]:
        if not is_path(path):
            prefix = mount["path"].removesuffix("/")
            yield (
                f"{where} has {path!r}: write a path below the mount, percent-encoded and without "
                f"a fragment, as in '/admin/' for {prefix}/admin/."
            )
    yield from common.repeated(where, mount["verify_paths"])


def _internal(where: str, mount: dict) -> Iterator[str]:
    if mount["path"] == "/":
        yield (
            f"{where} is internal, but its path is '/', where apps have their paths: choose "
            "another path, as in '/protected'."
        )
    for option in ("fallback", "immutable", "listing"):
        if mount[option]:
            yield (
                f"{where} has internal and {option}, but no client requests a path of the mount: "
                "remove one of them."
            )


def _directory(where: str, value: str) -> Iterator[str]:
    if not DIRECTORY.fullmatch(value):
        yield f"{where} is {value!r}: write an absolute path without spaces, as in '/srv/www/shop'."
