"""Give gunicorn the settings of a project, and run its hooks beside those of the role."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gunicorn import __version__
from gunicorn.config import make_settings

VARIABLE = "wsgi_app_gunicorn"


def project_settings(
    role: Mapping[str, Any],
    settings: Mapping[str, Any],
    file: str = "",
    decided: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the settings and hooks of a project, for gunicorn's configuration.

    The process exits if gunicorn does not accept one, or if the file has one that the role decides.

    :param role: what the role sets.
    :param settings: settings by name. They precede those of the file.
    :param file: path of a Python file, relative to the working directory.
    :param decided: what the file cannot set, and what to do instead.
    """
    found = read(file) if file else {}
    exit_if_any(f"{file} {fault}." for fault in decided_faults(found, role, decided or {}))
    chosen = {name: value for name, value in found.items() if name not in (decided or {})}
    exit_if_any(f"{file} sets {fault}." for fault in faults(chosen))
    exit_if_any(f"{VARIABLE} has {fault}." for fault in faults(settings))
    return {
        name: beside(name, role, accepted(name, value))
        for name, value in {**chosen, **settings}.items()
    }


def read(file: str) -> dict[str, Any]:
    """Return the settings in ``file``. gunicorn ignores all other names in it, too."""
    if not Path(file).is_file():
        sys.exit(f"{VARIABLE}_file is {file!r}, but there is no such file in {Path.cwd()}.")
    spec = importlib.util.spec_from_file_location("project_gunicorn_conf", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if name in make_settings()}


def accepted(name: str, value: Any) -> Any:
    """Return ``value`` as gunicorn reads it.

    :raises Exception: of any kind when gunicorn does not accept it.
    """
    setting = make_settings()[name]
    setting.set(value)
    return setting.get()


def faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield each of the ``settings`` that gunicorn does not have or does not accept."""
    for name, value in settings.items():
        if name not in make_settings():
            yield f"{name}, which gunicorn {__version__} does not have: remove it"
            continue
        try:
            accepted(name, value)
        except Exception as error:  # gunicorn's validators raise various ones
            yield f"{name} = {value!r}, which gunicorn does not accept: {error}"


def decided_faults(
    found: Mapping[str, Any], role: Mapping[str, Any], decided: Mapping[str, str]
) -> Iterator[str]:
    """Yield each setting that differs from what the role decides."""
    for name in sorted(set(found) & set(decided)):
        try:
            differs = accepted(name, found[name]) != accepted(
                name, role.get(name, make_settings()[name].default)
            )
        except Exception:  # gunicorn does not accept it
            differs = True
        if differs:
            yield f"sets {name}, which the role decides: {decided[name]}"


def exit_if_any(faults: Iterator[str]) -> None:
    """End the process with all ``faults``, if there are any."""
    if lines := list(faults):
        sys.exit("\n".join(lines))


def beside(name: str, role: Mapping[str, Any], value: Any) -> Any:
    """Return ``value``, or a hook that calls the one of the role, too.

    A hook that fails must not prevent what the role does after a request. The health check is the
    last: the app may need what the project does before gunicorn starts.
    """
    if not callable(role.get(name)):
        return value
    hooks = (accepted(name, role[name]), value)
    return in_turn(*(reversed(hooks) if name == "on_starting" else hooks))


def in_turn(*hooks: Callable) -> Callable:
    """Return a hook that calls all, and that has the parameters of the first one."""

    @functools.wraps(hooks[0])
    def hook(*arguments: Any) -> None:
        for each in hooks:
            each(*arguments)

    return hook
