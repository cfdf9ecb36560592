"""Each background process of a release has its own unit."""

from ansible_collections.subsite.deploy.plugins.filter.process_units import process_units

WORKER = {"name": "mail-worker", "count": 2, "limits": {"memory": "1G", "cpus": None}}
BEAT = {"name": "beat", "count": 1, "limits": {}}


def units() -> list[dict]:
    limits = {"memory": "512M", "tasks": None, "cpus": 1.5}
    return process_units([WORKER, BEAT], "my-shop", "4d1c", limits=limits)


def test_units_are_as_many_as_the_counts():
    assert [unit["unit"] for unit in units()] == [
        "wsgi-my-shop_process_mail-worker_1.4d1c.service",
        "wsgi-my-shop_process_mail-worker_2.4d1c.service",
        "wsgi-my-shop_process_beat_1.4d1c.service",
    ]


def test_names_of_a_unit():
    names = ("name", "container", "slice_unit", "identifier", "command_path")
    assert {name: units()[1][name] for name in names} == {
        "name": "mail-worker",
        "container": "wsgi-my-shop_process_mail-worker_2.4d1c",
        "slice_unit": "wsgi_my_shop.4d1c.mail-worker_2.slice",
        "identifier": "wsgi-my-shop-mail-worker",
        "command_path": "/srv/wsgi/my-shop/releases/4d1c/processes/mail-worker",
    }


def test_limits_of_a_process_replace_those_of_the_app():
    worker, _, beat = units()
    assert worker["limits"] == {"memory": "1G", "tasks": None, "cpus": 1.5}
    assert beat["limits"] == {"memory": "512M", "tasks": None, "cpus": 1.5}
