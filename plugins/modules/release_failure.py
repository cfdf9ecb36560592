#!/usr/bin/python
"""Read what a release that failed has written."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_failure
author: The Subsite maintainers (@subsite)
short_description: Read what a release that failed has written
description:
  - Returns the output of the build that failed in this run, and removes the file that has it.
  - Returns what the units of the release have written to the journal since this run has claimed the
    app, and what systemd says of them.
  - Values of the release's secrets and lines of its secret files are replaced by C(…).
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release.
    type: str
    required: true
  failure_file:
    description: The file that modules with this option write.
    type: path
    required: true
attributes:
  check_mode:
    description: Returns nothing, because nothing has run.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Read what the release has written
  subsite.deploy.release_failure:
    name: shop
    release: 4d1c09aa71be
    failure_file: /run/subsite/shop.failure
  register: found
"""

RETURN = r"""
output:
  description: The lines of the output.
  type: list
  elements: str
  returned: always
journal:
  description: Lines of the journal, each with C(unit), C(identifier) and C(message).
  type: list
  elements: dict
  returned: always
"""

from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import failure_file, release_journal
from ansible_collections.subsite.deploy.plugins.module_utils.hidden_values import hide, values_of
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def main() -> None:
    """Return the output and the journal, without secrets."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "failure_file": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    places = layout(module.params["name"], module.params["release"])
    if module.check_mode:
        module.exit_json(changed=False, output=[], journal=[])
    claim = Path(places.claim_path)
    claimed = claim.stat().st_mtime if claim.exists() else 0
    secrets = values_of(Path(places.release_dir))
    output = failure_file.take(Path(module.params["failure_file"]), claimed)
    output = hide(output, secrets)
    journal = release_journal.entries(places, claimed)
    for entry in journal:
        entry["message"] = hide(entry["message"], secrets)
    module.exit_json(changed=False, output=output.splitlines(), journal=journal)


if __name__ == "__main__":
    main()
