"""File modes and owners, and what each user can do."""

import pytest

SHOP = "/var/lib/wsgi/shop"
DATABASE = "/var/lib/wsgi/shop/data/db.sqlite3"
CSS = f"{SHOP}/static/current/staticfiles/admin/css/base.css"


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
        *rights("wsgi-shop", {"write": [DATABASE, f"{SHOP}/public"]}, True),
        *rights("wsgi-shop", {"read": ["RELEASE/secrets", "RELEASE/environment_variables"]}, False),
        *rights(
            "wsgi-shop",
            {
                "write": [
                    "RELEASE",
                    "RELEASE/source",
                    "RELEASE/source/manage.py",
                    "RELEASE/source/staticfiles",
                    "RELEASE/lib/subsite_wsgi/wrapper.py",
                    "RELEASE/gunicorn.conf.py",
                    "RELEASE/venv/bin",
                    "/srv/wsgi/shop/environments",
                    "/run/wsgi",
                    f"{SHOP}/static",
                    CSS,
                ]
            },
            False,
        ),
        *rights("www-data", {"read": [CSS], "write": ["/run/wsgi/shop.sock"]}, True),
        *rights(
            "www-data",
            {"read": [f"{SHOP}/data", DATABASE, "RELEASE"], "write": [CSS]},
            False,
        ),
        *rights(
            "wsgi-notes",
            {
                "read": [
                    CSS,
                    DATABASE,
                    "RELEASE/source/manage.py",
                    "RELEASE/secrets",
                ],
                "write": ["/run/wsgi/shop.sock", DATABASE],
            },
            False,
        ),
        *rights("wsgi-shop", {"read": ["/srv/wsgi/notes", "/var/lib/wsgi/notes"]}, False),
    ],
)
def test_sandbox(host, release, user, operation, path, can):
    path = path.replace("RELEASE", release("shop"))
    assert host.file(path).exists
    flag = {"read": "-r", "write": "-w"}[operation]
    assert host.run("runuser -u %s -- test %s %s", user, flag, path).succeeded is can
