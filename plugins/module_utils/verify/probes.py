"""Which requests verify sends to one endpoint: the public URL, a balancer, nginx or the app."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urljoin

from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import Endpoint

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

    def send(self, *, forge: bool, websocket: bool, body: int) -> dict[str, Any]:
        """Send all requests, and return the responses by their purpose."""
        request, prefix, can_sign = (
            self.endpoint.request,
            self.prefix,
            bool(self.endpoint.signature),
        )
        responses: dict[str, Any] = {"name": self.name, "connect": self.endpoint.address}
        if can_sign:
            responses["signed"] = asdict(request(f"{prefix}/", signed=True))
        # A second attempt would only wait for the same connection error again.
        unreachable = (
            can_sign and responses["signed"]["error"] and not responses["signed"]["client_address"]
        )
        responses["plain"] = responses["signed"] if unreachable else asdict(request(f"{prefix}/"))
        plain = responses["plain"]
        if plain["error"] or plain["malformed"]:
            return responses
        responses["redirects"], responses["redirect_end"] = self._follow(plain)
        if prefix and self.name != "app":
            responses["slash"] = asdict(request(prefix))
            responses["slash"]["reaches_app"] = can_sign and bool(
                request(prefix, signed=True).wrapper_answer
            )
        if plain["status"] == 404 and self.url.prefix:
            responses["doubled_prefix"] = asdict(request(f"{prefix}{self.url.prefix}/"))
            responses["without_prefix"] = asdict(request("/"))
        if self._leaves_prefix(plain["location"]):
            responses["redirect_target"] = asdict(request(plain["location"]))
            responses["redirect_target_with_prefix"] = asdict(
                request(self.url.prefix + plain["location"])
            )
        if forge:
            responses |= self._forge(responses)
        if websocket and can_sign:
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
            responses["websocket"] = asdict(request(f"{prefix}/", upgrade, signed=True))
        if body and can_sign:
            responses["body"] = asdict(request(f"{prefix}/", signed=True, body=body))
        return responses

    def _forge(self, responses: dict[str, Any]) -> dict[str, Any]:
        """Send each forged header alone, so that each is judged alone."""
        can_sign = bool(self.endpoint.signature)
        app_sees = responses.get("signed", {}).get("wrapper_answer", {}).get("sees", {})
        headers = forge_headers(app_sees.get("scheme", self.url.scheme))
        forged: dict[str, Any] = {
            "forged": {
                name: asdict(
                    self.endpoint.request(f"{self.prefix}/", {name: value}, signed=can_sign)
                )
                for name, value in headers.items()
            }
        }
        if self.prefix and not can_sign:
            forged["forged_slash"] = {
                name: asdict(self.endpoint.request(self.prefix, {name: value}))
                for name, value in headers.items()
            }
        return forged

    def _leaves_prefix(self, location: str) -> bool:
        """Return whether ``location`` is a path outside of the prefix."""
        return (
            location.startswith("/")
            and not location.startswith("//")
            and not f"{location}/".startswith(f"{self.url.prefix}/")
        )

    def _follow(
        self, response: dict[str, Any], most: int = 5
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the redirects from ``response`` on, and the last response.

        They are followed while they stay on this origin.
        """
        redirects: list[dict[str, Any]] = []
        source = urljoin(self.url.origin, response["target"])
        while response["location"] and len(redirects) < most:
            redirects.append(
                {"url": source, "status": response["status"], "location": response["location"]}
            )
            target = urljoin(source, response["location"])
            if not target.startswith(f"{self.url.origin}/"):
                break
            source, path = target, target.removeprefix(self.url.origin)
            response = asdict(self.endpoint.request(path.partition("#")[0]))
        return redirects, response
