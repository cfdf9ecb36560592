"""The playbooks in the clone, and the built collection."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in ROOT.glob("inventories/*"))
PLAYBOOKS = sorted(path.stem for path in ROOT.glob("playbooks/*.yml"))


@pytest.fixture(scope="module")
def archive(run, tmp_path_factory) -> Path:
    """The collection as it is published."""
    directory = tmp_path_factory.mktemp("archive")
    built = run("ansible-galaxy", "collection", "build", "--output-path", directory)
    assert built.returncode == 0, built.stderr
    return next(directory.iterdir())


@pytest.fixture(scope="module")
def elsewhere(run, archive: Path, tmp_path_factory) -> Path:
    """A directory with nothing but the installed collection."""
    directory = tmp_path_factory.mktemp("elsewhere")
    installed = run(
        "ansible-galaxy", "collection", "install", archive, "-p", directory, cwd=directory
    )
    assert installed.returncode == 0, installed.stderr
    return directory


@pytest.fixture(scope="module")
def contents(elsewhere: Path) -> set[str]:
    """Paths of all files of the installed collection."""
    top = elsewhere / "ansible_collections/subsite/deploy"
    return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_syntax_in_the_clone(run, inventory: str):
    playbooks = [f"playbooks/{name}.yml" for name in PLAYBOOKS]
    checked = run(
        "ansible-playbook", "--syntax-check", "-i", f"inventories/{inventory}", *playbooks
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_syntax_of_the_installed_collection(run, elsewhere: Path):
    playbooks = [f"subsite.deploy.{name}" for name in PLAYBOOKS]
    checked = run(
        "ansible-playbook",
        "--syntax-check",
        "-i",
        ROOT / "inventories/single_host",
        *playbooks,
        cwd=elsewhere,
        ANSIBLE_COLLECTIONS_PATH=str(elsewhere),
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "meta/runtime.yml",
        "playbooks/site.yml",
        "plugins/modules/file_set.py",
        "roles/nginx_site/meta/argument_specs.yml",
        "roles/wsgi_app/files/subsite_wsgi/wrapper.py",
        "roles/wsgi_app/vars/main/names.yml",
    ],
)
def test_archive_holds(contents: set[str], path: str):
    assert path in contents


def test_archive_holds_nothing_else(contents: set[str]):
    documents = {
        "MANIFEST.json",
        "FILES.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    }
    parts = {path.split("/")[0] for path in contents} - documents
    assert parts == {"app", "meta", "playbooks", "plugins", "roles"}
    assert {path for path in contents if path.startswith("app/")} == {"app/page/journey.css"}


@pytest.mark.parametrize("pattern", ["__pycache__", ".pyc", "/."])
def test_archive_holds_no(contents: set[str], pattern: str):
    assert [path for path in contents if pattern in f"/{path}"] == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        pytest.param(
            ["command=id"],
            "wsgi_app is '', but no host of this play has an app of this name: add for example "
            "-e wsgi_app=shop.",
            id="no app",
        ),
        pytest.param(
            ["command=id", "wsgi_app=shpo"],
            "wsgi_app is 'shpo', but no host of this play has an app of this name: add for example "
            "-e wsgi_app=shop.",
            id="misspelt app",
        ),
        pytest.param(["wsgi_app=demo"], "command is '': write it with quotes", id="no command"),
        pytest.param(
            ["wsgi_app=demo", "command=flask db current"],
            "command is 'flask': write it with quotes inside of quotes",
            id="command without inner quotes",
        ),
        pytest.param(
            ["wsgi_app=demo", "command=flask --app=shop"],
            "command is 'flask': write it with quotes inside of quotes",
            id="option without inner quotes",
        ),
    ],
)
def test_command_is_complete(run, variables: list[str], message: str):
    options = [word for variable in variables for word in ("-e", variable)]
    done = run("ansible-playbook", "-i", "inventories/single_host", "playbooks/run.yml", *options)
    assert done.returncode != 0
    assert message in " ".join(done.stdout.split())


def test_host_without_the_program_is_not_a_command_that_fails(run):
    """This machine has no app."""
    variables = ["ansible_connection=local", "wsgi_app=demo", "command=id"]
    options = [word for variable in variables for word in ("-e", variable)]
    done = run("ansible-playbook", "-i", "inventories/single_host", "playbooks/run.yml", *options)
    assert done.returncode != 0
    assert "No such file or directory" in done.stdout
    assert "The command ended" not in done.stdout
