"""A process of the app's user changes trees while root hands them over and takes them back."""

from __future__ import annotations

import many_files
import pytest
from controller import play
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
    """H4: files become links, and directories come, before it is root's."""
    builds = build("swap_files", "add_directories", tries=TRIES, **project())
    tell(f"taken back: {len(builds.builds)} tries")
    assert builds["canaries"] + builds["secrets"] + builds["writable"] == []


@pytest.mark.parametrize(
    ("names", "files"),
    [
        pytest.param(["swap_directories"], {"requirements.txt": ""}, id="handed over"),
        pytest.param(["swap_files", "add_directories"], project(), id="taken back"),
    ],
)
def test_whole_deploy(attacking, source, host, names, files):
    """C1b, H4. The build may fail: the process can break the files of its user."""
    path = source(**files)
    many_files.make(path)
    with attacking(*names):
        play(SCENARIO / "deploy.yml", **local(path))
    trees = "/srv/wsgi/evil/releases /srv/wsgi/evil/environments"
    theirs = f"find {trees} -not -type l '(' -user wsgi-evil -o -perm /0022 ')'"
    assert host.check_output(theirs) == ""
    assert host.run(f"grep -r -l CANARY-secret {trees}").stdout == ""
