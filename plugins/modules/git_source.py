#!/usr/bin/python
"""Fetch a commit, verify its signature, and export its files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: git_source
author: The Subsite maintainers (@subsite)
short_description: Fetch a commit, verify its signature, and export its files
description:
  - Fetches all branches and tags from O(url) into a bare repository, which only its owner can read.
    It runs no code of the repository.
  - If the repository has files of Git LFS, git-lfs fetches them from the server of the repository,
    and only from there. Without git-lfs on the host, the module fails.
  - Finds the commit that O(version) names, and verifies the signature of the commit or tag.
  - With O(dest), exports the files of that commit.
options:
  repository:
    description: Directory of the bare repository. If it has a working tree, that is removed.
    type: path
    required: true
  url:
    description:
      - An C(https), C(ssh), C(git) or C(file) URL, an absolute path, or C(user@host:path) for SSH.
        Without O(url), nothing is fetched.
      - Its user name and password are not in a command line, not in the result and not on a disk.
    type: str
  version:
    description:
      - The 40 hexadecimal digits of a commit, the full name of a branch or a tag, for example
        C(refs/tags/v1.4), or a short name, unless both a branch and a tag have it.
    type: str
    required: true
  signed_by:
    description:
      - Fingerprints of keys in the keyring. One of them, or one of its subkeys, must have signed
        the commit or the annotated tag.
      - The name in a signed tag must be the name in O(version).
    type: list
    elements: str
  submodules:
    description:
      - Whether to fetch and export the submodules, and theirs. The commit names theirs, so a
        signature of the commit covers them.
      - Their URLs in C(.gitmodules) can be C(https), C(ssh) or C(git) URLs, or relative to such a
        URL. The user name and password in O(url) are for submodules on the same server, too.
      - If it is not set, the module warns of submodules, whose directories stay empty.
    type: bool
  listed_unless:
    description:
      - Returns RV(files), unless O(version) names this commit.
    type: str
  directory:
    description: The directory of the app in the repository, for RV(has_src).
    type: str
    default: ""
  dest:
    description:
      - Directory for the files. It appears complete or not at all. If it exists, it is not changed.
      - If a project of the commit takes its version from a tag, by setuptools-scm, hatch-vcs,
        poetry-dynamic-versioning or uv-dynamic-versioning, it has the file that names the tag
        for this tool, as an archive of git can have it (C(.git_archival.txt) or
        C(.git_archival.json)).
      - The module fails if the commit has files that a source must not have, such as links that
        lead out of it.
    type: path
  group:
    description: Group that owns O(dest). If set, only root and this group can read it.
    type: str
extends_documentation_fragment: [subsite.deploy.builds]
attributes:
  check_mode:
    description: Fetches into a temporary copy, so that RV(after) is right.
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
  description: The commit of the last call; null if there was none.
  type: str
  returned: when O(url) is set
after:
  description: The commit that O(version) names.
  type: str
  returned: always
subject:
  description: The subject of this commit.
  type: str
  returned: when O(url) is set
has_src:
  description: Whether the modules of the project are in its directory C(src).
  type: bool
  returned: when O(url) is set
tag:
  description: >-
    What C(git describe) says of this commit, if a project of it takes its version from there.
    Otherwise it is empty.
  type: str
  returned: when O(url) is set
files:
  description: The mode and the ID of each file of the commit, by its path, as git has them.
  type: dict
  returned: when O(listed_unless) is set and is another commit
"""

import os
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import newest_run
from ansible_collections.subsite.deploy.plugins.module_utils.git_address import (
    address,
    hide_credentials,
    is_url,
)
from ansible_collections.subsite.deploy.plugins.module_utils.git_repository import (
    GitError,
    Repository,
    copied,
    is_private,
    opened,
)
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

EMPTY = (
    "The commit has submodules, whose directories are empty in the release: {names}. "
    "wsgi_app_source.submodules: true fetches them, and false ends this warning."
)


