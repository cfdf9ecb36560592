"""Find what is wrong with the inputs of the role nginx_site."""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.subsite.deploy.plugins.filter.origin import origin
from ansible_collections.subsite.deploy.plugins.module_utils import certificate
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common

YEAR = 31536000
"""Seconds that browsers ask for before they are shipped with a name (hstspreload.org)."""

KINDS = ("app", "upstreams", "root", "src", "redirect")
ONLY_FOR = {
    "strip": ("app", "upstreams"),
    "raw": ("app", "upstreams"),
    "websocket": ("app", "upstreams"),
    "buffering": ("app", "upstreams"),
    "body_size": ("app", "upstreams"),
    "read_timeout": ("app", "upstreams"),
    "headers": ("app", "upstreams"),
    "static": ("app", "upstreams"),
    "fallback": ("root", "src"),
    "code": ("redirect",),
}
"""Options of a mount, and the kinds of mounts that have them."""

OURS = re.compile(
    r"Connection|Host|Upgrade|X-Forwarded-(For|Host|Port|Prefix|Proto)|X-Re(al-IP|quest-ID)",
    re.IGNORECASE,
)
"""Headers by which every app is told the visitor's URL, and of what request one speaks."""

FRAMING = re.compile(
    r"Connection|Content-(Encoding|Length|Range|Type)|Date|Keep-Alive|Location|Server|Set-Cookie|"
    r"Trailer|Transfer-Encoding|Upgrade",
    re.IGNORECASE,
)
"""Headers that say what one answer is, and so are not the same in all."""
ELSEWHERE = {
    "strict-transport-security": "nginx_site_hsts",
    "alt-svc": "nginx_site_tls.http3",
}
"""Headers of answers that have a variable of their own."""

SIZE = re.compile(r"[1-9][0-9]*[kmg]?|0", re.IGNORECASE)
LINE = 64
"""How many kilobytes a line of a head may have for an app of the role wsgi_app."""

NETWORK = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]+)?")
WIDEST = {4: 8, 6: 16}
"""How many bits a public network that is trusted must at least fix, by the version of IP."""

OF_TLS = {
    "certificate": ("files",),
    "key": ("files",),
    "names": ("self_signed", "acme"),
    "email": ("acme",),
    "directory": ("acme",),
    "directory_ca": ("acme",),
}
"""Options of TLS, and the modes that have them."""

FILE = re.compile(r"(/[A-Za-z0-9._~@+-]+)+")
BEGIN = "-----BEGIN"
CHALLENGES = "/.well-known/acme-challenge"
ADDRESS = re.compile(r"[0-9.]+|\[.*\]")
DIRECTORY = re.compile(rf"{FILE.pattern}/?")
TARGET = re.compile(r"(/(?!/)|https?://)[!#%&'()*+,./:=?@A-Za-z0-9_~\[\]-]*")


def errors(variables: dict) -> Iterator[str]:
    """Yield what is wrong with the variables of a site."""
    yield from common.name("nginx_site_name", variables["nginx_site_name"])
    if variables["nginx_site_state"] == "present":
        yield from _present(variables)


def _present(variables: dict) -> Iterator[str]:
    yield from _server_names(variables["nginx_site_server_names"])
    yield from _listeners(variables)
    yield from _certificate(variables)
    yield from common.public_url("nginx_site_public_url", variables["nginx_site_public_url"])
    yield from common.public_url("nginx_site_verify_url", variables["nginx_site_verify_url"])
    yield from _trusted_proxies(variables["nginx_site_trusted_proxies"])
    yield from _trust(variables)
    yield from _redirect(variables)
    yield from _hsts(variables)
    yield from _limits(variables)
    yield from _response_headers(variables["nginx_site_response_headers"])
    yield from _status(variables)
    mounts = variables["nginx_site_mounts"]
    for index, mount in enumerate(mounts):
        yield from _mount(f"nginx_site_mounts[{index}]", mount)
    yield from common.repeated("nginx_site_mounts", [mount["path"] for mount in mounts])


