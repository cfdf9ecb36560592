"""Find mounts of apps that the host does not have."""

from __future__ import annotations

DOCUMENTATION = r"""
name: app_faults
author: The Subsite maintainers (@subsite)
short_description: Find mounts of apps that the host does not have
description:
  - Returns a sentence for each mount whose app is not on the host, listens at another address than
    its default socket, runs with another prefix than the mount has, expects another path than
    nginx passes on, or does not listen.
positional: _input, apps
options:
  _input:
    description: The mounts of a site.
    type: list
    elements: dict
    required: true
  apps:
    description: The C(apps) of M(subsite.deploy.nginx_info).
    type: dict
    required: true
  must_listen:
    description: Whether clients may request the apps.
    type: bool
    default: true
"""

EXAMPLES = r"""
faults: "{{ nginx_site_mounts | subsite.deploy.app_faults(nginx_info.apps) }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
"""

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout


def app_faults(
    mounts: list[dict], apps: dict[str, dict[str, Any]], *, must_listen: bool = True
) -> list[str]:
    """Return what is wrong with the apps of ``mounts``, one sentence each."""
    return [
        f"nginx_site_mounts[{index}].app is {mount['app']!r}, but {fault}"
        for index, mount in enumerate(mounts)
        if mount["app"]
        for fault in _faults(mount, apps, must_listen)
    ]


def _faults(mount: dict, apps: dict[str, dict[str, Any]], must_listen: bool) -> Iterator[str]:
    name = mount["app"]
    close = difflib.get_close_matches(name, sorted(apps), n=1)
    if name not in apps:
        advice = f"do you mean {close[0]!r}?" if close else "deploy the app first."
        yield f"the host has no such app: {advice}"
        return
    app = apps[name]
    if app["address"] != layout(name).socket_path:
        address = app["address"].replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")
        at = app["address"]
        yield f"this app listens at {at}: write upstreams: ['{address}'] instead of app."
    elif not _has_path(app, mount):
        path = mount["path"]
        yield (
            f"this app runs with the prefix {app['prefix']!r}, and the path of the mount is "
            f"{path!r}: write path: {app['prefix'] or '/'}, or deploy the app with "
            f"wsgi_app_prefix: {path.rstrip('/') or repr('')}."
        )
    elif app["prefix"] and mount["strip"] != (app["prefix_mode"] == "strip"):
        mode = f"(wsgi_app_prefix_mode is {app['prefix_mode']!r})"
        if mount["strip"]:
            yield (
                f"nginx strips the prefix {app['prefix']!r}, which this app expects in the path "
                f"{mode}: remove strip."
            )
        else:
            yield (
                f"nothing strips the prefix {app['prefix']!r}, which this app does not expect in "
                f"the path {mode}: write strip: true."
            )
    elif must_listen and not app["listens"]:
        yield f"no process listens at its socket: systemctl start {layout(name).socket_unit}"


def _has_path(app: dict[str, Any], mount: dict) -> bool:
    """Return whether the app makes right URLs at the path of the mount."""
    if app["prefix"] is None:  # no release yet
        return True
    if not app["prefix"] and mount["strip"]:  # it gets the prefix from a header
        return True
    if not app["proxy_fix"] and app["prefix_mode"] == "app":  # its routes have all paths
        return True
    return bool(app["prefix"] == mount["path"].rstrip("/"))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"app_faults": app_faults}
