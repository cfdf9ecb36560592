"""A set of files is one change: complete, or not at all, with the rights of the owner."""

import json
import os
import re
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.modules import file_set

OLD, NEW, SECRET = "old\n", "new\n", "hunter2"


@pytest.fixture
def top():
    """A directory that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture(autouse=True)
def marks(monkeypatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(file_set, "MARKS", str(tmp_path / "marks"))
    return tmp_path / "marks"


@pytest.fixture
def in_time():
    """Fail instead of waiting without an end."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("timeout"))
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def place(run_module, top: Path):
    def place(*files: dict, **arguments) -> dict:
        placed = [{**file, "dest": f"{top}/{file['dest']}"} for file in files]
        return run_module(file_set, files=placed, **arguments)

    return place


def make_user_directory(directory: Path) -> Path:
    directory.mkdir()
    os.chown(directory, *USER)
    return directory


def rights(path: Path) -> tuple[str, str, int]:
    return path.owner(), path.group(), path.stat().st_mode & 0o7777


USER = (65534, 65534)
MINE = {"owner": "nobody", "group": "nogroup"}


class TestKind:
    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            pytest.param({"content": NEW}, ("root", "root", 0o644), id="file"),
            pytest.param({"content": NEW, "mode": "0600"}, ("root", "root", 0o600), id="mode"),
            pytest.param({"content": NEW, "mode": "640"}, ("root", "root", 0o640), id="short mode"),
            pytest.param(
                {"content": NEW, "group": "daemon"}, ("root", "daemon", 0o644), id="group"
            ),
            pytest.param({"secret": NEW, "mode": "0600"}, ("root", "root", 0o600), id="secret"),
            pytest.param({"directory": True}, ("root", "root", 0o755), id="directory"),
            pytest.param(
                {"directory": True, "mode": "2750"}, ("root", "root", 0o2750), id="setgid directory"
            ),
            pytest.param(
                {"directory": True, **MINE}, ("nobody", "nogroup", 0o755), id="user's directory"
            ),
        ],
    )
    def test_has_rights(self, place, top: Path, entry: dict, expected: tuple):
        place({"dest": "it", **entry})
        assert rights(top / "it") == expected

    def test_has_rights_whatever_the_umask(self, place, top: Path):
        umask = os.umask(0o077)
        place({"dest": "it", "content": NEW})
        os.umask(umask)
        assert rights(top / "it") == ("root", "root", 0o644)

    @pytest.mark.parametrize("kind", ["content", "secret"])
    def test_file_has_content(self, place, top: Path, kind: str):
        place({"dest": "it", kind: "line ä\n"})
        assert (top / "it").read_text() == "line ä\n"

    def test_key_is_made_once(self, place, top: Path):
        entry = {"dest": "it", "key": True, "mode": "0640"}
        assert place(entry)["changed"]
        made = (top / "it").read_text()
        assert re.fullmatch("[0-9a-f]{64}", made)
        assert not place(entry)["changed"]
        assert place(entry | {"mode": "0600"})["changed"]
        assert ((top / "it").read_text(), rights(top / "it")[2]) == (made, 0o600)

    @pytest.mark.parametrize("arguments", [{}, {"_ansible_check_mode": True}])
    def test_key_is_not_in_the_result(self, place, top: Path, arguments: dict):
        result = json.dumps(place({"dest": "it", "key": True}, _ansible_diff=True, **arguments))
        assert not re.search("[0-9a-f]{64}", result)

    def test_key_replaces_an_empty_file(self, place, top: Path):
        (top / "it").touch()
        place({"dest": "it", "key": True})
        assert len((top / "it").read_text()) == 64

    def test_file_may_be_empty(self, place, top: Path):
        place({"dest": "it", "content": ""})
        assert (top / "it").read_bytes() == b""

    def test_file_makes_its_parents(self, place, top: Path):
        place({"dest": "conf/deep/it", "content": NEW})
        assert (top / "conf/deep/it").read_text() == NEW

    def test_link_leads_to_its_target(self, place, top: Path):
        place({"dest": "it", "link": "there"})
        assert os.readlink(top / "it") == "there"

    @pytest.mark.parametrize(
        ("before", "entry"),
        [
            pytest.param(OLD, {"content": NEW}, id="file by a file"),
            pytest.param(OLD, {"link": "there"}, id="file by a link"),
            pytest.param(None, {"content": NEW}, id="link by a file"),
            pytest.param(None, {"link": "there"}, id="link by a link"),
        ],
    )
    def test_replaces(self, place, top: Path, before: str | None, entry: dict):
        (top / "elsewhere").write_text(OLD)
        if before is None:
            (top / "it").symlink_to("elsewhere")
        else:
            (top / "it").write_text(before)
        place({"dest": "it", **entry})
        now = os.readlink(top / "it") if "link" in entry else (top / "it").read_text()
        assert (now, (top / "elsewhere").read_text()) == (entry.get("link", NEW), OLD)

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_absent_removes(self, place, top: Path, kind: str):
        if kind == "file":
            (top / "it").touch()
        else:
            (top / "it").symlink_to("nowhere")
        place({"dest": "it", "absent": True})
        assert list(top.iterdir()) == []

    def test_leaves_no_temporary_file(self, place, top: Path):
        place({"dest": "file", "content": NEW}, {"dest": "link", "link": "file"})
        assert sorted(path.name for path in top.iterdir()) == ["file", "link"]


