"""Write the tables of variables in the roles' READMEs, and the table of targets in the README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import targets
import yaml
from ansible.plugins.loader import init_plugin_loader

ROOT = Path(__file__).parents[1]
ROLES = ROOT / "roles"
TABLE = re.compile(r"(<!-- variables -->\n).*?(<!-- /variables -->)", re.DOTALL)
TARGETS = re.compile(r"(<!-- targets -->\n).*?(<!-- /targets -->)", re.DOTALL)


def rows(options: dict, above: str = "") -> Iterator[str]:
    """Yield a table row for each of ``options``, and for its suboptions."""
    for name, option in options.items():
        path = f"{above}{name}"
        yield f"| `{path}` | {kind(option)} | {default(option)} | {meaning(option)} |"
        inner = f"{path}[]." if option["type"] == "list" else f"{path}."
        yield from rows(option.get("options", {}), inner)


def kind(option: dict) -> str:
    """Return the type of the option, or its choices."""
    if "choices" in option:
        return ", ".join(f"`{choice}`" for choice in option["choices"] if choice)
    return f"list of {option['elements']}" if option["type"] == "list" else option["type"]


def default(option: dict) -> str:
    """Return the default of the option."""
    if option.get("required"):
        return "**required**"
    value = option.get("default")
    if value is None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def meaning(option: dict) -> str:
    """Return the description as Markdown."""
    text = option["description"]
    text = " ".join(text) if isinstance(text, list) else text
    marked = re.sub(r"\b[A-Z]+\((?:ignore:)?((?:\\.|[^)])*)\)", r"`\1`", text.strip())
    return marked.replace("\\)", ")")


def table(role: Path) -> str:
    """Return the table of ``role``."""
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    options: dict = {}
    for entry_point in spec["argument_specs"].values():
        options |= entry_point["options"]
    head = "| variable | type | default | meaning |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(rows(options)) + "\n"


def readme(role: Path) -> str:
    """Return the README of ``role`` with the current table."""
    text = (role / "README.md").read_text()
    return TABLE.sub(lambda match: match[1] + table(role) + match[2], text)


def main_readme() -> str:
    """Return the README of the repository with the current table."""
    text = (ROOT / "README.md").read_text()
    return TARGETS.sub(lambda match: match[1] + targets.table() + match[2], text)


def main() -> None:
    """Write the README of each role, and that of the repository."""
    init_plugin_loader([str(ROOT / ".collections")])
    (ROOT / "README.md").write_text(main_readme())
    for role in sorted(ROLES.iterdir()):
        (role / "README.md").write_text(readme(role))


if __name__ == "__main__":
    main()
