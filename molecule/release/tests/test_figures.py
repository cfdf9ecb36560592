"""The figures of the README: each release of an app adds to them, and no other app can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from controller import PROJECT
from patience import eventually
from releases import run_ansible

README = PROJECT / "roles/wsgi_app/README.md"
SOCKET = "/run/statsd/counted/socket"
SETTINGS = {"app": "counted", "wsgi_app_statsd": SOCKET}
SEND = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
    sender.sendto(b"gunicorn.request.status.599:1|c\\n", sys.argv[1])
"""

MULTIPROCESS = """
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

pytestmark = pytest.mark.operations

SERVED = Counter("served", "Requests that the app has answered.")
answer = app

def app(environ, start_response):
    if environ["PATH_INFO"] != "/metrics":
        SERVED.inc()
        return answer(environ, start_response)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [generate_latest(registry)]
"""
AT_THE_APP = "curl --fail --silent --unix-socket /run/wsgi/counted.sock http://localhost/counted"


@pytest.fixture(scope="module")
def ask(host) -> Callable[..., None]:
    """Return a function that sends requests to the app, which have to be answered."""
    return lambda number: host.check_output(
        f"for _ in $(seq {number}); do {AT_THE_APP}/ || exit 1; done"
    )


@pytest.fixture(scope="module")
def counted(host) -> Callable[..., int]:
    """Return a function that returns how many requests with a status were counted."""

    def find(status: int = 200) -> int:
        metrics = host.run("curl --silent http://127.0.0.1:9102/metrics").stdout
        line = rf'gunicorn_requests_total{{app="counted",status="{status}"}} (\d+)'
        return int((re.findall(line, metrics) or [0])[0])

    return find


@pytest.fixture(scope="module")
def began(deploy, source, ask) -> None:
    """Deploy the app, which answers before there is a server for its figures."""
    deploy(source(), **SETTINGS)
    ask(1)


@pytest.fixture(scope="module")
def figures(began, host, address, tmp_path_factory) -> Iterator[None]:
    """Run the README's playbook as it is, but for the names of the apps and of the host."""
    [text] = re.findall(r"<!-- figures -->\n```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    directory = tmp_path_factory.mktemp("figures")
    (directory / "hosts").write_text(f"[machines]\n{address()}\n")
    (directory / "figures.yml").write_text(text)
    extra = ["--extra-vars", json.dumps({"apps": ["counted", "news"]})]
    command = ["ansible-playbook", "--inventory", str(directory / "hosts"), *extra]
    done = run_ansible([*command, str(directory / "figures.yml")])
    assert done.returncode == 0, done.stdout + done.stderr
    again = run_ansible([*command, str(directory / "figures.yml")])
    assert "changed=0 " in again.stdout, again.stdout
    yield
    host.check_output("systemctl disable --now figures.service")


def test_requests_are_counted_without_a_restart_of_the_app(figures, host, ask, counted):
    ask(5)
    assert eventually(lambda: counted() == 5)
    metrics = host.check_output("curl --silent http://127.0.0.1:9102/metrics").splitlines()
    assert 'gunicorn_request_duration_seconds_count{app="counted"} 5' in metrics


def test_new_release_adds_to_the_figures(figures, deploy, source, ask, counted):
    before = counted()
    deploy(source(), **SETTINGS)
    ask(5)
    assert eventually(lambda: counted() == before + 5)


def test_figures_go_on_after_a_restart_of_the_server(figures, host, ask, counted):
    host.check_output("systemctl restart figures.service")
    assert eventually(lambda: host.file(SOCKET).exists)
    ask(5)
    assert eventually(lambda: counted() == 5)


def test_only_the_app_reaches_its_socket(figures, host, counted):
    before = counted(599)

    def send(user: str) -> str:
        return host.run("runuser --user %s -- python3 -c %s %s", user, SEND, SOCKET).stderr

    assert "PermissionError" in send("wsgi-news")
    assert send("wsgi-counted") == ""
    assert eventually(lambda: counted(599) == before + 1)


def test_figures_are_for_local_clients(figures, host):
    listening = host.check_output("ss --listening --tcp --numeric --no-header 'sport = 9102'")
    assert [line.split()[3] for line in listening.splitlines()] == ["127.0.0.1:9102"]


def test_figures_go_on_after_a_boot(figures, host, boot, ask, counted):
    boot()
    assert eventually(lambda: host.file(SOCKET).exists)
    assert eventually(lambda: host.run("systemctl is-active wsgi-counted.socket").rc == 0)
    ask(5)
    assert eventually(lambda: counted() == 5)


def test_workers_share_the_figures_of_the_app_until_it_restarts(deploy, source, host, ask):
    """The README's setting for apps that use prometheus_client."""
    [setting] = re.findall(r"wsgi_app_environment: {(PROMETHEUS_\w+): (.*)}", README.read_text())
    made = source(MULTIPROCESS)
    deploy(
        made,
        **SETTINGS,
        wsgi_app_packages=["prometheus_client"],
        wsgi_app_environment=dict([setting]),
    )

    def served() -> float:
        metrics = host.check_output(f"{AT_THE_APP}/metrics")
        return float(re.findall(r"(?m)^served_total (\S+)", metrics)[0])

    at_start = served()
    ask(20)
    # Each worker answers some of these.
    assert {served() for _ in range(8)} == {at_start + 20}
    host.check_output("systemctl restart wsgi-counted")
    assert {served() for _ in range(8)} == {at_start}
