"""Find what is wrong with the rules who may request what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils import password_hash
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import networks
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import trust
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

OPTIONS = ("allow", "deny", "users", "satisfy")
"""Options of a site that a mount can have, too. The mount's value replaces that of the site."""

USER = re.compile(r"[A-Za-z0-9._@+-]{1,64}")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the rules of the site and of its mounts."""
    site = {option: inputs.values[option] for option in (*OPTIONS, "auth_request")}
    yield from _rules("nginx_site_", site, inputs)
    yield from _together("nginx_site_", site)
    for index, mount in enumerate(inputs.values["mounts"]):
        where = f"nginx_site_mounts[{index}]."
        rules = {option: mount[option] for option in OPTIONS if mount[option] is not None}
        if rules and mount["redirect"] is not None:
            yield (
                f"{where}{list(rules)[0]} is set, but the mount has redirect, and a redirect "
                "shows nothing: remove it."
            )
        elif rules:
            yield from _rules(where, rules, inputs)
            service = mount["auth_request"]
            effective = site if service is None else site | {"auth_request": service}
            yield from _together(where, effective | rules)


def _rules(where: str, rules: dict[str, Any], inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the values that a site or a mount has itself."""
    for option in ("allow", "deny"):
        yield from clients(f"{where}{option}", rules.get(option) or [], inputs)
    for number, (user, password) in enumerate((rules.get("users") or {}).items(), 1):
        yield from _user(f"{where}users", number, user, password)


def clients(where: str, values: list[Any], inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with a list of addresses and networks of clients."""
    yield from networks.errors(where, values, "'203.0.113.5' or '2001:db8::/32'", _too_wide)
    is_shared = trust.has_http_proxy(inputs) and "for" not in trust.trusted_headers(inputs)
    if values and is_shared:
        yield (
            f"{where} is {values!r}, but nginx_site_trusted_headers does not have 'for', so all "
            "clients behind a proxy have the address of the proxy: add it, or remove "
            f"{where.rpartition('.')[2].removeprefix('nginx_site_')}."
        )


def _too_wide(network: networks.Network) -> str:
    return "" if network.prefixlen else ", which is every client: remove it."


def _user(where: str, number: int, user: Any, password: Any) -> Iterator[str]:
    """Yield what is wrong with a user, without the password, which may be in the name."""
    if not isinstance(user, str) or not USER.fullmatch(user):
        yield (
            f"{where}: name {number} {_fault_of_name(user)}. Use at most 64 letters, digits, '.', "
            "'_', '@', '+' or '-', and write the password after it, as in {me: PASSWORD}."
        )
        user = f"name {number}"
    if not isinstance(password, str) or not re.fullmatch(r"[^\x00-\x1f\x7f]+", password):
        yield (
            f"{where} has no text as the password of {user!r}: write it in quotes, without line "
            "breaks."
        )
    elif password_hash.is_hash(password) and (fault := password_hash.faults(password)):
        yield (
            f"{where} has a hash for {user!r} that {fault}: write the password itself, or a hash "
            f"of bcrypt with a cost of at most {password_hash.HIGHEST_BCRYPT_COST}, as "
            "'htpasswd -nB NAME' makes it."
        )


def _fault_of_name(user: Any) -> str:
    if not isinstance(user, str):
        return "is no text"
    if found := re.search(r"[^A-Za-z0-9._@+-]", user):
        return f"has {found[0]!r}"
    return f"has {len(user)} characters"


def _together(where: str, rules: dict[str, Any]) -> Iterator[str]:
    """Yield which of the rules that hold for a site or a mount contradict each other."""
    denied = [network for value in rules["deny"] if (network := networks.parsed(value))]
    for network in [network for value in rules["allow"] if (network := networks.parsed(value))]:
        for other in denied:
            if network.version == other.version and network.subnet_of(other):  # type: ignore[arg-type]
                yield (
                    f"{where}allow has '{network}', but {where}deny has '{other}', which comes "
                    "first: remove one of them."
                )
    if rules["satisfy"] != "any":
        return
    if rules["deny"]:
        yield (
            f"{where}satisfy is 'any', but {where}deny is {rules['deny']!r}, and a password would "
            "be enough for these clients, too: remove one of them."
        )
    elif not (rules["allow"] and (rules["users"] or rules["auth_request"])):
        yield (
            f"{where}satisfy is 'any', but there is only one rule to satisfy: write allow and "
            "users, or remove it."
        )
