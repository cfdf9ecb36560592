#!/usr/bin/python
"""Check the URLs that a live site builds, and name the first hop that is wrong."""

from __future__ import annotations

DOCUMENTATION = r"""
module: public_url_info
author: The Subsite maintainers (@subsite)
short_description: Check the URLs that a live site builds
description:
  - Sends requests to a live site as its clients do, also with forged headers, and compares the URLs
    in the responses with the public URL. It can do so at several endpoints between client and app.
  - Names the first hop that is wrong, what was expected, what was received, and the fix.
  - Takes at most ten times as long as O(timeout), whatever the site sends. A response that is late,
    or that breaks the rules of HTTP, is a fault like any other.
  - Every request is a GET that any client can send, except for O(body), which never reaches the
    app. Nothing is changed.
  - An app of the role P(subsite.deploy.wsgi_app#role) answers requests that are signed with its key
    with what it sees of them. Any other site is judged by its redirects, its cookies and the URLs
    in its pages.
options:
  url:
    description: The public URL of the app, for example V(https://example.org/api/).
    type: str
    required: true
  url_is_assumed:
    description:
      - Whether O(url) may be another URL than the site's. If no server responds there,
        RV(report) says so and only O(other_responses) are judged. Among these, nginx is skipped if
        it trusts a proxy in front, since it is probed without that proxy.
    type: bool
    default: false
  endpoints:
    description: The endpoints to send requests to, the outermost first.
    type: list
    elements: dict
    default: [{name: public}]
    suboptions:
      name:
        description: Which endpoint it is.
        type: str
        choices: [public, balancer, nginx, app]
        required: true
      connect:
        description:
          - The address to connect to, for example V(127.0.0.1:80), or the path of a socket. The
            default is the host and port of O(url). Requests to V(app) get the headers that nginx
            sends.
        type: str
        default: ""
      tls:
        description: Whether to use TLS. By default only V(public) does, if O(url) is https.
        type: bool
      strip:
        description: Whether the path has no prefix at this endpoint.
        type: bool
        default: false
  keys:
    description:
      - Pattern of the app's key files, on the host that the module runs on. Each release has its
        own key, for example V(/srv/wsgi/shop/releases/*/diagnosis.key).
      - An app checks ten signatures. If there are more keys, those of the ten releases that were
        deployed last are used; an older release is judged like an app without a key.
    type: str
    default: ""
  signature:
    description:
      - The RV(signature) that a call with O(keys) returned less than a minute ago, on another host.
    type: str
    default: ""
  other_responses:
    description: The RV(responses) that a call on another host returned.
    type: list
    elements: dict
    default: []
  trusted_proxies:
    description:
      - The proxies that nginx trusts, as in RV(ignore:nginx_site_trusted_proxies). Omit it if they
        are unknown.
    type: list
    elements: str
  trusted_headers:
    description:
      - The headers that nginx uses from these proxies, as in RV(ignore:nginx_site_trusted_headers).
        Omit it if they are unknown.
    type: list
    elements: str
  inner_hosts:
    description:
      - Hosts of the site that clients cannot connect to, as those of its upstreams. A URL with one
        of these is wrong.
    type: list
    elements: str
    default: []
  websocket:
    description: Whether WebSocket must work. Needs O(keys) or O(signature).
    type: bool
    default: false
  body:
    description: Size in bytes of a request body that must work. Needs O(keys) or O(signature).
    type: int
    default: 0
  timeout:
    description:
      - Seconds for one response in total, from looking up the name to its last byte.
      - All responses of a call together may take ten times as long. Requests that could not be sent
        in this time count as requests without a response.
    type: int
    default: 10
  validate_certs:
    description: Whether to check certificates.
    type: bool
    default: true
  ca_path:
    description: File of certificate authorities to trust in addition to the system's.
    type: path
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Check a foreign site from outside
  subsite.deploy.public_url_info:
    url: https://example.org/api/
  register: result

- name: Check nginx alone, and the app alone
  subsite.deploy.public_url_info:
    url: https://example.org/api/
    endpoints:
      - {name: nginx, connect: "127.0.0.1:80"}
      - {name: app, connect: /run/wsgi/shop.sock}
    keys: /srv/wsgi/shop/releases/*/diagnosis.key
"""

RETURN = r"""
right:
  description: Whether no fault was found.
  type: bool
  returned: always
report:
  description: The report.
  type: dict
  returned: always
  contains:
    url:
      description: The URL.
      type: str
      returned: always
    unanswered:
      description:
        - Why no server responded, if O(url_is_assumed). Empty if one did.
      type: str
      returned: always
    faults:
      description: The faults of the first hop that has any.
      type: list
      elements: dict
      returned: always
      contains:
        name:
          description: Name of the fault.
          type: str
          returned: always
          sample: scheme-not-forwarded
        hop:
          description: Where to fix it.
          type: str
          returned: always
          sample: balancer
        problem:
          description: What is wrong.
          type: str
          returned: always
          sample: the proxy in front does not forward the client's scheme, https
        expected:
          description: What was expected.
          type: str
          returned: always
          sample: https
        received:
          description: What was received.
          type: str
          returned: always
          sample: http
        fix:
          description: What to set, and where.
          type: str
          returned: always
          sample: "nginx: proxy_set_header X-Forwarded-Proto $scheme; …"
    forged:
      description:
        - Each header that was forged, and whether the site accepts it. None where the responses do
          not show it.
      type: dict
      returned: always
      sample: {"X-Forwarded-Proto": false}
    hops:
      description:
        - What each hop makes of the URL, from the browser to the app and back. Each has its C(hop),
          what it C(does), and C(values). Each value has its C(name), its C(value), what was
          C(expected), and whether it is C(right).
      type: list
      elements: dict
      returned: always
table:
  description: The report as lines of text.
  type: list
  elements: str
  returned: always
responses:
  description: All responses, by the endpoint and by the purpose of the request.
  type: list
  elements: dict
  returned: always
signature:
  description:
    - Proves for less than a minute that the sender has the keys. Empty without O(keys).
  type: str
  returned: always
"""

