"""Write a calendar of systemd (systemd.time(7)) as a schedule of cron, where cron can say it."""

from __future__ import annotations

import re

SHORTHANDS = {
    "minutely": "* * * * *",
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 1",
    "monthly": "0 0 1 * *",
    "quarterly": "0 0 1 1,4,7,10 *",
    "semiannually": "0 0 1 1,7 *",
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
}
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DEFAULT_ZONE = "Etc/UTC"
"""A cluster has no host whose zone would be meant."""

DATE = re.compile(r"(?:(?P<year>[^-\s:]+)-)?(?P<month>[^-\s:]+)-(?P<day>[^-\s:]+)")
TIME = re.compile(r"(?P<hour>[^:\s]+):(?P<minute>[^:\s]+)(?::(?P<second>[^:\s]+))?")
ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+")
WEEKDAYS = re.compile(r"[A-Za-z]{3,9}(?:(?:,|\.\.)[A-Za-z]{3,9})*")
ITEM = re.compile(r"(?:\*|(?P<first>[0-9]+)(?:\.\.(?P<last>[0-9]+))?)(?:/(?P<step>[0-9]+))?")


class CalendarError(ValueError):
    """Cron cannot say this."""


def schedule(calendar: str) -> tuple[str, str]:
    """Return the five fields of cron for ``calendar``, and its time zone.

    :raises CalendarError: says what cron cannot do.
    """
    words = calendar.split()
    zone = DEFAULT_ZONE
    if len(words) > 1 and ZONE.fullmatch(words[-1]):
        zone = words.pop()
    if len(words) == 1 and words[0].lower() in SHORTHANDS:
        return SHORTHANDS[words[0].lower()], zone
    weekdays = "*"
    if words and WEEKDAYS.fullmatch(words[0]):
        weekdays = _weekdays(words.pop(0))
    date = DATE.fullmatch(words[0]) if words else None
    if date:
        words.pop(0)
    time = TIME.fullmatch(words[0]) if words else None
    if time:
        words.pop(0)
    if words or not (date or time or weekdays != "*"):
        raise CalendarError(f"cron has nothing for {' '.join(words) or calendar!r}")
    return " ".join(_fields(date, time, weekdays)), zone


def _fields(date: re.Match | None, time: re.Match | None, weekdays: str) -> list[str]:
    year, month, day = date.group("year", "month", "day") if date else (None, "*", "*")
    hour, minute, second = time.group("hour", "minute", "second") if time else ("0", "0", None)
    if year not in (None, "*"):
        raise CalendarError("cron has no years")
    if second is not None and int(second if second.isdigit() else 1):
        raise CalendarError("cron has no seconds")
    if day != "*" and weekdays != "*":
        raise CalendarError("cron runs on a day of the month and on a weekday if either fits")
    return [
        _field(minute, 0, 59),
        _field(hour, 0, 23),
        _field(day, 1, 31),
        _field(month, 1, 12),
        weekdays,
    ]


def _field(text: str, least: int, most: int) -> str:
    return ",".join(_item(item, least, most) for item in text.split(","))


def _item(text: str, least: int, most: int) -> str:
    match = ITEM.fullmatch(text)
    if not match:
        raise CalendarError(f"cron has nothing for {text!r}")
    first, last, step = (int(part) if part else None for part in match.groups())
    for number in (first, last):
        if number is not None and not least <= number <= most:
            raise CalendarError(f"{number} is not between {least} and {most}")
    suffix = f"/{step}" if step else ""
    if first is None or (step and last is None and first == least):
        return f"*{suffix}"
    if step and last is None:
        return f"{first}-{most}{suffix}"
    return f"{first}{suffix}" if last is None else f"{first}-{last}{suffix}"


def _weekdays(text: str) -> str:
    """Return the numbers of the weekdays in ``text``. A range may go over the end of the week."""
    numbers: list[int] = []
    for part in text.lower().split(","):
        first, _, last = part.partition("..")
        begin, end = _weekday(first), _weekday(last or first)
        numbers += [(begin + offset) % 7 for offset in range((end - begin) % 7 + 1)]
    return ",".join(str(number) for number in sorted(set(numbers)))


def _weekday(name: str) -> int:
    if name[:3] not in DAYS:
        raise CalendarError(f"{name!r} is not a weekday")
    return DAYS.index(name[:3])
