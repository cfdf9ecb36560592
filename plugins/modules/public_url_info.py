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
  - Reads what the page, its style sheets, scripts and manifest refer to. A URL of these is a fault
    if it fails, and the URL with the prefix or with the public origin does not. O(paths) are more
    pages to read.
  - If no server can be reached at O(url), or if this machine does not trust its certificate, that
    is no fault. Then only O(other_responses) are judged; among these, nginx is skipped if it trusts
    a proxy in front, since it is probed without that proxy.
  - Takes at most ten times as long as O(timeout), whatever the site sends. A response that is late,
    or that breaks the rules of HTTP, is a fault like any other.
  - Every request is a GET that any client can send, except for O(body), which never reaches the
    app. Nothing is changed, unless a page of O(paths) changes something when it is requested.
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
      - Whether O(url) is a guess. Then a server there that sends no response may be another one,
        which is no fault.
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
          - The address to connect to, for example V(127.0.0.1:80), V(203.0.113.5), or the path of a
            socket. The default is the host and port of O(url). Requests to V(app) get the headers
            that nginx sends.
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
  current_unit:
    description:
      - Path of the unit that is a link to the release that serves, for the report.
    type: str
    default: ""
  release:
    description:
      - The release that serves, for the report, if it is known. It replaces O(current_unit).
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
  paths:
    description:
      - Paths below O(url) of more pages, as V(/admin/). Each is read like the page at O(url), at
        the end of its redirects. An error there is a fault, and a login that is needed a warning.
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
    paths: [/cart/, /account/]
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
    time:
      description: When the report was made, in UTC.
      type: str
      returned: always
      sample: "2026-11-30 12:00:00"
    seconds:
      description: How long that took.
      type: float
      returned: always
      sample: 0.2
    release:
      description: The release that served. Empty if it is not known.
      type: str
      returned: always
      sample: 4d1c09aa71be
    unanswered:
      description:
        - Why no server responded at O(url), or why this machine does not trust who did. Then only
          O(other_responses) were judged. Empty if there was a response.
      type: str
      returned: always
    advice:
      description: What to do about that.
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
    warnings:
      description: What may be wrong or meant so, in the form of RV(report.faults).
      type: list
      elements: dict
      returned: always
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
release:
  description: The release that served, as in RV(report.release).
  type: str
  returned: always
signature:
  description:
    - Proves for less than a minute that the sender has the keys. Empty without O(keys).
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.verify import run


def main() -> None:
    """Send the requests to each endpoint, and report the faults."""
    module = AnsibleModule(argument_spec=run.OPTIONS, supports_check_mode=True)
    try:
        result = run.verify(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
