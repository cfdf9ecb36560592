"""A release that cannot serve: the run says why, and clients notice nothing."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

import pytest
from client import ask
from controller import EPHEMERAL, play


@dataclass(frozen=True)
class Mistake:
    """A fault of a release, and the expected message."""

    says: str
    file: str = "app.py"
    pattern: str = r"\Z"
    replacement: str = ""
    setup_commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A failed run, and the state of the host before and after it."""

    says: str
    output: str
    before: str
    after: str


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            Mistake(
                says="The health check of / failed: 503 SERVICE UNAVAILABLE\nOne moment, please.",
                pattern=r"return url_for.*",
                replacement='return "One moment, please.", 503',
            ),
            id="unhealthy",
        ),
        pytest.param(
            Mistake(
                says="ModuleNotFoundError: No module named 'quill'",
                replacement="import quill",
            ),
            id="fails at import",
        ),
        pytest.param(
            Mistake(
                says="there is no room for the index",
                setup_commands=("echo there is no room for the index", "false"),
            ),
            id="setup fails",
        ),
        pytest.param(
            Mistake(
                says="Hash mismatch for `",
                file="requirements.txt",
                pattern=r"(?<=sha256:)\w{64}",
                replacement="0" * 64,
            ),
            id="requirement of another hash",
        ),
    ],
)
def failure(request, host, tmp_path_factory) -> Failure:
    mistake = request.param
    ledger = tmp_path_factory.mktemp("release") / "ledger"
    source = shutil.copytree(EPHEMERAL / "sources/ledger", ledger)
    text = (source / mistake.file).read_text()
    (source / mistake.file).write_text(re.sub(mistake.pattern, mistake.replacement, text))
    before = belongings(host)
    run = play(
        "ledger.yml",
        wsgi_app_source={"type": "local", "path": str(source)},
        wsgi_app_setup_commands=mistake.setup_commands,
    )
    return Failure(mistake.says, run.output, before, belongings(host))


def belongings(host) -> str:
    return host.check_output(
        "find /srv/wsgi/ledger /etc/systemd/system /tmp -maxdepth 2 | sort;"
        "sha256sum /etc/systemd/system/wsgi-ledger*;"
        "systemctl list-units --all --plain --no-legend 'wsgi-ledger*' | cut -d ' ' -f 1"
    )


def test_message_says_why(failure):
    assert failure.says in failure.output


def test_message_names_the_current_release(failure, release):
    current = release("ledger").rpartition("/")[2]
    assert f"Release {current} still serves." in failure.output


def test_previous_release_serves(failure):
    assert ask("/", host="ledger.example.test").status == 200


def test_nothing_is_left_behind(failure):
    assert failure.after == failure.before
