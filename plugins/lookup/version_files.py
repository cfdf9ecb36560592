"""Look up the files for projects that take their version from a tag of git."""

from __future__ import annotations

DOCUMENTATION = r"""
name: version_files
author: The Subsite maintainers (@subsite)
short_description: Files that name the tag of a source on the controller
description:
  - If a project in a directory of the controller takes its version from a tag of git, by
    setuptools-scm, hatch-vcs, poetry-dynamic-versioning or uv-dynamic-versioning, returns the file
    that names the tag for this tool, as an archive of git can have it (C(.git_archival.txt) or
    C(.git_archival.json)).
  - They name the tag of the commit. Changes that are not committed are not part of the version.
options:
  _terms:
    description: The directory.
    required: true
    type: list
    elements: str
  left_out:
    description:
      - Paths that are not part of the source, as P(subsite.deploy.left_out#lookup) returns them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the version files
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.version_files', '/home/me/shop') }}"
"""

RETURN = r"""
_raw:
  description: >-
    One dictionary for each directory, with the content of each file by its path. It is empty if no
    project takes its version from git, or if the directory is in no work tree.
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils import tag_version
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import list_paths
from ansible_collections.subsite.deploy.plugins.plugin_utils import work_tree


def version_files(directory: str, left_out: set[Path]) -> dict[str, str]:
    """Return the content of each file, by its path."""
    root = Path(directory)
    projects: dict[str, list[str]] = {}
    for path in list_paths(root, left_out):
        if path.name in tag_version.DECLARATIONS and path.is_file():
            for name in tag_version.tools_in(path.read_text(encoding="utf-8", errors="replace")):
                projects.setdefault(name, []).append(path.relative_to(root).as_posix())
    description = work_tree.describe(directory) if projects else None
    return tag_version.files(projects, description) if description else {}


class LookupModule(LookupBase):
    """Return the files of each directory."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        """Return the files of each of ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        left_out = {Path(path) for path in self.get_option("left_out")}
        return [version_files(term, left_out) for term in terms]
