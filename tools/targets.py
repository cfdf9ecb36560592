"""What each target supports, as a table for the README.

The rules of the roles say so: a target supports a feature if an app, or a site, with this feature
has no input error there.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple

import trustme
import yaml

ROOT = Path(__file__).parents[1]
APP: dict[str, Any] = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "shop:app",
    "wsgi_app_listen": "/run/wsgi/shop.sock",
}
SITE: dict[str, Any] = {
    "nginx_site_name": "main",
    "nginx_site_server_names": ["example.org"],
    "nginx_site_mounts": [{"path": "/shop", "app": "shop"}],
}


class Target(NamedTuple):
    """Where apps and sites can run."""

    name: str
    backend: str = "systemd"
    containers: str | None = None
    """What runs containers, for the rules, if it is not a host."""
    entry_point: str = "main"


class Feature(NamedTuple):
    """What an app or a site can have."""

    words: str
    settings: dict[str, Any]


TARGETS = (
    Target("systemd"),
    Target("podman", backend="podman"),
    Target("rootless podman", backend="rootless_podman"),
    Target("docker", backend="docker"),
    Target("compose", containers="compose", entry_point="validate_compose"),
    Target("stack", containers="stack", entry_point="validate_cluster"),
    Target("manifests", containers="cluster", entry_point="validate_cluster"),
)

IMAGE = {"type": "image", "ref": f"registry.example.org/shop@sha256:{'0' * 64}"}
CODE = {"wsgi_app_source": {"type": "local", "path": str(ROOT / "app")}}
PROCESS = {"name": "worker", "command": "celery --app shop worker"}
SCHEDULE = {"name": "mails", "command": "flask send-mails", "calendar": "*:0/15"}
PAIR = {"certificate": "/etc/ssl/shop.pem", "key": "/etc/ssl/shop.key"}
ISSUED = trustme.CA().issue_cert("example.org")
TEXTS = {
    "certificate": ISSUED.cert_chain_pems[0].bytes().decode(),
    "key": ISSUED.private_key_pem.bytes().decode(),
}
OF_RELEASE = {"path": "/shop", "app": "shop", "static": [{"path": "/s", "app_directory": "static"}]}

FEATURES = (
    Feature("an image that was built elsewhere", {"wsgi_app_source": IMAGE}),
    Feature("environment variables, secrets and files", {"wsgi_app_secrets": {"KEY": "1"}}),
    Feature("build commands", {**CODE, "wsgi_app_build_commands": ["make"]}),
    Feature("setup commands", {"wsgi_app_setup_commands": ["flask db upgrade"]}),
    Feature("background processes", {"wsgi_app_processes": [PROCESS]}),
    Feature("schedules", {"wsgi_app_schedules": [SCHEDULE]}),
    Feature("tasks before and after a switch", {"wsgi_app_after_switch": __file__}),
    Feature("static files of releases", {"nginx_site_mounts": [OF_RELEASE]}),
    Feature("directories that releases share", {**CODE, "wsgi_app_shared_paths": ["media"]}),
    Feature("directories of the host", {"wsgi_app_writable_paths": ["/srv/media"]}),
    Feature("loopback addresses of the host", {"wsgi_app_network": "local"}),
    Feature("all networks", {"wsgi_app_network": "full"}),
    Feature("limits of memory and processors", {"wsgi_app_limits": {"memory": "1G", "cpus": 1.0}}),
    Feature("limits of tasks", {"wsgi_app_limits": {"tasks": 64}}),
    Feature("settings of systemd's sandbox", {"wsgi_app_sandbox": {"ProcSubset": "all"}}),
    Feature("figures by StatsD", {"wsgi_app_statsd": "/run/statsd/shop/socket"}),
    Feature("certificates by ACME", {"nginx_site_tls": {"mode": "acme"}}),
    Feature("self-signed certificates", {"nginx_site_tls": {"mode": "self_signed"}}),
    Feature("certificates in files", {"nginx_site_tls": {"mode": "files", **PAIR}}),
    Feature("certificates as texts", {"nginx_site_tls": {"mode": "files", **TEXTS}}),
)


def table() -> str:
    """Return the table in Markdown."""
    lines = [
        f"| | {' | '.join(target.name for target in TARGETS)} |",
        f"| --- |{' --- |' * len(TARGETS)}",
    ]
    for feature in FEATURES:
        cells = ["yes" if supports(target, feature) else "–" for target in TARGETS]
        lines.append(f"| {feature.words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def supports(target: Target, feature: Feature) -> bool:
    """Return whether ``target`` runs apps, or sites, with ``feature``."""
    is_app = all(name.startswith("wsgi_app_") for name in feature.settings)
    role, given = ("wsgi_app", APP) if is_app else ("nginx_site", SITE)
    given = {**given, **feature.settings}
    if is_app:
        given["wsgi_app_backend"] = target.backend
    return not input_errors(role, given, target)


def input_errors(role: str, given: dict[str, Any], target: Target) -> list[str]:
    """Return what a role says of its inputs. The collection has to be found by imports."""
    utils = "ansible_collections.subsite.deploy.plugins.plugin_utils"
    text = (ROOT / f"roles/{role}/meta/argument_specs.yml").read_text()
    specification = yaml.safe_load(text)["argument_specs"]
    rules = importlib.import_module(f"{utils}.input_errors")
    try:
        rules.check(role, specification, target.entry_point, given, target.containers, ["shop"])
    except importlib.import_module(f"{utils}.inputs").InputsError as error:
        return error.errors
    return []
