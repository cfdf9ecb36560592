"""After a boot the sites answer by themselves."""

import subprocess

import pytest
from client import ask


@pytest.fixture(scope="module", autouse=True)
def boot(container, host):
    subprocess.run(["podman", "restart", container], check=True, capture_output=True)
    host.check_output(
        "timeout 60 sh -c 'until systemctl is-active --quiet nginx; do sleep 0.1; done'"
    )


@pytest.mark.parametrize(
    ("path", "site"),
    [
        ("/shop/admin/login/", "shop.example.test"),
        ("/pypi/", "localhost"),
        ("/notes/", "localhost"),
        ("/memos/", "localhost"),
        ("/dav/", "localhost"),
        ("/", "ledger.example.test"),
    ],
)
def test_apps_answer_after_a_boot(path, site):
    assert ask(path, host=site).status == 200


def test_no_unit_of_an_app_has_failed(host):
    assert host.check_output("systemctl list-units --failed --no-legend 'wsgi-*'") == ""
