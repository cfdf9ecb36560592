"""The data of an app go to a backup while it serves, and come back, also to another app."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from client import ask
from controller import PROJECT
from patience import eventually

pytestmark = pytest.mark.operations

STATE = "/var/lib/wsgi/{}"
DATA = f"{STATE}/data"
HOLES = 50 * 2**20
FILL = r"""
set -e
cd ~
printf before > note
printf head > holes && truncate --size=50M holes
printf 'two names' > first && ln first second
ln -s /etc/shadow out
ln -s first in
mkfifo pipe
mkdir -p -- '-rf' 'a b/é' && printf odd > "$(printf -- '-rf/line\nfeed')" && printf odd > 'a b/é/*'
printf before > ../public/page
printf before > ../shared/media/film
"""
"""Fill the data of the app, as its user."""
CHANGE = "cd ~ && printf after > note && rm first && printf after > ../public/page && touch new"
EXAMPLE = re.compile(r"<!-- (\w+) (\w+) -->\n```yaml\n(.*?)```", re.DOTALL)
"""Tasks in the README of the role."""


@dataclass(frozen=True)
class Backup:
    """A backup, what the run printed, and the failed requests meanwhile."""

    path: Path
    output: str
    failures: int


@pytest.fixture(scope="module")
def do(host) -> Callable[[str, str], str]:
    """Return a function that runs a script as the user of an app."""

    def run(script: str, app: str = "news") -> str:
        home = DATA.format(app)
        return host.check_output(f"env HOME={home} runuser -u wsgi-{app} -- sh -c %s", script)

    return run


@pytest.fixture(scope="module")
def filled(host, source, deploy, do) -> Iterator[None]:
    """Deploy the app and fill its data, with a file of 8 MiB that nothing compresses."""
    deploy(source(), wsgi_app_shared_paths=["media"])
    do(FILL)
    do("head -c 8388608 /dev/urandom > ~/noise")
    yield
    host.check_output(
        f"rm -rf {DATA.format('news')}/* {STATE.format('news')}/replaced /srv/backups"
    )


@pytest.fixture(scope="module")
def backup(filled, operate, clients, tmp_path_factory) -> Backup:
    """Back the app up while clients use it."""
    directory = tmp_path_factory.mktemp("backups")
    with clients(0.1) as watch:
        done = operate("backup", wsgi_app_backup_directory=str(directory))
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = directory.iterdir()
    return Backup(path, done.stdout, sum(watch.failures.values()))


@pytest.fixture
def restore(operate, backup) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that restores the backup, or another one, over the data."""

    def run(*options: str, **variables: object) -> subprocess.CompletedProcess[str]:
        given = {"wsgi_app_backup": str(backup.path), "wsgi_app_restore_replaces": True}
        return operate("restore", *options, **given | variables)

    return run


@pytest.fixture(scope="module")
def look(host) -> Callable[[], str]:
    """Return a function that tells all that a restore of the app changes, but no times."""
    inside = f"cd {STATE.format('news')}"
    find = "find -printf '%p %y %m %u %g %s %l\\n' | sort"
    digests = "find data public shared -type f -print0 | sort -z | xargs -0 sha256sum"
    running = "systemctl show --property=Id,ActiveState,InvocationID 'wsgi-news*'"
    return lambda: host.check_output(f"{inside} && {find} && {digests} && {running}")


def note(host, app: str = "news") -> str:
    return host.check_output(f"cat {DATA.format(app)}/note")


def test_no_request_fails_meanwhile(backup):
    assert backup.failures == 0


def test_only_its_owner_reads_the_backup(backup):
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
    assert re.fullmatch(r"news-\d{4}-\d\d-\d\dT\d{6}Z\.tar\.gz", backup.path.name)


def test_output_names_what_is_left_out(backup):
    assert "Not in it, because it is no file: data/pipe" in backup.output


def test_backup_follows_no_link(backup):
    with tarfile.open(backup.path) as archive:
        assert archive.getmember("data/out").linkname == "/etc/shadow"
        assert "data/pipe" not in archive.getnames()


def test_host_keeps_nothing_of_a_backup(backup, host):
    left = "ls /run/subsite | grep backup- ; systemctl list-units --no-legend 'wsgi-news_backup*'"
    assert host.run(left).stdout == ""


@pytest.fixture(scope="module")
def refused(backup, do, operate, look) -> tuple[str, str, str]:
    """Change the data, and restore without permission to replace them."""
    do(CHANGE)
    before = look()
    done = operate("restore", wsgi_app_backup=str(backup.path))
    assert done.returncode != 0
    return done.stdout, before, look()


def test_data_are_not_replaced_unasked(refused):
    output, before, after = refused
    assert "set wsgi_app_restore_replaces: true" in output
    assert before == after


