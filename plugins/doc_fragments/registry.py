"""Options of modules that use a container registry."""

from __future__ import annotations


class ModuleDocFragment:
    """The login of a registry."""

    DOCUMENTATION = r"""
options:
  login:
    description: The user name and the password, if the registry requires a login.
    type: dict
    suboptions:
      username:
        description: The user name.
        type: str
        required: true
      password:
        description: The password. It is in no command line and in no file.
        type: str
        required: true
"""
