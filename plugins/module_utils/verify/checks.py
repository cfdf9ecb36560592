"""Find the first hop between a client and an app that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils.public_url import (
    DEFAULT_PORTS,
    PublicUrl,
    is_url,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.case import (
    PARTS,
    Case,
    Fault,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.faults import STATUS_WARNINGS
from ansible_collections.subsite.deploy.plugins.module_utils.verify.probes import FORGED_PREFIX

BAD_CERTIFICATE = "CERTIFICATE_VERIFY"
"""Part of each message of Python's ssl about a certificate that it does not trust."""

ASSUMED = "Set nginx_site_verify_url to the URL that clients use."
UNREACHABLE = (
    "This machine may not resolve the name yet, or a firewall is in between. Set "
    "nginx_site_verify_address to the address of the outermost server."
)
UNTRUSTED = (
    "This machine does not trust the certificate. The server must send the whole chain "
    "(nginx_site_tls.certificate). If a private CA signed it, trust the CA where verify runs: "
    "SSL_CERT_FILE=authority.pem"
)

NEEDS_LOGIN = {401, 403}
"""Errors of a page that other clients may read."""

TIMED_OUT = "TimeoutError"
"""Part of each error about a response that was too late, or a request that was not sent."""


def find_faults(case: Case) -> list[Fault]:
    """Return the faults of the first check that finds one; nothing if there are none."""
    for check in CHECKS:
        faults = list(check(case))
        if faults:
            return faults
    return []


def find_warnings(case: Case) -> list[Fault]:
    """Return what may be wrong, or be meant so; nothing if a fault may be the cause."""
    return [] if find_faults(case) else [*check_access(case), *check_closed_pages(case)]


def check_access(case: Case) -> Iterator[Fault]:
    """Yield whether the app may refuse every client."""
    status = case.plain["status"]
    other = case.outermost.get("no_such_page")
    # An app that has no front page has no other page at this path, either.
    if other and other["status"] == status:
        yield case.fault(STATUS_WARNINGS[status], "a page", status, status=status)


def check_closed_pages(case: Case) -> Iterator[Fault]:
    """Yield which of the further pages clients without a login cannot read."""
    for place, page in further_pages(case).items():
        end = page["redirect_end"]
        if end["status"] in NEEDS_LOGIN or end["location"]:
            status = f"{end['status']} {end['location']}".strip()
            yield case.fault("page-closed", "a page", status, place=place, status=end["status"])


def further_pages(case: Case) -> dict[str, dict[str, Any]]:
    """Return what came of each page that is read besides the first one, by its path."""
    return case.outermost.get("pages", {})


def why_unanswered(plain: dict[str, Any], *, is_assumed: bool) -> str:
    """Return why no server answered at the public URL; empty if its faults can be judged.

    :param is_assumed: whether the public URL is assumed, so that it may be another.
    """
    if not plain["error"] or (BAD_CERTIFICATE in plain["error"] and not plain["is_untrusted"]):
        return ""
    is_unknown = is_assumed or plain["is_untrusted"] or not plain["is_connected"]
    return plain["error"] if is_unknown else ""


def advise(plain: dict[str, Any], *, is_assumed: bool) -> str:
    """Return what to do about a public URL at which no server answered."""
    if plain["is_untrusted"]:
        return UNTRUSTED
    return ASSUMED if is_assumed else UNREACHABLE


def check_reachability(case: Case) -> Iterator[Fault]:
    """Yield why a request does not reach the app."""
    plain, url = case.plain, case.url
    if plain["error"]:
        is_app = case.outermost["name"] == "app"
        fault = "certificate" if BAD_CERTIFICATE in plain["error"] else "no-response"
        fault = "app-down" if is_app else fault
        yield case.fault(fault, "a response", plain["error"])
    elif any(find_malformed(case)):
        hop, reason = find_malformed(case)
        yield case.fault("response-malformed", "a response", reason, hop=hop)
    elif has_loop(case.outermost.get("redirects", [])):
        fault = "redirect-loop" if case.wrapper_answer() else "https-loop"
        redirect = f"{plain['status']} Location: {plain['location']}"
        yield case.fault(fault, "a response", redirect)
    elif case.expects_wrapper and not case.wrapper_answer():
        yield find_broken_hop(case)
    elif not case.expects_wrapper and plain["status"] >= 500:
        yield case.fault("error", "a response", plain["status"])
    elif not case.expects_wrapper and plain["status"] == 421:
        yield case.fault("name-unknown", url.host, 421)


