"""The faults that verify can find, each with its fix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaultDescription:
    """What a fault of one hop is. In both texts, names in braces stand for details of the site."""

    hop: str
    """Where to fix it: browser, balancer, nginx, gunicorn, wrapper or app, in this order."""
    problem: str
    fix: str
    """What to set."""


FAULTS = {
    "no-response": FaultDescription(
        "browser",
        "the server at the public URL takes connections, and sends no complete response",
        "Read its log. A port for TLS needs https in the URL, and one without TLS needs http.",
    ),
    "response-malformed": FaultDescription(
        "app",
        "a response breaks the rules of HTTP, or of the wrapper's answer",
        "curl --silent --include {origin}{prefix} | cat -v shows the response. An app must quote "
        "what it writes into a header (urllib.parse.quote), or use redirect(url_for(…)).",
    ),
    "response-missing": FaultDescription(
        "app",
        "some requests got no response, or got it too late",
        "Read the logs: journalctl -u 'wsgi-NAME.*', and /var/log/nginx/error.log.",
    ),
    "certificate": FaultDescription(
        "browser",
        "clients do not trust the certificate for this name",
        "The server that ends TLS needs a certificate for {host}, with the whole chain; for nginx: "
        "nginx_site_tls.certificate. If a private CA signed it, trust the CA where verify runs: "
        "SSL_CERT_FILE=authority.pem",
    ),
    "https-loop": FaultDescription(
        "nginx",
        "clients that use https are redirected to https again",
        "Redirect by the client's scheme: nginx_site_https_redirect: true, with proto in "
        "nginx_site_trusted_headers; in other servers test $http_x_forwarded_proto, not $scheme.",
    ),
    "redirect-loop": FaultDescription(
        "app",
        "the URL redirects to itself",
        "The app does not know that the client used {scheme} and {prefix}/. Its redirect must "
        "depend on wsgi.url_scheme and SCRIPT_NAME.",
    ),
    "app-down": FaultDescription(
        "gunicorn",
        "the app does not respond at its own address",
        "Read the log: journalctl -u 'wsgi-NAME.*'. systemctl status wsgi-NAME.socket shows "
        "whether the socket listens.",
    ),
    "prefix-differs": FaultDescription(
        "gunicorn",
        "the app is mounted at one prefix and runs with another",
        "wsgi_app_prefix: {prefix}",
    ),
    "socket-refused": FaultDescription(
        "nginx",
        "nginx cannot connect to the app, but other clients can",
        "nginx's user must be in the socket's group: SocketGroup=www-data and SocketMode=0660 in "
        "wsgi-NAME.socket. The mount must name this socket.",
    ),
    "nginx-not-reached": FaultDescription(
        "balancer",
        "the proxy in front cannot connect to nginx, but other clients can",
        "Its upstream must be an address and port of nginx_site_listen.",
    ),
    "name-unknown": FaultDescription(
        "nginx",
        "the site does not handle this host name",
        "nginx_site_server_names: [{host}]",
    ),
    "host-replaced": FaultDescription(
        "balancer",
        "the proxy in front sends another Host than the client",
        "Let it forward Host: nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost "
        "On; else set nginx_site_public_url: {origin}",
    ),
    "balancer-routes-elsewhere": FaultDescription(
        "balancer",
        "the proxy in front sends the request elsewhere, although nginx would handle it",
        "Its rule for {host}{prefix}/ must lead to nginx.",
    ),
    "stripped-twice": FaultDescription(
        "nginx",
        "nginx strips the prefix, and gunicorn expects it",
        "Remove strip from the mount, or set wsgi_app_prefix_mode: strip; in nginx: proxy_pass "
        "http://app{prefix}/; inside location {prefix}/",
    ),
    "not-stripped": FaultDescription(
        "nginx",
        "nginx does not strip the prefix, and the app does not expect it",
        "nginx_site_mounts: [{{path: {prefix}, strip: true, …}}], or remove wsgi_app_prefix_mode",
    ),
    "other-site": FaultDescription(
        "nginx",
        "another site of this nginx handles the host name or the path",
        "grep -r server_name /etc/nginx/sites-enabled: remove {host} from the other site.",
    ),
    "proxy-not-trusted": FaultDescription(
        "nginx",
        "nginx does not trust the proxy in front",
        "nginx_site_trusted_proxies: [{peer}]",
    ),
    "scheme-not-forwarded": FaultDescription(
        "balancer",
        "the proxy in front does not forward the client's scheme, {scheme}",
        "nginx: proxy_set_header X-Forwarded-Proto $scheme; HAProxy: http-request set-header "
        "X-Forwarded-Proto https if {{ ssl_fc }}; Apache: RequestHeader set X-Forwarded-Proto "
        "expr=%{{REQUEST_SCHEME}}; else set nginx_site_public_url: {origin}",
    ),
    "port-dropped": FaultDescription(
        "balancer",
        "the proxy in front removes the port from Host",
        "nginx: proxy_set_header Host $http_host; else set nginx_site_public_url: {origin}",
    ),
    "port-of-listener": FaultDescription(
        "nginx",
        "the app sees the port that a server listens on, not the client's port",
        "Do not use $server_port: the client's port is in Host, else it is the scheme's default. "
        "Behind another port: proxy_set_header Host $http_host; or nginx_site_public_url: {origin}",
    ),
    "forwarded-wrong": FaultDescription(
        "nginx",
        "nginx does not forward the URL that the client requested",
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; or serve "
        "the app with nginx_site, which sets all headers.",
    ),
    "outer-prefix-lost": FaultDescription(
        "balancer",
        "the proxy in front strips {outer} from the path and does not forward it",
        "nginx: proxy_set_header X-Forwarded-Prefix {outer}; Caddy: header_up X-Forwarded-Prefix "
        "{outer}; else set nginx_site_public_url: {origin}{outer}",
    ),
    "prefix-not-trusted": FaultDescription(
        "nginx",
        "nginx ignores the prefix that the proxy in front forwards",
        "nginx_site_trusted_headers: [{trusted}, prefix]",
    ),
    "counts-differ": FaultDescription(
        "wrapper",
        "nginx forwards one number of values in each header, and ProxyFix counts another",
        "wsgi_app_forwarded: {forwarded}, the same as nginx_site_forwarded",
    ),
    "proxyfix-counts": FaultDescription(
        "app",
        "the app's own ProxyFix counts {counted} proxies, but nginx forwards {forwarded} values",
        "ProxyFix(app, x_for={forwarded}, x_proto={forwarded}, x_host={forwarded}, "
        "x_port={forwarded}, x_prefix={forwarded}), or remove it and set wsgi_app_proxy_fix: true",
    ),
    "proxyfix-absent": FaultDescription(
        "wrapper",
        "the app ignores the headers that nginx forwards",
        "wsgi_app_proxy_fix: true",
    ),
    "client-not-forwarded": FaultDescription(
        "balancer",
        "the proxy in front does not forward the client's address",
        "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; HAProxy: option "
        "forwardfor",
    ),
    "server-name": FaultDescription(
        "app",
        "the app uses its SERVER_NAME instead of the host that the client requested",
        "Do not set SERVER_NAME, or set it to {authority}.",
    ),
    "cookie-path": FaultDescription(
        "app",
        "browsers do not send the session cookie back, because its Path is another",
        "Do not set SESSION_COOKIE_PATH and APPLICATION_ROOT, or set them to {prefix}.",
    ),
    "cookie-secure": FaultDescription(
        "app",
        "browsers do not keep a Secure cookie that they get by http",
        "Do not set SESSION_COOKIE_SECURE, or serve the site by https.",
    ),
    "slash-redirect-wrong": FaultDescription(
        "nginx",
        "nginx redirects to the path with a slash, and uses its own address for that",
        "absolute_redirect off;",
    ),
    "origin-hard-coded": FaultDescription(
        "app",
        "a {kind} of {place} has an origin that is written in the app's code or settings",
        "Use redirect(url_for(…)) and url_for(…), not a URL with a host. Do not set "
        "PREFERRED_URL_SCHEME and SERVER_NAME. A setting for the app's own URL must be {origin}"
        "{prefix}.",
    ),
    "prefix-forgotten": FaultDescription(
        "app",
        "{place} redirects to a path that does not begin with the prefix",
        "Use redirect(url_for(…)), not a fixed path, or put request.script_root before the path.",
    ),
    "page-lacks-prefix": FaultDescription(
        "app",
        "a {kind} of {place} lacks the prefix, so that it leads out of the app",
        "The app must put SCRIPT_NAME before its paths: url_for(…), {{% static … %}}, "
        "request.script_root, or its setting for a base path, as requests_pathname_prefix of Dash. "
        "In style sheets, scripts and manifests write relative URLs. If the app has a setting for "
        "all of its paths, its routes may need the prefix, too: wsgi_app_prefix_mode: app",
    ),
    "page-repeats-prefix": FaultDescription(
        "app",
        "a {kind} of {place} has the prefix twice",
        "url_for(…) has the prefix already. Do not add it again, and remove it from the app's "
        "setting for a base path.",
    ),
    "slash-missing": FaultDescription(
        "app",
        "{place} also works without the slash at its end. There, its relative URLs, such as that "
        "of a {kind}, lead out of the app",
        "Let the app redirect {place} to {place}/, or write nginx_site_redirects: "
        "{{{place}: {place}/}}",
    ),
    "page-error": FaultDescription(
        "app",
        "the page {place}, which verify is to read, answers with an error",
        "Write verify_paths without the path of the mount. If the path is right, read the logs: "
        "journalctl -u 'wsgi-NAME.*', and /var/log/nginx/error.log.",
    ),
    "app-owns-prefix": FaultDescription(
        "app",
        "the app's routes begin with the prefix, but the prefix is stripped",
        "wsgi_app_prefix_mode: app",
    ),
    "app-lacks-prefix": FaultDescription(
        "app",
        "the app's routes do not begin with the prefix, but the prefix is not stripped",
        "Remove wsgi_app_prefix_mode.",
    ),
    "websocket-lost": FaultDescription(
        "balancer",
        "WebSocket's Upgrade header does not reach the app",
        "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
        "Connection upgrade; in the mount: websocket: true",
    ),
    "body-limit": FaultDescription(
        "balancer",
        "a request body of {body} bytes does not reach the app",
        "nginx: client_max_body_size {body}; in the mount: body_size: {body}",
    ),
    "clients-trusted": FaultDescription(
        "nginx",
        "nginx trusts a network that clients are in, so clients can forge {headers}",
        "nginx_site_trusted_proxies: list the addresses of the proxies only, and no network that "
        "clients are in",
    ),
    "forged-headers-passed": FaultDescription(
        "balancer",
        "the proxy in front passes forged headers on: {headers}",
        "Let it set {headers} in every request, or remove them from nginx_site_trusted_headers.",
    ),
    "forged-headers-accepted": FaultDescription(
        "nginx",
        "nginx passes forged headers of any client on: {headers}",
        "Set each with proxy_set_header to a value that no client can choose, as nginx_site does: "
        "{headers}",
    ),
    "error": FaultDescription(
        "app",
        "the URL responds with an error",
        "Read the logs: journalctl -u 'wsgi-NAME.*', and /var/log/nginx/error.log.",
    ),
    "url-wrong": FaultDescription(
        "nginx",
        "{place} has a wrong URL; without access to the site's hops, verify cannot say which is "
        "wrong",
        "Run verify from the inventory, so that it can test each hop. The usual fix: "
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; and "
        "ProxyFix in the app.",
    ),
}

WARNINGS = {
    "refuses-host": FaultDescription(
        "app",
        "the app answers {status} at every path, so it may not accept the host {host}",
        "Django: ALLOWED_HOSTS = [{host!r}]; Flask: TRUSTED_HOSTS; other apps: the setting for "
        "trusted hosts. An app without pages may answer so on purpose.",
    ),
    "refuses-clients": FaultDescription(
        "app",
        "the app answers {status} at every path, so it may refuse every client",
        "Look for a list of allowed hosts, origins or addresses in the app's settings. It must "
        "accept the host {host}. An app without pages may answer so on purpose.",
    ),
    "page-closed": FaultDescription(
        "app",
        "the page {place} answers {status}, so verify cannot read it",
        "Verify has no password and no cookie. Name only pages without a login in verify_paths of "
        "the mount.",
    ),
}
"""What may be wrong, or be meant so."""

STATUS_WARNINGS = {400: "refuses-host", 403: "refuses-clients"}
"""The warning for an app that answers with this status at every path."""
