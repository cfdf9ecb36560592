"""Find what is wrong with a git repository as the source of an app."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils import git_address
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

FINGERPRINT = re.compile(r"[0-9A-F]{40}")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the repository, the version and the keys of signatures."""
    source = inputs.values["source"]
    if source is None:
        return
    if source["type"] == "git":
        yield from _url(source["url"])
        yield from _version(source["version"], inputs.given["source"]["version"])
    if source["submodules"] is not None and source["type"] != "git":
        yield (
            f"wsgi_app_source.submodules is set, but wsgi_app_source.type is {source['type']!r}: "
            "only git fetches submodules, so remove it."
        )
    if source["signed_by"] is not None:
        yield from _signatures(source["type"], source["signed_by"])


def _url(url: str) -> Iterator[str]:
    if not git_address.is_url(url):
        printed = git_address.hide_credentials(url)
        yield (
            f"wsgi_app_source.url is {printed!r}: write an https, ssh, git or file URL, an "
            "absolute path on the host, or user@host:path for SSH, as in "
            "'https://git.example.org/shop.git'."
        )


def _version(version: str, given: object) -> Iterator[str]:
    if not isinstance(given, str):
        yield (
            f"wsgi_app_source.version is {given!r}, a number, which may have lost a digit: put "
            "quotes around it."
        )
    elif not git_address.is_version(version):
        yield (
            f"wsgi_app_source.version is {version!r}: write a tag or a branch, as in 'v1.4' or "
            "'refs/tags/v1.4', or the 40 hexadecimal digits of a commit."
        )


def _signatures(kind: str, keys: list[str]) -> Iterator[str]:
    if kind != "git":
        yield (
            f"wsgi_app_source.signed_by is {keys!r}, but wsgi_app_source.type is {kind!r}: only "
            "git has signatures, so remove it."
        )
    elif not keys:
        yield (
            "wsgi_app_source.signed_by is empty, so no signature would be accepted: write the "
            "fingerprints of keys, or remove it."
        )
    for key in keys:
        if not FINGERPRINT.fullmatch(key):
            yield (
                f"wsgi_app_source.signed_by has {key!r}: write the whole fingerprint of a key, 40 "
                "capital hexadecimal digits without spaces, as 'gpg --list-keys' prints it."
            )