def find_malformed(case: Case) -> tuple[str, str]:
    """Return the innermost hop with a malformed response, and what is wrong; or two empty texts."""
    found = case.responses
    in_front = "balancer" if "nginx" in found else "nginx" if "app" in found else "app"
    for name in ("app", "nginx", "balancer", "public"):
        responses = case.responses.get(name, {})
        for purpose in ("plain", "signed"):
            if reason := responses.get(purpose, {}).get("malformed"):
                return in_front if name == "public" else name, reason
    return "", ""


def has_loop(redirects: list[dict[str, Any]]) -> bool:
    """Return whether the redirects come back to an earlier URL."""
    visited = set()
    for redirect in redirects:
        visited.add(redirect["url"])
        if urljoin(redirect["url"], redirect["location"]) in visited:
            return True
    return False


def find_broken_hop(case: Case) -> Fault:
    """Return which hop does not pass on a request that the app would answer."""
    status = case.plain["status"]
    expected = f"a response of the app at {case.url.prefix}/"
    app, nginx = case.responses.get("app"), case.responses.get("nginx")
    if app and not case.reaches_app("app"):
        if app["plain"]["error"]:
            return case.fault("app-down", expected, app["plain"]["error"])
        return case.fault("prefix-differs", expected, app["plain"]["status"])
    # The app also answers below another prefix, if its request says so.
    if app and case.wrapper_answer("app")["mounted"]["prefix"] != case.url.prefix:
        return case.fault("prefix-differs", expected, app["plain"]["status"])
    if nginx and case.reaches_app("nginx"):
        faults = {421: "host-replaced", 502: "nginx-not-reached", 504: "nginx-not-reached"}
        return case.fault(faults.get(status, "balancer-routes-elsewhere"), expected, status)
    status = nginx["plain"]["status"] if nginx else status
    if status >= 502:
        return case.fault("socket-refused", expected, status)
    faults = {421: "name-unknown", 500: "stripped-twice"}
    return case.fault(faults.get(status, "other-site"), expected, status)


def check_forwarded(case: Case) -> Iterator[Fault]:
    """Yield how the URL in the forwarded headers differs from the public URL."""
    url, forwarded = case.url, case.forwarded()
    if not forwarded:
        return
    lengths = {value.count(",") + 1 for value in single_value_headers(case).values()}
    counted = case.wrapper_answer()["mounted"]["forwarded_values"]
    if counted and lengths and counted not in lengths:
        longest = max(lengths)
        mode = "append" if longest > 1 else "collapse"
        yield case.fault("counts-differ", f"{counted} in each header", longest, forwarded=mode)
        return
    if forwarded["scheme"] != url.scheme:
        yield from check_scheme(case, forwarded)
    if forwarded["host"] != url.host:
        nginx_is_right = case.forwarded("nginx").get("host") == url.host and case.has_direct_nginx
        fault = "host-replaced" if nginx_is_right else "forwarded-wrong"
        yield case.fault(fault, url.host, forwarded["host"])
    elif forwarded["scheme"] == url.scheme and forwarded["port"] != url.port:
        yield from check_port(case, forwarded)
    yield from check_prefix(case, forwarded)
    yield from check_client(case, forwarded)


def single_value_headers(case: Case) -> dict[str, str]:
    """Return the headers from nginx that are lists only if nginx appends to them."""
    headers = case.wrapper_answer()["received"]["headers"]
    return {
        name: headers[name]
        for name in ("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port")
        if name in headers
    }


def check_scheme(case: Case, forwarded: dict[str, str]) -> Iterator[Fault]:
    """Yield which hop loses the scheme."""
    expected, received, peer = case.url.scheme, forwarded["scheme"], forwarded["client"]
    forged = case.outermost.get("forged", {}).get("X-Forwarded-Proto", {}).get("wrapper_answer", {})
    has_effect = (
        bool(forged) and forged["sees"]["scheme"] != case.wrapper_answer()["sees"]["scheme"]
    )
    is_trusted = has_effect or peer == case.plain["client_address"] or case.trusts(peer)
    if case.trusted_proxies is None and not case.has_direct_nginx:
        yield case.fault("forwarded-wrong", expected, received)
    elif case.trusted_proxies == [] or not is_trusted:
        yield case.fault("proxy-not-trusted", expected, received, peer=peer or "its address")
    else:
        yield case.fault("scheme-not-forwarded", expected, received)