class TestConflict:
    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            pytest.param(
                {"content": NEW}, "it is a directory, but a file must be there", id="file"
            ),
            pytest.param({"link": "x"}, "it is a directory, but a link must be there", id="link"),
            pytest.param({"absent": True}, "it is a directory", id="absent"),
        ],
    )
    def test_directory_blocks(self, place, top: Path, entry: dict, message: str):
        (top / "it").mkdir()
        result = place({"dest": "it", **entry})
        assert result["failed"]
        assert message in result["msg"]

    def test_file_blocks_a_directory(self, place, top: Path):
        (top / "it").touch()
        result = place({"dest": "it", "directory": True})
        assert "it is a file, but a directory must be there. Move it away" in result["msg"]

    def test_link_blocks_a_directory(self, place, top: Path):
        (top / "there").mkdir(mode=0o700)
        (top / "it").symlink_to("there")
        result = place({"dest": "it", "directory": True})
        assert "it is a link, but a directory must be there. Move it away" in result["msg"]
        assert rights(top / "there") == ("root", "root", 0o700)

    @pytest.mark.usefixtures("in_time")
    @pytest.mark.parametrize(
        ("entry", "wanted"),
        [
            pytest.param({"content": NEW}, "a file", id="file"),
            pytest.param({"link": "x"}, "a link", id="link"),
            pytest.param({"directory": True}, "a directory", id="directory"),
            pytest.param({"absent": True}, "nothing", id="absent"),
        ],
    )
    @pytest.mark.parametrize(
        "kind",
        [
            pytest.param(stat.S_IFIFO, id="pipe"),
            pytest.param(stat.S_IFSOCK, id="socket"),
            pytest.param(stat.S_IFCHR, id="device"),
        ],
    )
    def test_special_file_blocks(self, place, top: Path, kind: int, entry: dict, wanted: str):
        os.mknod(top / "it", kind | 0o600, os.makedev(1, 3))
        message = place({"dest": "it", **entry})["msg"]
        assert (
            f"it is a special file, but {wanted} must be there. Move it away, then run" in message
        )

    def test_changes_nothing(self, place, top: Path):
        (top / "it").mkdir()
        place({"dest": "other", "content": NEW}, {"dest": "it", "content": NEW})
        assert [path.name for path in top.iterdir()] == ["it"]

    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param({}, id="no kind"),
            pytest.param({"content": NEW, "link": "x"}, id="two kinds"),
            pytest.param({"content": NEW, "secret": SECRET}, id="shown and secret"),
            pytest.param({"content": NEW, "colour": "red"}, id="unknown key"),
        ],
    )
    def test_conflicting_options_are_refused(self, place, entry: dict):
        assert place({"dest": "it", **entry})["failed"]

    @pytest.mark.parametrize(
        ("other", "differ"),
        [
            ({"secret": SECRET}, "content, secret"),
            ({"absent": True}, "content, absent"),
            ({"content": OLD, "mode": "0600"}, "mode"),
        ],
    )
    def test_two_entries_that_contradict_each_other_are_refused(
        self, place, top: Path, other: dict, differ: str
    ):
        result = place({"dest": "it", "content": OLD}, {"dest": "it", **other})
        assert result["msg"] == f"{top}/it has two entries, which differ in {differ}."
        assert not (top / "it").exists()
        assert not (top / "it").exists()

    @pytest.mark.parametrize("key", ["owner", "group"])
    def test_unknown_user_or_group_is_named(self, place, key: str):
        result = place({"dest": "it", "content": NEW, key: "wsgi-nobody-yet"})
        assert "it: " in result["msg"]
        assert "wsgi-nobody-yet" in result["msg"]


