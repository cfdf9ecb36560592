"""Build commands make files of a release, which no user can change afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from taken_over import TAKEN, TakenOver

TOKEN = "a-secret-of-the-build"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()[:12]
SETTINGS = {
    "wsgi_app_environment": {"COLOUR": "blue"},
    "wsgi_app_secrets": {"TOKEN": TOKEN},
}
BUILD = [
    "python -c 'import gunicorn, news' && id -u > user",
    "echo $COLOUR $(printf %s $TOKEN | sha256sum | cut -c -12) $(cat version) > page",
    "touch ~/planted && echo $HOME > home && echo once >> log",
]
"""Commands that need the environment, the modules of the source, and both kinds of variables."""
READ = "from pathlib import Path\nanswer = {{name: Path(name).read_text().strip() for name in {}}}"
LEFT = "77778.25"
"""How long a process of the commands would sleep, which tells it from all others."""
HOSTILE = [
    "cp /bin/sh sh && chmod 6755 sh 2>/dev/null || true",
    "mkdir open && chmod 0777 open && touch open/page && chmod 0666 open/page",
    f"sleep {LEFT} & (setsid sleep {LEFT} &)",
    'for place in .. ../lib "$(dirname "$(command -v gunicorn)")" /etc /var/lib/wsgi/news/data; do'
    ' if touch "$place/planted" 2>/dev/null; then echo "$place"; fi; done > planted',
]
STORES = "/srv/wsgi /var/lib/wsgi /var/lib/containers /var/lib/docker /etc /root /tmp /var/tmp"
"""Where a build could leave something."""


@pytest.fixture(scope="module")
def news() -> TakenOver:
    return TakenOver("news")


@pytest.fixture(scope="module")
def page(news) -> Callable[[], str]:
    """Return a function that returns the file that the app shows."""
    return lambda: news.does("answer = open('page').read().strip()")


@pytest.fixture(scope="module")
def releases(host) -> Callable[[], list[str]]:
    return lambda: host.check_output("ls /srv/wsgi/news/releases").split()


@pytest.fixture(scope="module")
def built(source, deploy) -> tuple[str, str]:
    """Deploy a release with build commands. Return its version, and the output of the run."""
    new = source(**TAKEN)
    return new.version, deploy(new, **SETTINGS, wsgi_app_build_commands=BUILD)


def test_app_shows_what_the_commands_made(built, page):
    version, _ = built
    assert page() == f"blue {DIGEST} {version}"


def test_commands_run_once_as_a_user_with_a_home_of_the_build(built, news, host):
    found = news.does(READ.format(["user", "home", "log"]))
    assert (found["user"] != "0", found["log"]) == (True, "once")
    assert "/var/lib/wsgi" not in found["home"]
    assert host.run("ls /var/lib/wsgi/news/data/planted").rc != 0


def test_result_is_root_s_and_bytecode_is_there(built, news):
    code = "import os\nstatus = os.stat('page')\nanswer = [status.st_uid, status.st_mode & 0o7022]"
    assert news.does(code) == [0, 0]
    assert news.does("import glob\nanswer = len(glob.glob('__pycache__/news.*.pyc'))") == 1


@pytest.mark.parametrize(
    "change",
    [
        "open('page', 'w')",
        "os.unlink('page')",
        "os.rename('page', 'other')",
        "os.chmod('page', 0o666)",
        "os.mkdir('new')",
    ],
)
def test_app_cannot_change_the_result(built, news, change: str):
    news.may_not(f"import os\n{change}")


def test_secrets_are_in_no_other_file(built, host):
    version, output = built
    assert TOKEN not in output
    found = host.run(f"grep --recursive --files-with-matches --no-messages {TOKEN} {STORES}").stdout
    others = [path for path in found.split() if not re.search(r"/releases/\w+/secrets$", path)]
    assert (others, len(found.split()) > 0) == ([], True)
    assert host.run(f"journalctl --no-pager | grep --quiet {TOKEN}").rc == 1


def test_nothing_of_the_build_is_left(built, host):
    assert host.run("ls -d /srv/wsgi/news/releases/*/unbuilt").stdout == ""
    assert host.run("ls -d /srv/wsgi/news/releases/*/builder").stdout == ""


def test_second_run_changes_nothing(source, deploy, page):
    new = source(**TAKEN)
    deploy(new, **SETTINGS, wsgi_app_build_commands=BUILD)
    assert re.search(r"changed=0 ", deploy(new, **SETTINGS, wsgi_app_build_commands=BUILD))


def test_rollback_brings_the_files_back(source, deploy, operate, page):
    first, second = source(**TAKEN), source(**TAKEN)
    for each in (first, second):
        deploy(each, **SETTINGS, wsgi_app_build_commands=BUILD)
    assert page().endswith(second.version)
    assert operate("rollback").returncode == 0
    assert page() == f"blue {DIGEST} {first.version}"


def test_another_secret_is_another_result(source, deploy, page):
    """The engine of an image does not compare secrets."""
    new = source(**TAKEN)
    found = []
    for token in ("one", "two"):
        settings = {**SETTINGS, "wsgi_app_secrets": {"TOKEN": token}}
        deploy(new, **settings, wsgi_app_build_commands=BUILD)
        found.append(page().split()[1])
    assert found == [hashlib.sha256(token.encode()).hexdigest()[:12] for token in ("one", "two")]


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        pytest.param(
            ["echo there is no room", "cat missing-file", "touch later"],
            r"cat missing-file(?s:.)*missing-file: No such file",
            id="that fails",
        ),
        pytest.param(["ln -s /etc/shadow page"], "links to /etc/shadow, outside of", id="link"),
        pytest.param(
            ["mkfifo page"], "page is neither a file, a directory nor a link", id="named pipe"
        ),
    ],
)
def test_command_is_refused_and_the_current_release_serves(
    built, source, play, page, releases, commands: list[str], reason: str
):
    before = (page(), releases())
    done = play(source(**TAKEN), **SETTINGS, wsgi_app_build_commands=commands)
    assert done.returncode == 2
    text = done.stdout.replace("\\n", "\n")
    assert re.search(reason, text), text
    assert "still serves" in text
    assert (page(), releases()) == before


@pytest.fixture(scope="module")
def hostile(source, deploy) -> None:
    deploy(source(**TAKEN), **SETTINGS, wsgi_app_build_commands=HOSTILE)


def test_commands_leave_no_process(hostile, host):
    assert host.run(f"pgrep --full '^sleep {LEFT}'").stdout == ""


def test_commands_write_nothing_but_the_source(hostile, news):
    assert news.does("answer = open('planted').read()") == ""


def test_commands_leave_no_rights(hostile, news):
    code = (
        "from pathlib import Path\n"
        "paths = [Path.cwd(), *Path.cwd().rglob('*')]\n"
        "found = [(str(path), path.lstat()) for path in paths]\n"
        "answer = [name for name, status in found if status.st_uid or status.st_mode & 0o7022]"
    )
    assert news.does(code) == []


def test_interrupted_build_begins_from_the_same_files(source, begin, deploy, news):
    new = source(**TAKEN)
    settings = {**SETTINGS, "wsgi_app_build_commands": BUILD}
    run = begin(new, **settings)
    for step in run.steps():
        if step.name.endswith("build | Run the setup commands"):
            break
    run.cut()
    deploy(new, **settings)
    assert news.does(READ.format(["log", "version"])) == {"log": "once", "version": new.version}


def test_check_mode_runs_no_command(source, play, page, releases):
    before = (page(), releases())
    done = play(source(**TAKEN), "--check", **SETTINGS, wsgi_app_build_commands=BUILD)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (page(), releases()) == before