def _server_names(names: list[str]) -> Iterator[str]:
    if not names:
        yield (
            "nginx_site_server_names is empty: name the hosts that visitors use, as in "
            "[example.org, www.example.org]."
        )
    yield from common.repeated("nginx_site_server_names", [name.lower() for name in names])
    for index, name in enumerate(names):
        wildcard = name[2:] if name.startswith("*.") else name
        if not common.HOST.fullmatch(wildcard):
            yield (
                f"nginx_site_server_names has {name!r}: write a host without scheme, port or path, "
                "as in 'example.org', '*.example.org', '203.0.113.5' or '[2001:db8::5]'."
            )
        elif index == 0 and wildcard != name:
            yield (
                f"nginx_site_server_names begins with {name!r}: put an exact name first; it stands "
                "in when a request names no host."
            )


def _listeners(variables: dict) -> Iterator[str]:
    plain, tls = variables["nginx_site_listen"], variables["nginx_site_tls"]
    yield from _addresses("nginx_site_listen", plain, 80)
    if tls.get("mode", "none") == "none":
        if not plain:
            yield "nginx_site_listen is empty: name a port, as in [80]."
        for option in [option for option in tls if option != "mode"]:
            yield (
                f"nginx_site_tls.{option} is {_shown(tls[option])}, but the mode is none, so that "
                "nothing speaks TLS: write 'mode: files' beside it, or leave it out."
            )
        return
    secure = tls.get("listen", [443])
    if not secure:
        yield "nginx_site_tls.listen is empty: name a port, as in [443]."
    yield from _addresses("nginx_site_tls.listen", secure, 443)
    for address, other in itertools.product(secure, plain):
        if _meet(str(address), str(other)):
            yield (
                f"nginx_site_tls.listen has {address!r}, but nginx_site_listen has {other!r}: a "
                "port speaks either TLS or plain HTTP, so name it in one of them."
            )
    if tls.get("http3", False):
        yield from _http3(variables)


def _certificate(variables: dict) -> Iterator[str]:
    """Yield what is wrong with where the certificate comes from."""
    tls, names = variables["nginx_site_tls"], variables["nginx_site_server_names"]
    mode = tls.get("mode", "none")
    for option, modes in OF_TLS.items():
        if option in tls and mode not in ("none", *modes):
            yield (
                f"nginx_site_tls.{option} is {_shown(tls[option])}, but the mode is {mode!r}: it "
                f"goes with {' or '.join(modes)}."
            )
    if mode == "files":
        yield from _files(str(tls["certificate"]), str(tls["key"]), names)
    elif mode == "self_signed":
        yield from common.repeated("nginx_site_tls.names", [*map(str, tls.get("names", []))])
        for name in map(str, tls.get("names", [])):
            if not common.HOST.fullmatch(name.removeprefix("*.")):
                yield (
                    f"nginx_site_tls.names has {name!r}: write a host or an address, as in "
                    "'example.org', '*.example.org' or '203.0.113.5'."
                )
    elif mode == "acme":
        yield from _acme(tls, names)
        if not variables["nginx_site_listen"]:
            yield (
                "nginx_site_listen is empty, but nginx_site_tls.mode is 'acme', and an authority "
                "asks in plain text: name the port that visitors reach as 80, as in [80]."
            )
        for mount in variables["nginx_site_mounts"]:
            if f"{mount['path']}/".startswith(f"{CHALLENGES}/"):
                yield (
                    f"nginx_site_mounts has {mount['path']!r}, which is where an authority looks "
                    "for what certbot writes: leave it out."
                )


def _files(pem: str, key: str, names: list[str]) -> Iterator[str]:
    texts = {option: BEGIN in text for option, text in (("certificate", pem), ("key", key))}
    if not any(texts.values()):
        for option, path in (("certificate", pem), ("key", key)):
            if not FILE.fullmatch(path):
                yield (
                    f"nginx_site_tls.{option} is {_shown(path)}: write the absolute path of a file "
                    "on the host, without spaces, as in '/etc/ssl/shop.pem', or the text in PEM."
                )
    elif not all(texts.values()):
        path = next(option for option, is_text in texts.items() if not is_text)
        yield (
            f"nginx_site_tls.{path} is no text in PEM, but the other one is: write both as texts, "
            "or both as paths of files on the host."
        )
    else:
        hosts = [name for name in names if not ADDRESS.fullmatch(name)]
        faults = {
            "certificate": list(certificate.faults(pem, hosts)),
            "key": list(certificate.key_faults(pem, key)),
        }
        for option, found in faults.items():
            for fault in found:
                yield f"nginx_site_tls.{option} is a text that {fault}."


