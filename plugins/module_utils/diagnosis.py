"""Name the first wrong hop between a visitor and an app, and the setting that mends it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils.faults import FAULTS
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.visit import (
    CLAIMED_PREFIX,
    PORTS,
    Site,
    is_url,
)

PARTS = ("scheme", "host", "port", "prefix")


BAD_CERTIFICATE = "CERTIFICATE_VERIFY"
"""What errors of Python's ssl about the other's certificate have in them."""

LATE = "TimeoutError"
"""Part of the error of an answer that came too late, and of a request that was not sent."""


@dataclass(frozen=True)
class Finding:
    """A fault that a site has."""

    fault: str
    hop: str
    means: str
    expected: str
    came: str
    mend: str


class Case:
    """What is known of a site: its URL, what each layer answered, and what nginx is set to."""

    def __init__(
        self,
        site: Site,
        layers: list[dict[str, Any]],
        trusted_proxies: list[str] | None = None,
        trusted_headers: list[str] | None = None,
        body: int = 0,
    ) -> None:
        """Look at the ``layers``, the outermost first.

        :param trusted_proxies: whom nginx trusts; none if nobody knows.
        """
        self.site = site
        self.layers = {layer["name"]: layer for layer in layers}
        self.outer = layers[0]
        self.plain = self.outer["plain"]
        self.trusted_proxies, self.trusted_headers = trusted_proxies, trusted_headers
        self.body = body

    def seen(self, name: str | None = None) -> dict[str, Any]:
        """Return what the wrapper said through a layer; nothing if it said nothing."""
        layer = self.outer if name is None else self.layers.get(name, {})
        return layer.get("signed", {}).get("seen", {})

    def answers(self, name: str) -> bool:
        """Return whether the app was reached through the layer ``name``."""
        return bool(self.seen(name))

    @property
    def proven(self) -> bool:
        """Whether the wrapper was asked, so that its silence means something."""
        app = self.layers.get("app", {})
        fails = "signed" in app and (app["plain"]["error"] or app["plain"]["status"] >= 500)
        return bool(fails) or any(self.seen(name) for name in self.layers)

    @property
    def in_front(self) -> bool:
        """Whether somebody is known to stand in front of nginx."""
        return bool(self.trusted_proxies) or "balancer" in self.layers

    def told(self, name: str | None = None) -> dict[str, str]:
        """Return the parts of the URL that gunicorn was told through a layer, as far as it was."""
        seen = self.seen(name)
        if not seen:
            return {}
        headers = {key: first(value) for key, value in seen["came"]["headers"].items()}
        scheme = headers.get("X-Forwarded-Proto") or seen["came"]["scheme"]
        authority = headers.get("X-Forwarded-Host") or seen["came"]["host"]
        host, port = split(authority)
        return {
            "scheme": scheme,
            "host": host.lower(),
            "port": headers.get("X-Forwarded-Port") or port or str(PORTS.get(scheme, "")),
            "prefix": headers.get("X-Forwarded-Prefix", seen["sees"]["prefix"]).rstrip("/"),
            "client": headers.get("X-Forwarded-For", ""),
        }

    def trusts(self, address: str) -> bool:
        """Return whether nginx is set to trust ``address``."""
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        networks = [ipaddress.ip_network(it, strict=False) for it in self.trusted_proxies or []]
        return any(peer in network for network in networks)

    def found(self, fault: str, expected: object, came: object, **words: object) -> Finding:
        """Return the finding in words."""
        known = FAULTS[fault]
        site = self.site
        outer = site.prefix.removesuffix(self.told().get("prefix", "")) if self.told() else ""
        said = {name: excerpt(str(value)) for name, value in words.items()}
        fill = {
            "host": site.host,
            "authority": site.authority,
            "origin": site.origin,
            "prefix": site.prefix or "/",
            "scheme": site.scheme,
            "outer": excerpt(outer),
            "trusted": ", ".join(self.trusted_headers or ["proto", "for"]),
            "body": self.body,
            **said,
        }
        return Finding(
            fault,
            said.get("hop", known.hop),
            known.means.format(**fill),
            excerpt(str(expected)),
            excerpt(str(came)) or "nothing",
            known.mend.format(**fill),
        )


def first(value: str) -> str:
    """Return the first of a list in a header."""
    return value.split(",")[0].strip()


def split(authority: str) -> tuple[str, str]:
    """Return the host and the port of an authority; no port if it has none."""
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon and port.isdigit() else (authority, "")


def examine(case: Case) -> dict[str, Any]:
    """Return all that can be said of a site."""
    return {
        "findings": [asdict(finding) for finding in diagnose(case)],
        "claims": believed(case),
        "hops": hops(case),
    }


def diagnose(case: Case) -> list[Finding]:
    """Return what is wrong, at the first hop where something is; nothing if all is right."""
    for stage in STAGES:
        findings = list(stage(case))
        if findings:
            return findings
    return []


def reached(case: Case) -> Iterator[Finding]:
    """Yield why a request does not get through to the app."""
    plain, site = case.plain, case.site
    if plain["error"]:
        fault = "certificate" if BAD_CERTIFICATE in plain["error"] else "not-reachable"
        yield case.found(fault, "an answer", plain["error"])
    elif any(malformed(case)):
        hop, broken = malformed(case)
        yield case.found("answer-malformed", "an answer", broken, hop=hop)
    elif loops(case):
        fault = "redirect-loop" if case.seen() else "https-loop"
        yield case.found(fault, "an answer", f"{plain['status']} Location: {plain['location']}")
    elif case.proven and not case.seen():
        yield missed(case)
    elif not case.proven and plain["status"] >= 500:
        yield case.found("error", "an answer", plain["status"])
    elif not case.proven and plain["status"] == 421:
        yield case.found("name-unknown", site.host, 421)


def malformed(case: Case) -> tuple[str, str]:
    """Return the innermost hop whose first answers break the rules, and how; empty if none does."""
    in_front = "balancer" if "nginx" in case.layers else "nginx" if "app" in case.layers else "app"
    for name in ("app", "nginx", "balancer", "public"):
        layer = case.layers.get(name, {})
        for answer in ("plain", "signed"):
            if broken := layer.get(answer, {}).get("malformed"):
                return in_front if name == "public" else name, broken
    return "", ""


def loops(case: Case) -> bool:
    """Return whether the journey comes back to where it has been."""
    been = set()
    for step in case.outer.get("journey", []):
        been.add(step["asked"])
        if urljoin(step["asked"], step["location"]) in been:
            return True
    return False


def missed(case: Case) -> Finding:
    """Return who does not pass a request on that the app would have answered."""
    status, name = case.plain["status"], "app"
    expected = f"an answer of the app at {case.site.prefix}/"
    app, nginx = case.layers.get("app"), case.layers.get("nginx")
    if app and not case.answers(name):
        if app["plain"]["error"]:
            return case.found("app-down", expected, app["plain"]["error"])
        return case.found("prefix-differs", expected, app["plain"]["status"])
    if nginx and case.answers("nginx"):
        fault = {421: "host-replaced", 502: "nginx-not-reached", 504: "nginx-not-reached"}.get(
            status, "balancer-routes-elsewhere"
        )
        return case.found(fault, expected, status)
    status = nginx["plain"]["status"] if nginx else status
    if status >= 502:
        return case.found("socket-refused", expected, status)
    fault = {421: "name-unknown", 500: "stripped-twice"}.get(status, "other-site")
    return case.found(fault, expected, status)


def told(case: Case) -> Iterator[Finding]:
    """Yield what nginx, or somebody before it, has made of the visitor's URL."""
    site, said = case.site, case.told()
    if not said:
        return
    values = {value.count(",") + 1 for value in forwarded(case.seen()).values()}
    counts = case.seen()["mounted"]["values"]
    if counts and values and counts not in values:
        listed = max(values)
        forwarded_as = "append" if listed > 1 else "collapse"
        yield case.found(
            "counts-differ", f"{counts} in each header", listed, forwarded=forwarded_as
        )
        return
    if said["scheme"] != site.scheme:
        yield from wrong_scheme(case, said)
    if said["host"] != site.host:
        hop = (
            "balancer" if case.told("nginx").get("host") == site.host and nginx_apart(case) else ""
        )
        fault = "host-replaced" if hop else "told-wrong"
        yield case.found(fault, site.host, said["host"])
    elif said["scheme"] == site.scheme and said["port"] != site.port:
        yield wrong_port(case, said)
    yield from wrong_prefix(case, said)
    client = said["client"]
    if said["scheme"] == site.scheme and client and case.trusts(client) and case.in_front:
        if client != case.plain["own_address"]:
            yield case.found("client-not-told", "the visitor's address", client)


