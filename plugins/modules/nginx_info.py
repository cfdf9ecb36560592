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
settings:
  description: Each place that sets one of O(directives).
  type: list
  elements: dict
  returned: always
  sample: [{directive: server_names_hash_bucket_size, path: /etc/nginx/nginx.conf}]
"""

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

COMMENT = re.compile(r"(?m)(?:^|(?<=[\s;{}]))#.*$")
INCLUDE = re.compile(r"(?:^|(?<=[\s;{}]))include\s+([^\s;]+)\s*;")


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
        "modules": re.findall(r"--with-(\w+)_module\b", build),
    }


def read_configuration(path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text, without comments, of each file that nginx reads, in its order.

    Source: https://nginx.org/en/docs/ngx_core_module.html#include
    """
    top = os.path.dirname(path)
    waiting, seen = [path], set()
    while waiting:
        current = waiting.pop(0)
        if current in seen or not os.path.isfile(current):
            continue
        seen.add(current)
        text = COMMENT.sub("", Path(current).read_text(encoding="utf-8", errors="replace"))
        yield current, text
        patterns = [os.path.join(top, name.strip("\"'")) for name in INCLUDE.findall(text)]
        waiting[:0] = [found for pattern in patterns for found in sorted(glob.glob(pattern))]


def find_loaded(configuration: str) -> list[str]:
    """Return the names of the modules that the configuration loads."""
    return [
        name
        for _, text in read_configuration(configuration)
        for name in re.findall(r"load_module\s+\S*?ngx_(\w+)_module\.so", text)
    ]


def find_settings(configuration: str, directives: list[str]) -> list[dict[str, str]]:
    """Return where the configuration sets ``directives``."""
    return [
        {"directive": directive, "path": path}
        for path, text in read_configuration(configuration)
        for directive in directives
        if re.search(rf"(?:^|[\s;{{}}]){re.escape(directive)}\s", text)
    ]


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
        settings=find_settings(configuration, module.params["directives"]),
        **build,
    )


if __name__ == "__main__":
    main()
