"""Requests and the responses that a site with every kind of mount gives, as data.

The same table is sent to the rendered configuration and to a site on a host: by http and https,
with the mounts at the root and below a prefix, at the edge and behind a trusted proxy.
"""

from __future__ import annotations

from dataclasses import dataclass

from raw_requests import RawRequest, RawResponse

NAME, ALIAS = "table.example", "www.table.example"
LOGIN = "Authorization: Basic bWU6b3BlbiBzZXNhbWU="
"""The user "me" with the password "open sesame"."""

YEAR = "public, max-age=31536000, immutable"
TEXT = "x" * 3000
FILES = {
    "page/index.html": "<title>Page</title>" + TEXT,
    "page/app.js": "let page;" + TEXT,
    "page/module.mjs": "export {};",
    "page/site.webmanifest": "{}",
    "page/logo.png": "0123456789",
    "page/.env": "hidden",
    "page/assets/app-1a2b.js": "hashed" + TEXT,
    "page/docs/index.html": "Docs",
    "page/empty/note.txt": "note",
    "vault/index.html": "Vault",
    "office/index.html": "Office",
    "list/a.txt": "a",
    "internal/report.txt": "Report",
    "static/style.css": "a {}",
    "static/.htpasswd": "hidden",
}
"""What the mounts serve, below a directory of the test."""


@dataclass(frozen=True)
class Variant:
    """How the site is reached, and what clients see of that."""

    scheme: str
    prefix: str
    is_fronted: bool

    def __str__(self) -> str:
        """Return the name of the site, and of the test."""
        return "-".join(
            [
                self.scheme,
                "prefix" if self.prefix else "root",
                "fronted" if self.is_fronted else "edge",
            ]
        )

    @property
    def origin(self) -> str:
        """The public origin: the proxy in front says that the client uses https."""
        return f"{'https' if self.is_fronted else self.scheme}://{NAME}"

    @property
    def outer(self) -> str:
        """The prefix that the proxy in front has stripped."""
        return "/outer" if self.is_fronted else ""

    def fill(self, text: str) -> str:
        """Return ``text`` with what differs between variants."""
        values = {
            "{p}": self.prefix,
            "{o}": self.outer,
            "{origin}": self.origin,
            "{hsts}": "max-age=60" if self.origin.startswith("https") else "",
        }
        for name, value in values.items():
            text = text.replace(name, value)
        return text


VARIANTS = [
    Variant(scheme, prefix, is_fronted)
    for scheme in ("http", "https")
    for prefix in ("", "/base")
    for is_fronted in (False, True)
]


@dataclass(frozen=True)
class Case:
    """A request, and what its response must have. ``{p}`` is the prefix of the mounts."""

    name: str
    line: str
    status: int
    headers: dict[str, str | None]
    """Values that the response must have; None if the header must be absent."""
    text: str | None = None
    """What the body must contain."""
    sent: tuple[str, ...] = ()
    body: str = ""
    host: str = NAME
    client: str = "anybody"
    """``office`` for a client of the network that may see everything."""

    def request(self, variant: Variant, port: int) -> RawRequest:
        """Return the request as the client, or the proxy in front, sends it."""
        is_office = self.client == "office"
        lines = [f"{variant.fill(self.line)} HTTP/1.1", "Connection: close", *self.sent]
        if self.host:
            lines.insert(1, f"Host: {self.host}")
        if variant.is_fronted:
            address = "10.1.2.3" if is_office else "203.0.113.5"
            lines += [
                "X-Forwarded-Proto: https",
                f"X-Forwarded-For: {address}",
                "X-Forwarded-Prefix: /outer",
            ]
        peer = "127.0.0.2" if is_office and not variant.is_fronted else "127.0.0.1"
        text = variant.fill("\r\n".join([*lines, "", ""])) + self.body
        return RawRequest(peer, port, variant.scheme == "https", text)

    def differences(self, variant: Variant, response: RawResponse) -> list[str]:
        """Return in what ``response`` differs from what the case wants."""
        found = []
        if response.status != self.status:
            found.append(f"status {response.status} instead of {self.status}")
        for name, wanted in self.headers.items():
            expected = variant.fill(wanted or "") or None
            if response.header(name) != expected:
                found.append(f"{name}: {response.header(name)!r} instead of {expected!r}")
        text = variant.fill(self.text or "")
        # Apps may write JSON without spaces.
        if text.replace('": "', '":"') not in response.body.replace('": "', '":"'):
            found.append(f"{response.body[:200]!r} without {text!r}")
        return found


