"""Releases by who deployed them, from which source, and what they change. A rollback that holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.operations

SETTINGS = {
    "wsgi_app_keep_releases": 9,
    "wsgi_app_environment": {"LOG_LEVEL": "info"},
    "wsgi_app_secrets": {"API_KEY": "CANARY-ONE", "OTHER": "CANARY-OTHER"},
    "wsgi_app_workers": 1,
}
NEW_SECRET = {"wsgi_app_secrets": {"API_KEY": "CANARY-TWO", "OTHER": "CANARY-OTHER"}}
STEPS = [{}, NEW_SECRET, {**NEW_SECRET, "wsgi_app_workers": 3}]
"""Settings of the releases, one after the other, of the same source."""

LATEST = SETTINGS | STEPS[-1]
DIFF_LINES = 40
"""Lines of the diff of a small change, with its headers."""


def git(directory: Path, *command: str) -> str:
    people = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
    return subprocess.run(
        ["git", *people, *command], cwd=directory, check=True, capture_output=True, text=True
    ).stdout.strip()


def changed(output: str) -> int:
    return sum(map(int, re.findall(r"\bchanged=(\d+)", output)))


@pytest.fixture(scope="module")
def report(operate, tmp_path_factory) -> Callable[[], dict]:
    """Return a function that lists the releases as data."""
    path = tmp_path_factory.mktemp("report") / "releases.json"

    def read() -> dict:
        done = operate("releases", format="json", output=str(path))
        assert done.returncode == 0, done.stdout
        [app] = json.loads(path.read_text())
        return app

    return read


@pytest.fixture(scope="module")
def code(source):
    """Return a source in a git work tree, with one commit."""
    made = source()
    git(made.path, "init", "--quiet")
    git(made.path, "add", ".")
    git(made.path, "commit", "--quiet", "--message", "Fix the cart")
    return made


@pytest.fixture(scope="module")
def releases(code, deploy, report) -> list[dict]:
    """Deploy four releases, the last one of changed code, and return what the list says of them."""
    for step in STEPS:
        deploy(code, **SETTINGS | step)
    with (code.path / "news.py").open("a") as file:
        file.write("\nMORE = 1\n")
    (code.path / "new.py").touch()
    deploy(code, **LATEST)
    return report()["releases"][:4]


def test_newest_is_current(releases, report):
    found = report()
    assert (found["app"], found["current"]) == ("news", releases[0]["release"])
    assert found["previous"] == releases[1]["release"]


def test_each_release_says_what_it_changes(releases):
    code, workers, secret = (release["changes"] for release in releases[:3])
    assert code == [
        {
            "kind": "source files",
            "added": 1,
            "removed": 0,
            "changed": 1,
            "names": ["new.py", "news.py"],
        }
    ]
    assert workers == [
        {"kind": "setting", "name": "workers", "change": "changed", "before": "1", "after": "3"}
    ]
    assert secret == [{"kind": "secret", "name": "API_KEY", "change": "changed"}]


def test_each_release_says_its_commit(releases, code):
    commit = git(code.path, "rev-parse", "HEAD")
    sources = [release["deployment"]["source"] for release in releases]
    assert {(each["commit"], each["subject"]) for each in sources} == {(commit, "Fix the cart")}
    assert [each["dirty"] for each in sources] == [True, False, False, False]


def test_each_release_says_who_deployed_it(releases):
    users = {release["deployment"]["by"]["user"] for release in releases}
    assert users == {os.environ.get("SUDO_USER", "root")}
    assert {release["deployment"]["by"]["host"] for release in releases} == {os.uname().nodename}


def test_text_has_the_same(releases, operate):
    text = operate("releases").stdout
    for words in ("changes: secret API_KEY", "changes: workers 1 -> 3", "2 source files (new.py"):
        assert words in text
    assert 'Fix the cart\\", with changes that are not committed' in text


def test_standard_output_is_data_with_the_callback_for_it(releases, operate):
    done = operate("releases", format="json", callback="ansible.posix.json")
    tasks = json.loads(done.stdout)["plays"][0]["tasks"]
    listed = [task["hosts"]["news"]["msg"] for task in tasks if "as data" in task["task"]["name"]]
    assert [app["current"] for app in listed] == [releases[0]["release"]]


def test_format_is_an_input_error(releases, operate):
    done = operate("releases", format="xml")
    assert done.returncode == 2 and "xml" in done.stdout
    done = operate("releases", output="releases.json")
    assert done.returncode == 2 and "add -e format=json" in done.stdout


def test_app_cannot_read_who_deploys_and_what_changes(releases, host):
    home, release = "/srv/wsgi/news", releases[0]["release"]
    for path in (f"{home}/deployments.json", f"{home}/releases/{release}/description.json"):
        assert host.file(path).exists
        assert host.run(f"runuser -u wsgi-news -- cat {path}").rc != 0


def test_current_since_the_switch(releases, host, report):
    """Not since the link was made, and not since a restart."""
    unit = f"wsgi-news.{releases[0]['release']}.service"
    started = host.check_output(
        f'date --utc --date "$(systemctl show --value -p ExecMainStartTimestamp {unit})" '
        "'+%Y-%m-%d %H:%M:%S'"
    )
    since = report()["serving_since"]
    assert started <= since
    host.check_output("systemctl restart wsgi-news")
    assert report()["serving_since"] == since


def test_run_without_changes(releases, deploy, code, report):
    before = report()
    assert changed(deploy(code, **LATEST)) == 0
    assert report() == before


@pytest.fixture(scope="module")
def small_change(releases, code, source):
    """Return a source with two changed lines, and settings with one change."""
    new = source()
    for file in code.path.glob("*"):
        if file.is_file():
            (new.path / file.name).write_bytes(file.read_bytes())
    text = (new.path / "news.py").read_text()
    (new.path / "news.py").write_text(text.replace("MORE = 1\n", "MORE = 2\nMOST = 3\n"))
    return new, LATEST | {"wsgi_app_environment": {"LOG_LEVEL": "debug"}}


def test_diff_shows_the_change_and_nothing_else(small_change, play):
    new, settings = small_change
    output = play(new, "--check", "--diff", **settings).stdout
    lines = re.findall(r"(?m)^(?:[-+@ ](?:.*)| .*)$", output)
    differing = [line for line in lines if re.match(r"[-+](?![-+])", line)]
    assert "-environment variable LOG_LEVEL: info" in differing
    assert "+environment variable LOG_LEVEL: debug" in differing
    assert [line[0] for line in differing if "source file news.py" in line] == ["-", "+"]
    assert len(lines) <= DIFF_LINES, "\n".join(lines)
    assert "subsite_wsgi" not in "\n".join(lines)
    assert "CANARY" not in output


@pytest.fixture(scope="module")
def release(host) -> Callable[[], str]:
    link = "readlink /etc/systemd/system/wsgi-news.service"
    return lambda: host.check_output(link).split(".")[1]


@pytest.fixture(scope="module")
def pinned(releases, operate, release) -> Iterator[dict]:
    """Roll back to the second release, and pin the app to it."""
    wanted = releases[1]["release"]
    done = operate("rollback", wsgi_app_pin=True, wsgi_app_release=wanted)
    assert (done.returncode, release()) == (0, wanted), done.stdout
    yield releases[1]
    operate("unpin")


def test_list_has_the_pin(pinned, report, operate):
    pin = report()["pin"]
    assert pin["release"] == pinned["release"]
    assert pin["by"]["host"] == os.uname().nodename
    assert f"news is pinned to {pinned['release']}" in operate("releases").stdout


def test_list_has_the_rollback(pinned, releases, report):
    newest = report()["deployments"][0]
    assert (newest["how"], newest["release"]) == ("rollback", pinned["release"])
    assert newest["replaced"] == releases[0]["release"]
    assert newest["source"]["subject"] == "Fix the cart"


@pytest.mark.parametrize("options", [["--check"], []], ids=["check mode", "deploy"])
def test_deploy_leaves_a_pinned_app(pinned, source, play, release, host, options):
    claim = host.check_output("cat /run/subsite/news")
    done = play(source(), *options, **LATEST | {"wsgi_app_workers": 2})
    assert (done.returncode, changed(done.stdout)) == (0, 0), done.stdout
    assert f"news is pinned to release {pinned['release']} since" in done.stdout
    assert "subsite.deploy.unpin" in done.stdout
    assert release() == pinned["release"]
    assert host.check_output("cat /run/subsite/news") == claim


def test_rollback_moves_the_pin(pinned, releases, operate, release, report):
    wanted = releases[2]["release"]
    assert operate("rollback", wsgi_app_release=wanted).returncode == 0
    assert (release(), report()["pin"]["release"]) == (wanted, wanted)
    assert changed(operate("rollback", wsgi_app_release=wanted).stdout) == 0


def test_deploy_changes_an_app_whose_pin_is_lifted(pinned, code, deploy, operate, release):
    assert changed(operate("unpin", "--check").stdout) == 1
    assert changed(operate("unpin").stdout) == 1
    assert changed(operate("unpin").stdout) == 0
    deploy(code, **LATEST)
    assert release() != pinned["release"]


def test_removed_app_has_no_pin(source, play, operate):
    made = source()
    assert play(made, app="brief").returncode == 0
    current = operate("releases", wsgi_app_name="brief").stdout.partition("* ")[2].split()[0]
    pinned = operate("rollback", wsgi_app_name="brief", wsgi_app_release=current, wsgi_app_pin=True)
    assert (pinned.returncode, changed(pinned.stdout)) == (0, 1), pinned.stdout
    assert "brief is pinned" in play(made, app="brief").stdout
    assert play(made, app="brief", wsgi_app_state="absent").returncode == 0
    assert "brief is pinned" not in operate("releases", wsgi_app_name="brief").stdout