def forwarded(seen: dict[str, Any]) -> dict[str, str]:
    """Return the headers that nginx sent, without those that may be lists anyway."""
    headers = seen["came"]["headers"]
    return {
        name: headers[name]
        for name in ("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port")
        if name in headers
    }


def nginx_apart(case: Case) -> bool:
    """Return whether nginx was asked without those in front of it."""
    return "nginx" in case.layers and case.outer["name"] != "nginx"


def wrong_scheme(case: Case, said: dict[str, str]) -> Iterator[Finding]:
    """Yield who has lost the scheme."""
    expected, came, peer = case.site.scheme, said["scheme"], said["client"]
    claims = case.outer.get("claims", {}).get("X-Forwarded-Proto", {}).get("seen", {})
    heard = bool(claims) and claims["sees"]["scheme"] != case.seen()["sees"]["scheme"]
    trusted = heard or peer == case.plain["own_address"] or case.trusts(peer)
    if case.trusted_proxies is None and not nginx_apart(case):
        yield case.found("told-wrong", expected, came)
    elif case.trusted_proxies == [] or not trusted:
        yield case.found("proxy-not-trusted", expected, came, peer=peer or "its address")
    else:
        yield case.found("scheme-not-told", expected, came)


def wrong_port(case: Case, said: dict[str, str]) -> Finding:
    """Return who has lost the port."""
    alone = case.told("nginx")
    # By http, whatever visitors use: the port that is left out of Host is another then.
    kept = {case.site.port} | ({"80"} if case.site.authority == case.site.host else set())
    before = nginx_apart(case) and alone.get("port") in kept
    if before and said["port"] == str(PORTS[said["scheme"]]):
        return case.found("port-dropped", case.site.port, said["port"])
    hop = "balancer" if before else "nginx"
    return case.found("port-of-listener", case.site.port, said["port"], hop=hop)


