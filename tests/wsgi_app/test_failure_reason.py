"""Why a release failed: real failures of gunicorn, of installers and of commands."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.filter.failure_reason import failure_reason
from situations import SITUATIONS, same

NAME, RELEASE = "shop", "0123456789ab"
OF_GUNICORN = [name for name, situation in SITUATIONS.items() if situation.needs == "gunicorn"]


@pytest.fixture
def reason(tmp_path_factory) -> Callable[..., list[str]]:
    """Return a function that explains the failure of an action."""

    def explain(
        action: str,
        *,
        output: Iterable[str] = (),
        journal: Iterable[dict] = (),
        message: str = "",
        files: Iterable[str] = (),
        source_dir: str = "/srv/wsgi/shop/releases/0123456789ab/source",
        **inputs,
    ) -> list[str]:
        return failure_reason(
            {"output": list(output), "journal": list(journal)},
            message,
            action=f"subsite.deploy.{action}",
            name=NAME,
            release=RELEASE,
            inputs={"network": "none", "health": {}, "limits": {}, **inputs},
            source_dir=source_dir,
            source_files=files,
            python="{}.{}".format(*sys.version_info[:2]),
        )

    return explain


def written(text: str, unit: str = f"wsgi-{NAME}.{RELEASE}.service", by: str = f"wsgi-{NAME}"):
    """Return ``text`` as lines of the journal."""
    return [{"unit": unit, "identifier": by, "message": line} for line in text.splitlines()]


def variables(inputs: dict) -> dict:
    """Return inputs with the prefix of the role."""
    return {f"wsgi_app_{option}": value for option, value in inputs.items()}


@pytest.mark.parametrize("name", OF_GUNICORN)
def test_release_that_does_not_start(gunicorn, reason, name: str):
    situation = SITUATIONS[name]
    inputs, files = situation.inputs(), situation.source()
    process = gunicorn(files, inputs.get("environment"), **variables(inputs))
    lines = reason(
        "wsgi_switch",
        journal=written(process.ending()),
        message="The web process did not start (exit-code).",
        files=files,
        source_dir=str(process.top / "source"),
        **inputs,
    )
    assert same("\n".join(lines)) == situation.report


@pytest.mark.parametrize("name", [name for name in OF_GUNICORN if SITUATIONS[name].is_followed])
def test_fix_lets_it_start(gunicorn, name: str):
    inputs = SITUATIONS[name].inputs(fixed=True)
    environ = {**inputs.get("environment", {}), **inputs.get("secrets", {})}
    process = gunicorn(SITUATIONS[name].source(fixed=True), environ, **variables(inputs))
    process.notifications.settimeout(30)
    assert b"READY=1" in process.notifications.recv(4096)


RECORDED = json.loads(Path(__file__).parents[1].joinpath("recorded_failures.json").read_text())
"""What releases on a host have written; molecule/failures/tests/test_situations.py records it."""


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_failure(name: str):
    failure, situation = RECORDED[name], SITUATIONS[name]
    release = failure["release"]
    journal = [
        dict(zip(("unit", "identifier", "message"), entry.split(" ", 2), strict=True))
        for entry in failure["journal"]
    ]
    lines = failure_reason(
        {"output": failure["output"], "journal": journal},
        failure["message"],
        action=failure["action"],
        name=name,
        release=release,
        inputs={"network": "none", "health": {}, "limits": {}, **situation.inputs()},
        source_dir=f"/srv/wsgi/{name}/releases/{release}/source",
        source_files=situation.source(),
        python="3.13",
    )
    assert same("\n".join(lines)) == situation.report


BUILD_SYSTEM = (
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
)
PROJECT = f'{BUILD_SYSTEM}[project]\nname = "shop"\nversion = "1"\n'
NO_SUCH_INDEX = "http://127.0.0.1:9/simple/"
ZEROS = f"sha256:{'0' * 64}"
CANNOT_REACH = (
    "Fix: The build cannot reach this address. It uses the host's network: check index-url, "
    "extra-index-url or proxy in /etc/pip.conf on the host."
)
CHANGED = (
    "Fix: The package is not the one of the lock. If its author has replaced it, make the hashes "
    "again, for example with pip-compile --generate-hashes; otherwise, do not install it."
)
ALL_NEED_HASHES = (
    "Fix: A requirements.txt with hashes needs one for each package, also for those that others "
    "require: write it with pip-compile --generate-hashes or uv pip compile --generate-hashes."
)
BUILDS = {
    "no package, by uv": (
        "uv",
        SITUATIONS["no-package"].files,
        {},
        SITUATIONS["no-package"].report,
    ),
    "no version, by pip": (
        "pip",
        SITUATIONS["no-package-pip"].files,
        {},
        SITUATIONS["no-package-pip"].report,
    ),
    "conflict, by uv": ("uv", SITUATIONS["conflict"].files, {}, SITUATIONS["conflict"].report),
    "conflict, by pip": (
        "pip",
        SITUATIONS["conflict"].files,
        {},
        "ERROR: Cannot install -r requirements.txt (line 1) and werkzeug==2.3.8 because these "
        "package versions have conflicting dependencies.\n"
        "  The user requested werkzeug==2.3.8\n"
        "  flask 3.1.0 depends on Werkzeug>=3.1\n"
        "Fix: These requirements exclude each other: change the version of one of them in the "
        "project's requirements or in wsgi_app_packages.",
    ),
    "invalid line, by uv": (
        "uv",
        SITUATIONS["invalid-line"].files,
        {},
        SITUATIONS["invalid-line"].report,
    ),
    "other hash, by uv": (
        "uv",
        {"requirements.txt": f"itsdangerous==2.2.0 --hash={ZEROS}\n"},
        {},
        "error: Failed to download `itsdangerous==2.2.0`\n"
        "  cause: Hash mismatch for `itsdangerous==2.2.0`\n"
        "  Expected:\n"
        f"  {ZEROS}\n"
        "  Computed:\n"
        "  sha256:c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef\n"
        f"{CHANGED}",
    ),
    "hash is missing, by uv": (
        "uv",
        {"requirements.txt": f"flask==3.1.0 --hash={ZEROS}\n"},
        {},
        "error: Hash-checking is required, but no trusted hash was provided for: `werkzeug`\n"
        f"{ALL_NEED_HASHES}",
    ),
    "index does not answer, by uv": (
        "uv",
        {"requirements.txt": "flask\n"},
        {"UV_DEFAULT_INDEX": NO_SUCH_INDEX, "UV_HTTP_RETRIES": "0"},
        "error: Failed to fetch: http://127.0.0.1:9/simple/flask/\n"
        "  cause: tcp connect error\n"
        "  cause: Connection refused (os error 111)\n"
        f"{CANNOT_REACH}",
    ),
    "git is missing, by uv": (
        "uv",
        SITUATIONS["git-program"].files,
        {"PATH": "/nonexistent"},
        SITUATIONS["git-program"].report,
    ),
    "git is missing, by pip": (
        "pip",
        SITUATIONS["git-program"].files,
        {"PATH": "/nonexistent"},
        "ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git "
        "version\n"
        "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?\n"
        "Fix: Set wsgi_app_system_packages: [git].",
    ),
    "project with several directories, by uv": (
        "uv",
        {"pyproject.toml": PROJECT, "web/__init__.py": "", "jobs/__init__.py": ""},
        {},
        "error: Multiple top-level packages discovered in a flat-layout: ['web', 'jobs'].\n"
        "  in the build of shop\n"
        "Fix: Name what belongs to the project in its pyproject.toml, as [tool.setuptools] "
        'packages = ["shop"]; or remove the [build-system] if the app runs from its source.',
    ),
    "build needs a module, by uv": (
        "uv",
        {"setup.py": "import cython\n"},
        {},
        "ModuleNotFoundError: No module named 'cython'\n"
        "Fix: Add 'cython' to the requires of [build-system] in the project's pyproject.toml.",
    ),
    "build needs a module, by pip": (
        "pip",
        {"setup.py": "import cython\n"},
        {},
        "ModuleNotFoundError: No module named 'cython'\n"
        "Fix: Add 'cython' to the requires of [build-system] in the project's pyproject.toml.",
    ),
    "header is missing": (
        "uv",
        {
            "setup.py": (
                "from setuptools import Extension, setup\n"
                'setup(name="shop", version="1", ext_modules=[Extension("fast", ["fast.c"])])\n'
            ),
            "fast.c": "#include <xmlsec/xmlsec.h>\n",
        },
        {},
        "fast.c:1:10: fatal error: xmlsec/xmlsec.h: No such file or directory\n"
        "  in the build of shop\n"
        "Fix: Set wsgi_app_system_packages: [libxmlsec1-dev].",
    ),
    "compiler is missing": (
        "uv",
        {
            "setup.py": (
                "from setuptools import Extension, setup\n"
                'setup(name="shop", version="1", ext_modules=[Extension("fast", ["fast.c"])])\n'
            ),
            "fast.c": "int fast;\n",
        },
        {"CC": "x86_64-linux-gnu-gcc", "PATH": "/nonexistent"},
        "error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'\n"
        "  in the build of shop\n"
        "Fix: Set wsgi_app_system_packages: [gcc, libc6-dev, python3-dev].",
    ),
}
"""Failing builds: the installer, the source, environment variables, and the report."""


def environ_without_columns() -> dict[str, str]:
    """Return the environment variables of this process, but for the width of its terminal."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def built(installer: str, source: Path, environ: dict[str, str]) -> str:
    """Return the output of an installer as a build has it: its command, and what it writes."""
    python = sys.executable
    uv = str(Path(python).with_name("uv"))
    command = {
        "uv": [uv, "pip", "install", "--quiet", "--no-cache", "--python", python],
        "pip": [python, "-I", "-m", "pip", "install", "--no-cache-dir", "--progress-bar=off"],
    }[installer]
    requirements = source / "requirements.txt"
    what = ["--requirement", "requirements.txt"] if requirements.exists() else [str(source)]
    if "--hash" in (requirements.read_text() if requirements.exists() else ""):
        what = ["--require-hashes", *what]
    done = subprocess.run(
        [*command, "--target", str(source.parent / "lib"), *what],
        cwd=source,
        env={**environ_without_columns(), "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environ},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    return f"{' '.join([*command, *what])}\n{(done.stdout + done.stderr).strip()}"


@pytest.mark.parametrize(("installer", "files", "environ", "report"), BUILDS.values(), ids=BUILDS)
def test_build_that_fails(reason, tmp_path: Path, installer, files, environ, report):
    source = tmp_path / "wsgi-release-0123/source"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    output = built(installer, source, environ).splitlines()
    lines = reason("wsgi_release", output=output, files=files)
    assert "\n".join(lines).replace(str(source), "SOURCE") == report


PODMAN = {
    "build command": (
        """\
[3/4] STEP 2/3: COPY build_commands /build_commands
--> 5f8b8e25254
[3/4] STEP 3/3: RUN HOME=/tmp /bin/sh -aec 'cd /; /bin/sh -ev /build_commands'
msgfmt --version
/build_commands: 1: msgfmt: not found
Error: building at STEP "RUN HOME=/tmp /bin/sh -aec 'cd /; /bin/sh -ev /build_commands'": while \
running runtime: exit status 127
""",
        [
            "/build_commands: 1: msgfmt: not found",
            "  msgfmt --version",
            "Fix: Set wsgi_app_system_packages: [gettext].",
        ],
    ),
    "package": (
        """\
[2/2] STEP 2/2: RUN PYTHONPATH=/builder python3 -m build_in_image environment
/srv/wsgi/shop/environment/bin/python -m pip install subsite-has-no-such-package
error: No solution found when resolving dependencies
  cause: Because there is no version of flask==99 and you require flask==99, we can conclude that \
your requirements are unsatisfiable.
Error: building at STEP "RUN PYTHONPATH=/builder python3 -m build_in_image environment": while \
running runtime: exit status 1
""",
        [
            "error: No solution found when resolving dependencies",
            "  cause: Because there is no version of flask==99 and you require flask==99, we can "
            "conclude that your requirements are unsatisfiable.",
            "Fix: The index does not have it: check the name and the version. If another index has "
            "it, set extra-index-url in /etc/pip.conf on the host.",
        ],
    ),
    "base image": (
        """\
STEP 1/1: FROM registry.example.org/none:1
Trying to pull registry.example.org/none:1...
Error: creating build container: initializing source docker://registry.example.org/none:1: \
pinging container registry registry.example.org: no such host
""",
        [
            "Error: creating build container: initializing source "
            "docker://registry.example.org/none:1: pinging container registry "
            "registry.example.org: no such host",
            "Fix: wsgi_app_base_image is 'registry.example.org/none:1', which the host cannot get: "
            "check the name, and whether the host reaches this registry; or name an image that the "
            "host has.",
        ],
    ),
}
"""What podman 4.3 writes of builds that fail, and the report."""


@pytest.mark.parametrize(("output", "report"), PODMAN.values(), ids=PODMAN)
def test_build_of_an_image_that_fails(reason, output: str, report: list[str]):
    lines = reason(
        "wsgi_image",
        output=output.splitlines(),
        backend="podman",
        base_image="registry.example.org/none:1",
    )
    assert lines == report


@pytest.mark.parametrize(
    ("files", "source", "fix"),
    [
        pytest.param(["app.py"], {}, "wsgi_app_packages.", id="no file"),
        pytest.param(
            ["pyproject.toml", "requirements.txt", "uv.lock"],
            {},
            "pyproject.toml and run 'uv lock', or add it to wsgi_app_packages. The role does not "
            "read requirements.txt.",
            id="lock",
        ),
        pytest.param(
            ["Pipfile", "Pipfile.lock"],
            {},
            "Pipfile and run 'pipenv lock', or add it to wsgi_app_packages.",
            id="lock of a Pipfile",
        ),
        pytest.param(
            ["pylock.toml", "pyproject.toml"],
            {},
            "pylock.toml with the tool that has made it, or to wsgi_app_packages.",
            id="standard lock",
        ),
        pytest.param(
            ["Pipfile", "requirements.txt"],
            {},
            "requirements.txt or to wsgi_app_packages. The role does not read Pipfile.",
            id="requirements.txt before a Pipfile",
        ),
        pytest.param(
            ["Pipfile", "pyproject.toml"],
            {},
            "Pipfile or to wsgi_app_packages.",
            id="Pipfile before a project",
        ),
        pytest.param(
            ["requirements/base.txt", "uv.lock"],
            {"requirements": ["requirements/base.txt"]},
            "requirements/base.txt or to wsgi_app_packages.",
            id="choice",
        ),
        pytest.param(
            ["pylock.web.toml", "requirements.txt"],
            {},
            "requirements.txt or to wsgi_app_packages. The role does not read pylock.web.toml.",
            id="standard lock with a name",
        ),
    ],
)
def test_missing_package_belongs_into_the_file_that_decides(reason, files, source, fix):
    journal = written("ModuleNotFoundError: No module named 'redis'")
    lines = reason("wsgi_switch", journal=journal, files=files, source=source)
    assert lines[-1] == f"Fix: Add 'redis' to {fix}"


@pytest.fixture
def closed_index(status: int) -> Iterator[str]:
    """The URL of an index that answers with an error."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://me:secret@127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
        thread.join()


# pip does not say that an index has answered 403.
@pytest.mark.parametrize(("installer", "status"), [("uv", 401), ("uv", 403), ("pip", 401)])
def test_credentials_that_an_index_refuses(reason, closed_index, tmp_path: Path, installer: str):
    (tmp_path / "requirements.txt").write_text("subsite-has-no-such-package\n")
    environ = {
        "UV_DEFAULT_INDEX": closed_index,
        "PIP_INDEX_URL": closed_index,
        "PIP_CONFIG_FILE": os.devnull,
    }
    lines = reason("wsgi_release", output=built(installer, tmp_path, environ).splitlines())
    assert lines[-1].startswith("Fix: The index wants other credentials: check its address")
    assert "wsgi_app_build_environment" in lines[-1]
    assert "secret" not in "\n".join(lines)


def test_option_of_the_command_is_no_reason(reason):
    """What has hashes is installed by a command that names them, whatever stops it."""
    output = """\
/srv/wsgi/.tools/uv-3.13/bin/uv pip install --no-deps --requirement=lock.txt --require-hashes
error: Failed to download and build `uwsgi==2.0.31`
  cause: The build backend returned an error
         Traceback (most recent call last):
           File "<string>", line 14, in <module>
         Exception: you need a C compiler to build uWSGI
"""
    assert reason("wsgi_release", output=output.splitlines())[-1].startswith(
        "Fix: Set wsgi_app_system_packages: ["
    )
    unknown = output.replace("you need a C compiler to build uWSGI", "unknown")
    assert not reason("wsgi_release", output=unknown.splitlines())[-1].startswith("Fix:")


def test_module_with_the_name_of_one_of_python(reason):
    source = "/srv/wsgi/shop/releases/0123456789ab/source"
    text = f"ImportError: cannot import name 'EXACT' from 'token' ({source}/lib/token.py)"
    lines = reason("wsgi_switch", journal=written(text), files=["lib/token.py"])
    assert lines[-1] == (
        "Fix: Rename lib/token.py: Python has a module of this name, and its own code imports "
        "yours in its place."
    )


def test_version_of_uv_that_a_project_does_not_allow(reason, tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nrequired-version = "<0.1"\n')
    done = subprocess.run(["uv", "lock", "--check"], cwd=tmp_path, capture_output=True, text=True)
    refused = "uv.lock does not match pyproject.toml, or cannot be checked. Run 'uv lock'."
    lines = reason("wsgi_release", output=[refused, *done.stderr.splitlines()])
    assert lines[0].startswith("error: Required uv version `<0.1`")
    assert lines[-1].startswith("Fix: The project wants uv <0.1, and the role has ")


def test_proxy_of_build_commands_is_not_one_of_the_app(reason):
    output = ["curl: (6) Could not resolve host: example.org"]
    assert reason("wsgi_build_commands", output=output)[-1].endswith(
        "For a proxy, set HTTPS_PROXY in wsgi_app_build_environment."
    )


@pytest.mark.parametrize(
    "error",
    [
        "PermissionError: [Errno 13] Permission denied: '/var/lib/wsgi/shop/data/settings.yaml'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/var/lib/wsgi/shop/data/a.toml'",
    ],
)
def test_build_commands_do_not_see_data(reason, error: str):
    assert reason("wsgi_build_commands", output=[error])[-1] == (
        "Fix: Build commands do not see the data of the app, which wsgi_app_files are among: set "
        "in wsgi_app_build_environment what the command needs instead, or run it in "
        "wsgi_app_setup_commands."
    )


def test_failed_handling_of_an_exception_comes_first(reason):
    """Of two exceptions, the later one is the reason; one that Python ignores is none."""
    text = """\
Traceback (most recent call last):
  File "/srv/wsgi/shop/releases/0123456789ab/source/shop.py", line 1, in <module>
    first()
KeyError: 'first'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/wsgi/shop/releases/0123456789ab/source/shop.py", line 3, in <module>
    second()
    ~~~~~~^^
RuntimeError: second
with more
Exception ignored in: <function Pool.__del__ at 0x7f>
Traceback (most recent call last):
  File "/usr/lib/python3.13/pool.py", line 1, in __del__
    close()
ValueError: third
"""
    assert reason("wsgi_switch", journal=written(text)) == [
        "RuntimeError: second",
        "with more",
        "Exception ignored in: <function Pool.__del__ at 0x7f>",
        "  at shop.py, line 3: second()",
    ]


def test_other_units_are_not_the_reason(reason):
    """A setup command has written a traceback, and has succeeded."""
    setup = written(
        "Traceback (most recent call last):\nKeyError: 'SETUP'", "wsgi-shop_setup.1.service"
    )
    web = written("The shop has no address.")
    assert reason("wsgi_switch", journal=[*setup, *web]) == ["The shop has no address."]


def test_command_that_has_succeeded_is_not_the_reason(reason):
    text = "Traceback (most recent call last):\nKeyError: 'EARLIER'\n" + "line\n" * 20 + "the end\n"
    lines = reason("wsgi_build_commands", output=text.splitlines())
    assert "KeyError" not in "".join(lines)
    assert lines[-1] == "the end"


@pytest.mark.parametrize("process", ["worker", "worker_2"])
def test_reason_is_of_the_process_that_has_failed(reason, process: str):
    def unit(name: str) -> str:
        return f"wsgi-shop_process_{name}.{RELEASE}.service"

    journal = [
        *written("KeyError: 'OTHER'", unit("beat"), "wsgi-shop-beat"),
        *written("no queue", unit(process), "wsgi-shop-worker"),
    ]
    message = "The background process 'worker' of wsgi_app_processes ended within 5 s (exit-code)."
    assert reason("wsgi_switch", journal=journal, message=message) == ["no queue", message]


def test_message_of_another_task_is_the_reason(reason):
    message = "No room.\n[Errno 28] No space left on device: '/srv/wsgi/shop'"
    assert reason("file_set", message=message, keep_releases=5) == [
        *message.splitlines(),
        "Fix: A file system of the host is full: df -h /srv /var /tmp shows which one. A smaller "
        "wsgi_app_keep_releases, now 5, keeps fewer releases.",
    ]


def test_lines_and_their_number_are_bounded(reason):
    lines = reason("wsgi_build_commands", output=["x" * 10_000] * 100)
    assert len(lines) <= 12
    assert max(map(len, lines)) == 300


def test_report_has_at_most_twenty_lines(wsgi_app, inputs):
    """The longest report: many lines, and a signal that another release may have sent."""
    text = "\n".join(f"ValueError: {number}" for number in range(100))
    failed = {
        "__wsgi_app_failure": {"output": [], "journal": written(text)},
        "ansible_failed_task": {"name": "switch | Start", "action": "subsite.deploy.wsgi_switch"},
        "ansible_failed_result": {"msg": "The web process did not start (signal)."},
        "__wsgi_app_can_signal_release": True,
        "__wsgi_app_replaced_release": "4d1c",
        "__wsgi_app_stops_on_failure": True,
    }
    report = wsgi_app.value(
        "lookup('ansible.builtin.template', 'failure.txt.j2')", {**inputs, **failed}
    )
    assert "Release 4d1c still serves." in report
    assert len(report.splitlines()) <= 20


def test_report_of_a_host_that_another_one_ends(wsgi_app, inputs):
    """With any_errors_fatal, Ansible names no task that has failed here."""
    ended = {
        "__wsgi_app_failure": {"output": [], "journal": []},
        "__wsgi_app_replaced_release": "4d1c",
        "__wsgi_app_stops_on_failure": True,
    }
    report = wsgi_app.value(
        "lookup('ansible.builtin.template', 'failure.txt.j2')", {**inputs, **ended}
    )
    assert report.startswith(
        "Another host failed, so release 0123456789ab of shop does not serve and was removed. "
        "Release 4d1c still serves.\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "'" * 10_000,
        "lib." * 2_500,
        "connect " * 1_250,
        ": 1 Requires-Python " * 500,
        "401 " * 2_500,
        "require you require " * 500,
        "Traceback (most recent call last):",
        "make sure The virtual environment was not created " * 200,
    ],
    ids=lambda text: text[:12],
)
def test_output_that_an_attacker_has_written_is_read_in_time(reason, text: str):
    """No pattern of the table goes back again and again: that would take minutes."""
    start = time.monotonic()
    reason("wsgi_release", output=[text] * 300)
    reason("wsgi_switch", journal=written("\n".join([text] * 300)))
    assert time.monotonic() - start < 60
