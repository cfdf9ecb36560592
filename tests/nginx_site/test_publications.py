"""Which published directories a site removes."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGES = [HERE, HERE.parent / "apps"]
CONTENT = "/srv/nginx/main"
OLD = ["c0ffee00", "decade00", "facade00"]


@pytest.mark.parametrize("mode", ["none", "files", "self_signed", "acme"])
@pytest.mark.parametrize("count", [1, 2])
def test_published_directories_stay_in_every_tls_mode(nginx_site, mode: str, count: int):
    """As many earlier ones stay as are published, the newest first."""
    mounts = [{"path": f"/{page.name}", "src": str(page)} for page in PAGES[:count]]
    tls = {"certificate": "/etc/a.pem", "key": "/etc/a.key"} if mode == "files" else {}
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_mounts": mounts,
        "nginx_site_tls": {"mode": mode, **tls},
    }
    published = nginx_site.value("__nginx_site_published_dirs", site)
    # The current ones are the oldest on the host, as after a return to an earlier content.
    found = [*published, *(f"{CONTENT}/{name}" for name in OLD)]
    files = [{"path": path, "mtime": age} for age, path in enumerate(found)]
    site["__nginx_site_content_dirs_found"] = {"files": files}
    removed = nginx_site.value("__nginx_site_outdated_dirs", site)
    assert removed == [f"{CONTENT}/{name}" for name in reversed(OLD[: len(OLD) - count])]
    assert len(published) == count