def wrong_prefix(case: Case, said: dict[str, str]) -> Iterator[Finding]:
    """Yield who has lost the prefix, or a part of it."""
    seen, expected = case.seen()["sees"], case.site.prefix
    mounted = case.seen()["mounted"]
    owned = mounted["prefix"] if mounted["mode"] == "app" else ""
    prefix = seen["prefix"] + owned
    if not expected.endswith(mounted["prefix"]):
        yield case.found("prefix-differs", expected, mounted["prefix"])
    elif prefix == expected:
        if not owned and (seen["path"] + "/").startswith(f"{expected}/") and expected:
            yield case.found("not-stripped", "/", seen["path"])
    elif prefix and expected.endswith(prefix) and said["prefix"] == prefix:
        known = case.trusted_headers is not None and "prefix" not in case.trusted_headers
        fault = "prefix-not-trusted" if known else "outer-prefix-lost"
        yield case.found(fault, expected, prefix)
    else:
        yield case.found("told-wrong", expected, prefix)


def understood(case: Case) -> Iterator[Finding]:
    """Yield what the app does not see although it was told."""
    said, seen = case.told(), case.seen().get("sees", {})
    if not said:
        return
    lost = [part for part in ("scheme", "host", "port") if seen[part] != getattr(case.site, part)]
    if said["client"] and seen["client"] != said["client"]:
        lost.append("client")
    if not lost:
        return
    expected = {**said, **{part: getattr(case.site, part) for part in PARTS}}
    words = [", ".join(str(it[part]) or "nothing" for part in lost) for it in (expected, seen)]
    own = case.seen()["own_proxy_fix"]
    if own:
        listed = case.seen()["came"]["headers"].get("X-Forwarded-For", "").count(",") + 1
        counted = max(own[0].values())
        yield case.found("proxyfix-counts", *words, counted=counted, told=listed)
    else:
        yield case.found("proxyfix-absent", *words)