SET = (
    {"dest": "conf", "directory": True, "mode": "0750", "group": "daemon"},
    {"dest": "conf/site", "content": NEW},
    {"dest": "conf/key", "secret": SECRET, "mode": "0600"},
    {"dest": "conf/enabled", "link": "site"},
    {"dest": "conf/default", "absent": True},
)


class TestRun:
    def test_returns_changed_paths(self, place, top: Path):
        result = place(*SET)
        changed = [f"{top}/{name}" for name in ("conf", "conf/site", "conf/key", "conf/enabled")]
        assert (result["changed"], result["paths"]) == (True, changed)

    def test_twice_changes_nothing(self, place):
        place(*SET)
        result = place(*SET, check=["false"], apply=["false"])
        assert (result["changed"], result["paths"], result["diff"]) == (False, [], [])

    @pytest.mark.parametrize(
        "drift",
        [
            pytest.param(lambda conf: (conf / "site").write_text(OLD), id="content"),
            pytest.param(lambda conf: (conf / "site").chmod(0o600), id="mode"),
            pytest.param(lambda conf: os.chown(conf / "site", 1, 0), id="owner"),
            pytest.param(lambda conf: os.chown(conf / "site", 0, 1), id="group"),
            pytest.param(lambda conf: conf.chmod(0o777), id="mode of a directory"),
            pytest.param(lambda conf: (conf / "enabled").unlink(), id="missing link"),
            pytest.param(lambda conf: (conf / "default").touch(), id="what should be absent"),
        ],
    )
    def test_undoes_drift(self, place, top: Path, drift):
        place(*SET)
        drift(top / "conf")
        assert [place(*SET)["changed"], place(*SET)["changed"]] == [True, False]

    def test_check_mode_reports_the_same_change(self, place, top: Path):
        foreseen = place(*SET, check=["false"], apply=["false"], _ansible_check_mode=True)
        assert list(top.iterdir()) == []
        assert foreseen["paths"] == place(*SET)["paths"]

    def test_check_mode_allows_a_missing_owner(self, place, top: Path):
        entry = {"dest": "it", "content": NEW, "owner": "wsgi-nobody-yet"}
        result = place(entry, _ansible_check_mode=True)
        assert result["diff"] == [{"prepared": f"{top}/it: its owner does not exist yet\n"}]


class TestDiff:
    @pytest.mark.parametrize(
        ("entry", "before", "after"),
        [
            pytest.param({"content": NEW}, OLD, NEW, id="content"),
            pytest.param({"link": "there"}, OLD, "link to there\n", id="file becomes a link"),
            pytest.param({"absent": True}, OLD, "", id="file goes"),
        ],
    )
    def test_shows(self, place, top: Path, entry: dict, before: str, after: str):
        (top / "it").write_text(OLD)
        [diff] = place({"dest": "it", **entry})["diff"]
        assert (diff["before"], diff["after"]) == (before, after)

    def test_shows_rights_beside_content(self, place, top: Path):
        [diff] = place({"dest": "it", "content": NEW, "mode": "0600"})["diff"]
        assert (diff["before_header"], diff["after_header"]) == (f"{top}/it", f"{top}/it 0:0 0600")

    def test_shows_rights_alone(self, place, top: Path):
        place({"dest": "it", "content": NEW})
        [diff] = place({"dest": "it", "content": NEW, "mode": "0600"})["diff"]
        assert diff == {"prepared": f"{top}/it: 0:0 0644 becomes 0:0 0600\n"}

    def test_shows_nothing_of_an_entry_without_diff(self, place, top: Path):
        result = place({"dest": "it", "content": NEW, "diff": False})
        assert (result["changed"], result["diff"]) == (True, [])


