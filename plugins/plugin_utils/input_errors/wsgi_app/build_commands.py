"""Find what is wrong with the commands that build a release."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

WITHOUT_SOURCE = {
    "pip": "a package has no source directory. Build the package with these files",
    "image": "the image is built already. Run the commands in its Containerfile",
}
"""Types of sources without a source directory, and what to do instead."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_build_commands``."""
    commands, source = inputs.values["build_commands"], inputs.values["source"] or {}
    if commands and source.get("type") in WITHOUT_SOURCE:
        yield (
            f"wsgi_app_build_commands is {commands!r}, but wsgi_app_source.type is "
            f"{source['type']!r}: {WITHOUT_SOURCE[source['type']]}, and remove the variable."
        )
