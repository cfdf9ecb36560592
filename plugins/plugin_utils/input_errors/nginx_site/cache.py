"""Find what is wrong with the cache of a mount."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import limits


def errors(where: str, mount: dict) -> Iterator[str]:
    """Yield why the responses of ``mount``, which is written at ``where``, cannot be kept."""
    if mount["cache"] is None:
        return
    if mount["cache"]["seconds"] < 0:
        yield f"{where}.cache.seconds is {mount['cache']['seconds']}: write 0 or more."
    elif mount["cache"]["seconds"]:
        yield from limits.seconds(f"{where}.cache.seconds", mount["cache"]["seconds"])
    # nginx knows only of a body that it has read whether there is one.
    for option in ("buffering", "request_buffering"):
        if not mount[option]:
            yield (
                f"{where}.cache is set, but {option} is false, and nginx keeps only what it "
                "buffers: remove one of them."
            )
    for name, value in mount["headers"].items():
        if "$" in str(value):
            yield (
                f"{where}.cache is set, but headers.{name} has a variable, which may differ "
                "between clients: remove one of them."
            )
