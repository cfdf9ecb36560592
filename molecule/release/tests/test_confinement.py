"""The sandbox of an app, with every backend: it writes its data, and little else."""

from __future__ import annotations

import pytest
from client import ask

TOKEN = "what-the-app-alone-knows"
HOSTILE = '''

def app(environ, start_response):
    """Run the code of the request body and return its result."""
    import grp, pwd, socket, subprocess

    expression = environ["wsgi.input"].read().decode()
    try:
        answer = repr(eval(expression)) if expression else ""
    except OSError as error:
        answer = f"refused: {error}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.encode()]
'''
OTHER = "/var/lib/wsgi/other"


@pytest.fixture(scope="module", autouse=True)
def hostile(host, source, deploy):
    """Deploy an app that runs the code it receives, beside the data of another app."""
    host.check_output(f"install --directory --mode=0710 --owner=nobody {OTHER}")
    host.check_output(f"echo diary > {OTHER}/diary && chmod 0640 {OTHER}/diary")
    release = source(HOSTILE)
    deploy(release, wsgi_app_secrets={"TOKEN": TOKEN})
    yield release
    host.check_output(f"rm --recursive {OTHER}")
    deploy(source())


def attempt(expression: str) -> str:
    """Let the app evaluate ``expression``, and return the value or the error."""
    answer = ask("/news/", "POST", body=expression)
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("open(__file__, 'a')", id="write its code"),
        pytest.param("open(__import__('gunicorn').__file__, 'a')", id="write a dependency"),
        pytest.param("open(__import__('subsite_wsgi').__file__, 'a')", id="write what mounts it"),
        pytest.param("os.mkdir(Path(__file__).with_name('new'))", id="write beside its code"),
        pytest.param("open('/usr/bin/new', 'w')", id="write a program"),
        pytest.param("open('/etc/new', 'w')", id="write a setting"),
        pytest.param("open('/run/wsgi/new', 'w')", id="write beside its socket"),
        pytest.param(f"open('{OTHER}/diary').read()", id="read another app's data"),
        pytest.param("open('/etc/shadow').read()", id="read passwords"),
        pytest.param("os.setuid(0)", id="become root"),
        pytest.param("os.setgid(33)", id="join nginx"),
        pytest.param("os.chown(Path.home(), 0, 0)", id="give files away"),
        pytest.param("socket.sethostname('new')", id="rename the host"),
        pytest.param("os.kill(os.getppid(), 0) or os.kill(2, 0)", id="signal others"),
        pytest.param("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", id="listen to the wire"),
        pytest.param("socket.create_connection(('127.0.0.1', 80), 2)", id="connect to the host"),
    ],
)
def test_cannot(expression):
    assert attempt(expression).startswith("refused: ")


@pytest.mark.parametrize(
    "directory", ["Path.home()", "Path.home().parent / 'public'", "Path('/tmp')"]
)
def test_can_write(directory):
    assert attempt(f"({directory} / 'new').write_text('mine')") == "4"
    assert attempt(f"({directory} / 'new').unlink()") == "None"


def test_data_is_private():
    attempt("(Path.home() / 'mine').write_text('mine')")
    assert attempt("oct((Path.home() / 'mine').stat().st_mode & 0o777)") == "'0o640'"


def test_nginx_reads_public_files(host):
    attempt("(Path.home().parent / 'public/new').write_text('ours')")
    read = host.run("runuser -u www-data -- cat /var/lib/wsgi/news/public/new")
    assert read.stdout == "ours"


def test_app_has_one_user(host):
    user = host.user("wsgi-news")
    assert attempt("os.getresuid(), os.getresgid()") == f"{(user.uid,) * 3, (user.gid,) * 3}"
    assert host.check_output("ps -o user:20= -p $(pgrep --newest gunicorn)").strip() == "wsgi-news"


@pytest.mark.parametrize(
    "state",
    ["NoNewPrivs:\t1", *(f"Cap{kind}:\t{0:016x}" for kind in ("Prm", "Eff", "Bnd", "Amb"))],
)
def test_no_program_gains_rights(state):
    assert attempt(f"{state!r} in Path('/proc/self/status').read_text()") == "True"


def test_app_receives_its_secret():
    assert attempt("os.environ['TOKEN']") == repr(TOKEN)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("cat /proc/[0-9]*/cmdline", id="processes"),
        pytest.param("systemctl show 'wsgi-news*'", id="properties of units"),
        pytest.param("systemctl cat 'wsgi-news*'", id="files of units"),
        pytest.param("journalctl --output=export", id="journal"),
        pytest.param(
            "for engine in podman docker; do command -v $engine || continue;"
            "$engine image ls --quiet | xargs --no-run-if-empty $engine image inspect;"
            "$engine image ls --quiet | xargs -n 1 --no-run-if-empty $engine history --no-trunc;"
            "$engine ps --all --quiet | xargs --no-run-if-empty $engine inspect; done; echo news",
            id="images and containers",
        ),
    ],
)
def test_secret_is_private(host, command):
    output = host.run(command).stdout_bytes.decode(errors="replace")
    assert ("news" in output, TOKEN in output) == (True, False)


def test_only_nginx_listens(host):
    listening = host.check_output("ss --listening --tcp --no-header --numeric").splitlines()
    assert {line.split()[3].rpartition(":")[2] for line in listening} - {"22", "80"} == set()


@pytest.mark.parametrize(
    ("network", "reached"),
    [
        pytest.param("none", set(), id="no address"),
        pytest.param("local", {"loopback"}, id="the host's own loopback"),
        pytest.param("full", {"loopback", "outside"}, id="all addresses of the host"),
    ],
)
def test_network_reaches(hostile, deploy, address, network, reached):
    deploy(hostile, wsgi_app_secrets={"TOKEN": TOKEN}, wsgi_app_network=network)
    places = {"loopback": "127.0.0.1", "outside": address()}
    assert reached == {
        place
        for place, where in places.items()
        if "refused" not in attempt(f"socket.create_connection(({where!r}, 80), 1)")
    }
