"""What verify knows of a site when it looks for faults."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import (
    DEFAULT_PORTS,
    PublicUrl,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.faults import FAULTS, WARNINGS

PARTS = ("scheme", "host", "port", "prefix")
"""The parts of a URL that must be the same at each hop."""


@dataclass(frozen=True)
class Fault:
    """A fault that a site has."""

    name: str
    hop: str
    problem: str
    expected: str
    received: str
    fix: str


class Case:
    """A site: its public URL, the responses at each endpoint, and the proxies that nginx trusts."""

    def __init__(
        self,
        url: PublicUrl,
        responses: list[dict[str, Any]],
        trusted_proxies: list[str] | None = None,
        trusted_headers: list[str] | None = None,
        body: int = 0,
        *,
        is_assumed: bool = False,
    ) -> None:
        """Collect what is given.

        :param responses: what :class:`Probe` returned for each endpoint, the outermost first.
        :param trusted_proxies: the networks that nginx trusts; none if they are unknown.
        :param body: the size in bytes of the body that was posted.
        :param is_assumed: whether the public origin is a guess.
        """
        self.url = url
        self.responses = {one["name"]: one for one in responses}
        self.outermost = responses[0]
        self.plain = self.outermost["plain"]
        self.trusted_proxies, self.trusted_headers = trusted_proxies, trusted_headers
        self.body = body
        # An app alone does not show what clients request.
        self.knows_origin = not (is_assumed and self.outermost["name"] == "app")

    def wrapper_answer(self, name: str | None = None) -> dict[str, Any]:
        """Return what the wrapper answered at an endpoint (the outermost), or nothing."""
        responses = self.outermost if name is None else self.responses.get(name, {})
        return responses.get("signed", {}).get("wrapper_answer", {})

    def reaches_app(self, name: str) -> bool:
        """Return whether the endpoint ``name`` passes requests to the app."""
        return bool(self.wrapper_answer(name))

    @property
    def expects_wrapper(self) -> bool:
        """Whether the wrapper of the app should answer. If so, a missing answer is a fault."""
        app = self.responses.get("app", {})
        fails = "signed" in app and (app["plain"]["error"] or app["plain"]["status"] >= 500)
        return bool(fails) or any(self.wrapper_answer(name) for name in self.responses)

    @property
    def is_behind_proxy(self) -> bool:
        """Whether a proxy is known to stand in front of nginx."""
        return bool(self.trusted_proxies) or "balancer" in self.responses

    @property
    def has_direct_nginx(self) -> bool:
        """Whether requests were also sent to nginx without the proxies in front of it."""
        return "nginx" in self.responses and self.outermost["name"] != "nginx"

    @property
    def prefix_outside_app(self) -> str:
        """The prefix without the part that the app has in its own routes."""
        mounted = self.wrapper_answer()["mounted"]
        in_routes = mounted["prefix"] if mounted["mode"] == "app" else ""
        return self.url.prefix.removesuffix(in_routes)

    def forwarded(self, name: str | None = None) -> dict[str, str]:
        """Return the parts of the URL that gunicorn received through an endpoint, or nothing."""
        answer = self.wrapper_answer(name)
        if not answer:
            return {}
        headers = {key: first_value(value) for key, value in answer["received"]["headers"].items()}
        scheme = headers.get("X-Forwarded-Proto") or answer["received"]["scheme"]
        authority = headers.get("X-Forwarded-Host") or answer["received"]["host"]
        host, port = split_authority(authority)
        default_port = str(DEFAULT_PORTS.get(scheme, ""))
        return {
            "scheme": scheme,
            "host": host.lower(),
            "port": headers.get("X-Forwarded-Port") or port or default_port,
            "prefix": headers.get("X-Forwarded-Prefix", answer["sees"]["prefix"]).rstrip("/"),
            "client": headers.get("X-Forwarded-For", ""),
        }

    def trusts(self, address: str) -> bool:
        """Return whether nginx trusts ``address``."""
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(
            peer in ipaddress.ip_network(network, strict=False)
            for network in self.trusted_proxies or []
        )

    def fault(self, name: str, expected: object, received: object, **details: object) -> Fault:
        """Return the fault or warning ``name``, with its description filled in."""
        description = {**FAULTS, **WARNINGS}[name]
        url = self.url
        inner_prefix = self.forwarded().get("prefix")
        outer_prefix = "" if inner_prefix is None else url.prefix.removesuffix(inner_prefix)
        details_text = {key: excerpt(str(value)) for key, value in details.items()}
        values = {
            "host": url.host,
            "authority": url.authority,
            "origin": url.origin,
            "prefix": url.prefix or "/",
            "scheme": url.scheme,
            "outer": excerpt(outer_prefix),
            "trusted": ", ".join(self.trusted_headers or ["proto", "for"]),
            "body": self.body,
            **details_text,
        }
        return Fault(
            name,
            details_text.get("hop", description.hop),
            description.problem.format(**values),
            excerpt(str(expected)),
            excerpt(str(received)) or "nothing",
            description.fix.format(**values),
        )


def first_value(header: str) -> str:
    """Return the first value of a header's list."""
    return header.split(",")[0].strip()


def split_authority(authority: str) -> tuple[str, str]:
    """Return the host and the port of an authority; the port may be empty."""
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon and port.isdigit() else (authority, "")