class CommitFiles:
    """The files of a commit, for :class:`Project`."""

    def __init__(self, repository: Repository, commit: str) -> None:
        """Prepare to read ``commit``."""
        self.repository = repository
        self.commit = commit

    def text(self, name: str) -> str | None:
        """Return the text of a file, or None."""
        return self.repository.text(self.commit, name)

    def names_in(self, name: str) -> list[str]:
        """Return the names in a directory, which may be missing."""
        return self.repository.names_in(self.commit, name)


SUBJECT = 100
"""Characters of a subject."""


def fetch(parameters: dict, check_mode: bool) -> dict:
    """Fetch and verify the commit, and return the result of the module.

    :raises GitError: when there is no such commit, or none of the keys has signed it.
    """
    path, url = Path(parameters["repository"]), parameters["url"]
    was_private = is_private(path)
    with copied(path) if check_mode else opened(path) as repository:
        before = repository.current
        repository.fetch(address(url))
        found = repository.find(parameters["version"])
        if parameters["signed_by"] is not None:
            repository.verify(found, parameters["signed_by"])
        commits = {found.commit: address(url)}
        if parameters["submodules"]:
            commits |= repository.fetch_submodules(found.commit, address(url))
        repository.fetch_large_files(commits, check_mode)
        repository.current = found.commit
        takes_version = bool(repository.version_files(found.commit))
        tag = repository.tag(found.commit) if takes_version else ""
        subject = excerpt(repository.subject(found.commit), SUBJECT)
        is_listed = parameters["listed_unless"] not in (None, found.commit)
        submodules = bool(parameters["submodules"])
        files = {"files": repository.files(found.commit, submodules)} if is_listed else {}
        project = Project(CommitFiles(repository, found.commit), parameters["directory"])
        has_src = project.has_src
    changed = not was_private or before != found.commit
    return {
        "changed": changed,
        "before": before,
        "after": found.commit,
        "subject": subject,
        "tag": tag,
        "has_src": has_src,
        **files,
    }


def export(parameters: dict, version: str) -> list[str]:
    """Export the files of ``version``, unless another run has done so meanwhile.

    :return: the submodules that stay empty, unless the parameters say so.
    :raises GitError: when there is no such commit.
    :raises TreeError: when it has a file that a source must not have.
    :raises BuildError: when a newer run has started, which may place the same.
    """
    with opened(Path(parameters["repository"])) as repository:
        newest_run.refuse_if_superseded(parameters["check"])
        dest, submodules = parameters["dest"], parameters["submodules"]
        commit = repository.find(version).commit
        if not os.path.isdir(dest):
            repository.export(commit, dest, parameters["group"], bool(submodules))
        return sorted(repository.submodules(commit)) if submodules is None else []


def main() -> None:
    """Fetch if there is a URL, and export if the destination does not exist."""
    module = UnloggedModule(
        argument_spec={
            "repository": {"type": "path", "required": True},
            "url": {"type": "str"},
            "version": {"type": "str", "required": True},
            "signed_by": {"type": "list", "elements": "str"},
            "submodules": {"type": "bool"},
            "listed_unless": {"type": "str"},
            "directory": {"type": "str", "default": ""},
            "dest": {"type": "path"},
            "group": {"type": "str"},
            "check": {"type": "list", "elements": "str", "default": []},
        },
        required_by={"signed_by": ["url"], "group": ["dest"]},
        supports_check_mode=True,
    )
    parameters = dict(module.params)
    url, dest = parameters["url"], parameters["dest"]
    if url:
        module.params["url"] = hide_credentials(url)  # -vvv shows it among the arguments
        if not is_url(url):
            module.fail_json(
                msg=f"{hide_credentials(url)!r} is not an https, ssh, git or file URL."
            )
        if password := address(url).password:
            module.no_log_values.add(password)
    result = {"changed": False, "after": parameters["version"]}
    try:
        if url:
            result = fetch(parameters, module.check_mode)
        if dest and not os.path.isdir(dest):
            if not module.check_mode and (empty := export(parameters, result["after"])):
                module.warn(EMPTY.format(names=", ".join(empty)))
            result["changed"] = True
    except (GitError, TreeError, BuildError, OSError, RecursionError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
