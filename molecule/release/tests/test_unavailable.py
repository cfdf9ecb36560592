"""While an app cannot start, clients get a page at once; it serves again by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from client import ask
from patience import eventually

pytestmark = pytest.mark.operations

DATABASE = "/var/lib/wsgi/news/data/database"
ATTEMPTS = "/var/lib/wsgi/news/data/attempts"
UNIT = "wsgi-news.service"
ANSWERS = "systemctl list-units --plain --no-legend --state=active 'wsgi-news_unavailable.*'"
NEEDY = """
with (Path.home() / "attempts").open("a") as attempts:
    attempts.write(f"{time.time()}\\n")
(Path.home() / "database").read_text()
"""
FEWER = 0.3
"""Share of the pace: while clients wait for a start, nginx needs two connections for each."""


@pytest.fixture(scope="module")
def needy(host, source, deploy):
    """Deploy a release that loads its database when it is imported."""
    release = source(NEEDY)
    # The app's user exists since an earlier deploy.
    host.check_output(f"touch {DATABASE} && rm -f {ATTEMPTS}")
    deploy(release)
    return release


@pytest.fixture(scope="module")
def crash(host) -> Callable[[], None]:
    """Return a function that takes the database away and kills the app."""

    def crash() -> None:
        host.check_output(f"rm -f {DATABASE} && systemctl kill --signal=KILL {UNIT}")
        assert eventually(lambda: status() == 503, 60)

    return crash


@pytest.fixture(scope="module")
def attempts(host) -> Callable[[], list[float]]:
    """Return a function that returns when the app was imported."""
    return lambda: [float(at) for at in host.check_output(f"cat {ATTEMPTS}").split()]


@pytest.fixture(scope="module")
def without_database(needy, host, boot) -> None:
    """Boot the host without the database."""
    host.check_output(f"rm {DATABASE} {ATTEMPTS}")
    boot(stop="stop")
    assert eventually(lambda: status() == 503, 60)


def status() -> int:
    """Return the status of an answer."""
    return ask("/news/").status


@pytest.mark.usefixtures("without_database")
class TestUnavailable:
    """After a boot, in this order."""

    @pytest.mark.parametrize(
        ("method", "how"),
        [
            pytest.param("GET", {}, id="GET"),
            pytest.param("HEAD", {}, id="HEAD"),
            pytest.param("POST", {"body": b"x" * 900_000}, id="POST"),
            pytest.param(
                "GET",
                {"headers": {"Connection": "Upgrade", "Upgrade": "websocket"}},
                id="WebSocket",
            ),
        ],
    )
    def test_clients_get_the_page(self, method: str, how: dict):
        for _ in range(10):
            began = time.monotonic()
            answer = ask("/news/", method, **how)
            assert time.monotonic() - began < 1
            assert (answer.status, answer.headers.get_all("Retry-After")) == (503, ["10"])
            assert method == "HEAD" or "This page will be back in a moment." in answer.text

    def test_boot_is_complete(self, host):
        up = "systemctl is-active --quiet default.target"
        host.check_output(f"timeout 60 sh -c 'until {up}; do sleep 0.2; done'")

    def test_answers_come_from_the_user_of_the_app(self, host):
        unit = host.check_output(ANSWERS).split()[0]
        pid = host.check_output(f"systemctl show --value --property=MainPID {unit}")
        assert host.check_output(f"stat --format=%U /proc/{pid}") == "wsgi-news"

    def test_starts_have_pauses_that_grow(self, host, attempts):
        """The log has the reason of each."""
        assert eventually(lambda: len(attempts()) >= 5, 120)
        began = attempts()
        pauses = [after - before for before, after in zip(began, began[1:], strict=False)]
        assert [pause >= least for pause, least in zip(pauses, (1, 2, 4, 8), strict=False)] == [
            True
        ] * 4
        host.check_output("journalctl --sync")
        log = host.check_output(
            f"journalctl --boot --output=cat --unit='wsgi-news.*' --since=@{began[0]:.0f}"
        )
        reasons = log.count("FileNotFoundError: [Errno 2] No such file")
        assert abs(reasons - len(began)) <= 1, "one start may go on"
        assert len(log.splitlines()) < 100 * len(began)

    def test_run_that_changes_nothing_says_why_the_app_does_not_start(self, needy, play):
        run = play(needy)
        assert run.returncode == 2
        assert "FileNotFoundError: [Errno 2] No such file" in run.stdout
        assert eventually(lambda: status() == 503, 30)

    def test_new_release_that_cannot_start_either_is_removed(self, source, play, host):
        before = host.check_output("ls /srv/wsgi/news/releases")
        assert play(source(NEEDY)).returncode == 2
        assert host.check_output("ls /srv/wsgi/news/releases") == before
        assert status() == 503

    def test_restart_says_that_it_fails(self, host):
        began = time.monotonic()
        assert host.run(f"systemctl restart {UNIT}").failed
        assert time.monotonic() - began < 30
        assert eventually(lambda: status() == 503, 30)

    def test_stop_is_fast(self, host):
        began = time.monotonic()
        host.check_output(f"systemctl stop {UNIT}")
        assert time.monotonic() - began < 10
        assert eventually(lambda: host.check_output(ANSWERS) == "", 10)

    def test_request_after_a_stop_starts_the_app_again(self, host):
        assert eventually(lambda: status() == 503, 60)

    def test_app_serves_again_by_itself(self, host, clients, tell, needy):
        with clients(FEWER) as watch:
            watch.go_on(2)
            host.check_output(f"touch {DATABASE}")
            began = time.monotonic()
            assert eventually(lambda: status() == 200, 30)
            tell(f"the app served {time.monotonic() - began:.1f} s after the database was back")
            assert eventually(lambda: host.check_output(ANSWERS) == "", 10)
            with watch.event("served again"):
                watch.go_on(2)
        assert set(watch.results) == {"status 200", "status 503"}
        late = [v for v in watch.requests if v["due"] > watch.events[0][1] and v["failure"]]
        assert late == []
        assert ask("/news/").text.startswith(f"{needy.version},")


def test_repaired_release_replaces_one_that_cannot_start(needy, crash, source, deploy, versions):
    crash()
    repaired = source()
    deploy(repaired)
    assert versions() == {f"200 {repaired.version}"}


def test_rollback_from_a_release_that_cannot_start(host, source, deploy, operate, crash, versions):
    good = source()
    deploy(good)
    host.check_output(f"touch {DATABASE}")
    deploy(source(NEEDY))
    crash()
    done = operate("rollback")
    assert done.returncode == 0, done.stdout
    assert versions() == {f"200 {good.version}"}
    assert eventually(lambda: host.check_output(ANSWERS) == "", 10)


def test_app_that_cannot_start_is_removed(source, play, deploy, host):
    frail = source(NEEDY.replace('"attempts"', '"notes"'))
    data = "/var/lib/wsgi/frail/data"
    settings = {"app": "frail", "wsgi_app_setup_commands": [f"touch {data}/database"]}
    deploy(frail, **settings)
    host.check_output(f"rm {data}/database && systemctl kill --signal=KILL wsgi-frail.service")
    running = "systemctl list-units --plain --no-legend --state=active 'wsgi-frail_unavailable*'"
    assert eventually(lambda: host.check_output(running), 30)
    run = play(frail, **settings, wsgi_app_state="absent")
    assert run.returncode == 0, run.stdout
    units = host.check_output("systemctl list-units --all --plain --no-legend 'wsgi-frail*'")
    files = host.check_output("find /etc/systemd /run -name 'wsgi*frail*'")
    assert (units, files) == ("", "")
