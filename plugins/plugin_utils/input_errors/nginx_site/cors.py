"""Find what is wrong with CORS: which scripts of other origins may read responses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils import cors_settings
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import headers
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

ORIGIN = re.compile(r"(https?)://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[0-9]+)?")
METHOD = re.compile(r"[A-Z]{3,20}")
LONGEST = 86400
"""Seconds. Browsers keep an answer for a day at most."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the settings of the site and of its mounts."""
    values = inputs.values
    yield from _settings("nginx_site_cors", values["cors"], values["response_headers"])
    for index, mount in enumerate(values["mounts"]):
        where = f"nginx_site_mounts[{index}]."
        if mount["cors"] is not None and mount["redirect"] is None:
            yield from _settings(f"{where}cors", mount["cors"], values["response_headers"])
        if mount["cors"] or (values["cors"] and mount["cors"] is None):
            yield from _twice(f"{where}response_headers", mount["response_headers"])


def _settings(where: str, value: Any, response_headers: dict) -> Iterator[str]:
    if value in ([], {}):
        return
    if not isinstance(value, list | dict):
        yield f"{where} is {value!r}: write a list of origins, as in ['https://app.example.org']."
        return
    settings = cors_settings.complete(value)
    for option in sorted(set(settings) - set(cors_settings.DEFAULTS)):
        yield f"{where}.{option} is no option: use {', '.join(cors_settings.DEFAULTS)}."
    yield from _origins(where, settings)
    yield from _lists(where, settings)
    if not isinstance(settings["credentials"], bool):
        yield f"{where}.credentials is {settings['credentials']!r}: write true or false."
    age = settings["max_age"]
    is_number = isinstance(age, int) and not isinstance(age, bool)
    if not is_number or not 0 <= age <= LONGEST:
        yield f"{where}.max_age is {age!r}: write seconds, from 0 to {LONGEST}."
    yield from _twice("nginx_site_response_headers", response_headers)


def _origins(where: str, settings: dict[str, Any]) -> Iterator[str]:
    origins = settings["origins"]
    if not isinstance(origins, list) or not origins:
        yield f"{where}.origins is {origins!r}: write a list, as in ['https://app.example.org']."
        return
    yield from common.repeated(where, [str(origin) for origin in origins])
    for origin in origins:
        match = ORIGIN.fullmatch(str(origin))
        if origin == "*":
            continue
        if not match:
            yield (
                f"{where} has {origin!r}: write an origin as browsers send it, in lower case and "
                "without a path, as in 'https://app.example.org'."
            )
        elif (match[1], match[2]) in {("https", ":443"), ("http", ":80")}:
            yield f"{where} has {origin!r}: browsers leave this port out, so remove it."
    if "*" in origins and len(origins) > 1:
        yield f"{where} has '*' and other origins: write '*' alone, or remove it."
    if "*" in origins and settings["credentials"]:
        yield (
            f"{where} has '*' and credentials, and every page on the internet could act for a user "
            "who has logged in: write the origins."
        )


def _lists(where: str, settings: dict[str, Any]) -> Iterator[str]:
    for option, pattern, example in (
        ("methods", METHOD, "[GET, POST]"),
        ("headers", headers.NAME, "[Content-Type]"),
    ):
        values = settings[option]
        if not isinstance(values, list) or not all(
            isinstance(value, str) and pattern.fullmatch(value) for value in values
        ):
            yield f"{where}.{option} is {values!r}: write a list of names, as in {example}."


def _twice(where: str, response_headers: dict) -> Iterator[str]:
    for name in response_headers:
        if name.lower().startswith("access-control-allow-"):
            yield f"{where} sets {name}, but cors sets it: remove one of them."
