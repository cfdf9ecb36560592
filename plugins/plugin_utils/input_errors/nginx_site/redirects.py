"""Find what is wrong with redirects: moved paths, and mounts that redirect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import (
    loops,
    mounts,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs
from ansible_collections.subsite.deploy.plugins.plugin_utils.moved_paths import encoded

CODES = (301, 302, 303, 307, 308)
GONE = 410

CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
DOTS = re.compile(r"/\.{1,2}(/|$)")
START = re.compile(r"/(?![/\\])|https?://(?P<authority>[^/?#]+)")
MAXIMUM_PATH, MAXIMUM_TARGET = 1000, 3000
"""Bytes. A word in the configuration of nginx has at most 4096, with all backslashes."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_redirects`` and with redirects of mounts."""
    found = [
        *_below(inputs.values["mounts"]),
        *_paths(inputs),
        *(
            error
            for path, value in inputs.values["redirects"].items()
            for error in _value(f"nginx_site_redirects[{path!r}]", value)
        ),
    ]
    yield from found or loops.errors(inputs)


def _below(mounts: list[dict]) -> Iterator[str]:
    for index, mount in enumerate(mounts):
        target = mount["redirect"] or ""
        if not mount["below"] or re.fullmatch(r"(https?://[^/?#]+)?/?", target):
            continue
        if found := re.search(r"[?#]|/$", target):
            end = "the slash at its end" if found[0] == "/" else f"{found[0]!r} and what follows it"
            yield (
                f"nginx_site_mounts[{index}].redirect is {target!r}, but below is true, so a path "
                f"follows it: remove {end}."
            )


def _paths(inputs: Inputs) -> Iterator[str]:
    taken = set(mounts.paths(inputs.values["mounts"]))
    for path in inputs.values["redirects"]:
        if fault := _path_fault(path):
            yield f"nginx_site_redirects has {path!r}: {fault}."
        elif path in taken:
            yield (
                f"nginx_site_redirects has {path!r}, and nginx_site_mounts, too: write it in one "
                "of them."
            )


def _path_fault(path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        return "write the path from its first slash on, as in '/old-page'"
    if CONTROL.search(path):
        return "a path has no control characters"
    if found := re.search("[?#].*", path):
        return f"nginx compares the path only: remove {found[0]!r}"
    if unquote(path) != path:
        return f"write the path without percent-encoding: {unquote(path)!r}"
    if "//" in path or DOTS.search(path):
        return "nginx removes '//', '/./' and '/../' from paths: write it without them"
    if (size := len(path.encode())) > MAXIMUM_PATH:
        return f"a path has at most {MAXIMUM_PATH} bytes, this one has {size}"
    return ""


def _value(where: str, value: Any) -> Iterator[str]:
    """Yield what is wrong with the target and the code of a path."""
    if isinstance(value, str):
        value = {"target": value}
    if not isinstance(value, dict):
        yield (
            f"{where} is {value!r}: write a path, as in '/new', a URL, or {{target: /new, code: "
            f"308}}, or {{code: {GONE}}} if nothing is there any more."
        )
        return
    for name in value.keys() - {"target", "code"}:
        yield f"{where}.{name} is no option: use target, code."
    code, target = value.get("code", CODES[0]), value.get("target")
    if str(code) not in map(str, (*CODES, GONE)):
        yield f"{where}.code is {code!r}: write one of {', '.join(map(str, CODES))} and {GONE}."
    elif str(code) == str(GONE) and target is not None:
        yield (
            f"{where}.target is {target!r}, but code {GONE} means that nothing is there any more: "
            "remove one of them."
        )
    elif str(code) != str(GONE):
        yield from _target(f"{where}.target", target)


def _target(where: str, target: Any) -> Iterator[str]:
    start = START.match(target) if isinstance(target, str) and not CONTROL.search(target) else None
    if not start:
        yield f"{where} is {target!r}: write a path, as in '/new', or a URL that begins with http."
    elif fault := host_names.url_fault(target):
        yield f"{where} is {target!r}: {fault}."
    elif start["authority"] and not _is_authority(start["authority"]):
        yield f"{where} is {target!r}: write a host after '//', as in 'https://example.org/new'."
    elif (size := len(encoded(target))) > MAXIMUM_TARGET:
        yield f"{where} has {size} characters: a target has at most {MAXIMUM_TARGET}."


def _is_authority(text: str) -> bool:
    ascii_text = host_names.url_to_ascii(f"http://{text}").removeprefix("http://")
    return bool(common.HOST.fullmatch(ascii_text)) or common.is_address(ascii_text)
