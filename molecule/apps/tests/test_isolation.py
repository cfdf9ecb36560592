"""Who can do what with whose files."""

import pytest

SHOP = "/var/lib/wsgi/shop"
CSS = f"{SHOP}/public/static/admin/css/base.css"


def rights(user: str, table: dict[str, list[str]], can: bool):
    verb = "can" if can else "cannot"
    for operation, paths in table.items():
        for path in paths:
            yield pytest.param(user, operation, path, can, id=f"{user} {verb} {operation} {path}")


@pytest.mark.parametrize(
    ("user", "operation", "path", "can"),
    [
        *rights(
            "wsgi-shop", {"read": ["RELEASE/source/manage.py", "RELEASE/venv/bin/python"]}, True
        ),
        *rights("wsgi-shop", {"write": [f"{SHOP}/db.sqlite3", f"{SHOP}/public"]}, True),
        *rights("wsgi-shop", {"read": ["RELEASE/secrets", "RELEASE/environment"]}, False),
        *rights(
            "wsgi-shop",
            {
                "write": [
                    "RELEASE",
                    "RELEASE/source",
                    "RELEASE/source/manage.py",
                    "RELEASE/lib/subsite_wsgi/mount.py",
                    "RELEASE/gunicorn.conf.py",
                    "RELEASE/venv/bin",
                    "/srv/wsgi/shop/environments",
                    "/run/wsgi",
                ]
            },
            False,
        ),
        *rights("www-data", {"read": [CSS], "write": ["/run/wsgi/shop.sock"]}, True),
        *rights(
            "www-data", {"read": [SHOP, f"{SHOP}/db.sqlite3", "RELEASE"], "write": [CSS]}, False
        ),
        *rights(
            "wsgi-notes",
            {
                "read": [CSS, f"{SHOP}/db.sqlite3", "RELEASE/source/manage.py", "RELEASE/secrets"],
                "write": ["/run/wsgi/shop.sock", f"{SHOP}/db.sqlite3"],
            },
            False,
        ),
        *rights("wsgi-shop", {"read": ["/srv/wsgi/notes", "/var/lib/wsgi/notes"]}, False),
    ],
)
def test_right(host, release, user, operation, path, can):
    path = path.replace("RELEASE", release("shop"))
    assert host.file(path).exists
    flag = {"read": "-r", "write": "-w"}[operation]
    assert host.run("runuser -u %s -- test %s %s", user, flag, path).succeeded is can
