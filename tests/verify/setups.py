"""Right and wrong ways to put an app behind nginx, and nginx behind a proxy.

Each row has the fault that verify must name, and how the set-up differs from a right one. The tests
run each: a proxy in front, nginx, gunicorn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from apps.pages import RIGHT_PAGES, WRONG_PAGES, label

PLAIN, MAPPED = "http://shop.example/api/", "http://shop.example:8000/api/"
SECURE, OTHER = "https://shop.example/api/", "https://shop.example:8443/api/"
FRONT_ADDRESS = "127.0.0.9"
"""Where the proxy in front connects from."""

HEADERS = {
    "Host": "$http_host",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-For": "$proxy_add_x_forwarded_for",
    "Upgrade": "$http_upgrade",
    "Connection": "$http_connection",
}
BEHIND = {
    "nginx_site_trusted_proxies": [FRONT_ADDRESS],
    "nginx_site_trusted_headers": ["proto", "for"],
}


@dataclass(frozen=True)
class Front:
    """A proxy in front, which is an nginx here."""

    headers: dict[str, str] = field(default_factory=dict)
    """Headers that differ from :data:`HEADERS`; empty ones are not sent."""
    directives: str = ""
    path: str = "/"
    to: str = ""
    """Its upstream, if that is not nginx."""

    def text(self, name: str, port: int, site: int, tls: dict[str, str] | None) -> str:
        """Return its configuration."""
        secure = (
            f"ssl_certificate {tls['certificate']}; ssl_certificate_key {tls['key']};"
            if tls
            else ""
        )
        headers = "".join(
            f"proxy_set_header {header} {value};\n"
            for header, value in {**HEADERS, **self.headers}.items()
            if value
        )
        return f"""
        server {{
            listen 127.0.0.1:{port}{" ssl" if tls else ""};
            server_name {name}.front;
            {secure}
            location {self.path} {{
                {self.directives}
                {headers}
                proxy_http_version 1.1;
                proxy_bind {FRONT_ADDRESS};
                proxy_pass http://{self.to or f"127.0.0.1:{site}"};
            }}
        }}
        """


@dataclass(frozen=True)
class SetUp:
    """One way to serve the shop."""

    name: str
    fault: str = ""
    """The fault that verify must name; empty for a right set-up."""
    hop: str = ""
    url: str = MAPPED
    front: Front | None = None
    site: dict[str, Any] = field(default_factory=dict)
    """Variables of nginx_site that differ."""
    mount: dict[str, Any] = field(default_factory=dict)
    """Options of the mount that differ."""
    mounts: tuple[dict[str, Any], ...] = ()
    """More mounts of the site."""
    nginx: str = ""
    """A configuration that replaces the role's, with PORT, SOCKET and NAME to be filled in."""
    beside: str = ""
    """Another site of the same nginx, which nginx reads first."""
    app: dict[str, str] = field(default_factory=dict)
    """Variables of wsgi_app that differ."""
    socket: str = ""
    """What is wrong with the app's socket: ``refused`` or ``gone``."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """More arguments of the module."""
    warning: str = ""
    """The warning that verify must give; empty for most set-ups."""
    behind: bool = False
    """Whether nginx trusts the proxy in front."""


def foreign(location: str, server: str = "", http: str = "") -> str:
    """Return an nginx configuration that the role did not write."""
    return f"""
    {http}
    upstream app-NAME {{ server unix:SOCKET; }}
    server {{
        listen 127.0.0.1:PORT;
        server_name shop.example;
        {server}
        {location}
    }}
    """


GOOD = """
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Port "";
    proxy_set_header X-Forwarded-Prefix /api;
    proxy_set_header X-Forwarded-Ssl "";
    proxy_set_header Forwarded "";
"""
ORIGINAL = """
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Port PORT;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Prefix /api;
    proxy_set_header X-Forwarded-Ssl "";
    proxy_set_header Forwarded "";
