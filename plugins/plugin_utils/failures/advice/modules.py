"""Modules of Python that cannot be imported."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches

from ansible_collections.subsite.deploy.plugins.module_utils import locks
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import OTHERS
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD,
    BUILD_COMMANDS,
    RUNS,
    App,
)

PACKAGES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "corsheaders": "django-cors-headers",
    "cv2": "opencv-python-headless",
    "Crypto": "pycryptodome",
    "dateutil": "python-dateutil",
    "debug_toolbar": "django-debug-toolbar",
    "decouple": "python-decouple",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "flask_login": "flask-login",
    "fitz": "pymupdf",
    "git": "GitPython",
    "google.protobuf": "protobuf",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "saml2": "pysaml2",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socketio": "python-socketio",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
    # Parts of older versions of Python.
    "asyncore": "pyasyncore",
    "cgi": "legacy-cgi",
    "distutils": "setuptools",
    "imp": "zombie-imp",
    "pkg_resources": "setuptools<81",
    "telnetlib": "standard-telnetlib",
}
"""The packages whose names differ from those of their modules."""

PROJECT = re.compile(r"/wsgi-release-[^/\s]+/source")
"""The copy of the project that is built."""

LOCKS = {tool.lock: tool for tool in locks.TOOLS}
READ = (*LOCKS, locks.STANDARD, "requirements.txt", "Pipfile", "pyproject.toml", "setup.py")
"""Files that say what is installed: the first one that a source has (:mod:`dependencies`)."""

UNREAD = re.compile(r"environment\.ya?ml|conda\.yml|requirements\.(?:in|yml)|pylock\.[^./]+\.toml")
"""Files that name requirements, and that are not read."""

LISTS = re.compile(r"requirements[/_-][\w./-]+\.txt|\w+[_-]requirements\.txt")
"""Requirements files with other names."""


def missing(match: re.Match[str], app: App) -> str:
    """Say where the module should come from."""
    name = match["name"]
    if app.part == BUILD:
        return _of_build(name, match.string)
    return _in_source(name, app) or _package(name, app)


def _of_build(name: str, output: str) -> str:
    """Say what the build of a package or of the project needs."""
    package = PACKAGES.get(name, name.partition(".")[0])
    if PROJECT.search(output):
        return f"Add {package!r} to the requires of [build-system] in the project's pyproject.toml."
    return (
        f"A package needs {package!r} for its build and does not say so: require a version of this "
        "package that is newer, or that is a wheel."
    )


def _in_source(name: str, app: App) -> str | None:
    """Say what is wrong if the source has the module, or if it should have it."""
    top = name.partition(".")[0]
    inside = _modules(app)
    target = str(app.setting("callable")).partition(":")[0]
    if top in inside:
        path = name.replace(".", "/")
        return f"The source has {inside[top]}, but no {path}.py and no {path}/__init__.py: add it."
    directory = _directory_of(top, app)
    if directory:
        return (
            f"The module is in {directory}/ of the source, where Python does not look: set "
            f"directory: {directory} in wsgi_app_source."
        )
    if top == target.partition(".")[0] and app.source_files:
        close = get_close_matches(top, inside, n=1)
        hint = f": do you mean {close[0]!r}?" if close else "."
        return (
            f"wsgi_app_callable begins with {top!r}, but the source has no {top}.py and no "
            f"{top}/__init__.py{hint}"
        )
    return None


def _modules(app: App) -> dict[str, str]:
    """Return the modules at the top of the source, and a path of each."""
    found: dict[str, str] = {}
    for path in app.source_files:
        first, _, rest = path.partition("/")
        if rest and rest.endswith(".py"):
            found.setdefault(first, f"{first}/")
        elif first.endswith(".py"):
            found[first.removesuffix(".py")] = first
    return found


def _directory_of(module: str, app: App) -> str | None:
    """Return the directory of the source that has ``module``."""
    ends = (f"/{module}.py", f"/{module}/__init__.py")
    found = [
        path.removesuffix(end) for path in app.source_files for end in ends if path.endswith(end)
    ]
    return min(found, key=lambda path: (path.count("/"), path), default=None)


def _package(name: str, app: App) -> str:
    top = name.partition(".")[0]
    package = PACKAGES.get(name) or PACKAGES.get(top) or top
    chosen = (app.setting("source", {}) or {}).get("requirements") or []
    decide = chosen or [file for file in READ if file in app.source_files][:1]
    return f"Add {package!r} to {_place(decide)}wsgi_app_packages.{_unread(decide, chosen, app)}"


def _place(decide: list[str]) -> str:
    """Say where requirements belong besides C(wsgi_app_packages)."""
    if not decide:
        return ""
    if tool := LOCKS.get(decide[0]):
        return f"{tool.declared_in} and run '{tool.name} {tool.resolve}', or add it to "
    if decide[0] == locks.STANDARD:
        return f"{locks.STANDARD} with the tool that has made it, or to "
    return f"{decide[0]} or to "


def _unread(decide: list[str], chosen: list[str], app: App) -> str:
    """Name the files that may have the requirement, and that are not read."""
    lists = [path for path in app.source_files if LISTS.fullmatch(path) and path not in chosen]
    others = [path for path in app.source_files if UNREAD.fullmatch(path)]
    if not chosen:  # these can include others
        declared = [LOCKS[path].declared_in for path in decide if path in LOCKS]
        later = {*OTHERS} - {*decide, *declared}
        others += [path for path in app.source_files if path in later]
    words = f" The role does not read {' and '.join(others)}." if others else ""
    if lists:
        words += f" It reads {lists[0]} if wsgi_app_source has requirements: [{lists[0]}]."
    return words


def other_version(match: re.Match[str], app: App) -> str | None:
    """Say that another version of a package is needed, or another name of a module."""
    top = match["module"].partition(".")[0]
    if top in sys.stdlib_module_names and app.is_in_project(match["path"]):
        return (
            f"Rename {app.short(match['path'])}: Python has a module of this name, and its own "
            "code imports yours in its place."
        )
    if top in _modules(app) or _directory_of(top, app) or "circular import" in match.string:
        return None
    package = PACKAGES.get(top, top)
    return (
        f"The installed version of {package!r} has no {match['what']}: require the version that "
        "the app was written for, in its requirements or in wsgi_app_packages."
    )


PARTS = (*RUNS, BUILD, BUILD_COMMANDS)
ROWS = (
    row(
        r"^SyntaxError: ",
        lambda _match, app: (
            f"Correct it. The interpreter is Python {app.python}; if this is the syntax of a later "
            f"one, name that in {'wsgi_app_base_image' if app.has_image else 'wsgi_app_python'}."
            if app.python
            else "Correct it."
        ),
        *PARTS,
    ),
    row(
        r"Error loading psycopg2 or psycopg module",
        "Add 'psycopg[binary]' to the project's requirements or to wsgi_app_packages.",
    ),
    row(
        r"no pq wrapper available",
        "Add 'psycopg[binary]' in place of 'psycopg', or set wsgi_app_system_packages: [libpq5].",
    ),
    row(
        r"Error loading MySQLdb module",
        "Add 'mysqlclient' to the project's requirements or to wsgi_app_packages. Its build needs "
        "wsgi_app_system_packages: [default-libmysqlclient-dev, pkg-config, gcc, libc6-dev, "
        "python3-dev].",
    ),
    row(
        r"ZoneInfoNotFoundError|No time zone found with key",
        "Add 'tzdata' to the project's requirements or to wsgi_app_packages.",
        *PARTS,
    ),
    row(r"No module named '?(?P<name>[\w.]+)'?", missing, *PARTS),
    row(
        r"cannot import name '(?P<what>\w+)' from '(?P<module>[\w.]+)' \((?P<path>.+)\)",
        other_version,
        *PARTS,
    ),
)
