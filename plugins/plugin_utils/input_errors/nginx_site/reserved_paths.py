"""Find paths that the site needs itself."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import mounts
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

RESERVED = {
    "/.errors": "has the pages for errors",
    "/.auth_request": "is where nginx asks the service of auth_request",
}
"""The beginnings of private paths (vars/main/error_pages.yml, auth_request.j2), and their uses."""

CHALLENGES = "/.well-known/acme-challenge"


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield which paths of mounts and redirects are reserved."""
    reserved = dict(RESERVED)
    if inputs.values["tls"]["mode"] == "acme":
        reserved[CHALLENGES] = "has the challenges of certbot"
    for variable, paths in (
        ("nginx_site_mounts", mounts.paths(inputs.values["mounts"])),
        ("nginx_site_redirects", inputs.values["redirects"]),
    ):
        for path in paths:
            for start, use in reserved.items():
                if _is_reserved(str(path), start):
                    yield f"{variable} has {path!r}, but {start} {use}: choose another path."


def _is_reserved(path: str, start: str) -> bool:
    """Return whether ``path`` is ``start``, with a number as for a service, or below it."""
    segment = path[len(start) :].partition("/")[0]
    return path.startswith(start) and (not segment or segment.isdecimal())
