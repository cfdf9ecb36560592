"""Calendars of systemd as schedules of cron."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.cron_schedule import cron_schedule
from ansible_collections.subsite.deploy.plugins.plugin_utils import cron


@pytest.mark.parametrize(
    ("calendar", "schedule"),
    [
        ("*:0/15", "*/15 * * * *"),
        ("*:5/15", "5-59/15 * * * *"),
        ("03:00", "0 3 * * *"),
        ("03:00:00", "0 3 * * *"),
        ("*-*-* 3,15:30", "30 3,15 * * *"),
        ("Mon..Fri 06:30", "30 6 * * 1,2,3,4,5"),
        ("Sat..Mon 06:30", "30 6 * * 0,1,6"),
        ("Sunday", "0 0 * * 0"),
        ("*-*-01", "0 0 1 * *"),
        ("*-1/3-1 8..18/2:00", "0 8-18/2 1 */3 *"),
        ("12-24 18:00", "0 18 24 12 *"),
        ("daily", "0 0 * * *"),
        ("Weekly", "0 0 * * 1"),
    ],
)
def test_schedule(calendar: str, schedule: str):
    assert cron_schedule(calendar) == {"schedule": schedule, "time_zone": "Etc/UTC"}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])
def test_zone(zone: str):
    assert cron.schedule(f"06:30 {zone}") == ("30 6 * * *", zone)
    assert cron.schedule(f"hourly {zone}") == ("0 * * * *", zone)


@pytest.mark.parametrize(
    ("calendar", "said"),
    [
        ("*:*:0/20", "cron has no seconds"),
        ("06:30:15", "cron has no seconds"),
        ("2027-01-01", "cron has no years"),
        ("Mon *-*-1..7", "cron runs on a day of the month and on a weekday if either fits"),
        ("*-02~03", "cron has nothing for"),
        ("25:00", "25 is not between 0 and 23"),
        ("Someday 10:00", "is not a weekday"),
        ("@1700000000", "cron has nothing for"),
        ("", "cron has nothing for"),
    ],
)
def test_what_cron_cannot_say(calendar: str, said: str):
    with pytest.raises(cron.CalendarError, match=said):
        cron.schedule(calendar)
