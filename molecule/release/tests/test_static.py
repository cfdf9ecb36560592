"""nginx serves the static files of the current, the previous and the next release."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from client import ask
from patience import eventually
from releases import SCENARIO, Source, run_ansible

STATIC = "/var/lib/wsgi/styled/static"
HOST = "styled.example.test"
APP = {"app": "styled"}
MINE = {**APP, "wsgi_app_static_paths": ["assets/static"]}
CODE = """
[SHEET] = Path(__file__).with_name("assets").glob("static/*-*.css")

def app(environ, start_response):
    body = f"{VERSION},{SHEET.name}".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
"""
"""The app answers with its version and the name of its own style sheet."""


def page() -> list[str]:
    """Return the version that serves and the name of its style sheet."""
    answer = ask("/styled/", host=HOST)
    assert answer.status == 200, answer.text
    return answer.text.split(",")


def sheet(name: str) -> tuple[int, str]:
    """Return the status of a style sheet and its text, without the error page."""
    answer = ask(f"/styled/static/{name}", host=HOST)
    return answer.status, answer.text if answer.status == 200 else ""


@dataclass(frozen=True)
class Release:
    """A release that was deployed."""

    id: str
    sheet: str
    text: str

    @property
    def is_served(self) -> bool:
        """Whether nginx has its style sheet."""
        return sheet(self.sheet) == (200, self.text)


@pytest.fixture(scope="module")
def styled(source) -> Callable[..., Source]:
    """Return a function that makes a source with a style sheet."""

    def make(colour: str) -> Source:
        made = source(CODE)
        static = made.path / "assets/static"
        static.mkdir(parents=True)
        (static / f"{colour}-{made.version}.css").write_text(f"a {{color: {colour}}}")
        (static / ".hidden.css").write_text("hidden")
        (static / "link.css").symlink_to("../../version")
        return made

    return make


@pytest.fixture(scope="module")
def links(host) -> Callable[[], dict[str, str]]:
    """Return a function that returns the links of the app's static files, with their targets."""

    def find() -> dict[str, str]:
        found = host.run(f"find {STATIC} -maxdepth 1 -type l -printf '%f %l\n'").stdout
        return dict(line.split() for line in found.splitlines())

    return find


@pytest.fixture(scope="module")
def copies(host) -> Callable[[], set[str]]:
    """Return a function that returns the directories beside the links."""
    command = f"find {STATIC} -mindepth 1 -maxdepth 1 -type d -printf '%f\n'"
    return lambda: set(host.run(command).stdout.split())


@pytest.fixture(scope="module")
def release(styled, deploy, links) -> Callable[..., Release]:
    """Return a function that deploys a release with a colour."""

    def make(colour: str, **variables) -> Release:
        made = styled(colour)
        deploy(made, **MINE, **variables)
        name = f"{colour}-{made.version}.css"
        assert page() == [made.version, name]
        return Release(links()["current"], name, f"a {{color: {colour}}}")

    return make


@pytest.fixture(scope="module", autouse=True)
def site(styled, deploy, play, address, host) -> Iterator[None]:
    """Deploy a first release and its site; remove both at the end."""
    command = ["ansible-playbook", "--inventory", f"{address()},"]
    playbook = str(SCENARIO / "styled_site.yml")
    first = styled("white")
    deploy(first, **MINE)
    done = run_ansible([*command, playbook])
    assert done.returncode == 0, done.stdout
    yield
    run_ansible([*command, "--extra-vars", "nginx_site_state=absent", playbook])
    play(first, **APP, wsgi_app_state="absent", wsgi_app_remove_data=True)


@pytest.fixture(scope="module")
def green(release) -> Release:
    return release("green")


@pytest.fixture(scope="module")
def blue(green, release) -> Release:
    return release("blue")


def test_current_and_previous_release_have_their_files(green, blue, links):
    assert (green.is_served, blue.is_served) == (True, True)
    assert links() == {"current": blue.id, "previous": green.id}


def test_links_and_hidden_files_are_left_out(blue, host):
    copied = host.check_output(f"find {STATIC}/current/ -type f -o -type l").split()
    assert copied == [f"{STATIC}/current/static/{blue.sheet}"]


def test_root_owns_the_copy_and_nginx_reads_it(blue, host):
    command = f"find {STATIC} -not -name .lock -printf '%u:%g %y %m\n' | grep -v ' l '"
    assert set(host.check_output(command).splitlines()) == {
        "root:www-data d 750",
        "root:www-data f 640",
    }
    path = f"{STATIC}/{blue.id}/static/{blue.sheet}"
    assert host.check_output(f"runuser -u www-data -- cat {path}") == blue.text
    assert host.run(f"runuser -u wsgi-styled -- touch {path}").rc != 0


def test_second_run_changes_nothing(styled, deploy, links, copies):
    same = styled("grey")
    deploy(same, **MINE)
    before = links(), copies()
    assert "changed=0" in deploy(same, **MINE)
    assert (links(), copies()) == before


def test_check_mode_changes_nothing(styled, play, links, copies):
    before = links(), copies()
    done = play(styled("black"), "--check", **MINE)
    assert (done.returncode, (links(), copies())) == (0, before), done.stdout


