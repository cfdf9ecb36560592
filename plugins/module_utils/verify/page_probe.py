"""Find the URLs of a page that lead elsewhere than the app meant, and prove it by requests.

A URL is accused only with a proof: it fails, and the URL that the app must have meant does not. So
links to other mounts, to other sites and to an intranet are never accused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import quote, urljoin, urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import (
    DEFAULT_PORTS,
    PublicUrl,
    is_internal,
    is_loopback,
    is_url,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    Response,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.references import (
    LOADED,
    Reference,
)

PAGES = 3
"""How many pages are read from one address on: the page there, and where it refreshes to."""
PARTS = {"style sheet": 3, "script": 3, "import": 3, "manifest": 1}
"""How many parts of these pages are read for the URLs in them, by their kind."""
PROOFS = 10
"""How many URLs of these pages are proved for each fault."""
ALIKE = 3
"""How many URLs with the same first part of their path are proved for each fault."""

NO_SUCH_PAGE = "/subsite-verify-no-such-page"
"""A path that no app has, to recognise apps that answer at every path."""

SAFE = "%/:?#[]@!$&'()*+,;=~-._"
"""Characters that stay as they are in a URL (RFC 3986, 2)."""

BELONGS_TO_OTHERS = {401, 403, 405, 407, 421, 429, 502, 503, 504}
"""Errors of a path that exists: its server needs a login, or is down."""


@dataclass(frozen=True)
class WrongUrl:
    """A URL of a page that leads elsewhere than the app meant."""

    fault: str
    kind: str
    """What it is, as in :mod:`references`; ``redirect`` for a Location."""
    place: str
    """The path of the page, style sheet or script that has it."""
    written: str
    response: str
    """What a request to it shows."""
    meant: str
    """The URL that works."""
    count: int
    """How many different URLs have this fault."""


@dataclass(frozen=True)
class Candidate:
    """A URL that may be wrong."""

    fault: str
    reference: Reference
    place: str
    path: str
    """The path that a browser requests, with its query."""
    meant: str
    """The path that the app must have meant."""
    needs_failure: bool
    """Whether a request to the path has to fail. Otherwise its origin alone is wrong."""
    is_sure: bool = False
    """Whether this also holds for an app that answers at every path."""


class PageProbe:
    """Requests what pages refer to, at one endpoint."""

    def __init__(self, endpoint: Endpoint, url: PublicUrl, inner_hosts: set[str]) -> None:
        """Prepare the requests.

        :param inner_hosts: hosts behind the public one, to which no client can connect.
        """
        self.endpoint, self.url, self.inner_hosts = endpoint, url, inner_hosts
        self.responses: dict[tuple[str, str], Response] = {}
        self.texts: list[tuple[str, Response]] = []
        """The pages and parts that :meth:`find` reads, by their public URL."""
        self.addresses: set[str] = set()
        """The public URLs of all pages and parts that were read."""
        self.proved: set[tuple[str, str]] = set()
        """The faults and paths of all URLs that were proved right or wrong."""

    def find(
        self, redirects: list[dict], pages: list[tuple[str, Response]]
    ) -> list[dict[str, object]]:
        """Return the wrong URLs as dictionaries, one for each fault.

        What an earlier call has read or proved is skipped: pages of one app share most parts.

        :param redirects: the redirects before the page, each with its ``url`` and ``location``.
        :param pages: the responses of the app without redirects, by their public URLs.
        """
        self.texts = []
        self._read(pages)
        candidates: dict[str, dict[tuple[str, str], Candidate]] = {}
        for candidate in (*self._of_redirects(redirects), *self._of_texts()):
            if (candidate.fault, candidate.path) not in self.proved:
                key = candidate.path, candidate.meant
                candidates.setdefault(candidate.fault, {}).setdefault(key, candidate)
        wrong = []
        for fault, found in candidates.items():
            kept = sample(list(found.values()))
            self.proved |= {(fault, it.path) for it in kept}
            proved = [it for it in kept if self._is_wrong(it)]
            if proved:
                count = len({it.path for it in proved})
                wrong.append(asdict(self._describe(proved[0], count)))
        return wrong

    def request(self, path: str, reads: str = "") -> Response:
        """Return the response at ``path``; each is requested once."""
        path = path.partition("#")[0]
        key = path, reads
        if key not in self.responses:
            self.responses[key] = self.endpoint.request(path, reads=reads)
        return self.responses[key]

    def no_such_page(self) -> Response:
        """Return the response at a path below the prefix that no app has."""
        return self.request(self.url.prefix + NO_SUCH_PAGE)

    def _read(self, pages: list[tuple[str, Response]]) -> None:
        """Read ``pages``, where they refresh to, and their parts."""
        waiting = list(pages)
        while waiting and len(self.texts) < PAGES:
            address, response = waiting.pop(0)
            if not self._is_below(address) or address in self.addresses:
                continue
            self._add(address, response)
            for reference in response.text.references:
                target = resolve(address, response.text.base, reference)
                if reference.kind == "refresh" and self._is_below(target):
                    waiting.append((target, self.request(self._path(target), "page")))
        left = dict(PARTS)
        for address, response in list(self.texts):
            for reference in response.text.references:
                target = resolve(address, response.text.base, reference)
                is_new = self._has_origin(target) and target not in self.addresses
                if is_new and left.get(reference.kind, 0):
                    left[reference.kind] -= 1
                    kind = "script" if reference.kind == "import" else reference.kind
                    self._add(target, self.request(self._path(target), kind))

    def _add(self, address: str, response: Response) -> None:
        """Keep what was read."""
        self.addresses.add(address)
        self.texts.append((address, response))

    def _has_origin(self, address: str) -> bool:
        return address.startswith(f"{self.url.origin}/")

    def _path(self, address: str) -> str:
        return address.removeprefix(self.url.origin)

    def _is_below(self, address: str) -> bool:
        """Return whether ``address`` is below the public URL."""
        path = self._path(address).partition("?")[0]
        return self._has_origin(address) and f"{path}/".startswith(f"{self.url.prefix}/")

    def _of_redirects(self, redirects: list[dict]) -> Iterator[Candidate]:
        for redirect in redirects:
            if self._is_below(redirect["url"]):
                reference = Reference("redirect", redirect["location"])
                yield from self._judge(redirect["url"], "", reference)

    def _of_texts(self) -> Iterator[Candidate]:
        for address, response in self.texts:
            for reference in response.text.references:
                if self.endpoint.total.is_over:
                    return
                yield from self._judge(address, response.text.base, reference)

    def _judge(self, address: str, base: str, reference: Reference) -> Iterator[Candidate]:
        """Yield how the target of a reference may be wrong."""
        target, prefix = resolve(address, base, reference), self.url.prefix
        parts, place = urlsplit(target), self._path(address)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            return
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        is_below = f"{parts.path}/".startswith(f"{prefix}/")
        if self._has_origin(f"{target}/"):
            if prefix and not is_below and (reference.kind, parts.path) != ("link", "/"):
                # A link to / is one to the front page of the whole site.
                fault = "slash-missing" if address == self._without_slash else "page-lacks-prefix"
                # A relative URL of a page without a slash means one of the page with a slash.
                for meant in self._meant_below(path):
                    yield Candidate(fault, reference, place, path, meant, True)
            elif prefix and f"{parts.path}/".startswith(f"{prefix}{prefix}/"):
                meant = path.removeprefix(prefix)
                yield Candidate("page-repeats-prefix", reference, place, path, meant, True)
        elif is_below and self._may_be_meant(target, bool(prefix)):
            is_sure = bool(prefix) or self._is_other_scheme(target)
            yield Candidate("page-origin", reference, place, target, path, False, is_sure)
        elif prefix and self._is_inner(parts.hostname) and parts.path not in ("", "/"):
            yield Candidate("page-origin", reference, place, target, prefix + path, False)

    def _meant_below(self, path: str) -> Iterator[str]:
        """Yield the paths below the prefix that an app may have meant by ``path``, which is not."""
        yield self.url.prefix + path
        # An app that puts something before the whole path of a request has the prefix behind it.
        before, has_prefix, behind = path.partition("?")[0].partition(f"{self.url.prefix}/")
        if has_prefix:
            query = path.removeprefix(f"{before}{has_prefix}{behind}")
            yield f"{self.url.prefix}{before}/{behind}{query}"

    @property
    def _without_slash(self) -> str:
        return self.url.origin + self.url.prefix

    def _may_be_meant(self, target: str, has_prefix: bool) -> bool:
        """Return whether ``target``, which has another origin, may be meant for this site."""
        parts = urlsplit(target)
        host = parts.hostname or ""
        is_same_host = host == self.url.host.strip("[]")
        if self._is_other_scheme(target):
            # A site may lead its clients from http to https.
            return parts.scheme == "http"
        if has_prefix:
            return is_same_host or self._is_inner(host) or is_internal(host)
        # At the root, any path is below the prefix: other sites of the host have a front page, too.
        return (is_same_host or self._is_inner(host)) and parts.path not in ("", "/")

    def _is_other_scheme(self, target: str) -> bool:
        """Return whether ``target`` has the host of the site, and the other scheme's port."""
        parts = urlsplit(target)
        is_same_host = parts.hostname == self.url.host.strip("[]")
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        is_default = port == DEFAULT_PORTS[parts.scheme]
        return is_same_host and parts.scheme != self.url.scheme and is_default

    def _is_inner(self, host: str) -> bool:
        public = self.url.host.strip("[]")
        return host != public and (host in self.inner_hosts or is_loopback(host))

    def _is_wrong(self, candidate: Candidate) -> bool:
        """Return whether requests prove that the URL is wrong."""
        is_part = candidate.reference.kind in LOADED
        meant = self.request(candidate.meant)
        accepted = {405} if candidate.reference.kind == "form" else set()
        if not (0 < meant.status < 400 or meant.status in accepted):
            return False
        if not candidate.is_sure and self._is_answer_to_all(meant):
            return False
        if not candidate.needs_failure:
            return True
        found = self._end_of(candidate.path) if is_part else self.request(candidate.path)
        if found.error or found.malformed:
            return False
        if found.status < 400:
            # The front page of a single-page app answers at every path.
            return is_part and is_page(found) and not is_page(self._end_of(candidate.meant))
        return found.status not in BELONGS_TO_OTHERS

    def _is_answer_to_all(self, response: Response) -> bool:
        """Return whether the app answers like this at every path."""
        other = self.no_such_page()
        return (response.status, response.content_type, bool(response.location)) == (
            other.status,
            other.content_type,
            bool(other.location),
        )

    def _end_of(self, path: str) -> Response:
        """Return the response at ``path`` behind its redirects."""
        response = self.request(path)
        for _redirect in range(3):
            target = urljoin(self.url.origin + path, response.location)
            if not response.location or not self._has_origin(target):
                break
            response = self.request(self._path(target))
        return response

    def _describe(self, candidate: Candidate, count: int) -> WrongUrl:
        if candidate.needs_failure:
            found = self.request(candidate.path)
            response = f"{found.status} {found.content_type if found.status < 400 else ''}".strip()
        else:
            response = "another origin"
        origin = self.url.origin
        return WrongUrl(
            fault=candidate.fault,
            kind=candidate.reference.kind,
            place=excerpt(candidate.place),
            written=excerpt(candidate.reference.written),
            response=response,
            meant=excerpt(candidate.meant if candidate.needs_failure else origin + candidate.meant),
            count=count,
        )