def check_port(case: Case, forwarded: dict[str, str]) -> Iterator[Fault]:
    """Yield which hop loses the port."""
    url, received = case.url, forwarded["port"]
    # Verify asks nginx by http: without a port in Host, nginx forwards 80 for any public scheme.
    right_ports = {url.port} | ({"80"} if url.authority == url.host else set())
    nginx_is_right = case.has_direct_nginx and case.forwarded("nginx").get("port") in right_ports
    if nginx_is_right and received == str(DEFAULT_PORTS[forwarded["scheme"]]):
        yield case.fault("port-dropped", url.port, received)
    else:
        hop = "balancer" if nginx_is_right else "nginx"
        yield case.fault("port-of-listener", url.port, received, hop=hop)


def check_prefix(case: Case, forwarded: dict[str, str]) -> Iterator[Fault]:
    """Yield which hop loses the prefix, or a part of it."""
    app_sees, expected = case.wrapper_answer()["sees"], case.url.prefix
    mounted = case.wrapper_answer()["mounted"]
    in_routes = mounted["prefix"] if mounted["mode"] == "app" else ""
    received = app_sees["prefix"] + in_routes
    if not expected.endswith(mounted["prefix"]):
        yield case.fault("prefix-differs", expected, mounted["prefix"])
    elif received == expected:
        is_left = (app_sees["path"] + "/").startswith(f"{expected}/")
        if expected and not in_routes and is_left:
            yield case.fault("not-stripped", "/", app_sees["path"])
    elif received and expected.endswith(received) and forwarded["prefix"] == received:
        is_distrusted = case.trusted_headers is not None and "prefix" not in case.trusted_headers
        fault = "prefix-not-trusted" if is_distrusted else "outer-prefix-lost"
        yield case.fault(fault, expected, received)
    else:
        yield case.fault("forwarded-wrong", expected, received)


def check_client(case: Case, forwarded: dict[str, str]) -> Iterator[Fault]:
    """Yield whether the client address is that of the proxy in front."""
    client = forwarded["client"]
    if not case.is_behind_proxy or forwarded["scheme"] != case.url.scheme:
        return
    if client and case.trusts(client) and client != case.plain["client_address"]:
        yield case.fault("client-not-forwarded", "the client's address", client)


def check_proxy_fix(case: Case) -> Iterator[Fault]:
    """Yield what the app does not see, although nginx forwards it."""
    answer, forwarded = case.wrapper_answer(), case.forwarded()
    if not answer:
        return
    app_sees = answer["sees"]
    lost = [
        part for part in ("scheme", "host", "port") if app_sees[part] != getattr(case.url, part)
    ]
    if forwarded["client"] and app_sees["client"] != forwarded["client"]:
        lost.append("client")
    if not lost:
        return
    wanted = {**forwarded, **{part: getattr(case.url, part) for part in PARTS}}
    expected, received = (
        ", ".join(str(values[part]) or "nothing" for part in lost) for values in (wanted, app_sees)
    )
    app_fixes = answer["app_proxy_fix"]
    if app_fixes:
        values = answer["received"]["headers"].get("X-Forwarded-For", "").count(",") + 1
        counted = max(app_fixes[0].values())
        yield case.fault("proxyfix-counts", expected, received, counted=counted, forwarded=values)
    else:
        yield case.fault("proxyfix-absent", expected, received)


def check_app_urls(case: Case) -> Iterator[Fault]:
    """Yield which settings of the app make its URLs or its session cookie wrong."""
    builds = case.wrapper_answer().get("builds", {})
    app_url = builds.get("url", "")
    if builds and case.knows_origin:
        expected = urljoin(case.url.origin, case.prefix_outside_app)
        if app_url.rstrip("/") != expected:
            received = urlsplit(app_url).netloc if is_url(app_url) else app_url
            yield case.fault("server-name", case.url.authority, received)
    yield from check_cookie(case, builds.get("cookie_path"), builds.get("cookie_secure"))


def check_cookie(
    case: Case, path: str | None, secure: bool | None, place: str = ""
) -> Iterator[Fault]:
    """Yield why browsers do not send a cookie with ``path`` and ``secure`` back to the app.

    :param place: where a client receives it, if that is not the first page.
    """
    if not cookie_applies(path or "/", case.url.prefix):
        yield case.fault("cookie-path", f"{case.url.prefix}/", f"{path}{place}")
    elif secure and case.url.scheme == "http" and case.knows_origin:
        yield case.fault("cookie-secure", "a cookie for http", f"Secure{place}")