class TestSecret:
    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param({"_ansible_diff": True}, id="diff"),
            pytest.param({"_ansible_check_mode": True, "_ansible_diff": True}, id="check mode"),
            pytest.param({"_ansible_verbosity": 4}, id="verbose"),
            pytest.param({"check": ["sh", "-c", "cat key; false"]}, id="check prints it"),
            pytest.param({"apply": ["sh", "-c", "cat key; false"]}, id="apply prints it"),
        ],
    )
    def test_is_not_in_the_result(self, place, top: Path, monkeypatch, arguments: dict):
        monkeypatch.chdir(top)
        (top / "key").write_text("hunter1")
        result = place({"dest": "key", "secret": SECRET}, **arguments)
        assert SECRET not in json.dumps(result)

    def test_old_secret_is_not_in_the_result(self, place, top: Path):
        (top / "key").write_text("hunter1")
        assert "hunter1" not in json.dumps(place({"dest": "key", "secret": SECRET}))


class TestFailure:
    """The files after a command has failed."""

    @pytest.fixture
    def before(self, place, top: Path) -> list[tuple]:
        (top / "kept").mkdir(mode=0o700)
        (top / "changed").write_text(OLD)
        (top / "changed").chmod(0o600)
        (top / "removed").write_text(OLD)
        (top / "link").symlink_to("changed")
        return self.look(top)

    @staticmethod
    def look(top: Path) -> list[tuple]:
        return [
            (path.name, path.lstat().st_mode, path.is_file() and path.read_text())
            for path in sorted(top.iterdir())
        ]

    FILES = (
        {"dest": "kept", "directory": True},
        {"dest": "made", "directory": True},
        {"dest": "made/file", "content": NEW},
        {"dest": "changed", "content": NEW},
        {"dest": "removed", "absent": True},
        {"dest": "link", "link": "made/file"},
    )

    @pytest.mark.parametrize("command", ["check", "apply"])
    def test_puts_everything_back(self, place, top: Path, before: list, command: str):
        place(*self.FILES, **{command: ["false"]})
        assert self.look(top) == before

    @pytest.mark.parametrize("command", ["check", "apply"])
    def test_missing_command_puts_everything_back(
        self, place, top: Path, before: list, command: str
    ):
        result = place(*self.FILES, **{command: ["no-such-command"]})
        assert "The previous files are back in place." in result["msg"]
        assert self.look(top) == before

    @pytest.mark.parametrize("command", ["check", "apply"])
    def test_message_has_the_output(self, place, before: list, command: str):
        result = place(*self.FILES, **{command: ["sh", "-c", "echo line 7 is wrong >&2; exit 3"]})
        assert result["failed"]
        assert "failed (3): line 7 is wrong" in result["msg"]
        assert "The previous files are back in place." in result["msg"]

    def test_failed_write_puts_everything_back(self, place, top: Path, before: list):
        result = place(*self.FILES, {"dest": "missing/directory", "directory": True})
        assert result["failed"]
        assert self.look(top) == before

    def test_failed_last_write_puts_everything_back(self, place, top: Path, before: list):
        foreign = make_user_directory(top / "zz")
        (foreign / "it").write_text(OLD)
        place(*self.FILES, {"dest": "zz/it", "content": NEW, "owner": "nobody"})
        assert self.look(top)[:-1] == before
        assert [path.name for path in foreign.iterdir()] == ["it"]

    def test_failed_check_applies_nothing(self, place, top: Path, before: list):
        place(*self.FILES, check=["false"], apply=["touch", f"{top}/applied"])
        assert not (top / "applied").exists()

    def test_failed_apply_runs_for_the_old_files(self, place, top: Path, before: list):
        record = f"cat {top}/changed >> {top}/record; grep -q old {top}/changed"
        place(*self.FILES, apply=["sh", "-c", record])
        assert (top / "record").read_text() == NEW + OLD

    @pytest.mark.parametrize(
        ("failure", "content"),
        [
            pytest.param({"check": ["false"]}, NEW, id="check"),
            pytest.param({"apply": ["false"]}, NEW, id="apply"),
            pytest.param({}, None, id="wrong kind"),
        ],
    )
    def test_removes_what_the_run_made(
        self, place, top: Path, before: list, failure: dict, content: str | None
    ):
        (top / "made/deep").mkdir(parents=True)
        entry = {"content": content} if content else {"link": "there"}
        assert place(
            {"dest": "kept/it" if content else "kept", **entry}, made=[f"{top}/made"], **failure
        )["failed"]
        assert self.look(top) == before

    def test_success_keeps_what_the_run_made(self, place, top: Path):
        (top / "made").mkdir()
        place({"dest": "it", "content": NEW}, made=[f"{top}/made"])
        assert (top / "made").is_dir()

    def test_does_not_follow_success(self, place, top: Path):
        order = ["sh", "-c", f"echo $0 >> {top}/order"]
        place(*SET, check=[*order, "check"], apply=[*order, "apply"])
        assert (top / "order").read_text() == "check\napply\n"