def built(case: Case) -> Iterator[Finding]:
    """Yield what the app's own settings make wrong."""
    built = case.seen().get("builds", {})
    url = built.get("url", "")
    if built and url.rstrip("/") != urljoin(case.site.origin, prefix_before(case)):
        came = urlsplit(url).netloc if is_url(url) else url
        yield case.found("server-name", case.site.authority, came)
    path = built.get("cookie_path") or "/"
    if not covers(path, case.site.prefix):
        yield case.found("cookie-path", f"{case.site.prefix}/", path)
    elif built.get("cookie_secure") and case.site.scheme == "http":
        yield case.found("cookie-secure", "a cookie for http", "Secure")


def prefix_before(case: Case) -> str:
    """Return the prefix that the app itself does not have in its routes."""
    mounted = case.seen()["mounted"]
    owned = mounted["prefix"] if mounted["mode"] == "app" else ""
    return case.site.prefix.removesuffix(owned)


def covers(path: str, prefix: str) -> bool:
    """Return whether browsers send a cookie for ``path`` to what is below ``prefix``."""
    return path == "/" or f"{prefix}/".startswith(f"{path.rstrip('/')}/")


def answered(case: Case) -> Iterator[Finding]:
    """Yield what is wrong in what visitors get."""
    yield from slash(case)
    yield from missing(case)
    for step in case.outer.get("journey", [])[:1]:
        yield from redirected(case, step["location"])
    if not case.seen():
        yield from linked(case)
    for cookie in case.plain["cookies"]:
        if not cookie["domain"] and not covers(cookie["path"] or "/", case.site.prefix):
            yield case.found("cookie-path", f"{case.site.prefix}/", cookie["path"])
        elif cookie["secure"] and case.site.scheme == "http":
            yield case.found("cookie-secure", "a cookie for http", "Secure")


def arrived(answer: dict[str, Any]) -> bool:
    """Return whether an answer came that is no error."""
    return 0 < answer["status"] < 400


def slash(case: Case) -> Iterator[Finding]:
    """Yield whether whoever adds the slash names a wrong origin."""
    answer = case.outer.get("slash", {})
    location = answer.get("location", "")
    target = urljoin(f"{case.site.origin}{case.site.prefix}", location)
    if not location or answer["behind"] or target == case.site.url:
        return
    if urlsplit(location).netloc and same_place(location, case.site):
        yield case.found("slash-leaks", case.site.url, location)


def same_place(location: str, site: Site) -> bool:
    """Return whether a URL was meant to be this site's: its host or its path says so."""
    parts = urlsplit(location)
    return parts.hostname == site.host.strip("[]") or parts.path.rstrip("/") == site.prefix


