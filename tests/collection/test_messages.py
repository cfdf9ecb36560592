"""Messages have no control characters from apps, proxies or tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

RAW = "\x1b]0;owned\x07\x1b[31m\u202edetrats\x9b2J {{ 6 * 7 }}\n"
PRINTED = r"\x1b]0;owned\x07\x1b[31m\u202edetrats\x9b2J {{ 6 * 7 }}"

FAILED = {
    "ansible_failed_task": {"name": "switch | Start", "action": "subsite.deploy.wsgi_switch"},
    "ansible_failed_result": {"msg": RAW},
}
WRITTEN = {
    "unit": "wsgi-shop.4d1c.service",
    "identifier": "wsgi-shop",
    "message": f"Traceback (most recent call last):\nKeyError: '{RAW}'",
}
BY = {"user": "anna", "host": RAW}
RELEASE = {
    "release": "4d1c",
    "deployed": "2026-11-22",
    "source": "image",
    "revision": RAW,
    "deployment": {"how": "deploy", "by": BY, "source": {"commit": "9c2e", "subject": RAW}},
    "changes": [{"kind": "file", "name": RAW, "change": "changed"}],
}
PIN = {"release": "4d1c", "at": "2026-11-22 21:59:54", "by": BY}
MESSAGES = {
    "failed deploy, by its journal": (
        "roles/wsgi_app/tasks/handle_failure.yml",
        "handle_failure | Report the failure",
        {
            **FAILED,
            "__wsgi_app_failure": {"output": [], "journal": [WRITTEN]},
            "ansible_failed_result": {"msg": ""},
        },
    ),
    "failed deploy, by its task": (
        "roles/wsgi_app/tasks/handle_failure.yml",
        "handle_failure | Report the failure",
        {**FAILED, "__wsgi_app_failure": {"output": [], "journal": []}},
    ),
    "file that keeps a user": (
        "roles/wsgi_app/tasks/remove.yml",
        "remove | Report a remaining file of a user",
        {"item": {"user": "wsgi-shop", "file": RAW}},
    ),
    "releases": (
        "roles/wsgi_app/tasks/releases.yml",
        "releases | Show the releases, newest first",
        {
            "__wsgi_app_found": {
                "releases": [RELEASE],
                "current": "",
                "serving_since": "",
                "pin": PIN,
            }
        },
    ),
    "pin": (
        "roles/wsgi_app/tasks/main.yml",
        "Report the pin",
        {"__wsgi_app_info": {"pin": PIN}},
    ),
    "certificate that was not issued": (
        "roles/nginx_site/tasks/certificate/issue.yml",
        "certificate | issue | Show why certbot failed",
        {
            "__nginx_site_certificate": {"names": ["example.org"]},
            "__nginx_site_certificate_info": {"serves": {}},
            "__nginx_site_issued": {"stdout": RAW, "stderr": ""},
            "__nginx_site_acme_directory": "https://acme.example/directory",
        },
    ),
    "containers that do not start": (
        "playbooks/compose.yml",
        "Fail with the logs of the containers",
        {**FAILED, "__compose_logs": {"stdout": RAW}},
    ),
}
ELSEWHERE = {
    "__wsgi_app": {"name": "shop", "backend": "systemd"},
    "__wsgi_app_backend": {"working_dir": "/srv/wsgi/shop/releases/4d1c/source"},
    "__wsgi_app_source_kind": {"files": {}},
    "__wsgi_app_is_rollback": False,
    "__wsgi_app_info": {"python": "3.13"},
    "__wsgi_app_release_dir": "/srv/wsgi/shop/releases/4d1c",
    "__wsgi_app_layout": {"user": "wsgi-shop", "unit_prefix": "wsgi-shop"},
    "__wsgi_app_stops_on_failure": False,
    "__nginx_site": {"name": "main"},
    "__wsgi_app_release": "4d1c",
    "__wsgi_app_replaced_release": "",
    "__wsgi_app_can_signal_release": True,
    "__wsgi_app_was_complete": False,
}


def tasks(entries: list[dict]) -> Iterator[dict]:
    """Yield each task of a list of plays, blocks and tasks."""
    for entry in entries:
        yield entry
        for part in ("tasks", "block", "rescue", "always"):
            yield from tasks(entry.get(part, []))


@pytest.mark.parametrize(("path", "name", "variables"), MESSAGES.values(), ids=MESSAGES)
def test_message_has_no_control_characters(root: Path, path: str, name: str, variables: dict):
    loader = DataLoader()
    file = root / path
    found = loader.load_from_file(str(file), trusted_as_template=True)
    [task] = [task for task in tasks(found) if task.get("name") == name]
    action = task.get("ansible.builtin.fail") or task["ansible.builtin.debug"]
    search = {"ansible_search_path": [str(parent) for parent in file.parents]}
    reasons = loader.load_from_file(
        str(root / "roles/wsgi_app/vars/main/failure.yml"), trusted_as_template=True
    )
    all_variables = {**reasons, **ELSEWHERE, **search, **task.get("vars", {})}
    templar = Templar(loader, {**all_variables, **variables})
    message = templar.template(trust_as_template(action["msg"]))
    text = message if isinstance(message, str) else "\n".join(message)
    assert text.replace("\n", "").isprintable()
    assert PRINTED[:24] in text and "42" not in text