class TestInterruption:
    """The run after one that was killed before its files were applied."""

    @pytest.fixture
    def said(self, tmp_path: Path) -> Path:
        return tmp_path / "said"

    @pytest.fixture
    def commands(self, said: Path) -> dict[str, list[str]]:
        return {name: ["sh", "-c", f"echo {name} >> {said}"] for name in ("check", "apply")}

    @pytest.fixture
    def interrupted(self, place, commands: dict) -> None:
        child = os.fork()
        if child == 0:
            try:
                place(*SET, check=["sh", "-c", "kill -9 $PPID"], apply=commands["apply"])
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL

    @pytest.mark.usefixtures("interrupted")
    class TestBeforeTheCheck:
        def test_next_run_checks_and_applies(self, place, commands: dict, said: Path):
            place(*SET, **commands)
            assert said.read_text() == "check\napply\n"

        def test_is_a_change_without_a_path(self, place, commands: dict):
            result = place(*SET, **commands)
            assert (result["changed"], result["paths"], result["diff"]) == (True, [], [])

        def test_next_run_applies_once(self, place, commands: dict):
            place(*SET, **commands)
            assert not place(*SET, **commands)["changed"]

        def test_next_change_is_applied(self, place, commands: dict):
            place(*SET, {"dest": "more", "content": NEW}, **commands)
            assert not place(*SET, **commands)["changed"]

        def test_check_mode_reports_and_keeps_the_mark(self, place, commands: dict, said: Path):
            foreseen = place(*SET, **commands, _ansible_check_mode=True)
            assert (foreseen["changed"], foreseen["paths"], said.exists()) == (True, [], False)
            assert place(*SET, **commands)["changed"]

        def test_other_apply_command_is_unaffected(self, place):
            assert not place(*SET, apply=["true"])["changed"]

        def test_failed_check_is_reported(self, place, commands: dict, top: Path):
            refuse = ["sh", "-c", "echo line 7 is wrong; false"]
            message = place(*SET, **commands | {"check": refuse})["msg"]
            assert "line 7 is wrong" in message
            assert "from an earlier run, which was interrupted" in message
            assert (top / "conf/site").read_text() == NEW

        def test_mark_stays_after_a_failed_check(self, place, commands: dict, said: Path):
            place(*SET, **commands | {"check": ["false"]})
            place(*SET, **commands)
            assert said.read_text() == "check\napply\n"

        def test_mark_stays_after_a_failed_later_change(self, place, commands: dict):
            change = {"dest": "more", "content": NEW}
            message = place(*SET, change, **commands | {"check": ["false"]})["msg"]
            assert "from an earlier run, which was interrupted" in message
            assert place(*SET, **commands)["changed"]

    def test_failed_reapply_keeps_the_mark(self, place, said: Path):
        apply = ["sh", "-c", f"echo apply >> {said}; false"]
        place({"dest": "it", "content": NEW}, apply=apply)
        said.unlink()
        assert "from an earlier run" in place({"dest": "it", "absent": True}, apply=apply)["msg"]
        assert said.read_text() == "apply\n"

    @pytest.mark.parametrize(
        "commands",
        [
            pytest.param({"apply": ["true"]}, id="success"),
            pytest.param({"check": ["false"], "apply": ["true"]}, id="failed check"),
            pytest.param({"apply": ["test", "!", "-e", "it"]}, id="failed apply, then reapplied"),
        ],
    )
    def test_mark_is_removed(self, place, top: Path, marks, monkeypatch, commands: dict):
        monkeypatch.chdir(top)
        place({"dest": "it", "content": NEW}, **commands)
        assert list(marks.iterdir()) == []

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param({"apply": ["true"], "_ansible_check_mode": True}, id="check mode"),
            pytest.param({"check": ["true"]}, id="nothing to apply"),
        ],
    )
    def test_mark_is_not_set(self, place, marks: Path, arguments: dict):
        place(*SET, **arguments)
        assert not marks.exists()


