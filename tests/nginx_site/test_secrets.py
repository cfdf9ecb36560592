"""No input error prints a secret, wherever it was written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from minimal import SITE

SECRET = "s3cr3t"
URLS = [
    f"https://me:{SECRET}@a.example/x",
    f"https://{SECRET}@a.example",
    f"http://me:{SECRET}@a.example:80/x?y#z",
    f"https://mé:{SECRET}@a.example",
    f"https://{SECRET}ß@a.example",
    f"https://me:a/{SECRET}@a.example/",
    f"https://me:a?{SECRET}@a.example/",
    f"https://me:a#'{SECRET}@a.example/",
    f'https://me:a "{SECRET}@a.example/',
    f"//me:{SECRET}@a.example",
    f"me:{SECRET}@a.example:80",
    f"/x?//me:{SECRET}@a.example",
    f"/http%3A//me:%73{SECRET}@a.example",
    f"ssh://me:{SECRET}@a.example",
]
TEXTS = [SECRET, f"{SECRET}$", f'{SECRET}"', f"{SECRET}\n", f"{SECRET}'\\", f"/{SECRET} x"]
TEXTS += [f"-----BEGIN {SECRET}", f"proxy_set_header A {SECRET};", f'set $a "{SECRET}', "x" * 5000]
KINDS = [
    {"app": "shop"},
    {"upstreams": ["10.0.0.1:80"]},
    {"root": "/srv"},
    {"redirect": "/x", "below": True},
    {"app": "shop", "cache": {"seconds": 1}},
]
"""Mounts, which use different options."""


def placed(option: dict, value: Any) -> Iterator[Any]:
    """Yield the values of ``option`` that have ``value`` at one place."""
    if "options" in option:
        for name, suboption in option["options"].items():
            for part in placed(suboption, value):
                yield [{name: part}] if option["type"] == "list" else {name: part}
    elif option["type"] == "list":
        yield [value]
        yield [value, value]
    elif option["type"] == "dict":
        yield {"me": value}
        if not option.get("no_log"):
            yield {value: "x"}
        yield value
    elif option["type"] == "raw":
        names = ("url", "sign_in", "origins", "headers", "methods", "max_age", "credentials")
        for name in (*names, "retry_after", "allow", "paths", "address", "weight", value):
            yield {name: value}
            yield {name: [value]}
        yield from (value, [value], [{"address": value}], {"/a": {"target": value}})
    else:
        yield value


def in_options(options: dict, value: Any) -> Iterator[dict]:
    """Yield inputs of a site that have ``value`` at one place."""
    for name, option in options.items():
        if name == "nginx_site_mounts":
            for (suboption, spec), kind in itertools.product(option["options"].items(), KINDS):
                for part in placed(spec, value):
                    yield {name: [{"path": "/a", **kind, suboption: part}]}
        elif name == "nginx_site_tls":
            for part, mode in itertools.product(placed(option, value), MODES):
                yield {name: {**mode, **part}}
        else:
            yield from ({name: part} for part in placed(option, value))


MODES = [
    {"mode": "none"},
    {"mode": "self_signed"},
    {"mode": "acme"},
    {"mode": "files", "certificate": "/a.pem", "key": "/a.key"},
    {"mode": "files", "certificate": "-----BEGIN CERTIFICATE-----", "key": "-----BEGIN"},
]


@pytest.fixture
def said(nginx_site):
    """Return a function that returns the errors, without evaluating templates."""
    check = nginx_site.check

    def said(settings: dict) -> str:
        return "\n".join(check({**nginx_site.defaults, **SITE, **settings}))

    return said


@pytest.mark.parametrize("url", URLS)
def test_url(said, url: str):
    for settings in (
        {"nginx_site_public_url": url},
        {"nginx_site_auth_request": {"url": url}},
        {"nginx_site_mounts": [{"path": "/a", "redirect": f"{url} "}]},
        {"nginx_site_mounts": [{"path": "/a", "upstreams": [url, url]}]},
    ):
        errors = said(settings)
        assert errors
        assert SECRET not in errors, settings


@pytest.mark.parametrize("url", URLS[:2])
def test_url_at_every_place(nginx_site, said, url: str):
    failed = 0
    for settings in in_options(nginx_site.options, url):
        errors = said(settings)
        assert SECRET not in errors, settings
        failed += bool(errors)
    assert failed > 200


def secret_options(options: dict) -> dict:
    """Return the options whose values are secret, and those around them."""
    return {
        name: {**option, "options": secret_options(option["options"])}
        if "options" in option and not option.get("no_log")
        else option
        for name, option in options.items()
        if option.get("no_log") or secret_options(option.get("options", {}))
    }


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_secret_option(nginx_site, said, text: str):
    failed = 0
    for settings in in_options(secret_options(nginx_site.options), text):
        errors = said(settings)
        assert SECRET not in errors, settings
        assert "xxxx" not in errors
        failed += bool(errors)
    assert failed > 5


@pytest.mark.parametrize("name", [f"me:{SECRET}", f"{SECRET} x", f"{SECRET}\n", f"ü{SECRET}"])
@pytest.mark.parametrize("password", ["", "x", 7, SECRET])
def test_name_with_a_password(said, name: str, password):
    errors = said({"nginx_site_users": {name: password}})
    assert "nginx_site_users: name 1 has " in errors
    assert SECRET not in errors


@pytest.mark.parametrize("name", [f"Authorization: Bearer {SECRET}", f"X-Token={SECRET}"])
def test_name_with_a_value(said, name: str):
    mounts = [{"path": "/", "app": "shop", "headers": {name: ""}}]
    errors = said({"nginx_site_mounts": mounts})
    assert errors.startswith("nginx_site_mounts[0].headers has ")
    assert SECRET not in errors


@pytest.mark.parametrize("option", ["certificate", "key", "clients"])
def test_key_without_its_first_line(said, option: str):
    for mode in MODES:
        text = "MC4CAQAwBQYDK2VwBCIEI" + SECRET * 7
        assert SECRET not in said({"nginx_site_tls": {**mode, option: text}})


def test_secrets_are_those_of_the_specification(nginx_site):
    options = secret_options(nginx_site.options)
    assert {name: sorted(options[name].get("options", {})) for name in options} == {
        "nginx_site_tls": ["key"],
        "nginx_site_users": [],
        "nginx_site_mounts": ["extra", "headers", "users"],
    }


def test_rest_of_an_error_stays(said):
    url = f"https://me:{SECRET}@a.example/x"
    assert said({"nginx_site_public_url": url}).startswith(
        "nginx_site_public_url is 'https://***@a.example/x': write the scheme and the host"
    )
    mount = {"path": "/", "root": "/srv", "headers": {"X-Token": SECRET}}
    assert said({"nginx_site_mounts": [mount]}) == (
        "nginx_site_mounts[0].headers is {'X-Token': '***'}, but the mount has root: only mounts "
        "with app or upstreams use it."
    )
