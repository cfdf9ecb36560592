"""Find what is wrong with the kind of gunicorn's workers, and with their threads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

KINDS = ("gthread", "sync", "gevent")

CLASS = re.compile(r"egg:[\w.-]+#\w+|([A-Za-z_]\w*\.)+[A-Za-z_]\w*")
OF_GUNICORN = re.compile(r"egg:gunicorn#|gunicorn\.workers\.g?(?=\w+\.)")

NO_WSGI = re.compile(r"asgi|asgi\..*|(uvicorn|uvicorn_worker|aiohttp|sanic)\..*")
OTHER_SERVERS = re.compile(r"tornado|gevent_(py)?wsgi|tornado\..*|gevent\.GeventPyWSGIWorker")
REMOVED = re.compile(r"eventlet|eventlet\..*")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_worker_class`` and ``wsgi_app_threads``."""
    value = inputs.values["worker_class"]
    start = f"wsgi_app_worker_class is {value!r}"
    kind = OF_GUNICORN.sub("", value)
    if NO_WSGI.fullmatch(kind):
        yield (
            f"{start}, which cannot run a WSGI app, and this role runs no other: run an ASGI app "
            "as a service of your own, and write its address in nginx_site_mounts, as in "
            "{path: /, upstreams: ['127.0.0.1:8000']}. Django has both: write its wsgi module in "
            "wsgi_app_callable, and remove this."
        )
    elif OTHER_SERVERS.fullmatch(kind):
        yield (
            f"{start}, which reads requests with another server than gunicorn's, and without the "
            f"limits and checks that nginx counts on: write one of {', '.join(KINDS)}."
        )
    elif REMOVED.fullmatch(kind):
        yield f"{start}, which gunicorn has no more: write gevent."
    elif kind not in KINDS and not CLASS.fullmatch(value):
        close = difflib.get_close_matches(value, KINDS, n=1)
        advice = f"do you mean {close[0]}?" if close else f"write one of {', '.join(KINDS)}."
        yield f"{start}, which is no kind of worker: {advice}"
    elif kind in ("sync", "gevent") and not inputs.is_default("threads"):
        yield from _threads(kind, inputs.values["threads"])


def _threads(kind: str, threads: int) -> Iterator[str]:
    if kind == "gevent":
        yield (
            f"wsgi_app_threads is {threads}, but workers of kind gevent have no threads: write "
            "wsgi_app_gunicorn: {worker_connections: …}, and remove it."
        )
    elif threads > 1:
        yield (
            f"wsgi_app_threads is {threads}, but workers of kind sync have one thread: write "
            "wsgi_app_worker_class: gthread, or remove it."
        )