def cookie_applies(path: str, prefix: str) -> bool:
    """Return whether browsers send a cookie for ``path`` to URLs below ``prefix``."""
    return path == "/" or f"{prefix}/".startswith(f"{path.rstrip('/')}/")


def check_response(case: Case) -> Iterator[Fault]:
    """Yield what is wrong in the redirects, links and cookies that clients receive."""
    yield from check_slash_redirect(case)
    yield from check_not_found(case)
    yield from check_wrong_urls(case)
    yield from check_pages(case)
    yield from check_cookies(case, case.plain["cookies"])


def check_slash_redirect(case: Case) -> Iterator[Fault]:
    """Yield whether a redirect from the prefix without a slash has a wrong origin."""
    response = case.outermost.get("slash", {})
    location = response.get("location", "")
    target = urljoin(f"{case.url.origin}{case.url.prefix}", location)
    if not location or response["reaches_app"] or target == case.url.text:
        return
    if urlsplit(location).netloc and is_meant_for(location, case.url):
        yield case.fault("slash-redirect-wrong", case.url.text, location)


def is_meant_for(location: str, url: PublicUrl) -> bool:
    """Return whether ``location`` was meant to be ``url``: it has the same host or path."""
    parts = urlsplit(location)
    return parts.hostname == url.host.strip("[]") or parts.path.rstrip("/") == url.prefix


def check_not_found(case: Case) -> Iterator[Fault]:
    """Yield why the app has no route at its prefix."""
    if case.plain["status"] != 404 or not case.url.prefix:
        return
    if is_success(case.outermost["doubled_prefix"]):
        received = f"404; with {case.url.prefix} twice: a response"
        yield case.fault("app-owns-prefix", "a response", received)
    elif case.wrapper_answer().get("mounted", {}).get("mode") == "app":
        without_prefix = case.responses.get("app", {}).get("without_prefix")
        if without_prefix and is_success(without_prefix):
            yield case.fault("app-lacks-prefix", "a response", "404; at /: a response")


def is_success(response: dict[str, Any]) -> bool:
    """Return whether ``response`` came and is not an error."""
    return 0 < response["status"] < 400


def check_wrong_urls(case: Case) -> Iterator[Fault]:
    """Yield what is wrong in redirects, and in what the page and its parts refer to."""
    pages = [case.outermost, *further_pages(case).values()]
    for wrong in (wrong for page in pages for wrong in page.get("wrong_urls", [])):
        fault = name_wrong_url(wrong, bool(case.wrapper_answer()))
        more = f", and {wrong['count'] - 1} more" if wrong["count"] > 1 else ""
        received = f"{wrong['written']}{more} ({wrong['response']})"
        kind, place = wrong["kind"], wrong["place"]
        yield case.fault(fault, wrong["meant"], received, kind=kind, place=place)


def name_wrong_url(wrong: dict[str, Any], is_right_before: bool) -> str:
    """Return the fault of a wrong URL.

    :param is_right_before: whether the hops in front of the app are known to be right.
    """
    if wrong["fault"] == "page-origin":
        return "origin-hard-coded" if is_right_before else "url-wrong"
    is_redirect = wrong["kind"] == "redirect" and wrong["fault"] == "page-lacks-prefix"
    return "prefix-forgotten" if is_redirect else wrong["fault"]


def check_pages(case: Case) -> Iterator[Fault]:
    """Yield which of the further pages do not show a page."""
    for place, page in further_pages(case).items():
        end = page["redirect_end"]
        if has_loop(page["redirects"]):
            yield case.fault("redirect-loop", f"a page at {place}", f"Location: {end['location']}")
        elif is_error(end) and not any(it["kind"] == "redirect" for it in page["wrong_urls"]):
            yield case.fault("page-error", "a page", end["status"], place=place)
        # The first page has most of the cookies, too.
        new = [cookie for cookie in end["cookies"] if cookie not in case.plain["cookies"]]
        yield from check_cookies(case, new, f" at {place}")


def is_error(response: dict[str, Any]) -> bool:
    """Return whether a page is an error for all clients."""
    return response["status"] >= 400 and response["status"] not in NEEDS_LOGIN


def check_cookies(case: Case, cookies: list[dict[str, Any]], place: str = "") -> Iterator[Fault]:
    """Yield which of the received ``cookies`` browsers do not send back to the app."""
    for cookie in cookies:
        # A cookie with a Domain is for several apps, so that its Path may be another.
        path = "/" if cookie["domain"] else cookie["path"]
        yield from check_cookie(case, path, cookie["secure"], place)


