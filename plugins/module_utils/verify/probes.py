"""Which requests verify sends to one endpoint: the public URL, a balancer, nginx or the app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl
from ansible_collections.subsite.deploy.plugins.module_utils.verify.faults import STATUS_WARNINGS
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    Response,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.page_probe import PageProbe

FORGED_CLIENT = "203.0.113.66"
FORGED_HOST = "forged.invalid"
FORGED_PREFIX = "/forged"


def forge_headers(scheme: str) -> dict[str, str]:
    """Return headers that a client can forge; each differs from what an app at ``scheme`` sees."""
    other = "http" if scheme == "https" else "https"
    return {
        "X-Forwarded-Proto": other,
        "X-Forwarded-Host": FORGED_HOST,
        "X-Forwarded-Port": "666",
        "X-Forwarded-Prefix": FORGED_PREFIX,
        "X-Forwarded-For": FORGED_CLIENT,
        "X-Forwarded-Ssl": {"http": "off", "https": "on"}[other],
        "Forwarded": f"for={FORGED_CLIENT};host={FORGED_HOST};proto={other}",
    }


class Probe:
    """The requests to one endpoint."""

    def __init__(self, name: str, endpoint: Endpoint, url: PublicUrl, strip: bool = False) -> None:
        """Prepare the requests.

        :param strip: whether the path has no prefix at this endpoint.
        """
        self.name, self.endpoint, self.url = name, endpoint, url
        self.prefix = "" if strip else url.prefix

    def send(
        self,
        *,
        outermost: bool,
        websocket: bool,
        body: int,
        inner_hosts: set[str] | None = None,
        paths: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Send all requests, and return the responses by their purpose.

        :param outermost: whether clients connect to this endpoint, so that it is asked what clients
            receive: with forged headers, too, and what the page refers to.
        :param paths: paths below the prefix of more pages that clients receive.
        """
        request, prefix, can_sign = (
            self.endpoint.request,
            self.prefix,
            bool(self.endpoint.signature),
        )
        page = PageProbe(self.endpoint, self.url, inner_hosts or set())
        responses: dict[str, Any] = {"name": self.name, "connect": self.endpoint.address}
        if can_sign:
            responses["signed"] = request(f"{prefix}/", signed=True).as_dict()
        # A second attempt would only wait for the same connection error again.
        if can_sign and responses["signed"]["error"] and not responses["signed"]["is_connected"]:
            responses["plain"] = responses["signed"]
            return responses
        reads = "page" if outermost else ""
        first = request(f"{prefix}/", reads=reads)
        responses["plain"] = first.as_dict()
        if first.error or first.malformed:
            return responses
        responses["redirects"], last = self._follow(first, reads)
        responses["redirect_end"] = last.as_dict()
        pages = [(urljoin(self.url.origin, last.target), last)]
        if prefix and self.name != "app":
            slash = request(prefix, reads=reads)
            responses["slash"] = slash.as_dict()
            responses["slash"]["reaches_app"] = can_sign and bool(
                request(prefix, signed=True).wrapper_answer
            )
            pages.append((urljoin(self.url.origin, prefix), slash))
        if first.status == 404 and self.url.prefix:
            doubled = request(f"{prefix}{self.url.prefix}/")
            responses["doubled_prefix"] = doubled.as_dict()
            responses["without_prefix"] = request("/").as_dict()
        if outermost:
            pages = [(address, it) for address, it in pages if not (it.error or it.location)]
            responses["wrong_urls"] = page.find(responses["redirects"], pages)
            if first.status in STATUS_WARNINGS:
                responses["no_such_page"] = page.no_such_page().as_dict()
            responses |= self._forge(responses)
        if websocket and can_sign:
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
            responses["websocket"] = request(f"{prefix}/", upgrade, signed=True).as_dict()
        if body and can_sign:
            responses["body"] = request(f"{prefix}/", signed=True, body=body).as_dict()
        # They come last: many pages must not take the time of the other requests.
        if outermost:
            responses["pages"] = {
                f"{self.url.prefix}{path}": self._read(page, f"{prefix}{path}")
                for path in dict.fromkeys(paths)
            }
        return responses

    def _read(self, page: PageProbe, path: str) -> dict[str, Any]:
        """Return the redirects and the response at ``path``, and the wrong URLs of that page."""
        redirects, last = self._follow(self.endpoint.request(path, reads="page"), "page")
        found = (
            [] if last.error or last.location else [(urljoin(self.url.origin, last.target), last)]
        )
        return {
            "redirects": redirects,
            "redirect_end": last.as_dict(),
            "wrong_urls": page.find(redirects, found),
        }

    def _forge(self, responses: dict[str, Any]) -> dict[str, Any]:
        """Send each forged header alone, so that each is judged alone."""
        can_sign = bool(self.endpoint.signature)
        app_sees = responses.get("signed", {}).get("wrapper_answer", {}).get("sees", {})
        headers = forge_headers(app_sees.get("scheme", self.url.scheme))
        forged: dict[str, Any] = {
            "forged": {
                name: self.endpoint.request(
                    f"{self.prefix}/", {name: value}, signed=can_sign
                ).as_dict()
                for name, value in headers.items()
            }
        }
        if self.prefix and not can_sign:
            forged["forged_slash"] = {
                name: self.endpoint.request(self.prefix, {name: value}).as_dict()
                for name, value in headers.items()
            }
        return forged

    def _follow(
        self, response: Response, reads: str, most: int = 5
    ) -> tuple[list[dict[str, Any]], Response]:
        """Return the redirects from ``response`` on, and the last response.

        They are followed while they stay on this origin.
        """
        redirects: list[dict[str, Any]] = []
        source = urljoin(self.url.origin, response.target)
        while response.location and len(redirects) < most:
            redirects.append(
                {"url": source, "status": response.status, "location": response.location}
            )
            target = urljoin(source, response.location)
            if not target.startswith(f"{self.url.origin}/"):
                break
            source, path = target, target.removeprefix(self.url.origin)
            response = self.endpoint.request(path.partition("#")[0], reads=reads)
        return redirects, response
