"""The example with Flask, PostgreSQL and Celery in the README works, copied word by word."""

from __future__ import annotations

import json
import os
import re

import pytest
from answer import Answer
from client import ask
from example import Example
from patience import eventually

HOST = "shop.example.org"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Example:
    return Example("Example: Flask with PostgreSQL and Celery", tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def output(shop, host) -> str:
    # An earlier run of the tests may have left a database with other migrations.
    host.run("runuser -u postgres -- dropdb --if-exists --force shop")
    return shop.follow()


def ask_shop(path: str, method: str = "GET", body: bytes | None = None) -> Answer:
    return ask(path, method, host=HOST, body=body)


def is_packed() -> bool:
    """Return whether there are orders, and a worker has packed all of them."""
    orders = ask_shop("/shop/").json
    return bool(orders) and all(order["is_packed"] for order in orders)


def test_command_shows_the_migration(output):
    assert "(head)" in output.rpartition("PLAY [")[2]


def test_orders_are_packed(output):
    answer = ask_shop("/shop/orders", "POST")
    assert (answer.status, answer.headers["Location"]) == (302, "/shop/")
    assert eventually(is_packed)


def test_upload_comes_back(output):
    body = os.urandom(5 * 2**20)
    answer = ask_shop("/shop/uploads/picture", "POST", body)
    assert (answer.status, answer.headers["Location"]) == (302, "/shop/uploads/picture")
    assert ask_shop("/shop/uploads/picture").body == body


def test_mail_has_the_link_of_the_client(output, host):
    before = host.check_output("date +@%s")
    host.check_output("systemctl start wsgi-shop_schedule_mails; journalctl --sync")
    mails = host.check_output(f"journalctl --unit smtp-sink --output cat --since {before}")
    assert "http://shop.example.org/shop/" in mails.splitlines()


def test_inventory_has_no_secret(shop, output):
    hosts = json.loads(shop.run("ansible-inventory -i my-hosts --list"))["_meta"]["hostvars"]
    assert set(hosts) == {"shop", "site"}


def test_clock_and_workers_run(output, host):
    overview = host.check_output("wsgi-run shop")
    assert len(re.findall(r"process_(worker|beat)_\d\..*  active", overview)) == 3
    assert "wsgi-shop_schedule_mails.timer  next" in overview


def test_second_run_changes_nothing(shop, output):
    again = shop.run("ansible-playbook -i my-hosts subsite.deploy.site")
    assert set(re.findall(r"changed=(\d+)", again)) == {"0"}


def test_change_is_live_with_its_workers(shop, output, host):
    shop.run("sed -i 's/^def pack(number):$/&\\n    print(\"packed anew\")/' shop/shop.py")
    shop.run("ansible-playbook -i my-hosts subsite.deploy.site")
    assert ask_shop("/shop/orders", "POST").status == 302
    assert eventually(is_packed)
    log = "journalctl --identifier wsgi-shop-worker --output cat"
    assert eventually(lambda: "packed anew" in host.check_output(log))