def inputs(variant: Variant, files: str, app: dict, down: dict) -> dict:
    """Return the variables of the site for ``variant``, without its listeners.

    :param files: the directory with :data:`FILES`.
    :param app: how a mount names the app that echoes requests.
    :param down: how a mount names an app that does not run.
    """
    at = variant.prefix
    trusted = {
        "nginx_site_trusted_proxies": ["127.0.0.1"],
        "nginx_site_trusted_headers": ["proto", "for", "prefix"],
    }
    return {
        "nginx_site_name": str(variant),
        "nginx_site_server_names": [NAME],
        "nginx_site_aliases": [ALIAS],
        "nginx_site_https_redirect": False,
        "nginx_site_hsts": {"max_age": 60} if variant.origin.startswith("https") else {},
        "nginx_site_response_headers": {"X-Frame-Options": "DENY"},
        "nginx_site_redirects": {
            f"{at}/moved": f"{at}/api/",
            f"{at}/ge ändert": {"target": "https://shop.example/ä", "code": 308},
            f"{at}/gone": {"code": 410},
        },
        "nginx_site_extra": f'location = {at}/extra {{ return 200 "lines"; }}',
        "nginx_site_mounts": [
            {
                "path": at or "/",
                "root": f"{files}/page",
                "fallback": "/index.html",
                "immutable": ["/assets"],
            },
            {
                "path": f"{at}/api",
                **app,
                "static": [{"path": "/static", "root": f"{files}/static"}],
                "body_size": "1k",
                "cors": {"origins": ["https://app.example.org"], "credentials": True},
            },
            {"path": f"{at}/news", **app, "cache": {"seconds": 60}},
            {"path": f"{at}/down", **down},
            {"path": f"{at}/old", "redirect": f"{at}/docs", "below": True, "code": 301},
            {"path": f"{at}/exact", "redirect": f"{at}/api/", "code": 307},
            {"path": f"{at}/shop", "redirect": "https://shop.example/new?a=b", "code": 302},
            {"path": f"{at}/vault", "root": f"{files}/vault", "users": {"me": "open sesame"}},
            {
                "path": f"{at}/office",
                "root": f"{files}/office",
                "allow": ["10.0.0.0/8", "127.0.0.2"],
                "response_headers": {"X-Robots-Tag": "noindex"},
            },
            {"path": f"{at}/list", "root": f"{files}/list", "listing": True},
            {"path": f"{at}/internal", "root": f"{files}/internal", "internal": True},
        ],
        **(trusted if variant.is_fronted else {}),
    }


FRAME = {"X-Frame-Options": "DENY"}
NO_CACHE = {"Cache-Control": "no-cache", **FRAME}
TO_DOCS = "{o}{p}/docs"
SESAME = ("Origin: https://app.example.org",)
ASKS = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-team")
GZIP = ("Accept-Encoding: gzip",)

