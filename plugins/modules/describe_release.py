#!/usr/bin/python
"""Describe a release by name, and find what differs from the one that it replaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: describe_release
author: The Subsite maintainers (@subsite)
short_description: Describe a release by name, and find what it changes
description:
  - Writes what a release is made of to C(description.json) in its directory, which only root can
    read. Then compares it with the description of the release that it replaces.
  - Of secrets and files, it stores fingerprints, and returns only names.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release.
    type: str
    required: true
  replaced:
    description: The release that serves now. Without it, nothing is compared.
    type: str
    default: ""
  description:
    description:
      - What the release is made of. Without it, the description that the release has is used.
      - Each of C(environment), C(settings), C(requirements) and C(source_files) is a dictionary of
        names and values. Without C(source_files), they are those of the replaced release, unless
        the setting C(source.commit) differs.
    type: dict
  fingerprints:
    description:
      - The same for C(secrets), C(build_environment) and C(files), with fingerprints as values.
    type: dict
    default: {}
  requirement:
    description: A requirement whose installed version is returned.
    type: str
    default: ""
attributes:
  check_mode:
    description: Compares, and writes nothing.
    support: full
  diff_mode:
    description: Shows what differs, by name. Secrets have no values.
    support: full
"""

EXAMPLES = r"""
- name: Describe the release
  subsite.deploy.describe_release:
    name: shop
    release: 4d1c09aa71be
    replaced: 70f8ab53d1c2
    description:
      settings: {workers: "4"}
  register: shop
"""

RETURN = r"""
changes:
  description:
    - What differs. Each change has a C(kind), a C(name), and as C(change) V(added), V(removed) or
      V(changed). Settings and packages have the values C(before) and C(after), too.
    - The source files are one change, with the numbers of C(added), C(removed) and C(changed) ones,
      and the first C(names).
  type: list
  elements: dict
  returned: always
  sample: [{kind: setting, name: workers, change: changed, before: "2", after: "4"}]
installed:
  description: The installed version of O(requirement); empty without an environment on the host.
  type: str
  returned: always
  sample: "1.4"
"""

import json
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import release_changes
from ansible_collections.subsite.deploy.plugins.module_utils.installed_packages import (
    installed_packages,
    required_name,
)
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.module_utils.release_changes import Description
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

COMMIT = "source.commit"


def stored(path: str) -> Description:
    """Return the description at ``path``; nothing if there is none."""
    try:
        content: Description = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return {}
    return content


def completed(given: Description, before: Description, packages: dict[str, str]) -> Description:
    """Return ``given`` with its packages, and with the source files of the same commit."""
    commits = [description.get("settings", {}).get(COMMIT) for description in (given, before)]
    is_same = commits[0] is not None and commits[0] == commits[1]
    kept = {release_changes.SOURCE_FILES} & before.keys() if is_same else set()
    inherited = {kind: before[kind] for kind in kept}
    return {**inherited, **given, **({"packages": packages} if packages else {})}


def main() -> None:
    """Compare, and write the description unless check mode is on."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "replaced": {"type": "str", "default": ""},
            "description": {"type": "dict"},
            "fingerprints": {"type": "dict", "default": {}, "no_log": True},
            "requirement": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    name, release, replaced = (module.params[key] for key in ("name", "release", "replaced"))
    app = layout(name, release)
    packages = installed_packages(app.release_dir)
    before = stored(layout(name, replaced).description_path) if replaced else {}
    after = found = stored(app.description_path)
    if module.params["description"] is not None:
        given = {**module.params["description"], **module.params["fingerprints"]}
        after = completed(given, before, packages)
    if after != found and not module.check_mode:
        content = json.dumps(after, sort_keys=True).encode()
        PathState("file", content, 0, 0, 0o600).place(app.description_path)
    compared = before if replaced else found or dict.fromkeys(after, {})
    old, new = release_changes.diff(compared, after)
    module.exit_json(
        changed=after != found,
        changes=release_changes.changes(before, after),
        installed=packages.get(required_name(module.params["requirement"]), ""),
        diff={
            "before_header": f"release {replaced} of {name}" if replaced else "",
            "after_header": f"release {release} of {name}",
            "before": old,
            "after": new,
        },
    )


if __name__ == "__main__":
    main()