class TestAnotherUser:
    """Files in a directory whose owner would like root to write somewhere else."""

    @pytest.fixture
    def home(self, top: Path) -> Path:
        return make_user_directory(top / "home")

    @pytest.fixture
    def precious(self, top: Path) -> Path:
        (top / "etc").mkdir()
        (top / "etc/precious").write_text(OLD)
        return top / "etc/precious"

    def test_owns_what_is_written(self, place, home: Path):
        place({"dest": "home/conf/it", "content": NEW, **MINE})
        assert {rights(home / name)[:2] for name in ("conf", "conf/it")} == {("nobody", "nogroup")}

    def test_link_is_replaced_and_not_followed(self, place, home, precious):
        (home / "it").symlink_to(precious)
        place({"dest": "home/it", "content": NEW, **MINE})
        assert ((home / "it").is_symlink(), precious.read_text()) == (False, OLD)

    def test_hard_link_is_replaced_and_not_written(self, place, home, precious):
        (home / "it").hardlink_to(precious)
        before = rights(precious)
        place({"dest": "home/it", "content": NEW, **MINE})
        assert ((home / "it").read_text(), precious.read_text()) == (NEW, OLD)
        assert rights(precious) == before

    @pytest.mark.parametrize("mode", [0o755, 0o700], ids=["readable", "private"])
    def test_link_to_a_directory_is_not_followed(self, place, home, precious, mode: int):
        precious.parent.chmod(mode)
        (home / "conf").symlink_to(precious.parent)
        result = place({"dest": "home/conf/precious", "content": NEW, **MINE})
        assert "Permission denied" in result["msg"]
        assert precious.read_text() == OLD

    def test_target_of_a_link_is_not_read(self, place, home, precious):
        precious.chmod(0o600)
        (home / "it").symlink_to(precious)
        assert OLD not in json.dumps(place({"dest": "home/it", "content": NEW, **MINE}))

    def test_root_has_its_rights_again(self, place, home: Path):
        place({"dest": "home/it", "content": NEW, **MINE}, check=["false"])
        assert (os.geteuid(), os.getegid()) == (0, 0)


def test_directory_made_at_the_same_time_is_used(tmp_path: Path):
    wanted = PathState("directory", b"", 0, 0, 0o755)
    (tmp_path / "shared").mkdir()
    wanted.place(f"{tmp_path}/shared")
    assert PathState.read(f"{tmp_path}/shared") == wanted


