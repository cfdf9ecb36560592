"""Build a source again and again with the module of the role, and print what each build left.

Reads from standard input, as JSON: the ``attacks`` of intruder.py that go on meanwhile, the user
who runs them (``attacker``), the ``files`` of the source, whether it is ``large``, how often to
build it (``tries``), and whether a run is killed first when the build has begun (``cut_off``). It
stops at the first success of an attack. Prints a list with what each build left.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import many_files
from ansible.module_utils.testing import patch_module_args
from ansible_collections.subsite.deploy.plugins.modules import wsgi_release
from patience import eventually

USER, BUILDER = "wsgi-evil", "wsgi_evil"
HOME = Path("/srv/wsgi/evil")
CANARIES = Path("/opt/canary")
NUMBERS = {user: pwd.getpwnam(user).pw_uid for user in (USER, BUILDER)}
GROUP = pwd.getpwnam(USER).pw_gid


def main() -> None:
    """Run the builds that standard input describes."""
    task = json.load(sys.stdin)
    # Otherwise each build would wait for the disk of the whole machine.
    os.sync = lambda: None
    template = Path("/opt/attacks/release")
    shutil.rmtree(template, ignore_errors=True)  # left by an interrupted run
    make_release(template, task["files"], task["large"])
    intruder = subprocess.Popen(
        [sys.executable, "/opt/attacks/intruder.py", *task["attacks"]],
        stdin=subprocess.PIPE,
        user=NUMBERS[task["attacker"]],
        group=GROUP,
        extra_groups=[],
    )
    left = []
    try:
        while len(left) < task["tries"] and not any(
            build[kind] for build in left for kind in ("canaries", "writable", "secrets")
        ):
            left.append(attempt(template, len(left), task["cut_off"]))
    finally:
        intruder.communicate()
        shutil.rmtree(template)
    print(json.dumps(left))


def attempt(template: Path, number: int, cut_off: bool) -> dict:
    """Build once, return what it left, and remove it."""
    release = HOME / "releases" / f"try_{os.getpid()}_{number}"
    subprocess.run(["cp", "--archive", template, release], check=True)
    with (release / "source/requirements.txt").open("a") as requirements:
        requirements.write(f"# {release.name}\n")
    before = rights(CANARIES)
    if cut_off:
        build_partly(release)
    result = build(release)
    environment = HOME / "environments" / result.get("environment", "none")
    trees = [path for path in (release, environment) if path.exists()]
    left = {
        "messages": [result["msg"]] if "msg" in result else [],
        "canaries": sorted(rights(CANARIES) - before),
        "writable": [path for tree in trees for path in writable(tree)],
        "secrets": [path for tree in trees for path in files_with_secret(tree)],
    }
    for tree in trees:
        shutil.rmtree(tree)
    subprocess.run(["chown", "--recursive", "root:root", CANARIES], check=True)
    return left


def make_release(release: Path, files: dict[str, str], large: bool) -> None:
    """Place a source as the role does: root's, and for the app's group to read."""
    source = release / "source"
    source.mkdir(parents=True)
    if large:
        many_files.make(source)
    for name, text in ({"requirements.txt": ""} | files).items():
        (source / name).write_text(text)
    (release / "lib").mkdir()
    subprocess.run(["chown", "--recursive", f"root:{USER}", release], check=True)
    subprocess.run(["chmod", "--recursive", "u=rwX,g=rX,o=", release], check=True)


def build(release: Path) -> dict:
    """Run the module as Ansible does, and return its result."""
    arguments = {
        "path": str(release),
        "environments": str(HOME / "environments"),
        "cache": "/var/cache/wsgi/evil",
        "tools": "/srv/wsgi/.tools",
        "user": BUILDER,
        "group": USER,
        "requirements": [],
        # As in the role: otherwise the attacker would end builds before root's part begins.
        "sandbox": {"PrivateTmp": True},
    }
    said = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(said):
        with contextlib.suppress(SystemExit):
            wsgi_release.main()
    return json.loads(said.getvalue())


def build_partly(release: Path) -> None:
    """Kill a run when its environment is marked complete.

    :raises AssertionError: when none says so.
    """
    run = os.fork()
    if not run:
        os.setsid()
        build(release)
        os._exit(0)
    is_marked = eventually(lambda: any((HOME / "environments").glob("*/.complete")), 60)
    os.killpg(run, signal.SIGKILL)
    os.waitpid(run, 0)
    assert is_marked


def rights(top: Path) -> set[str]:
    """Return owners and modes of ``top`` and the files in it."""
    found = [(path, path.lstat()) for path in (top, *top.iterdir())]
    return {f"{path} {s.st_uid}:{s.st_gid} {s.st_mode:o}" for path, s in found}


def writable(top: Path) -> list[str]:
    """Return what a user of the app could change below ``top``; links have no modes."""
    owned = [word for number in NUMBERS.values() for word in ("-uid", str(number), "-o")]
    theirs = ["(", *owned, "-perm", "/0022", ")", "-not", "-type", "l"]
    return output("find", str(top), *theirs)


def files_with_secret(top: Path) -> list[str]:
    """Return the files below ``top`` with content that only root may read."""
    return output("grep", "--recursive", "--files-with-matches", "CANARY-secret", str(top))


def output(*command: str) -> list[str]:
    """Return the lines that ``command`` writes, whether it finds any or not."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()


if __name__ == "__main__":
    main()
