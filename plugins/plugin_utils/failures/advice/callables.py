"""A callable or a class of workers that gunicorn cannot use."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import WEB, App


def argument(match: re.Match[str], app: App) -> str | None:
    """Show how a factory gets its argument."""
    callable_ = str(app.setting("callable"))
    if not callable_.endswith("()") or match["factory"] not in callable_:
        return None
    return (
        f"wsgi_app_callable is {callable_!r}: write the argument into it as a literal, as in "
        f"\"{callable_[:-2]}('production')\"."
    )


ROWS = (
    row(r"\b(?P<factory>\w+)\(\) missing \d+ required positional argument", argument, WEB),
    row(
        r"class uri '(?P<name>[^']+)' invalid or not found",
        "wsgi_app_worker_class is {name!r}, which cannot be imported: check its name, and add its "
        "package to wsgi_app_packages.",
        WEB,
    ),
    row(
        r"werkzeug/serving\.py|run_simple|in run_simple",
        "The module starts a server when it is imported: move app.run() below "
        'if __name__ == "__main__":',
        WEB,
    ),
)
