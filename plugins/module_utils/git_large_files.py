"""Files of Git LFS: the server that has them, and the filter that puts them in place.

A committer writes .lfsconfig and .gitattributes. So root asks the server of the repository only.
"""

from __future__ import annotations

from urllib.parse import urlsplit

FILTER = [
    ("filter.lfs.process", "git-lfs filter-process"),
    ("filter.lfs.smudge", "git-lfs smudge -- %f"),
    ("filter.lfs.required", "true"),
]
"""Settings with which git puts files in place of their pointers."""

ATTRIBUTE = ("grep", "--quiet", "-e", "filter=lfs")
ATTRIBUTE_FILES = ("--", ":(glob)**/.gitattributes")
POINTER = ("grep", "--name-only", "-z", "-e", "^version https://git-lfs[.]github[.]com/spec/")

MISSING = (
    "The commit has files of Git LFS, such as {path!r}, but the host has no git-lfs. Install it: "
    "wsgi_app_system_packages: [git-lfs] with wsgi_app_backend 'systemd', else apt-get install "
    "git-lfs."
)
ELSEWHERE = (
    "The repository has files of Git LFS, such as {path!r}, and its .lfsconfig names another "
    "server for them. The role gets them from the server of the repository only."
)


def settings(url: str) -> list[tuple[str, str]]:
    """Return the settings that override .lfsconfig: all files, from the server of ``url``."""
    return [("lfs.url", _server(remote(url))), ("lfs.fetchinclude", ""), ("lfs.fetchexclude", "")]


def remote(url: str) -> str:
    """Return ``url`` as git-lfs wants it: a path as a URL."""
    return f"file://{url}" if url.startswith("/") else url


def _server(url: str) -> str:
    """Return the server for the repository at ``url``, as git-lfs finds it."""
    if urlsplit(url).scheme not in ("https", "git"):
        return url
    path = url.rstrip("/").replace("git://", "https://", 1)
    return f"{path.removesuffix('.git')}.git/info/lfs"
