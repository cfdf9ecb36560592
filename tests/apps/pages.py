"""Pages whose URLs are right or wrong. The name of the host says which page is the first one.

Each of them is also at /page/NAME, with a label for its name.
"""

from __future__ import annotations

import re

from werkzeug import Request, Response

PARTS = {
    "/static/right.css": ("text/css", "body { background: url(right.png) }"),
    "/static/wrong.css": ("text/css", "body { background: url('/static/right.png') }"),
    "/static/import.css": ("text/css", "@import '/static/right.css';"),
    "/static/right.png": ("image/png", "x"),
    "/static/right.js": ("text/javascript", "export default 1"),
    "/static/wrong.js": ("text/javascript", 'import{a}from"/static/right.js"'),
    "/static/lazy.js": ("text/javascript", "x(() => import('/static/right.js'))"),
    "/right.webmanifest": ("application/manifest+json", '{"start_url": "./"}'),
    "/wrong.webmanifest": (
        "application/manifest+json",
        '{"icons": [{"src": "/static/right.png"}]}',
    ),
    "/lost.webmanifest": ("application/manifest+json", '{"start_url": "/home"}'),
    "/home": ("text/html", "home"),
    "/cart": ("text/html", "cart"),
    "/search": ("text/html", "found"),
    "/video.mp4": ("video/mp4", "x"),
    "/v1/": ("text/html", "version 1"),
}
"""The other paths, with what they answer."""


def app(environ: dict, start_response):
    """Answer with the page of the request, in which PREFIX and ORIGIN are filled in."""
    request = Request(environ)
    path, prefix, name = request.path, request.script_root, request.host.partition(".")[0]
    if name in ("host-refused", "client-refused"):
        response = first(BY_LABEL[name], request)
    elif path.startswith("/page/"):
        response = first(BY_LABEL.get(path.removeprefix("/page/"), ("gone", 404, {})), request)
    elif path == "/post":
        response = Response("posted", 200 if request.method == "POST" else 405)
    elif path in PARTS:
        kind, text = PARTS[path]
        response = Response(text, mimetype=kind)
    elif path in ("/", ""):
        response = first(BY_LABEL.get(name, ""), request)
    elif name.startswith("every-path"):
        response = Response("here, too", mimetype="text/html")
    else:
        response = Response("no such page", 404, mimetype="text/html")
    for name, value in list(response.headers.items()):
        response.headers[name] = filled(value, request, prefix)
    return response(environ, start_response)


def first(page: str | tuple, request: Request) -> Response:
    """Return a page, or a response with status and headers."""
    text, status, headers = (page, 200, {}) if isinstance(page, str) else page
    return Response(
        filled(text, request, request.script_root), status, headers, mimetype="text/html"
    )


def filled(text: str, request: Request, prefix: str) -> str:
    """Return ``text`` with the prefix and the public origin."""
    origin = request.host_url.rstrip("/")
    host = request.host.partition(":")[0]
    return text.replace("PREFIX", prefix).replace("ORIGIN", origin).replace("HOST", host)