def is_page(response: Response) -> bool:
    """Return whether a browser shows ``response`` as a page."""
    return response.content_type in ("text/html", "application/xhtml+xml")


def resolve(address: str, base: str, reference: Reference) -> str:
    """Return the URL that a browser requests for ``reference``; empty if it is none.

    :param address: the URL of the page that has the reference.
    :param base: its ``<base href>``.
    """
    # Browsers remove tabs and line feeds, and read \\ as / (WHATWG URL, 4.4).
    written = reference.written.translate({9: None, 10: None, 13: None, 92: "/"})
    try:
        target = urljoin(urljoin(address, base), quote(written.partition("#")[0], safe=SAFE))
    except ValueError:
        return ""
    return target if is_url(target) else ""


def sample(candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates to prove: of each directory a few, what a page needs most first."""
    needed = ["redirect", "script", "style sheet", "import", *sorted(LOADED)]
    ranks = {kind: rank for rank, kind in reversed(list(enumerate(needed)))}
    ordered = sorted(candidates, key=lambda it: ranks.get(it.reference.kind, len(ranks)))
    kept: list[Candidate] = []
    directories: dict[str, int] = {}
    for candidate in ordered:
        directory = candidate.path.partition("?")[0].strip("/").partition("/")[0]
        directories[directory] = directories.get(directory, 0) + 1
        if directories[directory] <= ALIKE:
            kept.append(candidate)
    return kept[:PROOFS]
