#!/usr/bin/python
"""Prove that a live site makes its own URLs right, or name the hop that does not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: url_contract_info
author: The Subsite maintainers (@subsite)
short_description: Prove that a live site makes its own URLs right
description:
  - Asks a live site as its visitors do, also as one who forges headers, at one or more places on
    the way to the app, and compares what comes back with the URL.
  - Names the first hop that is wrong, what was expected, what came, and the setting that mends it.
  - Takes ten times as long as O(timeout) at most, whatever a site sends, and reports an answer that
    is late, or that breaks the rules of HTTP, like any other fault.
  - Every request is a GET which a visitor could send, except for O(body), which never reaches the
    app. Nothing is changed.
  - An app of the role P(subsite.deploy.wsgi_app#role) tells whoever has its key what it sees. Any
    other site is judged by its redirects, its cookies and the URLs in its pages.
options:
  url:
    description: The URL of the app as visitors know it, as V(https://example.org/api/).
    type: str
    required: true
  likely:
    description:
      - Whether O(url) is only likely to be the site's. If nobody answers there, RV(contract) says
        so and judges what is O(known), except nginx without a proxy in front that it trusts.
    type: bool
    default: false
  layers:
    description: The places to ask at, the outermost first.
    type: list
    elements: dict
    default: [{name: public}]
    suboptions:
      name:
        description: Which place on the way it is.
        type: str
        choices: [public, balancer, nginx, app]
        required: true
      connect:
        description:
          - Where to connect to, as V(127.0.0.1:80) or the path of a socket. Without it, where
            O(url) leads. The app is asked with the headers that nginx sends.
        type: str
        default: ""
      tls:
        description: Whether it speaks TLS. By default only V(public) does, if O(url) says https.
        type: bool
      strip:
        description: Whether the prefix is off the path there.
        type: bool
        default: false
  keys:
    description:
      - Pattern of the files with the app's keys on the host that the module runs on, of which every
        release has one, as V(/srv/wsgi/shop/releases/*/diagnosis.key).
      - An app checks ten signatures. If there are more keys, those of the releases that were
        deployed last are used; an older release is judged like an app without a key.
    type: str
    default: ""
  proof:
    description: What a call with O(keys) has returned less than a minute ago, on another host.
    type: str
    default: ""
  known:
    description: The RV(layers) that another call, from another host, has returned.
    type: list
    elements: dict
    default: []
  trusted_proxies:
    description: Whom nginx trusts, if that is known, as RV(ignore:nginx_site_trusted_proxies).
    type: list
    elements: str
  trusted_headers:
    description: What they are trusted with, if that is known.
    type: list
    elements: str
  websocket:
    description: Whether WebSocket has to get through. That takes O(keys) or O(proof).
    type: bool
    default: false
  body:
    description: Bytes of a request body that have to get through. That takes O(keys) or O(proof).
    type: int
    default: 0
  timeout:
    description:
      - Seconds that one answer may take in total, from looking up the name to its last byte.
      - All answers of a call together may take ten times as long. A request that was not sent by
        then counts as not answered.
    type: int
    default: 10
  validate_certs:
    description: Whether certificates have to be right.
    type: bool
    default: true
  ca_path:
    description: File with certificate authorities to trust besides the system's.
    type: path
attributes:
  check_mode:
    description: The same, since nothing changes.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Look at somebody's site from outside
  subsite.deploy.url_contract_info:
    url: https://example.org/api/
  register: contract

- name: Ask nginx alone, and the app alone
  subsite.deploy.url_contract_info:
    url: https://example.org/api/
    layers:
      - {name: nginx, connect: "127.0.0.1:80"}
      - {name: app, connect: /run/wsgi/shop.sock}
    keys: /srv/wsgi/shop/releases/*/diagnosis.key
"""