def _acme(tls: dict, names: list[str]) -> Iterator[str]:
    further = [str(name).lower() for name in tls.get("names", [])]
    wildcards = [name[1:].lower() for name in names if name.startswith("*.")]
    yield from common.repeated("nginx_site_tls.names", further)
    for name in further:
        if not common.HOST.fullmatch(name) or ADDRESS.fullmatch(name):
            yield (
                f"nginx_site_tls.names has {name!r}: an authority certifies hosts alone, as in "
                "'www.example.org'."
            )
        elif not name.endswith(tuple(wildcards)):
            yield (
                f"nginx_site_tls.names has {name!r}, but no wildcard of nginx_site_server_names "
                "answers for it: write it there instead."
            )
    for wildcard in wildcards:
        if not any(name.endswith(wildcard) for name in further):
            yield (
                f"nginx_site_server_names has '*{wildcard}', which no authority certifies for what "
                "a site shows: write the hosts that visitors use into nginx_site_tls.names, as in "
                f"['www{wildcard}']."
            )
    if not further and all(ADDRESS.fullmatch(name) for name in names if name[:2] != "*."):
        yield (
            f"nginx_site_server_names is {names!r}, but nginx_site_tls.mode is 'acme', and no "
            "authority certifies addresses: name a host, as in 'example.org'."
        )
    if not re.fullmatch(r"[^@\s,]+@[^@\s,]+", tls.get("email", "me@example.org")):
        yield (
            f"nginx_site_tls.email is {tls['email']!r}: write one address, as in 'me@example.org'."
        )
    if not re.fullmatch(r"https://[^\s\"'{}]+", tls.get("directory", "https://acme")):
        yield (
            f"nginx_site_tls.directory is {tls['directory']!r}: write the URL that the authority "
            "names, as in 'https://acme-staging-v02.api.letsencrypt.org/directory'."
        )
    if not FILE.fullmatch(tls.get("directory_ca", "/ca.pem")):
        yield (
            f"nginx_site_tls.directory_ca is {tls['directory_ca']!r}: write the absolute path of a "
            "file on the host, without spaces, as in '/etc/ssl/our-ca.pem'."
        )


def _shown(value: object) -> str:
    """Return ``value`` as a refusal shows it, unless it may be a key."""
    is_text = BEGIN in str(value) or "\n" in str(value) or len(str(value)) > 100
    return "a text" if is_text else repr(value)


def _addresses(variable: str, addresses: list, port: int) -> Iterator[str]:
    yield from common.repeated(variable, [str(address) for address in addresses])
    for address in addresses:
        if not common.is_port(address) and not common.is_address(str(address)):
            yield (
                f"{variable} has {address!r}: write a port, as in {port}, or an address with one, "
                f"as in '127.0.0.1:{8000 + port}'."
            )


def _meet(one: str, other: str) -> bool:
    """Return whether two listeners would get the same connections; a bare port gets all."""
    (host, _, port), (other_host, _, other_port) = one.rpartition(":"), other.rpartition(":")
    return port == other_port and (host == other_host or not host or not other_host)


def _http3(variables: dict) -> Iterator[str]:
    url = variables["nginx_site_public_url"]
    if not url.startswith("https://"):
        yield (
            f"nginx_site_tls.http3 is true, but nginx_site_public_url is {url!r}: by HTTP/3, nginx "
            "cannot tell which port was asked for, so say what visitors see, as in "
            "'https://example.org'."
        )
    if variables["nginx_site_proxy_protocol"]:
        yield (
            "nginx_site_tls.http3 is true, but nginx_site_proxy_protocol passes on connections by "
            "TCP alone: leave one of them out."
        )


