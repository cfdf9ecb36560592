"""Load what ``wsgi_app_callable`` names, and say in words why it is no WSGI app."""

from __future__ import annotations

import inspect
import sys
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gunicorn.errors import AppImportError
from gunicorn.util import import_app

from subsite_wsgi.interface import accepts, require_wsgi

if TYPE_CHECKING:
    from collections.abc import Iterator

LIKELY = ("app", "application", "wsgi", "create_app", "make_app", "get_app", "server")
"""Names that apps and factories often have."""


def load(target: str) -> Any:
    """Return the app; end the process if there is none, or if it is an ASGI app.

    :param target: ``module:attribute`` or ``module:factory('literal')``, the value of
        ``wsgi_app_callable``.
    """
    module, _, name = target.partition(":")
    attribute = name.partition("(")[0]
    try:
        app = import_app(target)
    except AppImportError as error:
        found = sys.modules.get(module)
        if isinstance(found, ModuleType) and not hasattr(found, attribute):
            fault = f"module {module!r} has no {attribute!r}"
            refuse(target, fault, likely(found, attribute))
        if isinstance(found, ModuleType) and "callable" in str(error):
            value = getattr(found, attribute)
            fault = f"{attribute!r} is a {type(value).__name__}, which cannot be called"
            refuse(target, fault, likely(found, attribute))
        raise
    require_wsgi(app, target)
    if name == attribute and not accepts(app, 2) and accepts(app, 0):
        refuse(target, f"{attribute!r} is no app, but returns one", f"{target}()")
    return app


def refuse(target: str, fault: str, better: str) -> None:
    """End the process with what is wrong with the target, and the target that is meant."""
    advice = f": do you mean {better!r}?" if better else "."
    sys.exit(f"wsgi_app_callable is {target!r}, but {fault}{advice}")


def likely(module: ModuleType, attribute: str) -> str:
    """Return the target in ``module`` that is meant; empty if there is none."""
    names = list(candidates(module))
    close = get_close_matches(attribute, names, n=1)
    name = next(iter([*close, *(name for name in LIKELY if name in names)]), "")
    if not name:
        return ""
    value = getattr(module, name)
    called = "" if accepts(value, 2) or not accepts(value, 0) else "()"
    return f"{module.__name__}:{name}{called}"


def candidates(module: ModuleType) -> Iterator[str]:
    """Yield the names of what is an app, or could return one."""
    for name, value in vars(module).items():
        if name.startswith("_") or not callable(value) or inspect.isclass(value):
            continue
        if inspect.isroutine(value) and is_foreign(value, module):
            continue
        yield name


def is_foreign(routine: Any, module: ModuleType) -> bool:
    """Return whether ``module`` has only imported the routine."""
    return getattr(routine, "__module__", None) != module.__name__