def check_features(case: Case) -> Iterator[Fault]:
    """Yield which feature that the site needs does not work through all hops."""
    for feature, fault, works in (
        ("websocket", "websocket-lost", has_upgrade),
        ("body", "body-limit", lambda response: bool(response["wrapper_answer"])),
    ):
        response = case.outermost.get(feature)
        if not response or not case.wrapper_answer() or TIMED_OUT in response["error"]:
            continue
        if not works(response):
            direct = case.responses.get("nginx", {}).get(feature)
            nginx_is_right = case.has_direct_nginx and direct and works(direct)
            hop = "balancer" if nginx_is_right else "nginx"
            received = response["error"] or response["malformed"] or response["status"]
            yield case.fault(fault, "the request reaches the app", received, hop=hop)


def has_upgrade(response: dict[str, Any]) -> bool:
    """Return whether the app received the request to change to WebSocket."""
    answer = response["wrapper_answer"]
    headers = answer["received"]["headers"] if answer else {}
    return headers.get("Upgrade", "").lower() == "websocket"


def check_forged(case: Case) -> Iterator[Fault]:
    """Yield which hop lets a client forge headers."""
    forged = judge_forged_headers(case)
    accepted = [header for header, is_accepted in forged.items() if is_accepted]
    if not accepted:
        return
    if case.trusted_proxies and "X-Forwarded-For" in accepted:
        fault = "clients-trusted"
    else:
        fault = "forged-headers-passed" if case.trusted_proxies else "forged-headers-accepted"
    headers = ", ".join(accepted)
    yield case.fault(fault, "no forged header has an effect", headers, headers=headers)


def judge_forged_headers(case: Case) -> dict[str, bool | None]:
    """Return whether the site accepts each forged header; none where the responses do not show."""
    return {header: accepts(case, header) for header in case.outermost.get("forged", {})}


def accepts(case: Case, header: str) -> bool | None:
    """Return whether the site responds differently to a client that forges ``header``."""
    forged = case.outermost["forged"][header]
    if TIMED_OUT in forged["error"] or forged["malformed"]:
        return None
    if case.wrapper_answer():
        if not forged["wrapper_answer"]:
            return True
        before, after = case.wrapper_answer()["sees"], forged["wrapper_answer"]["sees"]
        return any(before[part] != after[part] for part in (*PARTS, "client"))
    pairs = [(case.plain, forged)]
    forged_slash = case.outermost.get("forged_slash", {}).get(header)
    if forged_slash and TIMED_OUT not in forged_slash["error"]:
        pairs.append((case.outermost["slash"], forged_slash))
    if any(visible_urls(before) != visible_urls(after) for before, after in pairs):
        return True
    shows_origin = any(
        urlsplit(before["location"]).netloc or before["links"] for before, _after in pairs
    )
    return False if shows_origin else None


def visible_urls(response: dict[str, Any]) -> tuple:
    """Return all that ``response`` shows of the URL that the app sees."""
    cookies = [
        (cookie["path"], cookie["domain"], cookie["secure"]) for cookie in response["cookies"]
    ]
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(link)) for link in response["links"]}
    has_forged_prefix = any(FORGED_PREFIX in link for link in response["links"])
    return response["status"], response["location"], cookies, sorted(origins), has_forged_prefix


def check_complete(case: Case) -> Iterator[Fault]:
    """Yield the first request that got no response, or a malformed one."""
    outermost = case.outermost
    responses = {
        purpose: value
        for purpose, value in outermost.items()
        if isinstance(value, dict) and "target" in value
    }
    forged = {**outermost.get("forged_slash", {}), **outermost.get("forged", {})}
    pages = {place: page["redirect_end"] for place, page in further_pages(case).items()}
    for purpose, response in {**forged, **responses, **pages}.items():
        for fault, reason in (
            ("response-malformed", response["malformed"]),
            ("response-missing", response["error"]),
        ):
            if reason:
                yield case.fault(fault, "a response", f"{purpose}: {reason}")
                return


CHECKS: tuple[Callable[[Case], Iterator[Fault]], ...] = (
    check_reachability,
    check_forwarded,
    check_proxy_fix,
    check_app_urls,
    check_response,
    check_features,
    check_forged,
    check_complete,
)
"""The checks, from the outermost hop to the app. Later ones rely on what earlier ones checked."""
