"""Find what is wrong with gunicorn's settings, and with the file that has some of them."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.gunicorn_settings import (
    DECIDED,
    FREE,
    HOOK,
    MAPPING,
    NUMBER,
    TEXT,
    TEXTS,
    YES_OR_NO,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

FUNCTION = re.compile(r"([A-Za-z_]\w*\.)+[A-Za-z_]\w*")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_gunicorn`` and ``wsgi_app_gunicorn_file``."""
    for name, value in inputs.values["gunicorn"].items():
        if name in DECIDED:
            yield f"wsgi_app_gunicorn has {name}, which the role decides: {DECIDED[name]}."
        elif name not in FREE:
            yield f"wsgi_app_gunicorn has {name!r}, which is no setting of gunicorn: {_meant(name)}"
        else:
            yield from _value(name, value)
    if "logger_class" in inputs.values["gunicorn"] and inputs.values["statsd"]:
        yield (
            "wsgi_app_gunicorn has logger_class, but wsgi_app_statsd has a logger of its own: "
            "remove one of the two."
        )
    if "access_log_format" in inputs.values["gunicorn"] and not inputs.values["access_log"]:
        yield (
            "wsgi_app_gunicorn has access_log_format, but there is no access log: write "
            "wsgi_app_access_log: true."
        )
    yield from _file(inputs.values["gunicorn_file"], inputs.values["source"] or {})


def _meant(name: str) -> str:
    close = difflib.get_close_matches(str(name), sorted([*FREE, *DECIDED]), n=1)
    return f"do you mean {close[0]}?" if close else "remove it."


def _value(name: str, value: Any) -> Iterator[str]:
    kind = FREE[name]
    if name == "graceful_timeout" and value == 0:
        yield "wsgi_app_gunicorn.graceful_timeout is 0: write 1 or more; it is in seconds."
    elif isinstance(kind, tuple):
        if value not in kind:
            yield f"wsgi_app_gunicorn.{name} is {value!r}: write one of {', '.join(kind)}."
    elif not _is(kind, value):
        yield f"wsgi_app_gunicorn.{name} is {value!r}: write {kind}."


def _is(kind: str, value: Any) -> bool:
    """Return whether ``value`` is of a type of :mod:`gunicorn_settings`."""
    if kind == NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(element, str) for element in value)
    if kind == HOOK:
        return isinstance(value, str) and bool(FUNCTION.fullmatch(value))
    return isinstance(value, {YES_OR_NO: bool, TEXT: str, MAPPING: dict}[kind])


def _file(path: str, source: dict) -> Iterator[str]:
    if not path:
        return
    start = f"wsgi_app_gunicorn_file is {path!r}"
    kind = source.get("type")
    if kind == "pip":
        yield (
            f"{start}, but a package has no source directory: write the settings in "
            "wsgi_app_gunicorn, and hooks by their names, as in {post_fork: shop.hooks.post_fork}."
        )
    elif not path.endswith(".py"):
        yield f"{start}: write the path of a Python file, as in 'gunicorn.conf.py'."
    elif os.path.normpath(path) != path or path.startswith("../"):
        yield f"{start}: write the path without '.', '..' and double slashes."
    elif kind == "image" and not path.startswith("/"):
        yield f"{start}: write the path in the image, as in '/opt/shop/gunicorn.conf.py'."
    elif kind != "image" and path.startswith("/"):
        yield f"{start}: write a path relative to the source, as in 'gunicorn.conf.py'."
    elif kind == "local":
        directory = os.path.normpath(os.path.join(source["path"], source["directory"] or ""))
        if not os.path.isfile(os.path.join(directory, path)):
            yield f"{start}, but {directory} has no such file: write one, or remove it."