def _trusted_proxies(values: list) -> Iterator[str]:
    networks = []
    for value in map(str, values):
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            network = None
        if not network or not NETWORK.fullmatch(value):
            yield (
                f"nginx_site_trusted_proxies has {value!r}: write an address or a network, as in "
                "'10.0.0.5' or 'fd00::/64'."
            )
            continue
        networks.append(str(network))
        address = value.partition("/")[0]
        if ipaddress.ip_address(address) != network.network_address:
            yield (
                f"nginx_site_trusted_proxies has {value!r}: write '{network}' for the network, or "
                f"{address!r} for the one address."
            )
        elif network.prefixlen < WIDEST[network.version] and not network.is_private:
            yield (
                f"nginx_site_trusted_proxies has {value!r}: visitors connect from there too, and "
                "could forge every URL. Name the networks of the proxies alone; no public one is "
                f"wider than /{WIDEST[network.version]}."
            )
    yield from common.repeated("nginx_site_trusted_proxies", networks)


def _trust(variables: dict) -> Iterator[str]:
    hops = int(variables["nginx_site_proxy_hops"])
    told = [header for header in variables["nginx_site_trusted_headers"] if header != "for"]
    origin = [header for header in told if header != "request_id"]
    if not 1 <= hops <= 10:
        yield (
            f"nginx_site_proxy_hops is {hops}: count the trusted proxies that a request passes, "
            "from 1 to 10."
        )
    if origin and variables["nginx_site_public_url"]:
        yield (
            f"nginx_site_trusted_headers has {origin[0]!r}, but nginx_site_public_url says it for "
            "every request: leave one of them out."
        )
    needless = {
        "nginx_site_proxy_preset": variables["nginx_site_proxy_preset"] != "none",
        "nginx_site_trusted_headers": [header for header in told if header != "proto"],
        "nginx_site_proxy_hops": hops if hops > 1 else None,
        "nginx_site_proxy_protocol": variables["nginx_site_proxy_protocol"],
    }
    if not variables["nginx_site_trusted_proxies"]:
        for variable in [variable for variable, value in needless.items() if value][:1]:
            yield (
                f"{variable} is {variables[variable]!r}, but nginx_site_trusted_proxies is empty, "
                "so that nobody is believed: name the proxies in front, as in ['10.0.0.5']."
            )


def _redirect(variables: dict) -> Iterator[str]:
    url, port = variables["nginx_site_public_url"], variables["nginx_site_https_port"]
    if url.startswith("https:") and origin(url).get("port") not in (None, str(port)):
        yield (
            f"nginx_site_https_port is {port!r}, but nginx_site_public_url is {url!r}: leave out "
            "one of them."
        )
    elif not url and not common.is_port(port):
        yield f"nginx_site_https_port is {port!r}: write a port, as in 443."
    if not boolean(variables["nginx_site_https_redirect"]):
        return
    on = "nginx_site_https_redirect is true, but "
    if url.startswith("http:"):
        yield f"{on}nginx_site_public_url is {url!r}: leave it out, or pin the site to https."
    elif not _tells_https(variables):
        yield (
            f"{on}nothing speaks https for this site: give it nginx_site_tls, or, where a proxy in "
            "front ends TLS, name that in nginx_site_trusted_proxies and trust its 'proto'."
        )
    elif url and _is_fronted(variables):
        yield (
            f"{on}nginx_site_public_url says https of everybody who comes through "
            "nginx_site_trusted_proxies: leave it out, and have the proxy redirect."
        )


