"""Look up what is left out of a source."""

from __future__ import annotations

DOCUMENTATION = r"""
name: left_out
author: The Subsite maintainers (@subsite)
short_description: What is left out of a source on the controller
description:
  - Returns the files and directories that git ignores in a directory of the controller, and in the
    repositories below it, such as submodules. Files that a repository tracks are not ignored.
  - If no repository has the directory, or if its repository ignores all of it, only O(exclude)
    decides.
  - It runs no hook or other program that the configuration of a repository names.
  - It warns of submodules that are not checked out, unless they are left out.
  - It fails if git does not trust the owner of a repository.
options:
  _terms:
    description: The directory.
    required: true
    type: list
    elements: str
  exclude:
    description:
      - What else to leave out, also of tracked files, as lines of a C(.gitignore) file at the top
        of the directory. They come after those of the project, so that C(!dist/) takes what it
        ignores.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what is left out
  ansible.builtin.debug:
    msg: "{{ query('subsite.deploy.left_out', '/home/me/shop', exclude=['/docs/']) }}"
"""

RETURN = r"""
_raw:
  description: Paths relative to the directory, sorted.
  type: list
  elements: str
  sample: [.env, db.sqlite3, node_modules]
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.plugin_utils import left_out, work_tree

EMPTY = (
    "The source has a submodule that is not checked out, {path!r}: its directory is empty in the "
    "release. Run git submodule update --init --recursive, or leave it out: "
    "wsgi_app_source.exclude: ['/{path}']"
)


class LookupModule(LookupBase):
    """Return what is left out of each directory."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[str]:
        """Return what is left out of each of ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return [str(path) for term in terms for path in self._left_out(term)]
        except TreeError as error:
            raise AnsibleLookupError(str(error)) from error

    def _left_out(self, directory: str) -> list[Path]:
        found = left_out.find(directory, self.get_option("exclude"))
        for path in work_tree.empty_submodules(directory):
            if found.isdisjoint([path, *path.parents]):
                Display().warning(EMPTY.format(path=str(path)))
        return sorted(found)
