"""The report of a failed deploy is the same with all backends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest
from releases import command, run_ansible

pytestmark = pytest.mark.operations

TASK = "Report the failure"


@dataclass(frozen=True)
class Failure:
    """A release that fails, and the report."""

    report: str
    more: str = ""
    """What is appended to the app."""
    variables: dict = field(default_factory=dict)


FAILURES = {
    "module": Failure(
        """\
ModuleNotFoundError: No module named 'itsdangerous'
  at news.py, line LINE: import itsdangerous
Fix: Add 'itsdangerous' to wsgi_app_packages.""",
        more="\nimport itsdangerous\n",
    ),
    "environment variable": Failure(
        """\
KeyError: 'SECRET_KEY'
  at news.py, line LINE: KEY = os.environ["SECRET_KEY"]
Fix: Set SECRET_KEY in wsgi_app_secrets.""",
        more='\nimport os\n\nKEY = os.environ["SECRET_KEY"]\n',
    ),
    "network": Failure(
        """\
OSError: [Errno NUMBER] WORDS
  at news.py, line LINE: socket.create_connection(("10.255.255.1", 9), timeout=5)
Fix: Set wsgi_app_network: full. With 'none', as it is, the app reaches no network.""",
        more='\nimport socket\n\nsocket.create_connection(("10.255.255.1", 9), timeout=5)\n',
    ),
    "file in the source": Failure(
        """\
OSError: [Errno 30] Read-only file system: 'media'
  at news.py, line LINE: os.makedirs("media")
Fix: Set wsgi_app_shared_paths: [media], where all releases write the same.""",
        more='\nimport os\n\nos.makedirs("media")\n',
    ),
    "health check": Failure(
        """\
The health check of /news/ failed: 200 OK
  VERSION,,,0
Fix: wsgi_app_health.status has [418]: add 200, or name another path in wsgi_app_health.path.""",
        variables={"wsgi_app_health": {"status": [418]}},
    ),
    "setup command": Failure(
        """\
RELEASE/setup: 2: flask: not found
  flask db upgrade
Fix: Add 'flask' to the project's requirements or to wsgi_app_packages.""",
        variables={"wsgi_app_setup_commands": ["flask db upgrade"]},
    ),
    "build command": Failure(
        """\
COMMANDS: LINE: msgfmt: not found
  msgfmt --version
  A command of wsgi_app_build_commands ended with status 127: the last one above.
Fix: Set wsgi_app_system_packages: [gettext].""",
        variables={"wsgi_app_build_commands": ["msgfmt --version"]},
    ),
    "package": Failure(
        """\
error: No solution found when resolving dependencies
  cause: Because subsite-has-no-such-package was not found in the package registry and you require \
subsite-has-no-such-package, we can conclude that your requirements are unsatisfiable.
Fix: The index does not have it: check the name and the version. If another index has it, set \
extra-index-url in /etc/pip.conf on the host.""",
        variables={"wsgi_app_packages": ["subsite-has-no-such-package"]},
    ),
    "background process": Failure(
        """\
RELEASE/processes/worker: LINE: exec: celery: not found
The background process 'worker' of wsgi_app_processes ended within 2 s (exit-code, status 127). It \
has to stay up.
Fix: Add 'celery' to the project's requirements or to wsgi_app_packages.""",
        variables={
            "wsgi_app_processes": [{"name": "worker", "command": "celery worker", "probation": 2}]
        },
    ),
}
CHANGING = {
    r"\d+(?=,,,0)": "VERSION",
    r"(?<=\.py, line )\d+": "LINE",
    r"\[Errno (97|101|113)\] .*": "[Errno NUMBER] WORDS",
    r"/srv/wsgi/news/releases/\w+": "RELEASE",
    r"\S+commands: \d+: ": "COMMANDS: LINE: ",
    r"(?<=/processes/worker: )\d+": "LINE",
}


@pytest.fixture(params=FAILURES.values(), ids=FAILURES)
def failure(request) -> Failure:
    return request.param


def test_report(failure, source, address):
    made = source(failure.more)
    done = run_ansible(
        command(f"{address()},", made.variables | failure.variables),
        ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
    )
    tasks = json.loads(done.stdout)["plays"][0]["tasks"]
    [report] = [
        result["msg"]
        for task in tasks
        for result in task["hosts"].values()
        if task["task"]["name"].endswith(TASK) and result.get("failed")
    ]
    reason = report.partition("\n\n")[0]
    for pattern, words in CHANGING.items():
        reason = re.sub(pattern, words, reason)
    assert reason == failure.report
    assert "still serves." in report and len(report.splitlines()) <= 20
