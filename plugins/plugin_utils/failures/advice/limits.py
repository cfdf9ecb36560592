"""Memory, processes and disks that are full."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD,
    BUILD_COMMANDS,
    RUNS,
    App,
)


def memory(_match: re.Match[str], app: App) -> str:
    """Say which limit holds."""
    limit = app.setting("limits", {}).get("memory")
    if limit:
        return f"Set wsgi_app_limits.memory to more than {limit}, or wsgi_app_workers to less."
    return "The host has too little free memory: add some, or set wsgi_app_workers to less."


def tasks(_match: re.Match[str], app: App) -> str:
    """Say which limit of processes and threads holds."""
    limit = app.setting("limits", {}).get("tasks")
    if limit:
        return f"Set wsgi_app_limits.tasks to more than {limit}."
    return "The host allows no more processes: see systemctl show --property=DefaultTasksMax."


def disk(_match: re.Match[str], app: App) -> str:
    """Say what fills a disk."""
    return (
        "A file system of the host is full: df -h /srv /var /tmp shows which one. A smaller "
        f"wsgi_app_keep_releases, now {app.setting('keep_releases', 3)}, keeps fewer releases."
    )


ROWS = (
    row(r"No space left on device|ENOSPC|Disk quota exceeded|os error 28", disk),
    row(
        r"killed by the OOM killer|oom-kill|^MemoryError$|Cannot allocate memory|std::bad_alloc"
        r"|Out of memory|the signal SIGKILL has ended it",
        memory,
        *RUNS,
    ),
    row(
        r"Killed signal terminated program|signal 9|SIGKILL|^Killed$|MemoryError|std::bad_alloc",
        "The build needs more memory than the host has free: add some, or require packages that "
        "have wheels.",
        BUILD,
        BUILD_COMMANDS,
    ),
    row(r"can't start new thread|Resource temporarily unavailable", tasks, *RUNS),
)
