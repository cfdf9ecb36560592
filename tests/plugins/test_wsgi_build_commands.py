"""Build commands change the source of one release, and root takes the result back safely."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import (
    hard_links,
    transient_unit,
    unbuilt_source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.modules import wsgi_build_commands
from ansible_collections.subsite.deploy.plugins.modules.wsgi_build_commands import BuildCommands

PYTHON = "/usr/bin/python3"
"""An interpreter that every user can run."""
USER = 1
"""The number of user daemon."""
GROUP = 2
"""The number of group bin: the app's group is not that of the user."""
TOKEN = "kingfisher"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release as it is before its build commands, and a directory that all users may write."""
    release = tmp_path / "wsgi/shop/releases/4d1c"
    for directory in ("source/shop", "lib"):
        (release / directory).mkdir(parents=True)
    environment = tmp_path / "wsgi/shop/environments/0123"
    environment.mkdir(parents=True)
    (release / "venv").symlink_to(os.path.relpath(environment, release))
    (release / "source/shop/app.py").write_text("app = None\n")
    (release / "source/old").write_text("old\n")
    (release / "source/link").symlink_to("shop")
    (release / "source/shop/app.py").chmod(0o440)
    for path in [*tmp_path.parents[:3], tmp_path, *tmp_path.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    for path in (release / "source").rglob("*"):
        os.chown(path, 0, GROUP, follow_symlinks=False)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere").chmod(0o777)
    return release


@pytest.fixture
def units() -> list[dict]:
    """What has been asked of systemd, which the tests do without."""
    return []


@pytest.fixture
def parameters(release: Path) -> dict:
    return {
        "path": str(release),
        "user": "daemon",
        "group": "bin",
        "environment_variables": {"PATH": "/usr/bin:/bin", "GREETING": "hello"},
        "secrets": {"TOKEN": TOKEN},
        "build_environment": {},
        "python": PYTHON,
        "directory": "",
        "sandbox": {"TemporaryFileSystem": "/dev/shm", "ProtectSystem": "strict"},
        "check": [],
    }


@pytest.fixture
def run(parameters: dict, units: list[dict], monkeypatch) -> Callable[..., None]:
    def run_program(program, library, text, unit, properties) -> None:
        """Run the program as its user, with only the modules that root has placed."""
        units.append({"unit": unit, "text": text, **properties})
        done = subprocess.run(
            [PYTHON, "-s", "-m", program.__name__],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PYTHONPATH": str(library)},
            user=USER,
            group=GROUP,
            extra_groups=[],
            umask=0o027,
        )
        if done.returncode != 0:
            raise BuildError(done.stdout.strip())

    monkeypatch.setattr(transient_unit, "run", run_program)
    monkeypatch.setattr(transient_unit, "stop", lambda unit: units.append({"stopped": unit}))
    return lambda *commands: BuildCommands({**parameters, "commands": commands}).run()


def tree(top: Path) -> dict[str, str]:
    """Return the files and links below ``top``, without bytecode."""
    return {
        str(path.relative_to(top)): os.readlink(path) if path.is_symlink() else path.read_text()
        for path in top.rglob("*")
        if path.is_symlink() or path.is_file() and path.suffix != ".pyc"
    }


def rights(path: Path) -> tuple[int, int, str]:
    status = path.lstat()
    return status.st_uid, status.st_gid, stat.filemode(status.st_mode)


def test_commands_create_change_and_delete_files(run, release: Path):
    run("mkdir static", "cp shop/app.py static/", "echo '# more' >> shop/app.py", "rm old")
    assert tree(release / "source") == {
        "shop/app.py": "app = None\n# more\n",
        "static/app.py": "app = None\n",
        "link": "shop",
    }


def test_temporary_files_are_not_in_tmp(run, release: Path, units: list[dict]):
    """There, the host may not allow programs."""
    run(
        'echo "$TMPDIR" >places',
        'cp /bin/true "$TMPDIR" && "$TMPDIR/true"',
        'echo "$HOME" >>places',
    )
    scratch, home = (release / "source/places").read_text().split()
    assert scratch == str(release / "tmp") and home.startswith(f"{scratch}/")
    assert scratch in units[-1]["BindPaths"].split()
    assert not Path(scratch).exists()


def test_source_as_it_was_stays(run, release: Path):
    before = tree(release / "source")
    run("rm -r *")
    assert tree(release / "unbuilt") == before
    assert tree(release / "source") == {}


def test_commands_run_in_the_directory_of_the_app(run, parameters, release: Path):
    (release / "source/back").mkdir()
    parameters["directory"] = "back"
    run("pwd > where")
    assert (release / "source/back/where").read_text() == f"{release}/source/back\n"


def test_commands_are_one_script(run, release: Path):
    run("cd shop\nNAME=page", "echo $NAME > $NAME")
    assert tree(release / "source")["shop/page"] == "page\n"


def test_commands_get_environment_variables_secrets_and_a_home(run, release: Path):
    run('echo "$GREETING, $TOKEN" > page', "touch ~/left", "cd && pwd > $OLDPWD/home")
    found = tree(release / "source")
    assert found["page"] == f"hello, {TOKEN}\n"
    assert not Path(found["home"].strip()).exists()


def test_bytecode_is_of_the_result(run, release: Path):
    run("echo 'app = 1' > shop/more.py", "echo '{{ no Python' > template.py")
    assert sorted(path.name[:5] for path in (release / "source").rglob("*.pyc")) == [
        "app.c",
        "more.",
    ]


SH = "/bin/sh"


def test_all_of_it_becomes_root_s(run, release: Path):
    run(
        f"cp {SH} shop/sh && chmod 6755 shop/sh",
        "mkdir open && touch open/page && chmod 0777 open && chmod 0666 open/page",
        "mkdir shut && touch shut/page && chmod 0 shut/page shut",
    )
    source = release / "source"
    names = ("", "shop/sh", "open", "open/page", "shut", "shut/page", "old", "link")
    assert {name: rights(source / name)[:2] for name in names} == dict.fromkeys(names, (0, GROUP))
    assert {name: rights(source / name)[2] for name in names[:-1]} == {
        "": "drwxr-x---",
        "shop/sh": "-rwxr-x---",
        "open": "drwxr-x---",
        "open/page": "-rw-r-----",
        "shut": "drwxr-x---",
        "shut/page": "-rw-r-----",
        "old": "-rw-r-----",
    }


def test_hard_links_become_copies(run, release: Path):
    run("ln old new", "chmod +x shop/app.py && ln shop/app.py app.py")
    source = release / "source"
    found = {name: (source / name).stat() for name in ("old", "new", "shop/app.py", "app.py")}
    assert [status.st_nlink for status in found.values()] == [1] * 4
    assert (source / "new").read_text() == "old\n"
    assert rights(source / "app.py")[2] == "-rwxr-x---"


def test_hard_link_to_a_file_elsewhere_is_a_copy(run, release: Path):
    run("echo mine > ../../../../../elsewhere/page && ln ../../../../../elsewhere/page page")
    elsewhere = release.parents[3] / "elsewhere/page"
    assert (release / "source/page").stat().st_ino != elsewhere.stat().st_ino
    assert rights(elsewhere)[0] == USER


@pytest.mark.parametrize(
    ("command", "what"),
    [
        pytest.param("ln -s /etc/shadow page", "links to /etc/shadow, outside of", id="link"),
        pytest.param("ln -s ../lib lib", "links to ../lib, outside of", id="relative link"),
        pytest.param("ln -s /etc more", "links to /etc, outside of", id="directory"),
        pytest.param("mkfifo page", "is neither a file, a directory nor a link", id="named pipe"),
        pytest.param(
            f"{PYTHON} -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"page\")'",
            "is neither a file, a directory nor a link",
            id="socket",
        ),
    ],
)
def test_what_a_release_cannot_have_is_refused(run, release: Path, command: str, what: str):
    before = tree(release / "source")
    with pytest.raises(BuildError, match=f"^wsgi_app_build_commands have left what .*{what}"):
        run(command)
    assert tree(release / "source") == before
    assert not (release / "unbuilt").exists()


def test_absolute_link_into_the_source_stays(run, release: Path):
    run("ln -s $PWD/old new")
    assert (release / "source/new").resolve() == release / "source/old"


def test_command_that_fails_is_the_last_one_printed(run, release: Path):
    before = tree(release / "source")
    with pytest.raises(BuildError) as failed:
        run("echo there is no room", "(exit 7)", "touch later")
    assert str(failed.value).splitlines() == [
        "echo there is no room",
        "there is no room",
        "(exit 7)",
        "A command of wsgi_app_build_commands ended with status 7: the last one above.",
    ]
    assert tree(release / "source") == before
    assert not (release / "unbuilt").exists()


class Interrupted(BaseException):
    """The run ends at once, without a chance to clean up."""


@pytest.mark.parametrize("moment", ["before they begin", "while they run", "when they have ended"])
def test_interrupted_commands_are_repeated_from_the_same_files(
    run, release: Path, monkeypatch, moment: str
):
    before = tree(release / "source")

    def fail(*arguments) -> None:
        if moment == "while they run":
            (release / "source/log").write_text("half")
        raise Interrupted

    name = {"before they begin": "lend", "while they run": "run", "when they have ended": "take"}
    place = transient_unit if moment == "while they run" else wsgi_build_commands.lent_directory
    with monkeypatch.context() as patch:
        patch.setattr(place, name[moment], fail)
        with pytest.raises(Interrupted):
            run("echo once >> log", "rm old")
    assert tree(release / "source") != before
    run("echo once >> log", "rm -f old")
    assert tree(release / "source")["log"] == "once\n"
    assert tree(release / "unbuilt") == before


def test_complete_commands_can_be_repeated_from_the_same_files(run, release: Path):
    run("echo once >> log")
    run("echo once >> log")
    assert tree(release / "source")["log"] == "once\n"


def test_restored_source_is_the_one_before(release: Path):
    before = tree(release / "source")
    unbuilt_source.set_aside(release)
    (release / "source").mkdir()
    (release / "source/new").touch()
    unbuilt_source.restore(release)
    unbuilt_source.restore(release)
    assert tree(release / "source") == before


def test_unit_writes_the_source_and_temporary_files_and_has_a_network(
    run, release: Path, units: list[dict]
):
    run("true")
    stopped, unit = units
    assert stopped["stopped"] == unit["unit"] == "bin_build.service"
    assert (unit["User"], unit["Group"], unit["PrivateNetwork"]) == ("daemon", GROUP, False)
    assert unit["TemporaryFileSystem"] == f"/dev/shm {release.parents[2]}:ro"
    assert unit["BindPaths"].split() == [f"{release}/source", f"{release}/tmp"]
    assert unit["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in unit
    environment = release.parents[1] / "environments/0123"
    assert set(unit["BindReadOnlyPaths"].split()) == {
        f"{release}/builder",
        f"{release}/unbuilt",
        f"{release}/lib",
        str(environment),
        f"{environment}:{release}/venv",
    }


def test_secrets_are_on_standard_input_alone(run, release: Path, units: list[dict]):
    run("true")
    [unit] = [unit for unit in units if "unit" in unit]
    assert json.loads(unit.pop("text"))["environ"]["TOKEN"] == TOKEN
    assert TOKEN not in str(unit)
    texts = [path.read_text(errors="replace") for path in release.rglob("*") if path.is_file()]
    assert not [text for text in texts if TOKEN in text]


def test_superseded_run_stops_no_other(run, parameters: dict, units: list[dict]):
    parameters["check"] = ["sh", "-c", "echo A newer run has begun.; exit 1"]
    with pytest.raises(BuildError, match="A newer run has begun"):
        run("true")
    assert units == []


def test_run_that_a_newer_one_stopped_says_so(run, parameters: dict, tmp_path: Path, release: Path):
    newer = tmp_path / "elsewhere/newer"
    parameters["check"] = [
        "sh",
        "-c",
        f"[ ! -e {newer} ] || {{ echo A newer run has begun.; exit 1; }}",
    ]
    with pytest.raises(BuildError, match="^A newer run has begun"):
        run(f"touch {newer}", "false")
    assert not (release / "unbuilt").exists()


def test_check_mode_runs_nothing(run_module, run, parameters: dict, units, release: Path):
    result = run_module(
        wsgi_build_commands, **parameters, commands=["touch new"], _ansible_check_mode=True
    )
    assert (result["changed"], units) == (True, [])
    assert "new" not in tree(release / "source")


def test_output_does_not_show_secrets(run_module, run, parameters: dict, monkeypatch):
    logged = []
    monkeypatch.setattr(
        AnsibleModule, "log", lambda module, message, **more: logged.append(message)
    )
    result = run_module(
        wsgi_build_commands, **parameters, commands=['echo "token is $TOKEN."', "false"]
    )
    assert "token is ********." in result["msg"]
    assert TOKEN not in str(result)
    assert TOKEN not in str(logged)


def test_separate_follows_no_link(tmp_path: Path):
    (tmp_path / "tree").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one/page").touch()
    (tmp_path / "two/page").hardlink_to(tmp_path / "one/page")
    (tmp_path / "tree/one").symlink_to(tmp_path / "one")
    hard_links.separate(tmp_path / "tree")
    assert (tmp_path / "one/page").stat().st_nlink == 2
