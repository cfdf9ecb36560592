"""Each schedule of a release has a timer and a service."""

from ansible_collections.subsite.deploy.plugins.filter.schedule_units import schedule_units

MAILS = {"name": "mails", "calendar": "daily", "limits": {"memory": "1G", "cpus": None}}


def test_names_of_the_units():
    [unit] = schedule_units([MAILS], "my-shop", "4d1c", limits={})
    names = ("name", "unit", "timer", "container", "slice_unit", "identifier", "command_path")
    assert {name: unit[name] for name in names} == {
        "name": "mails",
        "unit": "wsgi-my-shop_schedule_mails.service",
        "timer": "wsgi-my-shop_schedule_mails.timer",
        "container": "wsgi-my-shop_schedule_mails",
        "slice_unit": "wsgi_my_shop.4d1c.schedule.mails.slice",
        "identifier": "wsgi-my-shop-mails",
        "command_path": "/srv/wsgi/my-shop/releases/4d1c/schedules/mails",
    }


def test_limits_of_a_schedule_replace_those_of_the_app():
    limits = {"memory": "512M", "tasks": None, "cpus": 1.5}
    [unit] = schedule_units([MAILS], "my-shop", "4d1c", limits=limits)
    assert unit["limits"] == {"memory": "1G", "tasks": None, "cpus": 1.5}
