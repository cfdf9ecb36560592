"""Refuse what cannot run as a WSGI app, in words."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

ADVICE = (
    "The role runs WSGI apps. Django has both: write its wsgi module in wsgi_app_callable, as in "
    "'shop.wsgi:application'. Run another ASGI app as a service of your own, and write its address "
    "in nginx_site_mounts, as in {path: /, upstreams: ['127.0.0.1:8000']}."
)


def require_wsgi(app: Any, target: str) -> None:
    """End the process if ``app`` is an ASGI application.

    :param target: the value of ``wsgi_app_callable``.
    """
    if is_asgi(app):
        sys.exit(f"wsgi_app_callable is {target!r}, which is an ASGI app. {ADVICE}")


def is_asgi(app: Any) -> bool:
    """Return whether ``app`` is a coroutine function, or needs three arguments (scope, …)."""
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(app.__call__):
        return True
    return not accepts(app, 2) and accepts(app, 3)


def accepts(app: Any, count: int) -> bool:
    """Return whether ``app`` can be called with ``count`` arguments; those in C may not say it."""
    try:
        inspect.signature(app).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def require_wsgi_worker(kind: type[Worker]) -> None:
    """End the process if workers of this class call ASGI apps, and so have coroutines."""
    coroutines = inspect.getmembers(kind, inspect.iscoroutinefunction)
    if coroutines:
        sys.exit(f"wsgi_app_worker_class is {kind.__qualname__}, which runs ASGI apps. {ADVICE}")
