"""A value has a short way through the repository, and few places decide a question.

A path is a list of hops. At each hop, a file uses a name and another file defines it. A file is on
the path if it has the value, a name of the value, or text that the value is part of. The path ends
in the process or in the header. How files get to the host is the same for all, and is not counted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

APP = "roles/wsgi_app"
SITE = "roles/nginx_site"
INVENTORY = "inventories/single_host/host_vars"

DEFINITIONS = {
    ".yml": r"^\s*(?:- )?{name}:",
    ".j2": r"^ *set .*{name} ",
    ".py": r"^def {name}\(|^{name} = ",
}
"""How a file defines a name, by the end of the file's name."""

# From wsgi_app_prefix to X-Forwarded-Prefix, as the app sees it: what gunicorn and the library do
# with the prefix, and what nginx writes for a mount at the same path.
PREFIX = [
    (f"{APP}/vars/main/release.yml", "gunicorn.conf.py.j2", f"{APP}/templates/gunicorn.conf.py.j2"),
    (f"{APP}/templates/gunicorn.conf.py.j2", "wsgi_app.prefix", f"{INVENTORY}/demo.yml"),
    (
        f"{APP}/templates/gunicorn.conf.py.j2",
        "subsite_wsgi.wrapper",
        f"{APP}/files/subsite_wsgi/wrapper.py",
    ),
    (f"{SITE}/templates/site.conf.j2", "app_mounts.j2", f"{SITE}/templates/app_mounts.j2"),
    (f"{SITE}/templates/app_mounts.j2", "nginx_site.mounts", f"{INVENTORY}/main.yml"),
    (f"{SITE}/templates/site.conf.j2", "proxy.j2", f"{SITE}/templates/proxy.j2"),
    (f"{SITE}/templates/proxy.j2", "_prefix", f"{SITE}/templates/app_mounts.j2"),
]

# From wsgi_app_secrets to the environment of the process.
SECRET = [
    (f"{APP}/vars/main/release.yml", "wsgi_app.secrets", "molecule/apps/shop.yml"),
    (
        f"{APP}/vars/main/release.yml",
        "__wsgi_app_backend.environment_variable_rights",
        f"{APP}/vars/main/backends/systemd.yml",
    ),
    (
        f"{APP}/vars/main/backends/systemd.yml",
        "systemd/app.service.j2",
        f"{APP}/templates/systemd/app.service.j2",
    ),
    (
        f"{APP}/templates/systemd/app.service.j2",
        "systemd/settings.j2",
        f"{APP}/templates/systemd/settings.j2",
    ),
]


def defines(path: Path, name: str) -> bool:
    """Return whether the file at ``path`` defines ``name``, or is the file of that name."""
    if str(path).endswith((name, name.replace(".", "/") + ".py")):
        return True
    last = name.split(".")[-1] if "." in name else name
    variable = name.replace(".", "_")
    pattern = DEFINITIONS[path.suffix]
    text = path.read_text()
    return any(re.search(pattern.format(name=each), text, re.M) for each in (variable, last))


def uses(path: Path, name: str) -> bool:
    """Return whether the file at ``path`` has ``name`` in it."""
    return name in path.read_text()


@pytest.mark.parametrize(
    ("hops", "most"),
    [pytest.param(PREFIX, 8, id="prefix to header"), pytest.param(SECRET, 5, id="secret")],
)
def test_files_of_a_path(root: Path, hops: list[tuple[str, str, str]], most: int):
    broken = [
        hop for hop in hops if not uses(root / hop[0], hop[1]) or not defines(root / hop[2], hop[1])
    ]
    assert broken == []
    reached = {hops[0][0]}
    for user, _, definer in hops:
        assert user in reached or user.startswith(SITE), f"no hop leads to {user}"
        reached |= {user, definer}
    print(*sorted(reached), sep="\n")
    assert len(reached) <= most


@pytest.mark.parametrize(
    ("path", "last"),
    [
        pytest.param(f"{APP}/files/subsite_wsgi/wrapper.py", "HTTP_X_FORWARDED_PREFIX", id="app"),
        pytest.param(f"{SITE}/templates/proxy.j2", "X-Forwarded-Prefix", id="nginx"),
        pytest.param(f"{APP}/templates/systemd/settings.j2", "EnvironmentFile=", id="secret"),
    ],
)
def test_path_ends_where_it_says(root: Path, path: str, last: str):
    assert last in (root / path).read_text()


def test_prefix_has_no_detour_through_derived_variables(root: Path):
    """The template takes the prefix and its mode as they are in the inputs."""
    template = (root / APP / "templates/gunicorn.conf.py.j2").read_text()
    values = re.findall(r"^ +(?:prefix|mode)={{ (.*?) \|", template, re.M)
    assert set(values) == {"__wsgi_app.prefix", "__wsgi_app.prefix_mode"}


def test_owner_of_the_prefix_is_decided_twice_at_most(root: Path):
    """Variables decide it once, and the library once; all other places use the result."""
    decisions = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in sorted((root / APP).rglob("*"))
        if path.suffix in (".yml", ".j2", ".py")
        and {"meta", "defaults"}.isdisjoint(path.relative_to(root).parts)
        for line in path.read_text().splitlines()
        if re.search(r"prefix_mode|\bmode\b *(==|!=|in\b)|[{,] *mode: *prefix", line)
        and not re.search(r"^ +mode={{ __wsgi_app.prefix_mode \| to_json }},$", line)
    ]
    print(*decisions, sep="\n")
    assert 0 < len(decisions) <= 2
