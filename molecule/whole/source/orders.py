"""Orders that background processes do, and a clock."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery
from flask import Flask

VERSION = Path(__file__).with_name("version").read_text().strip()
DONE = Path.home() / "done"

tasks = Celery("orders", broker=os.environ["CELERY_BROKER_URL"])
tasks.conf.update(
    # A task whose worker was killed is done again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={"visibility_timeout": 10},
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    beat_schedule={"tick": {"task": "orders.tick", "schedule": 0.5}},
)
app = Flask(__name__)


@tasks.task(name="orders.do")
def do(number: str) -> None:
    """Do one order, and note by which version. One write, so that lines do not mix."""
    with DONE.open("a") as file:
        file.write(f"{number} {VERSION} {time.time()}\n")


@tasks.task(name="orders.tick")
def tick() -> None:
    """Do nothing: the log of the clock has each tick."""


@app.get("/")
def version() -> str:
    """Return the version."""
    return VERSION


@app.post("/<number>")
def order(number: str) -> tuple[str, int]:
    """Take an order, which a worker does."""
    do.delay(number)
    return f"{number}\n", 202
