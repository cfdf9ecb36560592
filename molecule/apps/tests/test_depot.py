"""A project in a directory of its repository, with a lock, and a library beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from client import ask
from controller import EPHEMERAL, deploy

APPS = [
    pytest.param("depot", id="from git, built by uv"),
    pytest.param("store", id="from a directory, built by pip"),
]


@pytest.fixture
def source(tmp_path: Path) -> dict[str, str]:
    """A copy of the source that can be changed."""
    copy = shutil.copytree(EPHEMERAL / "sources/depot", tmp_path / "depot")
    return {"type": "local", "path": str(copy), "directory": "apps/web"}


def facts(app: str) -> dict:
    return ask(f"/{app}/facts").json


@pytest.mark.parametrize("app", APPS)
class TestDeployed:
    def test_lock_decides_the_version(self, app: str):
        assert facts(app)["flask"] == "3.0.3"

    def test_templates_are_those_of_the_source(self, app: str):
        assert b"bread, salt" in ask(f"/{app}/").body

    def test_instance_folder_is_shared(self, host, release, app: str):
        visits = facts(app)["visits"]
        assert facts(app)["instance"] == f"{release(app)}/source/apps/web/instance"
        shared = host.file(f"/var/lib/wsgi/{app}/shared/instance/visits")
        assert shared.size > visits

    def test_project_has_its_metadata_and_commands(self, host, app: str):
        assert facts(app)["depot"] == "1.0"
        assert host.check_output("wsgi-run %s count-depot", app) == "2"

    def test_nothing_links_to_where_it_was_built(self, host, release, app: str):
        links = "grep -rlE '/(var/)?tmp/' --include=*.pth"
        assert host.run(f"{links} $(realpath {release(app)}/venv)").stdout == ""


class TestChanges:
    """Deploys of the depot from a directory."""

    @pytest.fixture(autouse=True)
    def as_it_was(self):
        yield
        deploy("depot.yml")

    def test_library_beside_the_app_is_rebuilt(self, source: dict):
        library = Path(source["path"], "libs/stock/stock.py")
        library.write_text(library.read_text().replace("salt", "pepper"))
        deploy("depot.yml", wsgi_app_source=source)
        assert [facts(app)["goods"] for app in ("depot", "store")] == [["bread", "pepper"]] * 2

    def test_code_of_the_app_shares_the_environment(self, host, release, source: dict):
        deploy("depot.yml", wsgi_app_source=source)
        before = release("depot"), host.check_output(f"readlink {release('depot')}/venv")
        Path(source["path"], "apps/web/depot/more.py").touch()
        deploy("depot.yml", wsgi_app_source=source)
        after = release("depot"), host.check_output(f"readlink {release('depot')}/venv")
        assert (before[0] != after[0], before[1] == after[1]) == (True, True)

    def test_refresh_is_a_release_that_stays(self, host, release):
        before = host.check_output(f"readlink {release('depot')}/venv")
        deploy("depot.yml", wsgi_app_refresh=True)
        refreshed = release("depot"), host.check_output(f"readlink {release('depot')}/venv")
        assert refreshed[1] != before
        assert deploy("depot.yml").changed == 0
        assert release("depot") == refreshed[0]
