"""A process changes trees while root hands them over and takes them back, or attacks builds."""

from __future__ import annotations

import many_files
import pytest
from controller import deploy
from taken_over import SCENARIO, TRIES, local, project

pytestmark = pytest.mark.usefixtures("canaries")


def test_source_owner_changes(build, tell):
    """C1b: a directory of it becomes a link before root is there."""
    builds = build("swap_directories", tries=TRIES, large=True)
    tell(f"handed over: {len(builds.builds)} tries")
    # The attacker cannot change the files of a build: all builds succeed.
    assert builds["messages"] == []
    assert builds["canaries"] + builds["secrets"] == []


def test_library_owner_changes(build, tell):
    """H4: files become links, and directories come, before it is root's.

    The process is of the user of builds, as one that a build would leave.
    """
    attacks = ("swap_files", "add_directories")
    builds = build(*attacks, attacker="wsgi_evil", tries=TRIES, **project())
    tell(f"taken back: {len(builds.builds)} tries")
    assert builds["canaries"] + builds["secrets"] + builds["writable"] == []


@pytest.mark.parametrize("attack", ["kill_processes", "overwrite_memory", "swap_files"])
def test_process_of_the_app_does_not_end_a_build(build, attack):
    """L9. It is outside of the sandbox, and may signal all that has its user."""
    assert build(attack, **project())["messages"] == []


@pytest.mark.parametrize(
    ("names", "files"),
    [
        pytest.param(["swap_directories"], {"requirements.txt": ""}, id="handed over"),
        pytest.param(["swap_files", "add_directories"], project(), id="taken back"),
    ],
)
def test_whole_deploy(attacking, source, host, names, files):
    """C1b, H4. The process cannot change the files of a build."""
    path = source(**files)
    many_files.make(path)
    with attacking(*names):
        deploy(SCENARIO / "deploy.yml", **local(path))
    trees = "/srv/wsgi/evil/releases /srv/wsgi/evil/environments"
    users = "-user wsgi-evil -o -user wsgi_evil"
    theirs = f"find {trees} -not -type l '(' {users} -o -perm /0022 ')'"
    assert host.check_output(theirs) == ""
    assert host.run(f"grep -r -l CANARY-secret {trees}").stdout == ""
