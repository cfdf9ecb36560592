"""No call of a role in a play changes what the next one does."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
import yaml

SOURCES = {
    "local": {"path": str(Path(__file__).parents[1] / "apps")},
    "git": {"url": "https://example.org/shop.git", "version": "main", "signed_by": ["A" * 40]},
    "pip": {"requirement": "shop==1"},
    "image": {"ref": "example.org/shop:1"},
}
BACKENDS = ("systemd", "podman", "rootless_podman", "docker")
APPS = {
    f"{source} by {backend}": {
        "wsgi_app_backend": backend,
        "wsgi_app_source": {"type": source, **SOURCES[source]},
    }
    for source, backend in itertools.product(SOURCES, BACKENDS)
    if source != "image" or backend in ("podman", "docker")
} | {
    "build commands": {
        "wsgi_app_backend": "podman",
        "wsgi_app_source": {"type": "local", **SOURCES["local"]},
        "wsgi_app_build_commands": ["make"],
    }
}
SITES = {
    mode: {"nginx_site_tls": {"mode": mode, **more}}
    for mode, more in {
        "none": {},
        "files": {"certificate": "/etc/ssl/shop.pem", "key": "/etc/ssl/shop.key"},
        "self_signed": {},
        "acme": {"directory_ca": "/etc/ssl/authority.pem"},
    }.items()
}
PROBES = {
    "wsgi_app": [
        "__wsgi_app_system_packages",
        "__wsgi_app_source_kind.requirements",
        "__wsgi_app_source_kind.build",
        "__wsgi_app_source_kind.container_command",
        "__wsgi_app_backend.engine | default('')",
        "__wsgi_app_backend.recipe",
        "__wsgi_app_backend.directories",
        "__wsgi_app_backend.start_files",
        "__wsgi_app_environment_variables",
        "__wsgi_app_image_secrets",
    ],
    "nginx_site": [
        "__nginx_site_certificate.pair",
        "__nginx_site_certificate.packages",
        "__nginx_site_certificate.files",
        "__nginx_site_certificate.challenges",
        "__nginx_site_publications",
    ],
}
ALWAYS = {
    "wsgi_app_name": "shop",
    "wsgi_app_callable": "shop:app",
    "__wsgi_app_release": "0123456789ab",
    "__wsgi_app_revision": "1",
    "__wsgi_app_info": {
        "quadlet": True,
        "systemd": 257,
        "python": "3.13",
        "interpreter": "CPython 3.13",
        "refreshed": 0,
    },
    "nginx_site_name": "main",
    "nginx_site_server_names": ["example.org"],
    "nginx_site_mounts": [{"path": "/", "app": "shop"}],
    "__nginx_site_new_certificate": {},
    "__nginx_site_published": {"results": []},
}


@pytest.fixture
def call(run, root: Path, tmp_path: Path):
    """Return a function that calls a role with each of the inputs in one play.

    Each call returns what it would do, instead of doing it.
    """

    def call(role: str, calls: list[dict]) -> list[str]:
        copy = tmp_path / "roles" / role
        if not copy.exists():
            (copy / "tasks").mkdir(parents=True)
            (tmp_path / "plugins").symlink_to(root / "plugins")
            for part in ("defaults", "files", "meta", "templates", "vars"):
                (copy / part).symlink_to(root / "roles" / role / part)
        probe = f"{{{{ [{', '.join(PROBES[role])}] | to_json }}}}"
        check = {"subsite.deploy.check_inputs": {"entry_point": "main"}, "register": f"__{role}"}
        (copy / "tasks/main.yml").write_text(
            yaml.safe_dump([check, {"name": "Probe", "debug": {"msg": probe}}])
        )
        tasks = [{"include_role": {"name": role}, "vars": inputs} for inputs in calls]
        play = {"hosts": "localhost", "gather_facts": False, "vars": ALWAYS, "tasks": tasks}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
        done = run(
            *("ansible-playbook", "--inventory=localhost,", "--connection=local"),
            tmp_path / "play.yml",
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        tasks = json.loads(done.stdout)["plays"][0]["tasks"]
        probes = [task for task in tasks if task["task"]["name"].endswith("Probe")]
        return [task["hosts"]["localhost"]["msg"] for task in probes]

    return call


@pytest.mark.parametrize(("role", "kinds"), [("wsgi_app", APPS), ("nginx_site", SITES)])
def test_second_call_is_independent_of_the_first(call, role: str, kinds: dict[str, dict]):
    """Each kind comes before and after each other kind."""
    alone = [call(role, [inputs])[0] for inputs in kinds.values()]
    assert len(set(alone)) == len(alone)
    together = call(role, [*kinds.values(), *reversed(kinds.values())])
    assert together == [*alone, *reversed(alone)]