def test_rollback_brings_the_files_back(release, operate, links):
    one, two = release("red"), release("orange")
    done = operate("rollback", wsgi_app_name="styled")
    assert done.returncode == 0, done.stdout
    assert page()[1] == one.sheet
    assert (one.is_served, two.is_served) == (True, True)
    assert links() == {"current": one.id, "previous": two.id}


def test_run_after_a_rollback_keeps_the_links(styled, deploy, operate, links):
    one = styled("pink")
    deploy(one, **MINE)
    deploy(styled("rose"), **MINE)
    operate("rollback", wsgi_app_name="styled")
    before = links()
    deploy(one, **MINE)
    assert (links(), page()[0]) == (before, one.version)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param(
            {"wsgi_app_health": {"status": [299]}},
            "The health check of /styled/ failed",
            id="is not healthy",
        ),
        pytest.param({"wsgi_app_setup_commands": ["false"]}, "", id="fails at set-up"),
        pytest.param(
            {"wsgi_app_static_paths": ["assets/missing"]},
            "wsgi_app_static_paths has 'assets/missing', but the",
            id="has no such directory",
        ),
    ],
)
def test_failed_release_leaves_the_files(
    release, styled, play, links, copies, variables: dict, says: str
):
    current = release("brown")
    before = links(), copies()
    done = play(styled("beige"), **MINE | variables)
    assert (done.returncode, says in done.stdout) == (2, True), done.stdout
    assert (links(), copies()) == before
    assert (page()[1], current.is_served) == (current.sheet, True)


def test_failed_rollback_leaves_the_files(release, operate, links, host):
    one, two = release("lime"), release("teal")
    override = f"/run/systemd/system/wsgi-styled.{one.id}.service.d"
    down = "[Service]\\nExecStartPre=/bin/false\\n"
    host.check_output(f"mkdir -p {override} && printf '{down}' >{override}/down.conf")
    host.check_output("systemctl daemon-reload")
    before = links()
    done = operate("rollback", wsgi_app_name="styled")
    host.check_output(f"rm -r {override} && systemctl daemon-reload")
    assert (done.returncode, links(), two.is_served) == (2, before, True)


def test_every_page_has_its_files_during_deploys(styled, deploy, operate, release):
    """Workers of both releases answer for a while, each with a page of its own."""
    release("navy")
    ended = threading.Event()

    def visit() -> Counter[tuple[str, int]]:
        """Load pages with their style sheets; count the versions and the statuses."""
        outcomes: Counter[tuple[str, int]] = Counter()
        while not ended.is_set():
            version, name = page()
            outcomes[version, sheet(name)[0]] += 1
        return outcomes

    with ThreadPoolExecutor(4) as pool:
        visits = [pool.submit(visit) for _ in range(4)]
        try:
            for colour in ("gold", "silver"):
                deploy(styled(colour), **MINE)
            done = operate("rollback", wsgi_app_name="styled")
        finally:
            ended.set()
    assert done.returncode == 0, done.stdout
    outcomes = sum((visit.result() for visit in visits), Counter())
    assert {status for _, status in outcomes} == {200}, outcomes
    assert len({version for version, _ in outcomes}) == 3


def test_files_of_the_next_release_come_before_the_switch(styled, deploy, release, links):
    """The new release has started and answers requests. The links have not changed yet."""
    current, new = release("mint"), styled("plum")
    before, name = links(), f"plum-{new.version}.css"
    slow = [{"name": "pause", "command": "sleep infinity", "probation": 10}]
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(deploy, new, **MINE, wsgi_app_processes=slow)
        assert eventually(lambda: sheet(name)[0] == 200, seconds=120)
        found = [current.is_served, links()["current"]]
        run.result()
    assert found == [True, before["current"]]
    assert links()["previous"] == current.id
    assert "next" not in links()


def test_next_release_of_an_interrupted_run_is_forgotten(styled, deploy, host, links):
    same = styled("khaki")
    deploy(same, **MINE)
    before = links()
    host.check_output(f"ln -s 0123456789ab {STATIC}/next")
    deploy(same, **MINE)
    assert links() == before


def test_outdated_files_are_removed_with_their_releases(release, host, copies):
    kept = [release(colour, wsgi_app_keep_releases=2).id for colour in ("one", "two", "three")]
    assert copies() == set(kept[1:])
    assert copies() == set(host.check_output("ls /srv/wsgi/styled/releases").split())


def test_app_without_static_files_keeps_those_of_the_previous_release(
    release, styled, deploy, links
):
    last = release("last")
    deploy(styled("none"), **APP)
    assert links() == {"previous": last.id}
    deploy(styled("none"), **APP)
    assert links() == {}


def test_removal_of_the_app_removes_the_files(release, styled, play, host):
    release("gone")
    done = play(styled("none"), **APP, wsgi_app_state="absent")
    assert done.returncode == 0, done.stdout
    left = host.check_output("ls /var/lib/wsgi/styled").split()
    assert (left, host.run(f"test -e {STATIC}").rc) == (["data", "public", "shared"], 1)