"""


def shop(**arguments: Any) -> dict[str, str]:
    """Return the variables of a shop that is created with ``arguments``."""
    text = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return {"wsgi_app_callable": f"shop:create_app({text})"}


def page(name: str, fault: str = "", **more: Any) -> SetUp:
    """Return a set-up whose app has a page of :mod:`apps.pages`."""
    beside = " beside a single-page app" if "mounts" in more else ""
    return SetUp(
        f"page: {name}{beside}",
        fault,
        "app" if fault else "",
        url=f"http://{label(name)}.pages.example:8000/api/",
        app={"wsgi_app_callable": "pages:app"},
        site={"nginx_site_server_names": ["pages.example", "*.pages.example"]},
        **more,
    )


def deeper_page(name: str, fault: str = "", **more: Any) -> SetUp:
    """Return a set-up that has a page of :mod:`apps.pages` below a plain first page."""
    arguments = {"paths": [f"/page/{label(name)}"]}
    named = f"deeper page: {name}"
    return replace(page("plain", fault), name=named, arguments=arguments, **more)


SINGLE_PAGE = {"path": "/", "root": "SINGLE_PAGE", "fallback": "/index.html"}
"""The mount of a single-page app, which answers at every path."""

REFUSING = {"host refused": "refuses-host", "client refused": "refuses-clients"}
"""Pages of apps that answer every request with an error."""

RIGHT = [
    SetUp("a mapped port"),
    SetUp("the default port", url=PLAIN),
    SetUp("at the root", url="http://shop.example:8000/"),
    SetUp("strip", mount={"strip": True}, app={"wsgi_app_prefix_mode": "strip"}),
    SetUp("an app with its prefix", app={"wsgi_app_prefix_mode": "app", **shop(routes="/api")}),
    SetUp(
        "lists",
        site={"nginx_site_forwarded": "append"},
        app={"wsgi_app_forwarded": "append"},
    ),
    SetUp("the app's own ProxyFix", app={**shop(fix=1), "wsgi_app_proxy_fix": "no"}),
    SetUp("both ProxyFix", app=shop(fix=1)),
    SetUp(
        "Django that accepts the host",
        app={"wsgi_app_callable": "django_hosts:create_app('shop.example')"},
    ),
    SetUp(
        "Django that accepts no host",
        app={"wsgi_app_callable": "django_hosts:create_app()"},
        warning="refuses-host",
    ),
    SetUp("Flask that accepts the host", app=shop(TRUSTED_HOSTS=["shop.example"])),
    SetUp(
        "Flask that accepts another host",
        app=shop(TRUSTED_HOSTS=["other.example"]),
        warning="refuses-host",
    ),
    SetUp("no Flask", app={"wsgi_app_callable": "echo:app"}),
    SetUp("an app that redirects", app=shop(to="/api/cart")),
    SetUp("an app that redirects twice", app=shop(to="/api/basket")),
    SetUp("an app that redirects elsewhere", app=shop(to="https://example.com/")),
    SetUp("a proxy in front", url=SECURE, front=Front(), behind=True),
    SetUp("a proxy in front on another port", url=OTHER, front=Front(), behind=True),
    SetUp(
        "a proxy in front that strips a prefix",
        url="https://shop.example/outer/api/",
        front=Front({"X-Forwarded-Prefix": "/outer"}, "rewrite ^/outer(/.*) $1 break;", "/outer/"),
        site={"nginx_site_trusted_headers": ["proto", "for", "prefix"]},
        behind=True,
    ),
    SetUp(
        "a pinned URL",
        url=OTHER,
        front=Front({"Host": "$proxy_host", "X-Forwarded-Proto": ""}),
        site={
            "nginx_site_public_url": "https://shop.example:8443",
            "nginx_site_server_names": ["shop.example", "127.0.0.1"],
            "nginx_site_trusted_headers": ["for"],
        },
        behind=True,
    ),
    SetUp("WebSocket and bodies", arguments={"websocket": True, "body": 100000}),
    SetUp(
        "WebSocket and bodies through a proxy in front",
        url=SECURE,
        front=Front(),
        behind=True,
        arguments={"websocket": True, "body": 100000},
    ),
    SetUp(
        "an nginx without the role",
        nginx=foreign(f"location /api {{ {GOOD} proxy_pass http://app-NAME; }}"),
    ),
    *(page(name, warning=REFUSING.get(name, "")) for name in RIGHT_PAGES),
    *(
        page(name, mounts=(SINGLE_PAGE,))
        for name in (
            "everything with its prefix",
            "links to other mounts",
            "a form that takes no GET",
        )
    ),
    *(
        deeper_page(name)
        for name in (
            "everything with its prefix",
            "links to other mounts",
            "a refresh",
            "redirect to a right page",
        )
    ),
    *(
        deeper_page(name, warning="page-closed")
        for name in ("client refused", "login required", "redirect to a login elsewhere")
    ),
]

DOUBTFUL = [set_up for set_up in RIGHT if set_up.warning]
"""Set-ups with pages that verify cannot read, although each URL is right."""

WRONG = [
    SetUp(
        "balancer forgets the scheme",
        "scheme-not-forwarded",
        "balancer",
        SECURE,
        Front({"X-Forwarded-Proto": ""}),
        behind=True,
    ),
    SetUp(
        "balancer drops the port",
        "port-dropped",
        "balancer",
        OTHER,
        Front({"Host": "$host"}),
        behind=True,
    ),
    SetUp(
        "balancer drops the port of plain http",
        "port-dropped",
        "balancer",
        MAPPED,
        Front({"Host": "$host"}),
        behind=True,
    ),
    SetUp(
        "balancer sends its own port",
        "port-of-listener",
        "balancer",
        SECURE,
        Front({"Host": "$host:8443"}),
        behind=True,
    ),
    SetUp(
        "balancer sends a foreign host",
        "host-replaced",
        "balancer",
        SECURE,
        Front({"Host": "inner.example"}),
        behind=True,
    ),
    SetUp(
        "balancer sends another host of the site",
        "host-replaced",
        "balancer",
        SECURE,
        Front({"Host": "inner.example"}),
        {"nginx_site_server_names": ["shop.example", "inner.example"]},
        behind=True,
    ),
    SetUp(
        "balancer rewrites the path",
        "balancer-routes-elsewhere",
        "balancer",
        SECURE,
        Front(directives="rewrite ^ /elsewhere break;"),
        behind=True,
    ),
    SetUp(
        "balancer cannot connect to nginx",
        "nginx-not-reached",
        "balancer",
        SECURE,
        Front(to="127.0.0.1:1"),
        behind=True,
    ),
    SetUp(
        "balancer passes a forged scheme",
        "forged-headers-passed",
        "balancer",
        SECURE,
        Front({"X-Forwarded-Proto": "$claimed_scheme"}),
        behind=True,
    ),
    SetUp(
        "balancer passes a forged host",
        "forged-headers-passed",
        "balancer",
        SECURE,
        Front(),
        {
            "nginx_site_trusted_headers": ["proto", "for", "host"],
            "nginx_site_server_names": ["shop.example", "forged.invalid"],
        },
        behind=True,
    ),
    SetUp(
        "balancer passes a forged prefix",
        "forged-headers-passed",
        "balancer",
        SECURE,
        Front(),
        {"nginx_site_trusted_headers": ["proto", "for", "prefix"]},
        behind=True,
    ),
    SetUp(
        "balancer does not forward the prefix that it strips",
        "outer-prefix-lost",
        "balancer",
        "https://shop.example/outer/api/",
        Front({}, "rewrite ^/outer(/.*) $1 break;", "/outer/"),
        {"nginx_site_trusted_headers": ["proto", "for", "prefix"]},
        behind=True,
    ),
    SetUp(
        "balancer does not forward the client address",
        "client-not-forwarded",
        "balancer",
        SECURE,
        Front({"X-Forwarded-For": ""}),
        behind=True,
    ),
    SetUp(
        "balancer drops WebSocket",
        "websocket-lost",
        "balancer",
        SECURE,
        Front({"Upgrade": "", "Connection": ""}),
        behind=True,
        arguments={"websocket": True},
    ),
    SetUp(
        "balancer limits bodies",
        "body-limit",
        "balancer",
        SECURE,
        Front(directives="client_max_body_size 1k;"),
        behind=True,
        arguments={"body": 100000},
    ),
    SetUp("trusted network is missing", "proxy-not-trusted", "nginx", SECURE, Front()),
    SetUp(
        "trusted network is wrong",
        "proxy-not-trusted",
        "nginx",
        SECURE,
        Front(),
        {"nginx_site_trusted_proxies": ["10.0.0.5"]},
    ),
    SetUp(
        "trusted network is too wide",
        "clients-trusted",
        "nginx",
        SECURE,
        Front(),
        {"nginx_site_trusted_proxies": ["0.0.0.0/1"]},
    ),
    SetUp(
        "trusted network has clients in it",
        "clients-trusted",
        "nginx",
        MAPPED,
        site={"nginx_site_trusted_proxies": ["127.0.0.0/8"]},
    ),
    SetUp(
        "prefix is not trusted",
        "prefix-not-trusted",
        "nginx",
        "https://shop.example/outer/api/",
        Front({"X-Forwarded-Prefix": "/outer"}, "rewrite ^/outer(/.*) $1 break;", "/outer/"),
        behind=True,
    ),
    SetUp(
        "server name is missing",
        "name-unknown",
        "nginx",
        site={"nginx_site_server_names": ["other.example"]},
    ),
    SetUp(
        "old site wins",
        "other-site",
        "nginx",
        beside="server { listen 127.0.0.1:PORT; server_name shop.example; return 200 old; }",
    ),
    SetUp("mount is missing", "other-site", "nginx", mount={"path": "/other"}),
    SetUp("prefix is stripped twice", "stripped-twice", "nginx", mount={"strip": True}),
    SetUp(
        "prefix is not stripped",
        "not-stripped",
        "nginx",
        app={"wsgi_app_prefix_mode": "strip"},
    ),
    SetUp("socket refuses nginx", "socket-refused", "nginx", socket="refused"),
    SetUp(
        "mount names another socket", "socket-refused", "nginx", mount={"upstreams": ["/no.sock"]}
    ),
    SetUp("app is down", "app-down", "gunicorn", socket="gone"),
    SetUp(
        "prefix of the app differs", "prefix-differs", "gunicorn", app={"wsgi_app_prefix": "/shop"}
    ),
    SetUp(
        "prefix of a stripped app differs",
        "prefix-differs",
        "gunicorn",
        mount={"strip": True},
        app={"wsgi_app_prefix": "/shop", "wsgi_app_prefix_mode": "strip"},
    ),
    SetUp(
        "nginx drops WebSocket",
        "websocket-lost",
        "nginx",
        mount={"websocket": False},
        arguments={"websocket": True},
    ),
    SetUp(
        "nginx limits bodies",
        "body-limit",
        "nginx",
        mount={"body_size": "1k"},
        arguments={"body": 100000},
    ),
    SetUp(
        "slash redirect has the internal port",
        "slash-redirect-wrong",
        "nginx",
        nginx=foreign(f"location /api/ {{ {GOOD} proxy_pass http://app-NAME; }}"),
    ),
    SetUp(
        "port is the listener's",
        "port-of-listener",
        "nginx",
        nginx=foreign(f"location /api {{ {ORIGINAL} proxy_pass http://app-NAME; }}"),
    ),
    SetUp(
        "nginx sends its upstream's name as host",
        "forwarded-wrong",
        "nginx",
        nginx=foreign("location /api { proxy_pass http://app-NAME; }"),
    ),
    SetUp(
        "nginx passes all forged headers",
        "forged-headers-accepted",
        "nginx",
        nginx=foreign(
            "location /api { proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For "
            "$remote_addr; proxy_pass http://app-NAME; }"
        ),
    ),
    SetUp(
        "https is redirected to https",
        "https-loop",
        "nginx",
        SECURE,
        Front(),
        nginx=foreign(
            f"location /api {{ {GOOD} proxy_pass http://app-NAME; }}",
            "if ($scheme = http) { return 301 https://$host$request_uri; }",
        ),
    ),
    SetUp(
        "ProxyFix is absent",
        "proxyfix-absent",
        "wrapper",
        app={"wsgi_app_proxy_fix": "no"},
    ),
    SetUp(
        "ProxyFix counts two",
        "proxyfix-counts",
        "app",
        app={**shop(fix=2), "wsgi_app_proxy_fix": "no"},
    ),
    SetUp(
        "nginx appends, ProxyFix counts one",
        "counts-differ",
        "wrapper",
        site={"nginx_site_forwarded": "append"},
    ),
    SetUp(
        "nginx sends one value, ProxyFix counts two",
        "counts-differ",
        "wrapper",
        app={"wsgi_app_forwarded": "append"},
    ),
    SetUp("SERVER_NAME is another", "server-name", "app", app=shop(SERVER_NAME="other.example")),
    SetUp("SERVER_NAME has no port", "server-name", "app", app=shop(SERVER_NAME="shop.example")),
    SetUp(
        "cookie is for another path", "cookie-path", "app", app=shop(SESSION_COOKIE_PATH="/other")
    ),
    SetUp(
        "cookie is for https alone", "cookie-secure", "app", app=shop(SESSION_COOKIE_SECURE=True)
    ),
    SetUp("app has its prefix in its routes", "app-owns-prefix", "app", app=shop(routes="/api")),
    SetUp(
        "app lacks its prefix in its routes",
        "app-lacks-prefix",
        "app",
        app={"wsgi_app_prefix_mode": "app"},
    ),
    SetUp(
        "app redirects to a hard-coded port",
        "origin-hard-coded",
        "app",
        app=shop(to="http://shop.example:5000/api/cart"),
    ),
    SetUp(
        "app redirects to a hard-coded scheme",
        "origin-hard-coded",
        "app",
        SECURE,
        Front(),
        app=shop(to="http://shop.example/api/cart"),
        behind=True,
    ),
    SetUp(
        "app redirects to localhost",
        "origin-hard-coded",
        "app",
        app=shop(to="http://localhost:5000/api/cart"),
    ),
    SetUp("app forgets its prefix", "prefix-forgotten", "app", app=shop(to="/cart")),
    SetUp("app redirects to itself", "redirect-loop", "app", app=shop(to="/api/")),
    *(page(name, fault) for name, (fault, _) in WRONG_PAGES.items()),
    *(
        page(name, "page-lacks-prefix", mounts=(SINGLE_PAGE,))
        for name in ("script", "style sheet", "base", "import of a script", "icon of a manifest")
    ),
    *(
        deeper_page(name, WRONG_PAGES[name][0])
        for name in (
            "script",
            "form",
            "url() of a style sheet",
            "refresh",
            "prefix twice",
            "redirect to the origin without the prefix",
            "link to another port",
        )
    ),
    deeper_page("of no name", "page-error"),
    deeper_page("redirect to itself", "redirect-loop"),
    deeper_page("cookie for another path", "cookie-path"),
]
