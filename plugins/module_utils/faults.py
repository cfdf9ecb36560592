"""What can be wrong on the way from a visitor to an app, and the setting that mends it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One way to be wrong, and what mends it."""

    hop: str
    """Who it is that has it: browser, balancer, nginx, gunicorn, wrapper or app, in this order."""
    means: str
    mend: str
    """What to set, with words in braces for what depends on the site."""


FAULTS = {
    "not-reachable": Fault(
        "browser",
        "nobody answers at the public URL",
        "Let the name lead to the outermost server, and its port through the firewall.",
    ),
    "answer-malformed": Fault(
        "app",
        "an answer breaks the rules of HTTP, or of the app's own diagnosis",
        "curl --silent --include {origin}{prefix} | cat -v shows what is sent. An app must quote "
        "what it puts into a header (urllib.parse.quote), or use redirect(url_for(…)).",
    ),
    "answer-missing": Fault(
        "app",
        "some requests were not answered, or not in time",
        "The logs say more: journalctl -u 'wsgi-NAME.*', and /var/log/nginx/error.log.",
    ),
    "certificate": Fault(
        "browser",
        "the certificate is not one that visitors trust for this name",
        "Whoever ends TLS needs a certificate for {host}, with those that sign it; at nginx: "
        "nginx_site_tls.certificate. An authority of your own has to be known where you ask from: "
        "SSL_CERT_FILE=authority.pem",
    ),
    "https-loop": Fault(
        "nginx",
        "visitors who came by https are sent to https again",
        "Redirect by what the visitor came by: nginx_site_https_redirect: true, with proto in "
        "nginx_site_trusted_headers; elsewhere test $http_x_forwarded_proto, not $scheme.",
    ),
    "redirect-loop": Fault(
        "app",
        "the URL redirects to itself",
        "The app cannot see that the visitor came by {scheme} at {prefix}/: let its own redirect "
        "depend on wsgi.url_scheme and SCRIPT_NAME.",
    ),
    "app-down": Fault(
        "gunicorn",
        "nothing answers at the app's own address",
        "journalctl -u 'wsgi-NAME.*' says why; systemctl status wsgi-NAME.socket says whether it "
        "listens.",
    ),
    "prefix-differs": Fault(
        "gunicorn",
        "the app is mounted at another prefix than the one it runs with",
        "wsgi_app_prefix: {prefix}",
    ),
    "socket-refused": Fault(
        "nginx",
        "nginx cannot connect to the app, which answers others",
        "nginx's user has to be in the socket's group: SocketGroup=www-data and SocketMode=0660 in "
        "wsgi-NAME.socket, and the mount has to name this socket.",
    ),
    "nginx-not-reached": Fault(
        "balancer",
        "the proxy in front cannot connect to nginx, which answers others",
        "Its upstream has to be an address and port of nginx_site_listen.",
    ),
    "name-unknown": Fault(
        "nginx",
        "the site does not answer for this host",
        "nginx_site_server_names: [{host}]",
    ),
    "host-replaced": Fault(
        "balancer",
        "the proxy in front asks for another host than the visitor did",
        "Have it pass Host on: nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost "
        "On; else nginx_site_public_url: {origin}",
    ),
    "balancer-routes-elsewhere": Fault(
        "balancer",
        "the proxy in front does not lead here, although nginx answers",
        "Its rule for {host}{prefix}/ has to lead to nginx.",
    ),
    "stripped-twice": Fault(
        "nginx",
        "nginx takes the prefix off, and gunicorn wants to do so again",
        "Leave strip out of the mount, or set wsgi_app_prefix_mode: strip; in nginx: proxy_pass "
        "http://app{prefix}/; inside location {prefix}/",
    ),
    "not-stripped": Fault(
        "nginx",
        "nobody takes the prefix off the path",
        "nginx_site_mounts: [{{path: {prefix}, strip: true, …}}], or leave wsgi_app_prefix_mode "
        "out",
    ),
    "other-site": Fault(
        "nginx",
        "another site of this nginx answers for the name, or for the path",
        "grep -r server_name /etc/nginx/sites-enabled: take {host} out of the site that was there.",
    ),
    "proxy-not-trusted": Fault(
        "nginx",
        "nginx does not believe the proxy in front",
        "nginx_site_trusted_proxies: [{peer}]",
    ),
    "scheme-not-told": Fault(
        "balancer",
        "the proxy in front does not say that the visitor came by {scheme}",
        "nginx: proxy_set_header X-Forwarded-Proto $scheme; HAProxy: http-request set-header "
        "X-Forwarded-Proto https if {{ ssl_fc }}; Apache: RequestHeader set X-Forwarded-Proto "
        "expr=%{{REQUEST_SCHEME}}; else nginx_site_public_url: {origin}",
    ),
    "port-dropped": Fault(
        "balancer",
        "the proxy in front leaves the port out of Host",
        "nginx: proxy_set_header Host $http_host; else nginx_site_public_url: {origin}",
    ),
    "port-of-listener": Fault(
        "nginx",
        "the port is one that a server listens on, not the visitor's",
        "Never write $server_port: the port is Host's, else the scheme's default. Behind another "
        "port: proxy_set_header Host $http_host; or nginx_site_public_url: {origin}",
    ),
    "told-wrong": Fault(
        "nginx",
        "nginx does not pass on what the visitor asked for",
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; or serve it "
        "with nginx_site, which sets all of them.",
    ),
    "outer-prefix-lost": Fault(
        "balancer",
        "the proxy in front takes {outer} off the path and does not say so",
        "nginx: proxy_set_header X-Forwarded-Prefix {outer}; Caddy: header_up X-Forwarded-Prefix "
        "{outer}; else nginx_site_public_url: {origin}{outer}",
    ),
    "prefix-not-trusted": Fault(
        "nginx",
        "nginx is not to believe which prefix the proxy in front takes off",
        "nginx_site_trusted_headers: [{trusted}, prefix]",
    ),
    "counts-differ": Fault(
        "wrapper",
        "nginx tells another number of values than ProxyFix counts",
        "wsgi_app_forwarded: {forwarded}, as nginx_site_forwarded says",
    ),
    "proxyfix-counts": Fault(
        "app",
        "a ProxyFix of the app's own counts {counted} proxies, and nginx tells {told}",
        "ProxyFix(app, x_for={told}, x_proto={told}, x_host={told}, x_port={told}, "
        "x_prefix={told}), or none and wsgi_app_proxy_fix: true",
    ),
    "proxyfix-absent": Fault(
        "wrapper",
        "nobody tells the app what nginx says of the visitor",
        "wsgi_app_proxy_fix: true",
    ),
    "client-not-told": Fault(
        "balancer",
        "the proxy in front does not say who the visitor is",
        "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; HAProxy: option "
        "forwardfor",
    ),
    "server-name": Fault(
        "app",
        "the app's SERVER_NAME replaces what the visitor asked for",
        "Leave SERVER_NAME unset, or set it to {authority}.",
    ),
    "cookie-path": Fault(
        "app",
        "browsers do not send the session cookie back, since it is for another path",
        "Leave SESSION_COOKIE_PATH and APPLICATION_ROOT unset, or set them to {prefix}.",
    ),
    "cookie-secure": Fault(
        "app",
        "browsers do not keep a cookie for https alone that comes by http",
        "Leave SESSION_COOKIE_SECURE unset, or serve the site by https.",
    ),
    "slash-leaks": Fault(
        "nginx",
        "nginx adds the slash with an address of its own",
        "absolute_redirect off;",
    ),
    "fixed-url": Fault(
        "app",
        "the app redirects to an origin that is written into it",
        "redirect(url_for(…)) instead of a URL with a host; PREFERRED_URL_SCHEME and SERVER_NAME "
        "unset.",
    ),
    "prefix-forgotten": Fault(
        "app",
        "the app redirects to a path without its prefix",
        "redirect(url_for(…)) instead of a path in quotes, or request.script_root before it.",
    ),
    "app-owns-prefix": Fault(
        "app",
        "the app's routes begin with the prefix, which has been taken off",
        "wsgi_app_prefix_mode: app",
    ),
    "app-lacks-prefix": Fault(
        "app",
        "the app's routes do not begin with the prefix, which is left on the path",
        "Leave wsgi_app_prefix_mode out.",
    ),
    "websocket-lost": Fault(
        "balancer",
        "WebSocket's Upgrade does not get through",
        "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
        "Connection upgrade; at the mount: websocket: true",
    ),
    "body-limit": Fault(
        "balancer",
        "a body of this size is refused",
        "nginx: client_max_body_size {body}; at the mount: body_size: {body}",
    ),
    "trusts-visitors": Fault(
        "nginx",
        "visitors are believed who they are: nginx trusts a network that they are in",
        "nginx_site_trusted_proxies: the addresses of the proxies alone, and no network that "
        "visitors are in",
    ),
    "passes-claims": Fault(
        "balancer",
        "the proxy in front passes on what a visitor claims",
        "It has to set {headers} in every request, or nginx_site_trusted_headers must not have it.",
    ),
    "believes-visitors": Fault(
        "nginx",
        "whoever asks is believed",
        "proxy_set_header {headers} to a value that is not the visitor's; nginx_site does so.",
    ),
    "error": Fault(
        "app",
        "the URL answers with an error",
        "The logs say more: journalctl -u 'wsgi-NAME.*', and /var/log/nginx/error.log.",
    ),
    "url-wrong": Fault(
        "nginx",
        "what the site makes of its URL is wrong; from outside nobody can tell where",
        "Run it from the inventory, so that each hop can be asked. Most often: proxy_set_header "
        "Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; and ProxyFix in the app.",
    ),
}