def missing(case: Case) -> Iterator[Finding]:
    """Yield why the app knows nothing at its prefix."""
    if case.plain["status"] != 404 or not case.site.prefix:
        return
    if arrived(case.outer["twice"]):
        yield case.found(
            "app-owns-prefix", "an answer", f"404; {case.site.prefix} twice: an answer"
        )
    elif case.seen().get("mounted", {}).get("mode") == "app":
        bare = case.layers.get("app", {}).get("bare")
        if bare and arrived(bare):
            yield case.found("app-lacks-prefix", "an answer", "404; / alone: an answer")


def redirected(case: Case, location: str) -> Iterator[Finding]:
    """Yield what is wrong in where the app redirects to."""
    parts, site = urlsplit(location), case.site
    if parts.netloc:
        wrong = f"{parts.scheme}://{parts.netloc}" != site.origin
        if (
            wrong
            and parts.hostname == site.host.strip("[]")
            or wrong
            and is_internal(parts.hostname)
        ):
            yield case.found("fixed-url" if case.seen() else "url-wrong", site.origin, location)
    elif "left" in case.outer and case.outer["left"]["status"] >= 400:
        if arrived(case.outer["kept"]):
            yield case.found("prefix-forgotten", f"{site.prefix}{location}", location)


def linked(case: Case) -> Iterator[Finding]:
    """Yield whether a page names its own site by another origin."""
    for link in case.plain["links"]:
        host = urlsplit(link).hostname
        own = host == case.site.host.strip("[]") or is_internal(host)
        if own and not f"{link}/".startswith(f"{case.site.origin}/"):
            yield case.found("url-wrong", case.site.origin, link)
            return


def is_internal(host: str | None) -> bool:
    """Return whether no visitor could ask for ``host``: it has no dot, or is an inner address."""
    try:
        return ipaddress.ip_address(host or "").is_private
    except ValueError:
        return "." not in (host or "")


def features(case: Case) -> Iterator[Finding]:
    """Yield what a wanted feature does not get through."""
    for wanted, fault, passes in (
        ("websocket", "websocket-lost", passes_upgrade),
        ("body", "body-limit", lambda answer: bool(answer["seen"])),
    ):
        answer = case.outer.get(wanted)
        if answer and case.seen() and not passes(answer) and LATE not in answer["error"]:
            inner = case.layers.get("nginx", {}).get(wanted)
            apart = nginx_apart(case) and inner and passes(inner)
            hop = "balancer" if apart else "nginx"
            came = answer["error"] or answer["malformed"] or answer["status"]
            yield case.found(fault, "it gets through", came, hop=hop)


def passes_upgrade(answer: dict[str, Any]) -> bool:
    """Return whether the app was asked to change the protocol."""
    headers = answer["seen"]["came"]["headers"] if answer["seen"] else {}
    return headers.get("Upgrade", "").lower() == "websocket"


def believed(case: Case) -> dict[str, bool | None]:
    """Return whether each forged header is believed; none if nobody can tell."""
    claims = case.outer.get("claims", {})
    return {header: changes(case, header) for header in claims}


def changes(case: Case, header: str) -> bool | None:
    """Return whether the site answers otherwise to whoever forges ``header``."""
    forged = case.outer["claims"][header]
    if LATE in forged["error"] or forged["malformed"]:
        return None
    if case.seen():
        if not forged["seen"]:
            return True
        parts = set(PARTS) | {"client"}
        before, after = case.seen()["sees"], forged["seen"]["sees"]
        return any(before[part] != after[part] for part in parts)
    pairs = [(case.plain, forged)]
    if "claims_slash" in case.outer and LATE not in case.outer["claims_slash"][header]["error"]:
        pairs.append((case.outer["slash"], case.outer["claims_slash"][header]))
    shown = any(urlsplit(was["location"]).netloc or was["links"] for was, _ in pairs)
    if any(traces(was) != traces(now) for was, now in pairs):
        return True
    return False if shown else None