def test_used_directory_stays_when_put_back(tmp_path: Path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/theirs").touch()
    PathState().place(f"{tmp_path}/shared")
    assert (tmp_path / "shared/theirs").exists()


def test_link_made_at_the_same_time_is_not_followed(tmp_path: Path):
    (tmp_path / "precious").mkdir(mode=0o700)
    (tmp_path / "it").symlink_to("precious")
    with pytest.raises(NotADirectoryError):
        PathState("directory", b"", *USER, 0o777).place(f"{tmp_path}/it")
    assert rights(tmp_path / "precious") == ("root", "root", 0o700)


class TestFileChangedWhileRead:
    """A file that another user replaces after root has read its status."""

    @pytest.fixture(autouse=True)
    def look_at_a_file(self, monkeypatch, tmp_path: Path) -> None:
        (tmp_path / "precious").write_text(OLD)
        status = os.stat(tmp_path / "precious")
        monkeypatch.setattr(os, "lstat", lambda path: status)

    def test_new_link_is_not_followed(self, tmp_path: Path):
        (tmp_path / "it").symlink_to("precious")
        with pytest.raises(OSError, match="symbolic links"):
            PathState.read(f"{tmp_path}/it")

    @pytest.mark.usefixtures("in_time")
    def test_new_pipe_does_not_block(self, tmp_path: Path):
        os.mkfifo(tmp_path / "it")
        assert PathState.read(f"{tmp_path}/it").kind == "special file"


class TestCopy:
    @pytest.fixture
    def kept(self, top: Path) -> Path:
        """A directory whose files are wanted elsewhere."""
        (top / "kept/conf").mkdir(parents=True)
        for name, mode in {"kept/a.ini": 0o640, "kept/conf/b.ini": 0o600}.items():
            (top / name).write_text(name)
            (top / name).chmod(mode)
        return top / "kept"

    def test_copies_each_file_with_its_mode(self, place, top: Path, kept: Path):
        data = make_user_directory(top / "data")
        place({"dest": "data", "copy_of": str(kept), **MINE})
        assert (data / "a.ini").read_text() == "kept/a.ini"
        assert rights(data / "a.ini") == ("nobody", "nogroup", 0o640)
        assert (data / "conf/b.ini").read_text() == "kept/conf/b.ini"
        assert rights(data / "conf/b.ini") == ("nobody", "nogroup", 0o600)

    def test_second_run_changes_nothing(self, place, top: Path, kept: Path):
        make_user_directory(top / "data")
        copy = {"dest": "data", "copy_of": str(kept), **MINE}
        assert (place(copy)["changed"], place(copy)["changed"]) == (True, False)

    def test_replaces_another_directory(self, place, top: Path, kept: Path):
        data = make_user_directory(top / "data")
        (top / "others").mkdir()
        for name in ("others/a.ini", "others/c.ini", "data/a.ini", "data/c.ini", "data/own.ini"):
            (top / name).write_text("other")
        place({"dest": "data", "copy_of": str(kept), "instead_of": f"{top}/others", **MINE})
        assert sorted(path.name for path in data.iterdir()) == ["a.ini", "conf", "own.ini"]
        assert (data / "a.ini").read_text() == "kept/a.ini"

    @pytest.mark.parametrize("others", [None, "others"], ids=["of none", "in place of another's"])
    def test_missing_directory_has_no_files(self, place, top: Path, others: str | None):
        data = make_user_directory(top / "data")
        (top / "others").mkdir()
        for name in ("others/a.ini", "data/a.ini", "data/own.ini"):
            (top / name).write_text("other")
        others = {"instead_of": f"{top}/{others}"} if others else {}
        place({"dest": "data", "copy_of": f"{top}/missing", **others, **MINE})
        left = {"own.ini"} if others else {"a.ini", "own.ini"}
        assert {path.name for path in data.iterdir()} == left

    @pytest.mark.parametrize("directory", ["kept", "others"])
    def test_secret_file_is_in_no_difference(self, place, top: Path, kept: Path, directory: str):
        make_user_directory(top / "data")
        (top / "others").mkdir()
        for name in ("others/a.ini", "others/c.ini", "data/a.ini", "data/c.ini"):
            (top / name).write_text("other")
        (top / f"{directory}.secret").write_text("a.ini\nc.ini\nconf/b.ini\n")
        done = place({"dest": "data", "copy_of": str(kept), "instead_of": f"{top}/others", **MINE})
        texts = {change["before"] + change["after"] for change in done["diff"]}
        assert texts == {"a secret\na secret\n", "a secret\n"}
        assert len(done["paths"]) == 3

    def test_owners_link_is_not_followed(self, place, top: Path, kept: Path):
        data = make_user_directory(top / "data")
        (top / "theirs").mkdir(mode=0o700)
        (data / "conf").symlink_to(top / "theirs")
        result = place({"dest": "data", "copy_of": str(kept), **MINE})
        assert "Permission denied" in result["msg"]
        assert list((top / "theirs").iterdir()) == []


def test_other_user_than_root_keeps_its_rights(place, top: Path):
    directory = make_user_directory(top / "theirs")
    os.setegid(USER[1])
    os.seteuid(USER[0])
    try:
        done = place(
            {"dest": "theirs/new", "directory": True, **MINE},
            {"dest": "theirs/new/file", "content": NEW, **MINE},
        )
    finally:
        os.seteuid(0)
        os.setegid(0)
    assert done["changed"]
    assert (directory / "new/file").read_text() == NEW
    assert rights(directory / "new/file")[0] == "nobody"


class TestForeignFile:
    """A file that exists and does not contain the text in ``ours``."""

    @pytest.mark.parametrize("entry", [{"content": NEW}, {"absent": True}], ids=["file", "absent"])
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_is_left_alone(self, place, top: Path, entry: dict, check_mode: bool):
        (top / "site").write_text(OLD)
        files = [{"dest": "other", "content": NEW}, {"dest": "site", "ours": "by us", **entry}]
        result = place(*files, _ansible_check_mode=check_mode)
        assert result["msg"] == (
            f"{top}/site exists and was not written by this role: it does not contain 'by us'. "
            "Use another name, or move the file away."
        )
        assert ((top / "site").read_text(), (top / "other").exists()) == (OLD, False)

    @pytest.mark.parametrize("before", [None, "old, by us\n"], ids=["nothing", "ours"])
    def test_missing_or_managed_file_is_replaced(self, place, top: Path, before: str | None):
        if before:
            (top / "site").write_text(before)
        place({"dest": "site", "content": NEW, "ours": "by us"})
        assert (top / "site").read_text() == NEW


class TestBlockingUser:
    """A user cannot keep root from placing a file in the user's own directory."""

    @pytest.fixture
    def data(self, top: Path) -> Path:
        return make_user_directory(top / "data")

    @staticmethod
    def build(data: Path, code: str) -> None:
        subprocess.run(
            ["/usr/bin/python3", "-c", f"import os\n{code}"],
            cwd=data,
            user=USER[0],
            group=USER[1],
            extra_groups=[],
            check=True,
        )

    @pytest.mark.parametrize(
        "code",
        [
            pytest.param("os.makedirs('conf/a.ini/b')", id="directory for the file"),
            pytest.param("open('conf', 'w')", id="file for a directory"),
            pytest.param("os.symlink('/nowhere', 'conf')", id="link to nothing for a directory"),
            pytest.param("os.symlink('/etc', 'conf')", id="link to root's for a directory"),
            pytest.param("os.symlink('conf', 'conf')", id="circle for a directory"),
            pytest.param("os.mkdir('conf', 0)", id="closed directory"),
            pytest.param("os.mkdir('conf'); os.mkfifo('conf/a.ini')", id="pipe for the file"),
            pytest.param("os.mkdir('conf'); os.symlink('a.ini', 'conf/a.ini')", id="circle"),
            pytest.param(
                "os.mkdir('conf'); open('conf/a.ini', 'w').truncate(2**43)",
                id="file of eight terabytes",
            ),
        ],
    )
    def test_file_is_placed(self, place, data: Path, in_time, code: str):
        self.build(data, code)
        entry = {"dest": "data/conf/a.ini", "content": NEW, **MINE}
        assert place(entry)["changed"]
        assert ((data / "conf/a.ini").read_text(), (data / "conf").is_symlink()) == (NEW, False)
        assert not place(entry)["changed"]

    def test_blocking_path_is_renamed(self, place, data: Path):
        for number in ("", "1"):
            self.build(data, "os.makedirs('conf/a.ini/b', exist_ok=True)")
            place({"dest": "data/conf/a.ini", "content": NEW, **MINE})
            assert (data / f"conf/a.ini.replaced{number}/b").is_dir()
            (data / "conf/a.ini").unlink()

    def test_nothing_is_renamed_in_check_mode(self, place, data: Path):
        self.build(data, "os.makedirs('conf/a.ini/b')")
        result = place(
            {"dest": "data/conf/a.ini", "content": NEW, **MINE}, _ansible_check_mode=True
        )
        assert (result["changed"], (data / "conf/a.ini/b").is_dir()) == (True, True)

    def test_root_directories_are_not_renamed(self, place, top: Path):
        (top / "conf/a.ini").mkdir(parents=True)
        assert place({"dest": "conf/a.ini", "content": NEW})["failed"]