CASES = [
    # Which names the site answers.
    Case("name", "GET {p}/", 200, NO_CACHE, "Page"),
    Case("name in capitals", "GET {p}/", 200, NO_CACHE, "Page", host=NAME.upper()),
    Case("name with the dot of the root", "GET {p}/", 200, NO_CACHE, "Page", host=f"{NAME}."),
    Case("name with a port", "GET {p}/", 200, NO_CACHE, "Page", host=f"{NAME}:8000"),
    Case("unknown name", "GET {p}/", 421, {}, host="evil.example"),
    Case("unknown name and path", "GET {p}/api/x", 421, {}, host="evil.example"),
    Case("name with a path", "GET {p}/", 400, {}, host=f"{NAME}/x"),
    Case("port that is none", "GET {p}/", 400, {}, host=f"{NAME}:http"),
    Case("port that is too large", "GET {p}/", 400, {}, host=f"{NAME}:65536"),
    Case("name of the request line", f"GET http://{NAME}{{p}}/", 200, {}, "Page", host="x.example"),
    Case("two names", "GET {p}/", 400, {}, sent=("Host: evil.example",)),
    # Aliases.
    Case("alias", "GET {p}/x?a=%2F", 308, {"Location": "{origin}{o}{p}/x?a=%2F"}, host=ALIAS),
    Case(
        "alias with POST", "POST {p}/api/x", 308, {"Location": "{origin}{o}{p}/api/x"}, host=ALIAS
    ),
    Case("alias in capitals", "GET {p}/", 308, {"Location": "{origin}{o}{p}/"}, host=ALIAS.upper()),
    Case("alias of an alias", "GET {p}/", 421, {}, host=f"www.{ALIAS}"),
    # The app.
    Case("app", "GET {p}/api/x", 200, FRAME, '"SCRIPT_NAME": "{o}{p}/api"'),
    Case("app's path", "GET {p}/api/x/y", 200, {}, '"PATH_INFO": "/x/y"'),
    Case("app's root", "GET {p}/api/", 200, {}, '"PATH_INFO": "/"'),
    Case("app's query", "GET {p}/api/x?a=b%20c", 200, {}, '"QUERY_STRING": "a=b%20c"'),
    Case("app's method", "PUT {p}/api/x", 200, {}, '"REQUEST_METHOD": "PUT"'),
    Case("app's DELETE", "DELETE {p}/api/x", 200, {}, '"REQUEST_METHOD": "DELETE"'),
    Case("app's OPTIONS", "OPTIONS {p}/api/x", 200, {}, '"REQUEST_METHOD": "OPTIONS"'),
    Case("app's HEAD", "HEAD {p}/api/x", 200, FRAME, ""),
    Case("app's host", "GET {p}/api/x", 200, {}, f'"HTTP_HOST": "{NAME}"'),
    Case(
        "app's host with a port",
        "GET {p}/api/x",
        200,
        {},
        f'"HTTP_HOST": "{NAME}:8000"',
        host=f"{NAME}:8000",
    ),
    Case("app without its slash", "GET {p}/api?a=b", 308, {"Location": "{o}{p}/api/?a=b"}),
    Case("app without its slash by POST", "POST {p}/api", 308, {"Location": "{o}{p}/api/"}),
    Case("longer word", "GET {p}/apix", 200, NO_CACHE, "Page"),
    Case("other letters", "GET {p}/API/x", 200, NO_CACHE, "Page"),
    Case("encoded letter", "GET {p}/%61pi/x", 200, {}, '"PATH_INFO": "/x"'),
    Case("two slashes", "GET {p}//api//x", 200, {}, '"PATH_INFO": "/x"'),
    Case("dots", "GET {p}/y/../api/x", 200, {}, '"PATH_INFO": "/x"'),
    Case("way out of the app", "GET {p}/api/%2e%2e/", 200, NO_CACHE, "Page"),
    Case("way out of the site", "GET {p}/../../../../x", 400, {}),
    Case("encoded slash", "GET {p}/api/a%2Fb", 200, {}, '"PATH_INFO": "/a/b"'),
    Case("encoded percent", "GET {p}/api/a%252Fb", 200, {}, '"PATH_INFO": "/a%2Fb"'),
    Case("encoded NUL", "GET {p}/api/%00", 400, {}),
    Case("space in the path", "GET {p}/api/a b", 400, {}),
    Case("method in small letters", "get {p}/api/x", 400, {}),
    Case("short method", "GO {p}/api/x", 400, {}),
    # Headers that a client cannot forge.
    *[
        Case(
            f"forged {name}",
            "GET {p}/api/x",
            200,
            {},
            f'"HTTP_HOST": "{NAME}"',
            sent=(f"{name}: {value}",),
        )
        for name, value in {
            "Forwarded": "host=evil.example;proto=ftp",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "666",
            "X-Forwarded-Server": "evil.example",
            "X-Original-Host": "evil.example",
            "X-Host": "evil.example",
            "X-Rewrite-Url": "/evil",
            "X-Original-Url": "/evil",
            "X-Script-Name": "/evil",
            "Script-Name": "/evil",
            "Path-Info": "/evil",
            "X-Real-Ip": "6.6.6.6",
        }.items()
    ],
    Case(
        "forged header with _", "GET {p}/api/x", 200, {}, sent=("X_Forwarded_Host: evil.example",)
    ),
    Case("forged ID", "GET {p}/api/x", 200, {}, sent=("X-Request-Id: forged",)),
    Case(
        "length and chunks",
        "POST {p}/api/x",
        400,
        {},
        sent=("Transfer-Encoding: chunked", "Content-Length: 4"),
    ),
    Case("two lengths", "POST {p}/api/x", 400, {}, sent=("Content-Length: 4", "Content-Length: 5")),
    # Bodies.
    Case(
        "body", "POST {p}/api/x", 200, {}, '"body": "abc"', sent=("Content-Length: 3",), body="abc"
    ),
    Case(
        "body in chunks",
        "POST {p}/api/x",
        200,
        {},
        '"body": "abc"',
        sent=("Transfer-Encoding: chunked",),
        body="3\r\nabc\r\n0\r\n\r\n",
    ),
    Case(
        "large body", "POST {p}/api/x", 413, FRAME, sent=("Content-Length: 2000",), body="x" * 2000
    ),
    Case("large body to a page", "POST {p}/", 405, FRAME, sent=("Content-Length: 2",), body="xx"),
    # Redirects.
    Case("tree", "GET {p}/old", 301, {"Location": TO_DOCS, **FRAME}),
    Case("tree with a slash", "GET {p}/old/", 301, {"Location": TO_DOCS + "/"}),
    Case("below a tree", "GET {p}/old/a%2Fb?c=d", 301, {"Location": TO_DOCS + "/a%2Fb?c=d"}),
    Case(
        "tree, two slashes",
        "GET {p}/old//evil.example",
        301,
        {"Location": TO_DOCS + "//evil.example"},
    ),
    Case("tree and dots", "GET {p}/old/%2e%2e/x", 200, NO_CACHE, "Page"),
    Case("tree and a backslash", "GET {p}/old/\\evil.example", 400, {}),
    Case("exact path", "GET {p}/exact", 307, {"Location": "{o}{p}/api/"}),
    Case("exact path with POST", "POST {p}/exact", 307, {"Location": "{o}{p}/api/"}),
    Case("below an exact path", "GET {p}/exact/x", 200, NO_CACHE, "Page"),
    Case("other site", "GET {p}/shop", 302, {"Location": "https://shop.example/new?a=b"}),
    Case("moved path", "GET {p}/moved", 301, {"Location": "{o}{p}/api/", **FRAME}),
    Case(
        "moved path with letters",
        "GET {p}/ge%20%C3%A4ndert",
        308,
        {"Location": "https://shop.example/%C3%A4"},
    ),
    Case("path that is gone", "GET {p}/gone", 410, FRAME),
    # Files.
    Case(
        "page",
        "GET {p}/index.html",
        200,
        {"Content-Type": "text/html; charset=utf-8", **NO_CACHE},
        "Page",
    ),
    Case("route of the page", "GET {p}/orders/7", 200, NO_CACHE, "Page"),
    Case("route with a dot", "GET {p}/users/j.doe", 200, NO_CACHE, "Page"),
    Case(
        "script",
        "GET {p}/app.js",
        200,
        {"Content-Type": "application/javascript; charset=utf-8", **NO_CACHE},
    ),
    Case("module", "GET {p}/module.mjs", 200, {"Content-Type": "text/javascript; charset=utf-8"}),
    Case(
        "manifest", "GET {p}/site.webmanifest", 200, {"Content-Type": "application/manifest+json"}
    ),
    Case(
        "hashed script",
        "GET {p}/assets/app-1a2b.js",
        200,
        {"Cache-Control": YEAR, **FRAME},
        "hashed",
    ),
    Case("missing hashed script", "GET {p}/assets/app-old.js", 404, {"Cache-Control": None}),
    Case("missing script", "GET {p}/old.js", 404, {"Cache-Control": None, **FRAME}),
    Case("directory", "GET {p}/docs/", 200, NO_CACHE, "Docs"),
    Case("directory without its slash", "GET {p}/docs", 301, {}),
    Case("hidden file", "GET {p}/.env", 404, FRAME),
    Case("encoded hidden file", "GET {p}/%2eenv", 404, FRAME),
    Case(
        "part",
        "GET {p}/logo.png",
        206,
        {"Content-Range": "bytes 2-4/10"},
        "234",
        sent=("Range: bytes=2-4",),
    ),
    Case("part that is none", "GET {p}/logo.png", 416, {}, sent=("Range: bytes=20-30",)),
    Case("head of a file", "HEAD {p}/logo.png", 200, {"Content-Length": "10", **NO_CACHE}),
    Case("methods of a file", "OPTIONS {p}/app.js", 204, {"Allow": "GET, HEAD, OPTIONS"}),
    Case("POST to a file", "POST {p}/app.js", 405, {"Allow": "GET, HEAD, OPTIONS", **FRAME}),
    Case("DELETE of a file", "DELETE {p}/app.js", 405, {"Allow": "GET, HEAD, OPTIONS"}),
    Case("app's static file", "GET {p}/api/static/style.css", 200, NO_CACHE, "a {}"),
    Case("app's hidden static file", "GET {p}/api/static/.htpasswd", 404, FRAME),
    Case("way out of static files", "GET {p}/api/static../page/app.js", 200, {}, '"PATH_INFO"'),
    Case("list", "GET {p}/list/", 200, FRAME, "a.txt"),
    Case("file of a list", "GET {p}/list/a.txt", 200, NO_CACHE, "a"),
    Case("internal file", "GET {p}/internal/report.txt", 404, FRAME),
    Case("internal directory", "GET {p}/internal/", 404, FRAME),
    # Compression.
    Case(
        "compressed page",
        "GET {p}/",
        200,
        {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
        sent=GZIP,
    ),
    Case("compressed script", "GET {p}/app.js", 200, {"Content-Encoding": "gzip"}, sent=GZIP),
    Case("image", "GET {p}/logo.png", 200, {"Content-Encoding": None}, sent=GZIP),
    Case("client without compression", "GET {p}/app.js", 200, {"Content-Encoding": None}),
    # Errors.
    Case("app is down", "GET {p}/down/x", 502, FRAME, "Not available"),
    Case("app is down for POST", "POST {p}/down/x", 502, FRAME, "Not available"),
    Case(
        "app is down for an upload",
        "POST {p}/down/x",
        502,
        FRAME,
        sent=("Content-Length: 2000",),
        body="x" * 2000,
    ),
    Case("page for errors", "GET {p}/.errors/unavailable.html", 404, FRAME),
    Case("long URL", "GET {p}/api/" + "x" * 20000, 414, {}),
    Case("long header", "GET {p}/api/x", 431, {}, sent=("X-Long: " + "x" * 20000,)),
    # Who may request what.
    Case("no password", "GET {p}/vault/", 401, FRAME),
    Case("password", "GET {p}/vault/", 200, NO_CACHE, "Vault", sent=(LOGIN,)),
    Case("wrong password", "GET {p}/vault/", 401, FRAME, sent=("Authorization: Basic bWU6eA==",)),
    Case("no password, no slash", "GET {p}/vault", 401, FRAME),
    Case("password, no slash", "GET {p}/vault", 308, {"Location": "{o}{p}/vault/"}, sent=(LOGIN,)),
    Case("no password, missing file", "GET {p}/vault/x", 401, FRAME),
    Case("no password, HEAD", "HEAD {p}/vault/", 401, FRAME),
    Case("no password, two slashes", "GET {p}//vault//", 401, FRAME),
    Case("no password, encoded", "GET {p}/%76ault/", 401, FRAME),
    Case("other address", "GET {p}/office/", 403, {"X-Robots-Tag": "noindex", **FRAME}),
    Case(
        "address",
        "GET {p}/office/",
        200,
        {"X-Robots-Tag": "noindex", **NO_CACHE},
        "Office",
        client="office",
    ),
    Case("other address, no slash", "GET {p}/office", 403, FRAME),
    Case(
        "address, no slash", "GET {p}/office", 308, {"Location": "{o}{p}/office/"}, client="office"
    ),
    Case(
        "forged address",
        "GET {p}/office/",
        403,
        FRAME,
        sent=("X-Real-IP: 10.1.2.3", "Client-Ip: 10.1.2.3"),
    ),
    # Scripts of other origins.
    Case(
        "origin",
        "GET {p}/api/x",
        200,
        {
            "Access-Control-Allow-Origin": "https://app.example.org",
            "Access-Control-Allow-Credentials": "true",
        },
        sent=SESAME,
    ),
    Case(
        "other origin",
        "GET {p}/api/x",
        200,
        {"Access-Control-Allow-Origin": None},
        sent=("Origin: https://evil.example",),
    ),
    Case(
        "longer origin",
        "GET {p}/api/x",
        200,
        {"Access-Control-Allow-Origin": None},
        sent=("Origin: https://app.example.org.evil.example",),
    ),
    Case(
        "preflight",
        "OPTIONS {p}/api/x",
        204,
        {"Access-Control-Allow-Origin": "https://app.example.org"},
        sent=SESAME + ASKS,
    ),
    Case(
        "preflight of another origin",
        "OPTIONS {p}/api/x",
        204,
        {"Access-Control-Allow-Origin": None},
        sent=("Origin: https://evil.example", *ASKS),
    ),
    Case(
        "origin of another mount",
        "GET {p}/",
        200,
        {"Access-Control-Allow-Origin": None},
        sent=SESAME,
    ),
    # The rest.
    Case("cached app", "GET {p}/news/x", 200, FRAME, '"SCRIPT_NAME": "{o}{p}/news"'),
    Case(
        "cached app with a cookie",
        "GET {p}/news/x",
        200,
        FRAME,
        '"HTTP_COOKIE": "a=b"',
        sent=("Cookie: a=b",),
    ),
    Case("lines of the user", "GET {p}/extra", 200, FRAME, "lines"),
    Case("HSTS of files", "GET {p}/app.js", 200, {"Strict-Transport-Security": "{hsts}"}),
    Case("HSTS of the app", "GET {p}/api/x", 200, {"Strict-Transport-Security": "{hsts}"}),
    Case("HSTS of a redirect", "GET {p}/exact", 307, {"Strict-Transport-Security": "{hsts}"}),
    Case("TRACE", "TRACE {p}/", 405, {}),
    Case("CONNECT", "CONNECT {p}/", 405, {}),
    Case("no version", "GET {p}/missing.js", 404, {"Server": "nginx"}),
]
