"""How an image comes to the host, and what is asked of it there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import wsgi_image_copy

REMOTE = "registry.example.org/shop@sha256:70f8"
IMAGE = "localhost/wsgi-shop:4d1c"
HELD = ["localhost/wsgi-shop:5e2d", REMOTE]
FIT = {"python": "/opt/bin/python3", "program": "/opt/bin/gunicorn"}
RIGHT = {**FIT, "gunicorn": "23.0.0", "werkzeug": "3.1"}


@pytest.fixture
def copy(run_module, stand_in):
    """Return a function that runs the module and tells what the engine and skopeo were asked."""

    def copy(*there: str, engine="podman", says=RIGHT, source=f"docker://{REMOTE}", **more):
        engine_commands = stand_in(
            engine,
            f"if sys.argv[1] == 'image': sys.exit(sys.argv[3] not in {list(there)!r})\n"
            f"if sys.argv[1] == 'run': print({json.dumps(says)!r})\n",
        )
        skopeo_commands = stand_in("skopeo")
        result = run_module(
            wsgi_image_copy,
            engine=engine,
            source=source,
            image=IMAGE,
            existing_names=HELD,
            user="998:997",
            **more,
        )
        return result, engine_commands(), skopeo_commands()

    return copy


@pytest.mark.parametrize(
    ("engine", "store"), [("podman", "containers-storage"), ("docker", "docker-daemon")]
)
def test_image_comes_under_the_release_s_name_alone(copy, engine: str, store: str):
    result, asked, copied = copy(engine=engine)
    assert (result["changed"], result["existing_name"]) == (True, "")
    assert copied == [["copy", "--quiet", f"docker://{REMOTE}", f"{store}:{IMAGE}"]]
    assert [command[0] for command in asked] == ["image", "image", "run"]


@pytest.mark.parametrize("name", HELD)
def test_what_the_host_has_is_not_copied(copy, name: str):
    result, asked, copied = copy(name)
    assert (result["existing_name"], copied) == (name, [])
    assert ["tag", name, IMAGE] in asked


def test_archive_is_called_what_it_is(copy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wsgi_image_copy, "identify", lambda path: ("oci-archive", "sha256:70f8"))
    _, _, copied = copy(source="/srv/shop.tar")
    assert copied[0][2] == "oci-archive:/srv/shop.tar"


def test_superseded_run_leaves_the_archive_to_the_newer_one(copy):
    """The caller removes it only after a success."""
    result, _, copied = copy(check=["sh", "-c", "echo A newer run has begun.; exit 1"])
    assert (result["failed"], result["msg"]) == (True, "A newer run has begun.")
    assert len(copied) == 1


def test_in_check_mode_nothing_happens(copy):
    result, asked, copied = copy(_ansible_check_mode=True)
    assert (result["changed"], asked, copied) == (True, [], [])


def test_probe_runs_as_the_app_user_in_a_sandbox(copy):
    _, asked, _ = copy()
    [command] = [command for command in asked if command[0] == "run"]
    sandbox = {"--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=all"}
    assert sandbox | {"--user=998:997", "--entrypoint="} <= set(command)
    assert "--security-opt=no-new-privileges" in command


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        pytest.param({**FIT, "gunicorn": "", "werkzeug": ""}, "gunicorn and werkzeug", id="both"),
        pytest.param({**RIGHT, "werkzeug": ""}, "has no werkzeug", id="no Werkzeug"),
        pytest.param({**RIGHT, "gunicorn": "22.0.0"}, "has gunicorn 22.0.0", id="old gunicorn"),
        pytest.param({**RIGHT, "program": None}, "no gunicorn in the image", id="no program"),
    ],
)  # fmt: skip
def test_image_that_cannot_serve_is_refused_in_words(copy, says: dict, problem: str):
    result, _, _ = copy(says=says)
    assert problem in result["msg"]
    assert result["msg"].endswith(wsgi_image_copy.REQUIREMENTS)


def test_image_that_does_not_start_is_refused_in_the_engine_s_words(stand_in):
    stand_in("podman", "sys.exit('exec format error')\n")
    with pytest.raises(wsgi_image_copy.ImageError, match="image: exec format error. The image"):
        wsgi_image_copy.examine("podman", IMAGE, "998:997")


@pytest.mark.parametrize(
    ("says", "option", "count"),
    [
        pytest.param({"file": "/opt/gunicorn.conf.py"}, "", 1, id="not read"),
        pytest.param({"file": "/opt/gunicorn.conf.py"}, "/opt/other.py", 0, id="another is read"),
        pytest.param({}, "", 0, id="none"),
    ],
)
def test_file_that_is_not_read_is_named(copy, warnings, says: dict, option: str, count: int):
    copy(says={**RIGHT, **says}, gunicorn_file=option)
    named = "wsgi_app_gunicorn_file: /opt/gunicorn.conf.py"
    assert [text.endswith(named) for text in warnings] == [True] * count


def test_probe_tells_the_truth(tmp_path: Path):
    program = tmp_path / "gunicorn"
    program.touch(mode=0o755)
    (tmp_path / "gunicorn.conf.py").touch()
    done = subprocess.run(
        [sys.executable, "-c", wsgi_image_copy.PROBE],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert (found["python"], found["program"]) == (sys.executable, str(program))
    assert found["file"] == str(tmp_path / "gunicorn.conf.py")
    assert int(found["gunicorn"].partition(".")[0]) >= wsgi_image_copy.OLDEST_GUNICORN