RETURN = r"""
right:
  description: Whether nothing is wrong.
  type: bool
  returned: always
contract:
  description: What was found.
  type: dict
  returned: always
  contains:
    url:
      description: The URL.
      type: str
      returned: always
    unanswered:
      description: Why nobody answered at a URL that is only O(likely); empty if somebody did.
      type: str
      returned: always
    findings:
      description: What is wrong, at the first hop where something is.
      type: list
      elements: dict
      returned: always
      contains:
        fault:
          description: Its name.
          type: str
          returned: always
          sample: scheme-not-told
        hop:
          description: Who has it.
          type: str
          returned: always
          sample: balancer
        means:
          description: What it is.
          type: str
          returned: always
          sample: the proxy in front does not say that the visitor came by https
        expected:
          description: What was expected.
          type: str
          returned: always
          sample: https
        came:
          description: What came.
          type: str
          returned: always
          sample: http
        mend:
          description: What to set, and where.
          type: str
          returned: always
          sample: "nginx: proxy_set_header X-Forwarded-Proto $scheme; …"
    claims:
      description: Headers that were forged, and whether they were believed, if anybody can tell.
      type: dict
      returned: always
      sample: {"X-Forwarded-Proto": false}
    hops:
      description:
        - What each hop knew of the URL, from the browser to the app and back. Each has its C(hop),
          what it C(does), and C(values), with their C(name), C(value), what was C(expected), and
          whether it is C(right).
      type: list
      elements: dict
      returned: always
table:
  description: The contract, in lines for people.
  type: list
  elements: str
  returned: always
layers:
  description: All answers, by the place and by what was asked.
  type: list
  elements: dict
  returned: always
proof:
  description: What shows for less than a minute that the keys are there; empty without O(keys).
  type: str
  returned: always
"""

import glob
import ssl
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import contract_table, diagnosis
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline
from ansible_collections.subsite.deploy.plugins.module_utils.visit import Layer, Place, Site, prove

ALL = 10
"""All answers together may take this many times as long as one."""


def context(params: dict) -> ssl.SSLContext:
    """Return how certificates are judged."""
    found = ssl.create_default_context()
    if params["ca_path"]:
        found.load_verify_locations(params["ca_path"])
    if not params["validate_certs"]:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found


def place(layer: dict, site: Site, params: dict, proof: str, whole: Deadline) -> Place:
    """Return where to ask for ``layer``, and how."""
    by_default = layer["name"] == "public" and site.scheme == "https"
    tls = by_default if layer["tls"] is None else layer["tls"]
    return Place(
        connect=layer["connect"] or f"{site.host}:{site.port}",
        name=site.host.strip("[]"),
        context=context(params) if tls else None,
        host=site.authority,
        headers=site.told if layer["name"] == "app" else {},
        timeout=params["timeout"],
        proof=proof,
        whole=whole,
    )


def keys(pattern: str) -> list[bytes]:
    """Return the keys in the files of ``pattern``, that of the release deployed last first."""
    return [path.read_bytes() for path in sorted(map(Path, glob.glob(pattern)), key=deployed)]


def deployed(key: Path) -> int:
    """Return a number that is the smaller, the later the release of ``key`` was deployed."""
    record = key.with_name("release.json")
    return -(record if record.exists() else key).stat().st_mtime_ns


def judgeable(asked: list[dict], params: dict) -> tuple[str, list[dict]]:
    """Return why nobody answered at a likely URL, and the layers whose answers mean something."""
    layers = asked + params["known"]
    error = layers[0]["plain"]["error"]
    if not params["likely"] or not error or diagnosis.BAD_CERTIFICATE in error:
        return "", layers
    fronted = bool(params["trusted_proxies"])
    return error, [it for it in params["known"] if not (fronted and it["name"] == "nginx")]


def main() -> None:
    """Ask everywhere, and say what is wrong."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "likely": {"type": "bool", "default": False},
            "layers": {
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
            "proof": {"type": "str", "default": "", "no_log": True},
            "known": {"type": "list", "elements": "dict", "default": []},
            "trusted_proxies": {"type": "list", "elements": "str"},
            "trusted_headers": {"type": "list", "elements": "str"},
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
        site = Site.of(params["url"])
    except ValueError as error:
        module.fail_json(msg=f"url: {error}")
    found = keys(params["keys"])
    proof = prove(found) if found else params["proof"]
    whole = Deadline(params["timeout"] * ALL)
    layers = [
        Layer(layer["name"], place(layer, site, params, proof, whole), site, layer["strip"]).visit(
            claims=number == 0 and layer["name"] != "app",
            websocket=params["websocket"],
            body=params["body"],
        )
        for number, layer in enumerate(params["layers"])
    ]
    unanswered, layers = judgeable(layers, params)
    trust = params["trusted_proxies"], params["trusted_headers"]
    said: dict = {"findings": [], "claims": {}, "hops": []}
    if layers:
        said = diagnosis.examine(diagnosis.Case(site, layers, *trust, params["body"]))
    contract = {"url": site.url, "unanswered": unanswered, **said}
    module.exit_json(
        changed=False,
        right=not contract["findings"],
        contract=contract,
        table=contract_table.lines(contract),
        layers=layers,
        proof=proof,
    )


if __name__ == "__main__":
    main()
