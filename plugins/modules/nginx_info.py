#!/usr/bin/python
"""Read which nginx a host has, and where its configuration sets a directive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_info
author: The Subsite maintainers (@subsite)
short_description: Read what nginx supports and what its configuration sets
description:
  - Reads which packages are missing, what the installed nginx supports, and which files of its
    configuration set a directive.
  - Reads the files that nginx itself includes, also while nginx rejects one of them.
options:
  packages:
    description: Debian packages that the host needs.
    type: list
    elements: str
    default: []
  directives:
    description: Directives to look for.
    type: list
    elements: str
    default: []
  configuration:
    description: Path of nginx's main configuration file.
    type: path
    default: /etc/nginx/nginx.conf
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Read what nginx supports
  subsite.deploy.nginx_info:
    packages: [nginx]
    directives: [server_names_hash_bucket_size]
  register: nginx
"""

RETURN = r"""
missing_packages:
  description: Those of O(packages) that are not installed.
  type: list
  elements: str
  returned: always
version:
  description: Version of nginx; empty if it is not installed.
  type: str
  returned: always
  sample: 1.26.3
openssl_version:
  description: Version of the OpenSSL that nginx runs with; empty if it has none.
  type: str
  returned: always
  sample: 3.5.1
modules:
  description: Modules that nginx was built with or loads, without C(_module).
  type: list
  elements: str
  returned: always
  sample: [http_ssl, http_v2, http_v3]
apps:
  description:
    - The apps on the host, which its sites can mount, by their names. Each has its C(address), the
      C(prefix), C(prefix_mode) and C(proxy_fix) of its current release, and whether it C(listens).
  type: dict
  returned: always
  sample:
    shop:
      address: /run/wsgi/shop.sock
      prefix: /api
      prefix_mode: script_name
      proxy_fix: true
      listens: true
is_unused:
  description: Whether nginx does not run, and its only site is Debian's page.
  type: bool
  returned: always
settings:
  description: Each place in the C(http) block, outside of sites, that sets one of O(directives).
  type: list
  elements: dict
  returned: always
  sample: [{directive: server_names_hash_bucket_size, path: /etc/nginx/nginx.conf}]
"""

import glob
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import host_python

host_python.refuse_old()

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import host_apps
from ansible_collections.subsite.deploy.plugins.module_utils.nginx_config import (
    ConfigurationError,
    Directive,
    directives,
)


def find_missing(module: AnsibleModule, packages: list[str]) -> list[str]:
    """Return the packages that are not installed."""
    if not packages:
        return []
    form = "--showformat=${Package} ${db:Status-Status}\n"
    # dpkg-query ends with 1 if it does not know one of them.
    _, output, _ = module.run_command(["dpkg-query", "--show", form, *packages])
    installed = {line.removesuffix(" installed") for line in output.splitlines()}
    return [package for package in packages if package not in installed]


def describe_build(module: AnsibleModule) -> str:
    """Return what ``nginx -V`` prints; empty if nginx is not installed."""
    nginx = module.get_bin_path("nginx")
    if not nginx:
        return ""
    _, _, output = module.run_command([nginx, "-V"], check_rc=True)
    return output


def parse_build(build: str) -> dict[str, Any]:
    """Return the versions and the modules in what ``nginx -V`` prints."""
    version = re.search(r"nginx version: nginx/([0-9.]+)", build)
    # "built with OpenSSL 3.5.1 … (running with OpenSSL 3.5.4 …)": the last one runs.
    openssl = re.findall(r"OpenSSL ([0-9.]+)", build)
    return {
        "version": version[1] if version else "",
        "openssl_version": openssl[-1] if openssl else "",
        "modules": re.findall(r"--with-(\w+)_module(?!\S)", build),
    }


def read_directives(path: str) -> Iterator[tuple[str, Directive]]:
    """Yield each directive with the path of its file, in the order in which nginx reads them.

    Files that do not exist, are not complete, or include each other, are left out.
    Source: https://nginx.org/en/docs/ngx_core_module.html#include
    """
    yield from _read(path, os.path.dirname(path), (), frozenset())


def _read(
    path: str, top: str, outer: tuple[str, ...], including: frozenset[str]
) -> Iterator[tuple[str, Directive]]:
    if path in including or not os.path.isfile(path):
        return
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    # nginx itself says what is wrong with a file.
    with suppress(ConfigurationError):
        for directive in directives(text):
            blocks = outer + directive.blocks
            if directive.words[0] == "include":
                for found in sorted(glob.glob(os.path.join(top, directive.words[-1]))):
                    yield from _read(found, top, blocks, including | {path})
            else:
                yield path, replace(directive, blocks=blocks)


def find_loaded(configuration: str) -> list[str]:
    """Return the names of the modules that the configuration loads."""
    loaded = [
        directive.words[-1]
        for _, directive in read_directives(configuration)
        if directive.words[0] == "load_module"
    ]
    return [match[1] for path in loaded if (match := re.search(r"ngx_(\w+)_module\.so$", path))]


def find_settings(configuration: str, wanted: list[str]) -> list[dict[str, str]]:
    """Return where the configuration sets the directives ``wanted`` for all sites."""
    return [
        {"directive": directive.words[0], "path": path}
        for path, directive in read_directives(configuration)
        if directive.blocks == ("http",) and directive.words[0] in wanted
    ]


def is_unused(module: AnsibleModule, configuration: str) -> bool:
    """Return whether nginx does not run, and serves nothing but Debian's page."""
    top = os.path.dirname(configuration)
    patterns = ("sites-enabled/*", "conf.d/*.conf")
    enabled = [path for pattern in patterns for path in glob.glob(os.path.join(top, pattern))]
    if enabled != [os.path.join(top, "sites-enabled/default")]:
        return False
    code, _, _ = module.run_command(["systemctl", "is-active", "--quiet", "nginx.service"])
    return code != 0


def main() -> None:
    """Read and return the result."""
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "list", "elements": "str", "default": []},
            "directives": {"type": "list", "elements": "str", "default": []},
            "configuration": {"type": "path", "default": "/etc/nginx/nginx.conf"},
        },
        supports_check_mode=True,
    )
    configuration = module.params["configuration"]
    build = parse_build(describe_build(module))
    build["modules"] += find_loaded(configuration)
    module.exit_json(
        missing_packages=find_missing(module, module.params["packages"]),
        apps=host_apps.find_apps(),
        is_unused=is_unused(module, configuration),
        settings=find_settings(configuration, module.params["directives"]),
        **build,
    )


if __name__ == "__main__":
    main()