def _hsts(variables: dict) -> Iterator[str]:
    hsts, url = variables["nginx_site_hsts"], variables["nginx_site_public_url"]
    if not hsts:
        return
    if int(hsts.get("max_age", -1)) < 0:
        yield (
            f"nginx_site_hsts is {hsts!r}: write how many seconds browsers are to remember it, as "
            "in {max_age: 3600}."
        )
    if url.startswith("http:") or not (url or _tells_https(variables)):
        yield (
            f"nginx_site_hsts is {hsts!r}, but nothing speaks https for this site: give it "
            "nginx_site_tls, name the proxy that ends TLS in nginx_site_trusted_proxies, or leave "
            "it out."
        )
    is_whole = int(hsts.get("max_age", 0)) >= YEAR and hsts.get("include_subdomains")
    if hsts.get("preload") and not is_whole:
        yield (
            f"nginx_site_hsts is {hsts!r}: browsers preload nothing less than "
            f"{{max_age: {YEAR}, include_subdomains: true, preload: true}}."
        )


def _tells_https(variables: dict) -> bool:
    """Return whether a visitor can come by https, and nginx can tell."""
    believed = variables["nginx_site_trusted_proxies"] and variables["nginx_site_trusted_headers"]
    return variables["nginx_site_tls"].get("mode", "none") != "none" or "proto" in (believed or [])


def _knows_address(variables: dict) -> bool:
    """Return whether nginx learns a visitor's address from proxies in front."""
    return "for" in variables["nginx_site_trusted_headers"]


def _is_fronted(variables: dict) -> bool:
    """Return whether proxies send requests on that visitors sent to them."""
    proxies = variables["nginx_site_trusted_proxies"]
    return bool(proxies) and not variables["nginx_site_proxy_protocol"]


def _limits(variables: dict) -> Iterator[str]:
    limits = variables["nginx_site_limits"]
    yield from _body_size("nginx_site_limits.body_size", limits.get("body_size", "1m"))
    size = re.fullmatch(r"([1-9][0-9]*)k", str(limits.get("header_size", "8k")).lower())
    if not size or int(size[1]) > LINE:
        yield (
            f"nginx_site_limits.header_size is {limits['header_size']!r}: write from '1k' to "
            f"'{LINE}k'; no app takes longer lines."
        )
    for option in ("header_timeout", "body_timeout", "send_timeout"):
        if int(limits.get(option, 1)) < 1:
            yield f"nginx_site_limits.{option} is {limits[option]}: use a second or more."
    if not 1 <= int(limits.get("connections", 1)) <= 65535:
        yield (
            f"nginx_site_limits.connections is {limits['connections']}: use 1 or more, up to "
            "65535; a browser opens six, and more streams by HTTP/2."
        )
    if not re.fullmatch(r"[1-9][0-9]{0,5}r/[sm]", str(limits.get("rate", "1r/s"))):
        yield (
            f"nginx_site_limits.rate is {limits['rate']!r}: write how many requests in a second or "
            "a minute, as in '10r/s' or '30r/m'."
        )
    if int(limits.get("burst", 0)) < 0:
        yield f"nginx_site_limits.burst is {limits['burst']}: use 0 or more."
    if "burst" in limits and "rate" not in limits:
        yield (
            f"nginx_site_limits.burst is {limits['burst']}, but no rate is set that it could go "
            "beyond: write one, as in {rate: 10r/s, burst: 20}."
        )
    for option in ("connections", "rate"):
        if option in limits and _is_fronted(variables) and not _knows_address(variables):
            yield (
                f"nginx_site_limits.{option} is {limits[option]!r}, but nginx_site_trusted_headers "
                "lacks 'for', so that all who come through a proxy count as one client: trust it, "
                "or leave the limit out."
            )


def _body_size(where: str, value: object) -> Iterator[str]:
    if not SIZE.fullmatch(str(value)):
        yield f"{where} is {value!r}: write a size, as in '10m'."


def _response_headers(headers: dict) -> Iterator[str]:
    where = "nginx_site_response_headers"
    yield from common.repeated(where, [name.lower() for name in headers])
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            yield (
                f"{where} has {name!r}: letters, digits and hyphens make a name, as in "
                "'X-Content-Type-Options'."
            )
        if FRAMING.fullmatch(name):
            yield f"{where} sets {name}, but that says what one answer is; leave it out."
        if name.lower() in ELSEWHERE:
            yield f"{where} sets {name}, but it is {ELSEWHERE[name.lower()]} that does; use that."
        if not isinstance(value, str) or not re.fullmatch(r"[^\"\\$\x00-\x1f\x7f]+", value):
            yield (
                f"{where}.{name} is {value!r}: write a text, in which quotes, backslashes, dollar "
                "signs and line breaks cannot be sent."
            )