def traces(answer: dict[str, Any]) -> tuple:
    """Return what an answer shows of the URL that the app believes in."""
    cookies = [(cookie["path"], cookie["domain"], cookie["secure"]) for cookie in answer["cookies"]]
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(link)) for link in answer["links"]}
    prefixed = any(CLAIMED_PREFIX in link for link in answer["links"])
    return answer["status"], answer["location"], cookies, sorted(origins), prefixed


def claimed(case: Case) -> Iterator[Finding]:
    """Yield who believes what a visitor forges."""
    headers = [header for header, is_believed in believed(case).items() if is_believed]
    if not headers:
        return
    if case.trusted_proxies and "X-Forwarded-For" in headers:
        fault = "trusts-visitors"
    else:
        fault = "passes-claims" if case.trusted_proxies else "believes-visitors"
    names = ", ".join(headers)
    yield case.found(fault, "nothing of it believed", names, headers=names)


def finished(case: Case) -> Iterator[Finding]:
    """Yield the first request whose answer is missing or malformed."""
    outer = case.outer
    asked = {name: it for name, it in outer.items() if isinstance(it, dict) and "asked" in it}
    forged = {**outer.get("claims_slash", {}), **outer.get("claims", {})}
    for name, answer in {**forged, **asked}.items():
        if answer["malformed"]:
            yield case.found("answer-malformed", "an answer", f"{name}: {answer['malformed']}")
            return
        if answer["error"]:
            yield case.found("answer-missing", "an answer", f"{name}: {answer['error']}")
            return


def hops(case: Case) -> list[dict[str, Any]]:
    """Return what each hop knew of the visitor's URL, from the browser to the app, for people."""
    site, said, seen = case.site, case.told(), case.seen()
    wanted = {part: getattr(site, part) for part in PARTS}
    rows = [("browser", "asks for", wanted)]
    if said:
        rows += balancer(case, said)
        prefix = seen["sees"]["prefix"] + (site.prefix.removeprefix(prefix_before(case)))
        rows.append(("nginx", "tells", {part: said[part] for part in PARTS}))
        rows.append(
            ("app", "sees", {**{part: seen["sees"][part] for part in PARTS}, "prefix": prefix})
        )
    path = [
        {"hop": hop, "does": does, "values": judged(values, wanted)} for hop, does, values in rows
    ]
    url = seen.get("builds", {}).get("url", "").rstrip("/")
    if url:
        expected = {"URL": (site.origin + prefix_before(case)).rstrip("/")}
        path.append({"hop": "app", "does": "builds", "values": judged({"URL": url}, expected)})
    answer = case.plain
    got = {"status": answer["error"] or answer["malformed"] or str(answer["status"])}
    got |= {"Location": answer["location"]} if answer["location"] else {}
    cookies = {f"cookie {it['name']}": it for it in answer["cookies"]}
    got |= {name: f"Path={it['path'] or '/'}" for name, it in cookies.items()}
    fitting = {
        name: got[name] if covers(it["path"] or "/", site.prefix) else f"Path={site.prefix}"
        for name, it in cookies.items()
    }
    path.append({"hop": "browser", "does": "gets", "values": judged(got, fitting)})
    return path


def balancer(case: Case, said: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield what the proxy in front tells, if nginx is known to repeat it."""
    trusted = case.in_front and "proto" in (case.trusted_headers or [])
    if trusted and all(finding.hop == "balancer" for finding in told(case)):
        yield "balancer", "tells", {part: said[part] for part in ("scheme", "host", "port")}


def judged(values: dict[str, str], expected: dict[str, str]) -> list[dict[str, Any]]:
    """Return ``values`` as rows, each right or wrong if that is known."""
    return [
        {
            "name": name,
            "value": excerpt(value),
            "expected": excerpt(expected.get(name, "")),
            "right": value == expected[name] if name in expected else None,
        }
        for name, value in values.items()
    ]


STAGES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    reached,
    told,
    understood,
    built,
    answered,
    features,
    claimed,
    finished,
)
"""What is looked at, from the outermost hop to the app; the first that finds a fault ends it."""
