#!/usr/bin/python
"""Check the URLs of several apps at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: public_urls_info
author: The Subsite maintainers (@subsite)
short_description: Check the URLs of several apps at once
description:
  - Does what M(subsite.deploy.public_url_info) does for each of O(urls), in one call. Four URLs are
    checked at a time, so that a slow app does not keep the others waiting.
options:
  urls:
    description: The options of M(subsite.deploy.public_url_info) for each URL.
    type: list
    elements: dict
    required: true
  host_results:
    description:
      - The RV(results) of a call on another host, in the order of O(urls). They replace
        O(ignore:signature), O(ignore:other_responses) and the release of each.
    type: list
    elements: dict
    default: []
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Check two foreign sites from outside
  subsite.deploy.public_urls_info:
    urls:
      - {url: https://example.org/api/}
      - {url: https://example.org/shop/}
"""

RETURN = r"""
right:
  description: Whether no fault was found at any URL.
  type: bool
  returned: always
results:
  description:
    - For each URL what M(subsite.deploy.public_url_info) returns. An URL without endpoints was not
      checked, and has none of it but the name of the release that serves.
  type: list
  elements: dict
  returned: always
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.subsite.deploy.plugins.module_utils.verify import run

AT_ONCE = 4
"""How many URLs are checked at the same time."""


def complete(given: dict[str, Any], number: int, module: AnsibleModule) -> dict[str, Any]:
    """Return the options for one URL with their defaults."""
    result = ArgumentSpecValidator(run.OPTIONS).validate(given)
    if result.error_messages:
        module.fail_json(msg=f"urls[{number}]: {'; '.join(result.error_messages)}")
    return result.validated_parameters


def check(options: dict[str, Any]) -> dict[str, Any]:
    """Return the result for one URL."""
    if options["endpoints"]:
        return run.verify(options)
    release = run.current_release(options["current_unit"])
    return {"responses": [], "signature": "", "release": release}


def main() -> None:
    """Check the URLs, and return their results in the same order."""
    module = AnsibleModule(
        argument_spec={
            "urls": {"type": "list", "elements": "dict", "required": True},
            "host_results": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    urls = [complete(given, number, module) for number, given in enumerate(module.params["urls"])]
    for options, known in zip(urls, module.params["host_results"], strict=False):
        options["other_responses"] = known["responses"]
        options["signature"] = known["signature"]
        options["release"] = known["release"]
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(check, urls))
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False, right=all(one.get("right", True) for one in results), results=results
    )


if __name__ == "__main__":
    main()