import glob
import ssl
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl
from ansible_collections.subsite.deploy.plugins.module_utils.verify.case import Case
from ansible_collections.subsite.deploy.plugins.module_utils.verify.checks import (
    BAD_CERTIFICATE,
    find_faults,
    judge_forged_headers,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    sign,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.probes import (
    FORGED_CLIENT,
    Probe,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.rows import list_hops
from ansible_collections.subsite.deploy.plugins.module_utils.verify.table import render

TOTAL_TIMEOUTS = 10
"""All responses together may take this many times as long as one."""


def tls_context(params: dict) -> ssl.SSLContext:
    """Return how certificates are checked."""
    context = ssl.create_default_context()
    if params["ca_path"]:
        context.load_verify_locations(params["ca_path"])
    if not params["validate_certs"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def endpoint(
    options: dict, url: PublicUrl, params: dict, signature: str, total: Deadline
) -> Endpoint:
    """Return where to connect to for one of the module's ``endpoints``, and what to send."""
    by_default = options["name"] == "public" and url.scheme == "https"
    use_tls = by_default if options["tls"] is None else options["tls"]
    return Endpoint(
        address=options["connect"] or f"{url.host}:{url.port}",
        certificate_name=url.host.strip("[]"),
        context=tls_context(params) if use_tls else None,
        host=url.authority,
        headers=url.forwarded_headers(FORGED_CLIENT) if options["name"] == "app" else {},
        timeout=params["timeout"],
        signature=signature,
        total=total,
    )


def read_keys(pattern: str) -> list[bytes]:
    """Return the keys in the files of ``pattern``; the release that was deployed last is first."""
    paths = sorted(map(Path, glob.glob(pattern)), key=deployment_time, reverse=True)
    return [path.read_bytes() for path in paths]


def deployment_time(key: Path) -> int:
    """Return when the release of ``key`` was deployed."""
    record = key.with_name("release.json")
    return (record if record.exists() else key).stat().st_mtime_ns


def select_responses(received: list[dict], params: dict) -> tuple[str, list[dict]]:
    """Return why no server responds at an assumed URL, and the responses that can be judged."""
    responses = received + params["other_responses"]
    error = responses[0]["plain"]["error"]
    if not params["url_is_assumed"] or not error or BAD_CERTIFICATE in error:
        return "", responses
    behind_proxy = bool(params["trusted_proxies"])
    return error, [
        one for one in params["other_responses"] if not (behind_proxy and one["name"] == "nginx")
    ]


def judge(url: PublicUrl, responses: list[dict], params: dict) -> dict:
    """Return what ``responses`` show."""
    if not responses:
        return {"faults": [], "forged": {}, "hops": []}
    trust = params["trusted_proxies"], params["trusted_headers"]
    case = Case(url, responses, *trust, params["body"])
    return {
        "faults": [asdict(fault) for fault in find_faults(case)],
        "forged": judge_forged_headers(case),
        "hops": list_hops(case),
    }


def main() -> None:
    """Send the requests to each endpoint, and report the faults."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "url_is_assumed": {"type": "bool", "default": False},
            "endpoints": {
                "type": "list",
                "elements": "dict",
                "default": [{"name": "public"}],
                "options": {
                    "name": {
                        "type": "str",
                        "choices": ["public", "balancer", "nginx", "app"],
                        "required": True,
                    },
                    "connect": {"type": "str", "default": ""},
                    "tls": {"type": "bool"},
                    "strip": {"type": "bool", "default": False},
                },
            },
            "keys": {"type": "str", "default": "", "no_log": False},
            "signature": {"type": "str", "default": "", "no_log": True},
            "other_responses": {"type": "list", "elements": "dict", "default": []},
            "trusted_proxies": {"type": "list", "elements": "str"},
            "trusted_headers": {"type": "list", "elements": "str"},
            "inner_hosts": {"type": "list", "elements": "str", "default": []},
            "websocket": {"type": "bool", "default": False},
            "body": {"type": "int", "default": 0},
            "timeout": {"type": "int", "default": 10},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        url = PublicUrl.parse(params["url"])
    except ValueError as error:
        module.fail_json(msg=f"url: {error}")
    keys = read_keys(params["keys"])
    signature = sign(keys) if keys else params["signature"]
    total = Deadline(params["timeout"] * TOTAL_TIMEOUTS)
    received = [
        Probe(
            options["name"], endpoint(options, url, params, signature, total), url, options["strip"]
        ).send(
            outermost=number == 0 and options["name"] != "app",
            websocket=params["websocket"],
            body=params["body"],
            inner_hosts=set(params["inner_hosts"]),
        )
        for number, options in enumerate(params["endpoints"])
    ]
    unanswered, responses = select_responses(received, params)
    report = {"url": url.text, "unanswered": unanswered, **judge(url, responses, params)}
    module.exit_json(
        changed=False,
        right=not report["faults"],
        report=report,
        table=render(report),
        responses=responses,
        signature=signature,
    )


if __name__ == "__main__":
    main()
