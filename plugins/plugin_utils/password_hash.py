"""Hashes of passwords that nginx verifies, which crypt(3) does for it."""

from __future__ import annotations

import hashlib
import re

DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The digits of crypt(3), for six bits each."""

COST = 9
"""nginx verifies the password in every request, and its worker does nothing else meanwhile. 2**9
takes 2.7 ms, as long as cost 5 of bcrypt, which htpasswd uses. 2**14 takes 100 ms."""

BLOCK_SIZE = 8
BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
SHA = re.compile(r"\$[56]\$(rounds=(?P<rounds>[0-9]{4,9})\$)?[^$:\s]{1,16}\$[./A-Za-z0-9]{43,86}")
OTHERS = re.compile(
    r"\$apr1\$[^$:\s]{1,8}\$[./A-Za-z0-9]{22}|\$7\$[./A-Za-z0-9]{11,86}\$[./A-Za-z0-9]{43}"
)
HIGHEST_BCRYPT_COST = 10
HIGHEST_ROUNDS = 50000
"""About 100 ms for each request."""


def is_hash(value: str) -> bool:
    """Return whether ``value`` looks like a hash, and not like a password."""
    return bool(re.match(r"\$[0-9a-z]+\$|\{[A-Z0-9]+\}", value))


def faults(value: str) -> str:
    """Return why nginx should not use the hash ``value``, or nothing."""
    if match := BCRYPT.fullmatch(value):
        if int(match["cost"]) > HIGHEST_BCRYPT_COST:
            return f"has cost {match['cost']}, and nginx would need too long for every request"
    elif match := SHA.fullmatch(value):
        if int(match["rounds"] or 5000) > HIGHEST_ROUNDS:
            return f"has {match['rounds']} rounds, and nginx would need too long for every request"
    elif value.startswith(("{", "$1$")):
        return "is of a kind that is guessed too fast"
    elif not OTHERS.fullmatch(value):
        return "is no complete hash of bcrypt, scrypt, sha512-crypt, sha256-crypt or apr1"
    return ""


def hash_password(password: str, salt: str) -> str:
    """Return ``password`` hashed with scrypt (RFC 7914), as crypt(5) writes it."""
    digest = hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=2**COST, r=BLOCK_SIZE, p=1, dklen=32
    )
    settings = f"{DIGITS[COST]}{_number(BLOCK_SIZE, 30)}{_number(1, 30)}"
    groups = (digest[start : start + 3] for start in range(0, len(digest), 3))
    text = "".join(_number(int.from_bytes(group, "little"), 8 * len(group)) for group in groups)
    return f"$7${settings}{salt}${text}"


def _number(value: int, bits: int) -> str:
    """Return a number of so many bits in the digits of crypt(3), the lowest first."""
    return "".join(DIGITS[value >> shift & 63] for shift in range(0, bits, 6))
