"""No run prints a secret, also with -vvv, and check mode changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import testinfra
from controller import PROJECT
from new_host import new_host
from releases import ENVIRONMENT_VARIABLES, SCENARIO

ALL = ("--diff", "-vvv")
"""The options for Ansible's most verbose output."""
OLD, NEW, BAD = "heron", "kingfisher", "cormorant"
"""The parts of all secrets, so that a test finds any part in an output."""
PLACES = "/etc /run/subsite /run/systemd/system /srv /var/cache/wsgi /var/lib/subsite /var/lib/wsgi"
PROPERTIES = "Id,ActiveState,InvocationID,MainPID,UnitFileState"


def phrase(word: str) -> str:
    """Return a secret that is hard to hide, since it looks otherwise wherever it is quoted."""
    return f"{word} \"{word}\" '{word}' ${word} `{word}` \\{word} %{word}"


def settings(word: str) -> dict:
    """Return variables with secrets, one of them with several lines."""
    return {
        "wsgi_app_environment": {"COLOUR": f"blue{len(word)}"},
        "wsgi_app_files": [
            {"dest": "settings.ini", "content": f"length = {len(word)}\n"},
            {"dest": "phrase", "secret": phrase(word)},
            {"dest": "templates", "secret_templates": str(SCENARIO / "templates")},
        ],
        "wsgi_app_secrets": {
            "PHRASE": phrase(word),
            "KEY": f"-----BEGIN {word}-----\n{word}\n-----END {word}-----\n",
        },
    }


@dataclass(frozen=True)
class Result:
    """The output of a run, and whether it changed the host."""

    code: int
    output: str
    changed_host: bool

    @property
    def changes(self) -> int:
        """How many tasks changed something, or would."""
        return int(re.search(r"\bchanged=(\d+)", self.output)[1])

    @property
    def differences(self) -> list[str]:
        """The files that differ, with their owners and modes, except passing ones."""
        headers = re.findall(r"(?m)^(?:---|\+\+\+) (?:before|after): .*", self.output)
        return sorted(header for header in headers if " /run/" not in header)

    @property
    def secrets(self) -> list[str]:
        """The lines that show a piece of a secret."""
        pieces = (OLD, NEW, BAD)
        return [line for line in self.output.splitlines() if any(it in line for it in pieces)]


def result(run: Callable[[], subprocess.CompletedProcess[str]], host) -> Result:
    """Do a ``run``, and compare the ``host`` before and after it."""
    before = look_at(host)
    done = run()
    return Result(done.returncode, done.stdout + done.stderr, look_at(host) != before)


def look_at(host) -> str:
    """Return all that a deploy could change: files and processes."""
    return host.run(
        f"find {PLACES} -printf '%p %y %m %u %g %T@ %l\\n' | sort;"
        f"find {PLACES} -type f -print0 | sort --zero-terminated | xargs --null sha256sum;"
        f"systemctl show --property={PROPERTIES} 'wsgi-*' nginx.service;"
        "pgrep --list-full 'nginx|gunicorn'"
    ).stdout


@pytest.fixture(scope="module")
def strange(container) -> Iterator[str]:
    """Run a host that has never seen a deploy, and return its name."""
    name = f"{container}-strange"
    with new_host(name):
        if os.environ.get("SUBSITE_BACKEND") == "docker":
            # The only engine that the role does not install.
            engine = [
                "ansible-playbook",
                f"--inventory={name},",
                PROJECT / "molecule/docker/engine.yml",
            ]
            subprocess.run(engine, check=True, capture_output=True, env=ENVIRONMENT_VARIABLES)
        yield name


@pytest.fixture(scope="module")
def runs(host, strange, source, deploy, play, operate) -> dict[str, Result]:
    """Check, and then do, all that can be done after a release with secrets."""
    new, bad = source(), source()
    unhealthy = settings(BAD) | {"wsgi_app_health": {"status": [299]}}
    deploy(source(), **settings(OLD))
    return {
        "check of a first deploy": result(
            lambda: play(new, "--check", *ALL, hosts=f"{strange},", **settings(NEW)),
            testinfra.get_host(f"podman://{strange}"),
        ),
    } | {
        name: result(run, host)
        for name, run in {
            "check of a deploy": lambda: play(new, "--check", *ALL, **settings(NEW)),
            "deploy": lambda: play(new, *ALL, **settings(NEW)),
            "deploy that fails": lambda: play(bad, *ALL, **unhealthy),
            "check of a rollback": lambda: operate("rollback", "--check", *ALL),
            "rollback": lambda: operate("rollback", *ALL),
        }.items()
    }


CHECKS = ["check of a first deploy", "check of a deploy", "check of a rollback"]
DEEDS = ["deploy", "rollback"]


@pytest.mark.parametrize("name", [*CHECKS, *DEEDS, "deploy that fails"])
def test_output_has_no_secret(runs, name):
    assert runs[name].secrets == []


@pytest.mark.parametrize("name", [*CHECKS, *DEEDS])
def test_run_reports_its_changes(runs, name):
    assert (runs[name].code, runs[name].changes > 0) == (0, True), runs[name].output


@pytest.mark.parametrize("name", CHECKS)
def test_check_mode_changes_nothing(runs, name):
    assert not runs[name].changed_host


@pytest.mark.parametrize("deed", DEEDS)
def test_check_mode_predicts_the_changes(runs, deed):
    assert runs[deed].changed_host
    assert runs[f"check of a {deed}"].differences == runs[deed].differences != []


def test_failure_is_the_health_check(runs):
    assert runs["deploy that fails"].code == 2
    assert "The health check of /news/ failed" in runs["deploy that fails"].output


def test_app_receives_its_secrets(runs, host):
    process = host.check_output("pgrep --newest --euid wsgi-news gunicorn")
    environ = host.check_output(f"cat /proc/{process}/environ").split("\0")
    assert f"PHRASE={phrase(OLD)}" in environ
