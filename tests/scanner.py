"""The findings of gixy, a scanner of nginx configurations."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from gixy.core.config import Config
from gixy.core.manager import Manager

EXCEPTIONS = {
    "hsts_header": "HSTS cannot be withdrawn: the operator decides",
    "proxy_pass_normalized": "the path that nginx has matched is the one that an app shall see",
    "return_bypasses_allow_deny": "it rejects what is malformed; test_access asks every location",
    "ssl_ecdh_curve": "nginx has said which OpenSSL it has before a group is named that few know",
    "try_files_is_evil_too": "it is about speed, and a cache of files would show yesterday's",
}
"""Ignored findings and their reasons."""


@cache
def findings(site: str, *, all_of_them: bool = False) -> list[str]:
    """Return what is to be said against the configuration of a site, by the names of the checks."""
    scan = Manager(Config(skips=[] if all_of_them else list(EXCEPTIONS)))
    scan.audit("site.conf", BytesIO(f"http {{\n{site}\n}}".encode()), is_stdin=True)
    return [f"{found.name}: {issue.reason}" for found in scan.results for issue in found.issues]