def test_check_mode_changes_nothing(refused, restore, look):
    before = look()
    done = restore("--check")
    assert done.returncode == 0, done.stdout
    assert "It would become the data of news." in done.stdout
    assert look() == before


def archive(path: Path, *members: tuple[str, bytes, str]) -> Path:
    """Write a backup of others to ``path``."""
    record = b'{"format": 1, "app": "news", "made": "", "collection": "1.0.0", "release": {}}'
    with gzip.open(path, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as made:
        for name, kind, target in [("backup.json", tarfile.REGTYPE, ""), *members]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, target, 0o6777
            content = record if name == "backup.json" else b""
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return path


HOSTILE = {
    "absolute path": [("/etc/cron.d/evil", tarfile.REGTYPE, "")],
    "two dots": [("data/../../../../../etc/cron.d/evil", tarfile.REGTYPE, "")],
    "through a link": [
        ("data/way", tarfile.SYMTYPE, "/etc/cron.d"),
        ("data/way/evil", tarfile.REGTYPE, ""),
    ],
    "hard link": [("data/evil", tarfile.LNKTYPE, "/etc/shadow")],
    "device": [("data/evil", tarfile.BLKTYPE, "")],
    "replaced directory": [("public", tarfile.SYMTYPE, "/etc")],
}


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_backup_changes_nothing(host, restore, look, tmp_path: Path, kind: str):
    before = look()
    hostile = archive(tmp_path / "hostile.tar.gz", *HOSTILE[kind])
    done = restore(wsgi_app_backup=str(hostile))
    assert done.returncode != 0
    assert f"wsgi_app_backup is '{hostile}', but it has" in done.stdout
    assert look() == before
    assert not host.file("/etc/cron.d/evil").exists


@pytest.mark.usefixtures("refused")
def test_cut_backup_changes_nothing(backup, restore, look, tmp_path: Path):
    before = look()
    (tmp_path / "cut.tar.gz").write_bytes(backup.path.read_bytes()[:-1000])
    done = restore(wsgi_app_backup=str(tmp_path / "cut.tar.gz"))
    assert done.returncode != 0
    assert "it is damaged, cut off or no backup" in done.stdout
    assert look() == before


@pytest.fixture(scope="module")
def tasks(tmp_path_factory) -> Callable[[str], str]:
    """Return a function that writes a file of tasks."""

    def write(text: str) -> str:
        path = tmp_path_factory.mktemp("tasks") / "tasks.yml"
        path.write_text(text)
        return str(path)

    return write


FAIL = "- name: Fail\n  ansible.builtin.fail: {msg: the dump is of another version}\n"
KILL = """
- name: Kill the controller
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.pipe', 'kill -KILL $(ps -o ppid= -p $PPID)') }}"
"""
WAIT = """
- name: Wait
  ansible.builtin.shell: touch {arrived}; until [ -e {go_on} ]; do sleep 0.1; done
  delegate_to: localhost
  become: false
"""


@pytest.mark.usefixtures("refused")
def test_failed_task_puts_the_data_back(host, restore, look, tasks):
    before = look().partition("Id=")[0]
    done = restore(wsgi_app_after_restore=tasks(FAIL))
    assert done.returncode != 0
    assert "the dump is of another version" in done.stdout
    assert 'news has the data that it had before, because the task "Fail" failed' in done.stdout
    assert look().partition("Id=")[0] == before
    assert ask("/news/").status == 200


@pytest.fixture(scope="module")
def cut_off(refused, operate, backup, host, tasks) -> str:
    """Cut a restore off when the data are in place and the app is stopped; return the note."""
    operate(
        "restore",
        wsgi_app_backup=str(backup.path),
        wsgi_app_restore_replaces=True,
        wsgi_app_after_restore=tasks(KILL),
    )
    return note(host)


@pytest.fixture(scope="module")
def restored(cut_off, operate, backup) -> str:
    """Restore the backup over the changed data, after a restore that was cut off."""
    done = operate("restore", wsgi_app_backup=str(backup.path), wsgi_app_restore_replaces=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_restore_was_cut_off(cut_off, host):
    assert cut_off == "before"


def test_data_are_those_of_the_backup(restored, host):
    assert note(host) == "before"
    assert host.check_output(f"cat {STATE.format('news')}/public/page") == "before"
    assert host.check_output(f"cat {STATE.format('news')}/shared/media/film") == "before"
    assert not host.file(f"{DATA.format('news')}/new").exists


def test_app_serves_again(restored, host):
    assert ask("/news/").status == 200
    assert host.service("wsgi-news.socket").is_running


def test_previous_data_are_those_before_both_restores(restored, host):
    assert "The previous data are in /var/lib/wsgi/news/replaced" in restored
    replaced = f"{STATE.format('news')}/replaced"
    assert host.check_output(f"cat {replaced}/data/note") == "after"
    assert (host.file(replaced).user, host.file(replaced).mode) == ("root", 0o700)


def test_holes_and_hard_links_are_restored(restored, host):
    data = DATA.format("news")
    size, blocks = map(int, host.check_output(f"stat -c '%s %b' {data}/holes").split())
    assert size == HOLES
    assert blocks * 512 < 2**20
    assert host.check_output(f"stat -c %h {data}/first") == "2"


def test_odd_names_are_restored(restored, host):
    assert host.check_output(f"cat {DATA.format('news')}/-rf/line*") == "odd"
    assert host.check_output(f"cat '{DATA.format('news')}/a b/é/*'") == "odd"


def test_link_out_is_named_and_left_out(restored, host):
    assert "Left out, because it leads out of the data: data/out -> /etc/shadow" in restored
    assert host.run(f"readlink {DATA.format('news')}/out").rc != 0
    assert host.check_output(f"readlink {DATA.format('news')}/in") == "first"


def test_nginx_reads_the_public_directory(restored, host):
    listed = host.check_output(f"stat -c '%U %G %a' {STATE.format('news')}/public")
    assert listed == "wsgi-news www-data 2750"
    assert host.check_output(f"stat -c '%G' {STATE.format('news')}/public/page") == "www-data"


def test_deploy_after_a_restore_that_was_cut_off(do, deploy, source, restore, tasks, host):
    do("printf newest > ~/note")
    restore(wsgi_app_after_restore=tasks(KILL))
    assert note(host) == "before"
    deploy(source(), wsgi_app_shared_paths=["media"])
    assert note(host) == "newest"
    assert ask("/news/").status == 200


def test_backup_after_a_restore_that_was_cut_off(restore, operate, tasks, tmp_path: Path):
    restore(wsgi_app_after_restore=tasks(KILL))
    done = operate("backup", wsgi_app_backup_directory=str(tmp_path))
    assert done.returncode != 0
    assert "a restore is under way, or was cut off" in done.stdout


def test_app_that_was_started_after_a_restore_that_was_cut_off(do, restore, tasks, host):
    """As by a reboot. Its data may be newer than those from before the restore."""
    restore(wsgi_app_after_restore=tasks(KILL))
    host.check_output("systemctl start wsgi-news.socket")
    do("printf newest > ~/note")
    done = restore()
    assert done.returncode != 0
    [advice] = set(re.findall("stop the app: (.*?)[.] Then run again", done.stdout))
    assert note(host) == "newest"
    host.check_output(advice)
    assert restore().returncode == 0


def test_restore_that_is_superseded(do, deploy, source, restore, tasks, host, tmp_path: Path):
    """A deploy puts the data back, and the restore does not say that it has succeeded."""
    do("printf newest > ~/note")
    arrived, go_on = tmp_path / "arrived", tmp_path / "go_on"
    wait = tasks(WAIT.format(arrived=arrived, go_on=go_on))
    with ThreadPoolExecutor() as executor:
        restoring = executor.submit(restore, wsgi_app_after_restore=wait)
        assert eventually(lambda: arrived.exists() or restoring.done(), seconds=120)
        deploy(source(), wsgi_app_shared_paths=["media"])
        go_on.touch()
        done = restoring.result()
    assert done.returncode != 0
    assert "Another run has begun to change news on this host since" in done.stdout
    assert note(host) == "newest"
    assert ask("/news/").status == 200


@pytest.fixture(scope="module")
def moved(backup, operate, source, play, host) -> Iterator[str]:
    """Restore the backup to another app before its first deploy, and deploy it."""
    done = operate("restore", wsgi_app_backup=str(backup.path), wsgi_app_name="copy")
    assert done.returncode == 0, done.stdout + done.stderr
    deployed = play(source(), app="copy", wsgi_app_shared_paths=["media"])
    assert deployed.returncode == 0, deployed.stdout
    yield done.stdout
    remove = {"wsgi_app_state": "absent", "wsgi_app_remove_data": True}
    play(source(), app="copy", **remove).check_returncode()


def test_output_says_what_the_backup_is_of(moved):
    assert re.search(r"This is a backup of news of 20\S+Z, when release \w{12} was current", moved)


def test_another_app_has_the_data(moved, host):
    assert note(host, "copy") == "before"
    assert host.check_output(f"cat {STATE.format('copy')}/shared/media/film") == "before"
    owners = host.check_output(f"find {DATA.format('copy')} -printf '%u %g\\n' | sort -u")
    assert owners == "wsgi-copy wsgi-copy"


def test_another_app_serves_with_the_data(moved, host):
    request = "curl --fail --silent --unix-socket /run/wsgi/copy.sock http://localhost/copy/"
    assert host.run(request).rc == 0


def test_host_can_keep_the_backup(filled, operate, host, do):
    host.check_output("install --directory --mode=0700 /srv/backups")
    do("printf before > ~/note")
    on_host = {"wsgi_app_backup_on_host": True}
    done = operate("backup", wsgi_app_backup_directory="/srv/backups", **on_host)
    assert done.returncode == 0, done.stdout
    path = host.check_output("ls -d /srv/backups/*")
    assert host.check_output("stat -c '%U %a' /srv/backups/*") == "root 600"
    do("printf newest > ~/note")
    before = note(host)
    done = operate("restore", wsgi_app_backup=path, wsgi_app_restore_replaces=True, **on_host)
    assert done.returncode == 0, done.stdout
    assert (before, note(host)) == ("newest", "before")


def test_backup_that_was_cut_off_does_not_stop_the_next_one(filled, operate, host, tmp_path: Path):
    """Without its controller, the host waits ten minutes for the next request of a piece."""
    host.check_output("systemd-run --unit=wsgi-news_backup_relay.service sleep infinity")
    done = operate("backup", wsgi_app_backup_directory=str(tmp_path))
    assert done.returncode == 0, done.stdout


def test_file_that_the_app_cannot_read_fails_the_backup(filled, operate, host, tmp_path: Path):
    mine = f"{DATA.format('news')}/mine"
    host.check_output(f"touch {mine} && chmod 0600 {mine}")
    done = operate("backup", wsgi_app_backup_directory=str(tmp_path))
    host.check_output(f"rm {mine}")
    assert done.returncode != 0
    assert "the app's user cannot read data/mine" in done.stdout
    assert os.listdir(tmp_path) == []


EXAMPLES = {
    (kind, hook): text
    for kind, hook, text in EXAMPLE.findall((PROJECT / "roles/wsgi_app/README.md").read_text())
}


@dataclass(frozen=True)
class Database:
    """A database, and how to change and read it, as the app's user in its data directory."""

    kind: str
    packages: str
    create: str
    change: str
    read: str

    def hooks(self, write: Callable[[str], str]) -> dict[str, str]:
        """Return the variables for the tasks of the README."""
        after_backup = EXAMPLES["any", "after_backup"]
        return {
            "wsgi_app_before_backup": write(EXAMPLES[self.kind, "before_backup"]),
            "wsgi_app_after_backup": write(after_backup),
            "wsgi_app_after_restore": write(EXAMPLES[self.kind, "after_restore"]),
        }


DATABASES = [
    Database(
        "sqlite",
        "sqlite3",
        "sqlite3 shop.sqlite 'PRAGMA journal_mode=WAL; CREATE TABLE t (v); INSERT INTO t SELECT 1'",
        "sqlite3 shop.sqlite 'INSERT INTO t VALUES (2)'",
        "sqlite3 shop.sqlite 'SELECT group_concat(v) FROM t'",
    ),
    Database(
        "postgresql",
        "postgresql",
        "psql -q shop -c 'CREATE TABLE t (v int)' -c 'INSERT INTO t VALUES (1)'",
        "psql -q shop -c 'INSERT INTO t VALUES (2)'",
        """psql -At shop -c "SELECT string_agg(v::text, ',' ORDER BY v) FROM t" """,
    ),
]


INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends"


@pytest.fixture(params=DATABASES, ids=lambda database: database.kind)
def database(request, filled, host) -> Iterator[Database]:
    """A database of the app, on its host."""
    database = request.param
    is_server = database.kind == "postgresql"
    host.check_output(f"{INSTALL} {database.packages}")
    if is_server:
        host.check_output("cd / && runuser -u postgres -- createuser wsgi-news")
        host.check_output("cd / && runuser -u postgres -- createdb --owner=wsgi-news shop")
    yield database
    if is_server:
        host.check_output("systemctl disable --now postgresql")


def test_database_by_the_tasks_of_the_readme(
    database: Database, host, do, operate, tasks, tmp_path: Path
):
    hooks = database.hooks(tasks)
    do(f"cd ~ && {database.create}")
    done = operate("backup", wsgi_app_backup_directory=str(tmp_path), **hooks)
    assert done.returncode == 0, done.stdout
    assert host.run(f"ls {DATA.format('news')}/dump.*").rc != 0
    do(f"cd ~ && {database.change}")
    changed = do(f"cd ~ && {database.read}")
    [path] = tmp_path.iterdir()
    done = operate("restore", wsgi_app_backup=str(path), wsgi_app_restore_replaces=True, **hooks)
    assert done.returncode == 0, done.stdout
    assert (changed, do(f"cd ~ && {database.read}")) == ("1,2", "1")