def _status(variables: dict) -> Iterator[str]:
    address, where = variables["nginx_site_status_listen"], "nginx_site_status_listen"
    if not address:
        return
    if not common.is_own_address(address) or not _is_loopback(address):
        yield (
            f"{where} is {address!r}: write a loopback address with a port, as in "
            "'127.0.0.1:8081'; what it tells is nobody else's business."
        )
        return
    tls = variables["nginx_site_tls"]
    for variable, addresses in {
        "nginx_site_listen": variables["nginx_site_listen"],
        "nginx_site_tls.listen": (
            [] if tls.get("mode", "none") == "none" else tls.get("listen", [443])
        ),
    }.items():
        for other in [other for other in addresses if _meet(address, str(other))]:
            yield (
                f"{where} is {address!r}, but {variable} has {other!r}: give it a port of its own."
            )


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    return ipaddress.ip_address(host).is_loopback


def _mount(where: str, mount: dict) -> Iterator[str]:
    if mount["path"] != "/":
        yield from common.prefix(f"{where}.path", mount["path"])
    kind = next(kind for kind in KINDS if kind in mount)
    for option, kinds in ONLY_FOR.items():
        if option in mount and kind not in kinds:
            yield (
                f"{where}.{option} has no meaning beside {kind}: it goes with {' or '.join(kinds)}."
            )
    yield from _target(where, kind, mount[kind])
    yield from _options(where, mount)


def _target(where: str, kind: str, value: Any) -> Iterator[str]:
    if kind == "app":
        yield from common.name(f"{where}.app", value)
    elif kind == "upstreams":
        if not value:
            yield f"{where}.upstreams is empty: name an address, as in ['10.0.0.11:8000']."
        for address in value:
            if not common.is_address(address) and not common.is_socket(address):
                yield (
                    f"{where}.upstreams has {address!r}: write 'host:port', as in "
                    "'10.0.0.11:8000', or the path of a socket."
                )
    elif kind == "root":
        yield from _directory(f"{where}.root", value)
    elif kind == "src":
        if not os.path.isdir(value):
            yield f"{where}.src is {value!r}: there is no such directory on the controller."
    elif not TARGET.fullmatch(value):
        yield (
            f"{where}.redirect is {value!r}: write a path, as in '/new', or a URL that begins "
            "with http."
        )


def _options(where: str, mount: dict) -> Iterator[str]:
    if mount.get("strip") and mount.get("raw"):
        yield (
            f"{where} has strip and raw: a path cannot lose its prefix and be as it was sent; "
            "leave one of them out."
        )
    if "fallback" in mount:
        yield from common.prefix(f"{where}.fallback", mount["fallback"])
    yield from _body_size(f"{where}.body_size", mount.get("body_size", "1m"))
    if int(mount.get("read_timeout", 60)) < 1:
        yield f"{where}.read_timeout is {mount['read_timeout']}: use a second or more."
    for name, value in mount.get("headers", {}).items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            yield (
                f"{where}.headers has {name!r}: letters, digits and hyphens make a name, as in "
                "'X-Team'."
            )
        if OURS.fullmatch(name):
            yield f"{where}.headers sets {name}, but the site itself does; leave it out."
        if not re.fullmatch(r"[^\"\\\x00-\x1f\x7f]*", str(value)):
            yield (
                f"{where}.headers.{name} is {value!r}: quotes, backslashes and line breaks "
                "cannot be sent."
            )
    for static in mount.get("static", []):
        yield from common.prefix(f"{where}.static.path", static["path"])
        yield from _directory(f"{where}.static.root", static["root"])


def _directory(where: str, value: str) -> Iterator[str]:
    if not DIRECTORY.fullmatch(value):
        yield f"{where} is {value!r}: write an absolute path without spaces, as in '/srv/www/shop'."
