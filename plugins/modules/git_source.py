#!/usr/bin/python
"""Fetch a commit, verify who signed it, and export its files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: git_source
author: The Subsite maintainers (@subsite)
short_description: Fetch a commit, verify who signed it, and export its files
description:
  - Fetches all branches and tags from O(url) into a bare repository, which its owner alone can
    read. Nothing that the repository brings is run, no submodule is fetched, and files are not
    passed through filters, such as those of Git LFS.
  - Finds the one commit that O(version) names, and verifies the object that it found.
  - With O(dest), exports the files of that commit.
options:
  repository:
    description: Directory of the bare repository. A working tree that is there is removed.
    type: path
    required: true
  url:
    description:
      - An C(https), C(ssh), C(git) or C(file) URL, an absolute path, or C(user@host:path) for SSH.
        Without it, nothing is fetched.
      - Its user name and password are in no command line, in no result and on no disk.
    type: str
  version:
    description:
      - A commit by its 40 hexadecimal digits; the full name of a branch or a tag, as
        C(refs/tags/v1.4); or a short name, if it is not a branch and a tag at once.
    type: str
    required: true
  signed_by:
    description:
      - Fingerprints of keys in the keyring. One of them, or one of its subkeys, must have signed
        the commit or the annotated tag.
      - The annotated tag's own name must be the tag that was asked for.
    type: list
    elements: str
  dest:
    description:
      - Where the files go. It appears whole or not at all; one that exists is left as it is.
      - Files that a source cannot hold, such as links that lead out of it, are refused.
    type: path
  group:
    description: Group that owns O(dest). When given, only root and this group can read it.
    type: str
attributes:
  check_mode:
    description: Fetches into a copy that is removed afterwards, so that RV(after) is right.
    support: full
  diff_mode:
    description: Contents are not compared.
    support: none
"""

EXAMPLES = r"""
- name: Fetch a signed release
  subsite.deploy.git_source:
    repository: /srv/wsgi/shop/repository
    url: https://git.example.org/shop.git
    version: refs/tags/v1.4
    signed_by: [0123456789ABCDEF0123456789ABCDEF01234567]
  register: shop

- name: Export it
  subsite.deploy.git_source:
    repository: /srv/wsgi/shop/repository
    version: "{{ shop.after }}"
    dest: /srv/wsgi/shop/releases/4d1c09aa71be/source
    group: wsgi-shop
"""

RETURN = r"""
before:
  description: The commit that the repository was at.
  type: str
  returned: when there is a URL; null if it was new
after:
  description: The commit that O(version) names.
  type: str
  returned: always
"""

import os
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.git_address import (
    address,
    is_url,
    shown,
)
from ansible_collections.subsite.deploy.plugins.module_utils.git_repository import (
    GitError,
    copied,
    is_private,
    opened,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def fetch(parameters: dict, check_mode: bool) -> dict:
    """Fetch and verify what ``parameters`` ask for, and return what the module returns.

    :raises GitError: when there is no such commit, or none of the keys has signed it.
    """
    path, url = Path(parameters["repository"]), parameters["url"]
    private = is_private(path)
    with copied(path) if check_mode else opened(path) as repository:
        before = repository.current
        repository.fetch(address(url))
        found = repository.find(parameters["version"])
        if parameters["signed_by"] is not None:
            repository.verify(found, parameters["signed_by"])
        repository.current = found.commit
    changed = not private or before != found.commit
    return {"changed": changed, "before": before, "after": found.commit}


def export(parameters: dict, version: str) -> None:
    """Export the files of ``version``.

    :raises GitError: when there is no such commit.
    :raises TreeError: when it holds what a source cannot hold.
    """
    with opened(Path(parameters["repository"])) as repository:
        repository.export(repository.find(version).commit, parameters["dest"], parameters["group"])


def main() -> None:
    """Fetch if there is a URL, and export if there is a destination that does not exist."""
    module = UnloggedModule(
        argument_spec={
            "repository": {"type": "path", "required": True},
            "url": {"type": "str"},
            "version": {"type": "str", "required": True},
            "signed_by": {"type": "list", "elements": "str"},
            "dest": {"type": "path"},
            "group": {"type": "str"},
        },
        required_by={"signed_by": ["url"], "group": ["dest"]},
        supports_check_mode=True,
    )
    parameters = dict(module.params)
    url, dest = parameters["url"], parameters["dest"]
    if url:
        module.params["url"] = shown(url)  # which -vvv shows among the arguments
        if not is_url(url):
            module.fail_json(msg=f"{shown(url)!r} is no https, ssh, git or file URL.")
        if password := address(url).password:
            module.no_log_values.add(password)
    result = {"changed": False, "after": parameters["version"]}
    try:
        if url:
            result = fetch(parameters, module.check_mode)
        if dest and not os.path.isdir(dest):
            if not module.check_mode:
                export(parameters, result["after"])
            result["changed"] = True
    except (GitError, TreeError, OSError, RecursionError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
