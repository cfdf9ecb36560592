"""No deploy lets a request fail, and no request reaches an unhealthy release."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from client import ask

ROUNDS = 3
REST = 5  # seconds
NEW, SETTINGS, BACK, RELOAD = "new version", "new settings", "rollback", "reload of nginx"


@dataclass(frozen=True)
class Mistake:
    """A fault of a release, and the expected message."""

    says: str
    more: str = ""
    files: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)


MISTAKES = {
    "fails at import": Mistake(
        says="ModuleNotFoundError: No module named 'quill'", more="import quill\n"
    ),
    "is not healthy": Mistake(
        says="The health check of /news/ failed: 200 OK",
        variables={"wsgi_app_health": {"status": [299]}},
    ),
    "fails at set-up": Mistake(
        says="there is no room for the index",
        variables={"wsgi_app_setup_commands": ["echo there is no room for the index", "false"]},
    ),
    "cannot be built": Mistake(
        says="quill-of-a-goose", files={"requirements.txt": "quill-of-a-goose==0.0.1\n"}
    ),
}
EVENTS = [NEW, SETTINGS, BACK, RELOAD, *MISTAKES]


@dataclass
class Past:
    """What was deployed under load."""

    watch: object
    healthy: list = field(default_factory=list)
    broken: list = field(default_factory=list)
    outputs: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)


@pytest.fixture(scope="module")
def past(host, source, play, deploy, operate, clients) -> Past:
    """Send requests, and meanwhile deploy each kind of change several times."""

    def release(past: Past, event: str, source, **variables) -> None:
        with past.watch.event(event):
            deploy(source, **variables)
        past.answers.setdefault(event, []).append((source.version, ask("/news/").body.decode()))

    earlier = source()
    deploy(earlier)
    with clients() as watch:
        past = Past(watch, healthy=[earlier.version])
        with watch.event("rest"):
            watch.go_on(REST)
        for number in range(ROUNDS):
            new = source()
            past.healthy.append(new.version)
            release(past, NEW, new)
            settings = {
                "wsgi_app_workers": 3,
                "wsgi_app_environment": {"COLOUR": f"blue{number}"},
                "wsgi_app_secrets": {"TOKEN": f"opensesame{number}"},
            }
            release(past, SETTINGS, new, **settings)
            for event, mistake in MISTAKES.items():
                bad = source(mistake.more, **mistake.files)
                past.broken.append(bad.version)
                with watch.event(event):
                    done = play(bad, **mistake.variables)
                past.outputs.setdefault(event, []).append(done)
            with watch.event(BACK):
                done = operate("rollback")
            assert done.returncode == 0, done.stdout
            past.answers.setdefault(BACK, []).append((new.version, ask("/news/").body.decode()))
            with watch.event(RELOAD):
                host.check_output("systemctl reload nginx")
                watch.go_on(1)
    return past


def milliseconds(requests: list[dict], share: float) -> float:
    times = sorted(request["took"] for request in requests)
    return 1000 * times[min(int(len(times) * share), len(times) - 1)]


def test_request_rate_was_kept(past):
    assert past.watch.pace >= 300


@pytest.mark.parametrize("event", ["rest", *EVENTS])
def test_no_request_failed(past, tell, event):
    requests = past.watch.during(event)
    failed = [request for request in requests if request["failure"]]
    for kind in ("new connection", "kept connection", "slow"):
        of_kind = [request for request in requests if request["kind"] == kind]
        median, high, highest = (milliseconds(of_kind, share) for share in (0.5, 0.99, 1))
        tell(
            f"{event}: {kind}: {len(of_kind)} requests, "
            f"{sum(request['failure'] != '' for request in of_kind)} failed, "
            f"p50 {median:.0f}, p99 {high:.0f}, max {highest:.0f} ms"
        )
    assert (len(requests) > 0, failed) == (True, [])


def test_no_request_failed_between_events(past):
    assert past.watch.failures == {}


def test_only_reloads_close_idle_connections(past):
    reloads = past.watch.during(RELOAD)
    assert [request for request in past.watch.resent if request not in reloads] == []


def test_broken_release_got_no_request(past):
    versions = {request["body"].partition(",")[0] for request in past.watch.requests}
    assert (versions & set(past.broken), set(past.healthy) - versions) == (set(), set())


@pytest.mark.parametrize("event", [NEW, BACK])
def test_version_serves(past, event):
    assert [answer for _, answer in past.answers[event]] == [
        f"{version},,,0" for version, _ in past.answers[event]
    ]


def test_settings_serve(past):
    assert [answer for _, answer in past.answers[SETTINGS]] == [
        f"{version},blue{number},opensesame{number},0"
        for number, (version, _) in enumerate(past.answers[SETTINGS])
    ]


@pytest.mark.parametrize("event", MISTAKES)
def test_broken_release_is_reported(past, event):
    runs = past.outputs[event]
    assert all(MISTAKES[event].says in run.stdout and run.returncode == 2 for run in runs)
    assert len(runs) == ROUNDS