def label(name: str) -> str:
    """Return the first part of the host that has the page ``name``."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


RIGHT_PAGES = {
    "plain": "<p>Hello</p>",
    "everything with its prefix": """
        <base href="PREFIX/"><link rel=stylesheet href="PREFIX/static/right.css">
        <link rel=manifest href="PREFIX/right.webmanifest"><script src="static/right.js"></script>
        <img src="PREFIX/static/right.png" srcset="static/right.png 1x, PREFIX/static/right.png 2x">
        <form action="PREFIX/search"></form><a href="PREFIX/cart">cart</a><a href="#top">top</a>""",
    "absolute URLs": """
        <a href="ORIGINPREFIX/cart">a</a><script src="ORIGINPREFIX/static/right.js"></script>""",
    "links to other mounts": "<a href='/'>home</a><a href='/docs/'>docs</a><img src='/logo.png'>",
    "a link to a path that no mount has": "<a href='/legacy/page'>old</a><img src='/gone.png'>",
    "links to other sites": """
        <a href="https://example.com/api/cart">a</a><script src="//cdn.example/a.js"></script>
        <a href="mailto:a@example.com">b</a><a href="javascript:void(0)">c</a>
        <img src="data:,x">""",
    "links to an intranet": "<a href='http://nas/'>NAS</a><a href='http://192.168.1.10:8080/'>b</a>",
    "links to other services of the host": """
        <a href="http://HOST:3000/">Grafana</a>
        <a href="http://HOST:9000/dashboards">b</a>""",
    "links to localhost in a manual": "<a href='http://localhost:8000/'>then open this</a>",
    "a form that takes no GET": "<form method=post action='PREFIX/post'></form>",
    "a refresh": "<meta http-equiv=refresh content='0; url=PREFIX/home'>",
    "a Refresh header": ("", 200, {"Refresh": "3; url=PREFIX/home"}),
    "Link headers": ("", 200, {"Link": "<PREFIX/static/right.css>; rel=preload; as=style"}),
    "a module": "<script type=module src='static/right.js'></script>",
    "what is no URL": """<!-- <a href="/cart"> --><script>const a = "<a href='/cart'>"</script>
        <a href="http://[">a</a><a href="http://x:port/">b</a><a href="/\u00e9">c</a>""",
    "every path answers": "<a href='/cart'>another mount, which is gone</a>",
    "status 400 for its front page alone": ("name is missing", 400, {}),
    "status 403 for its front page alone": ("no list", 403, {}),
    "host refused": ("Bad Request (400)", 400, {}),
    "client refused": ("Forbidden", 403, {}),
    "status 404 for its front page": ("<a href='PREFIX/cart'>a</a>", 404, {}),
    "a broken page of its own": "<a href='PREFIX/gone'>gone</a><img src='PREFIX/static/gone.png'>",
    "login required": ("Who are you?", 401, {}),
    "redirect to a right page": ("", 302, {"Location": "PREFIX/home"}),
    "redirect to a login elsewhere": ("", 302, {"Location": "https://login.example/"}),
}
"""Pages of right sites."""

WRONG_PAGES = {
    "script": ("page-lacks-prefix", "<script src='/static/right.js'></script>"),
    "style sheet": ("page-lacks-prefix", "<link rel=stylesheet href='/static/right.css'>"),
    "image": ("page-lacks-prefix", "<img src='/static/right.png'>"),
    "srcset": ("page-lacks-prefix", "<img srcset='/static/right.png 2x'>"),
    "picture": ("page-lacks-prefix", "<picture><source srcset='/static/right.png'></picture>"),
    "icon": ("page-lacks-prefix", "<link rel=icon href='/static/right.png'>"),
    "video": ("page-lacks-prefix", "<video src='/video.mp4'></video>"),
    "link": ("page-lacks-prefix", "<a href='/cart'>cart</a>"),
    "form": ("page-lacks-prefix", "<form action='/search'></form>"),
    "form that takes no GET": ("page-lacks-prefix", "<form method=post action='/post'></form>"),
    "frame": ("page-lacks-prefix", "<iframe src='/home'></iframe>"),
    "embedded CSS": (
        "page-lacks-prefix",
        "<style>p { background: url(/static/right.png) }</style>",
    ),
    "style attribute": ("page-lacks-prefix", "<p style='background: url(/static/right.png)'>"),
    "url() of a style sheet": (
        "page-lacks-prefix",
        "<link rel=stylesheet href='PREFIX/static/wrong.css'>",
    ),
    "import of a style sheet": (
        "page-lacks-prefix",
        "<link rel=stylesheet href='static/import.css'>",
    ),
    "import of a script": (
        "page-lacks-prefix",
        "<script type=module src='static/wrong.js'></script>",
    ),
    "lazy import of a script": (
        "page-lacks-prefix",
        "<script type=module src='static/lazy.js'></script>",
    ),
    "embedded module": (
        "page-lacks-prefix",
        "<script type=module>import a from '/static/right.js'</script>",
    ),
    "icon of a manifest": ("page-lacks-prefix", "<link rel=manifest href='wrong.webmanifest'>"),
    "start of a manifest": ("page-lacks-prefix", "<link rel=manifest href='lost.webmanifest'>"),
    "base": ("page-lacks-prefix", "<base href='/'><script src='static/right.js'></script>"),
    "refresh": ("page-lacks-prefix", "<meta http-equiv=refresh content='0; url=/home'>"),
    "Refresh header": ("page-lacks-prefix", ("", 200, {"Refresh": "0; url=/home"})),
    "Link header": (
        "page-lacks-prefix",
        ("", 200, {"Link": "</static/right.css>; rel=preload; as=style"}),
    ),
    "absolute URL without the prefix": ("page-lacks-prefix", "<a href='ORIGIN/cart'>cart</a>"),
    "prefix twice": ("page-repeats-prefix", "<script src='PREFIXPREFIX/static/right.js'></script>"),
    "redirect to the origin without the prefix": (
        "prefix-forgotten",
        ("", 302, {"Location": "ORIGIN/cart"}),
    ),
    "redirect with the prefix inside its path": (
        "prefix-forgotten",
        ("", 302, {"Location": "/v1PREFIX/"}),
    ),
    "redirect to itself": (
        "redirect-loop",
        ("", 302, {"Location": "PREFIX/page/redirect-to-itself"}),
    ),
    "cookie for another path": ("cookie-path", ("", 200, {"Set-Cookie": "a=b; Path=/other"})),
    "link to another port": ("origin-hard-coded", "<a href='http://HOST:5000/api/cart'>a</a>"),
    "link without the port": ("origin-hard-coded", "<a href='http://HOST/api/cart'>a</a>"),
    "script of localhost": (
        "origin-hard-coded",
        "<script src='http://localhost:5000/api/static/right.js'></script>",
    ),
    "script of localhost without the prefix": (
        "origin-hard-coded",
        "<script src='http://127.0.0.1:5000/static/right.js'></script>",
    ),
    "image of an inner name": (
        "origin-hard-coded",
        "<img src='http://app:8000/api/static/right.png'>",
    ),
    "base of another origin": (
        "origin-hard-coded",
        "<base href='http://localhost:8000/api/'><img src='static/right.png'>",
    ),
    "url() of another origin": (
        "origin-hard-coded",
        "<style>p { background: url(//HOST:81/api/static/right.png) }</style>",
    ),
}
"""Pages of wrong sites, each with its fault."""

PAGES = {**RIGHT_PAGES, **{name: page for name, (_, page) in WRONG_PAGES.items()}}
BY_LABEL = {label(name): page for name, page in PAGES.items()}
