"""Input errors of the role wsgi_app, and inputs that it accepts."""

import os
import subprocess
from pathlib import Path

import pytest

TEXT = "use letters, digits and '_', as in 'API_KEY'."
SOURCE = str(Path(__file__).parents[1] / "apps")
EXAMPLES = sorted(path.name for path in Path(__file__).parents[2].glob("inventories/*"))


@pytest.fixture(scope="module")
def specified(wsgi_app):
    return lambda **settings: wsgi_app.specification_errors({"wsgi_app_name": "shop", **settings})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("shop", id="no attribute"),
        pytest.param("shop:", id="empty attribute"),
        pytest.param(":app", id="no module"),
        pytest.param("shop-api:app", id="hyphen"),
        pytest.param("shop/wsgi:app", id="path"),
        pytest.param("2shop:app", id="digit first"),
        pytest.param("shop:app.wsgi", id="attribute of an attribute"),
        pytest.param("shop:apps[0]", id="subscript"),
        pytest.param("shop:create_app(", id="open parenthesis"),
        pytest.param("shop:create_app(CONFIG)", id="argument that is no literal"),
        pytest.param("shop:create_app(open('x'))", id="call as an argument"),
        pytest.param("shop:create_app(mode=MODE)", id="keyword that is no literal"),
        pytest.param("shop:lambda: 1", id="lambda"),
        pytest.param("shop:import os", id="statement"),
        pytest.param("shop: app", id="space"),
        pytest.param("shop wsgi:app", id="space in the module"),
    ],
)
def test_callable(input_errors, value: str):
    assert input_errors(wsgi_app_callable=value) == [
        f"wsgi_app_callable is {value!r}: write 'module:attribute', as in 'shop.wsgi:app', or a "
        "factory with literal arguments, as in \"shop:create_app('production')\"."
    ]


def test_prefix_of_the_root(input_errors):
    said = "wsgi_app_prefix is '/': leave it empty for the root of the site."
    assert input_errors(wsgi_app_prefix="/") == [said]


@pytest.mark.parametrize("mode", ["strip", "app"])
def test_prefix_mode_without_a_prefix(input_errors, mode: str):
    assert input_errors(wsgi_app_prefix_mode=mode) == [
        f"wsgi_app_prefix_mode is '{mode}', but wsgi_app_prefix is empty: set a prefix, or remove "
        "the mode."
    ]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("8000", id="port alone"),
        pytest.param(":8000", id="no host"),
        pytest.param("localhost", id="host alone"),
        pytest.param("localhost:8000", id="name"),
        pytest.param("127.0.0.1:", id="empty port"),
        pytest.param("127.0.0.1:0", id="port 0"),
        pytest.param("127.0.0.1:65536", id="port too large"),
        pytest.param("127.0.0.1:http", id="port by name"),
        pytest.param("127.0.0.1:٨٠", id="other digits"),
        pytest.param("2001:db8::5:8000", id="IPv6 without brackets"),
        pytest.param("run/shop.sock", id="relative path"),
        pytest.param("unix:/run/shop.sock", id="scheme"),
        pytest.param("http://localhost:8000", id="URL"),
        pytest.param("/run/my shop.sock", id="space"),
        pytest.param("/run/../shop.sock", id="two dots"),
        pytest.param("/" + "s" * 107, id="108 bytes"),
    ],
)
def test_listen(input_errors, value: str):
    assert input_errors(wsgi_app_listen=value) == [
        f"wsgi_app_listen is {value!r}: write the path of a socket, as in '/run/wsgi/shop.sock', "
        "or an IP address with a port, as in '10.0.0.11:8000'."
    ]


@pytest.mark.parametrize("listen", ["10.0.0.11:8000", "0.0.0.0:8000", "[2001:db8::5]:8000"])
def test_other_hosts_connect_only_by_permission(input_errors, listen: str):
    assert input_errors(wsgi_app_listen=listen) == [
        f"wsgi_app_listen is {listen!r}, but wsgi_app_listen_allow is empty: who connects to the "
        "app can forge all that nginx tells it. Write the addresses of the hosts that run nginx, "
        "as in ['10.0.0.21']."
    ]
    assert input_errors(wsgi_app_listen=listen, wsgi_app_listen_allow=["10.0.0.21"]) == []


@pytest.mark.parametrize("listen", ["/run/wsgi/shop.sock", "127.0.0.1:8000", "[::1]:8000"])
def test_permission_of_other_hosts_without_a_port(input_errors, listen: str):
    assert input_errors(wsgi_app_listen=listen, wsgi_app_listen_allow=["10.0.0.21"]) == [
        f"wsgi_app_listen_allow is ['10.0.0.21'], but no other host can connect to {listen!r}: "
        "remove it, or write an address of the host in wsgi_app_listen."
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(
            "web1.example.org",
            "write an address or a network, as in '10.0.0.21' or '10.0.0.16/28'.",
            id="name",
        ),
        pytest.param(
            "10.0.0.21/28",
            "write '10.0.0.16/28' for the network, or '10.0.0.21' for the one address.",
            id="address in a network",
        ),
    ],
)
def test_listen_allow(input_errors, value: str, said: str):
    errors = input_errors(wsgi_app_listen="10.0.0.11:80", wsgi_app_listen_allow=[value])
    assert errors == [f"wsgi_app_listen_allow has {value!r}: {said}"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("https://example.org", id="no path"),
        pytest.param("https://api", id="host that is called like it"),
        pytest.param("https://example.org/api/v2", id="more behind it"),
        pytest.param("https://example.org/my-api", id="end of another segment"),
    ],
)
def test_public_url_without_the_prefix(input_errors, value: str):
    assert input_errors(wsgi_app_prefix="/api", wsgi_app_public_url=value) == [
        f"wsgi_app_public_url is {value!r}, but wsgi_app_prefix is '/api': the URL must end with "
        "the prefix, as in 'https://example.org/api'."
    ]


@pytest.mark.parametrize("variable", ["wsgi_app_environment", "wsgi_app_secrets"])
def test_public_url_twice(input_errors, variable: str):
    sets = {variable: {"PUBLIC_URL": "https://example.org"}}
    assert input_errors(wsgi_app_public_url="https://example.org", **sets) == [
        f"{variable} sets PUBLIC_URL, but wsgi_app_public_url sets it, too: remove one of them."
    ]


@pytest.mark.parametrize("variable", ["wsgi_app_environment", "wsgi_app_secrets"])
class TestEnvironment:
    @pytest.mark.parametrize("name", ["", "API KEY", "API-KEY", "2FA", "A=B", "É", "A\n"])
    def test_name(self, input_errors, variable: str, name: str):
        assert input_errors(**{variable: {name: "x"}}) == [f"{variable} has {name!r}: {TEXT}"]

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("SCRIPT_NAME", "wsgi_app_prefix sets it"),
            ("PYTHONPATH", "the code of the release must come first"),
            ("LISTEN_FDS", "systemd sets it"),
            ("LISTEN_PID", "systemd sets it"),
            ("NOTIFY_SOCKET", "systemd sets it"),
            ("GUNICORN_CMD_ARGS", "wsgi_app_gunicorn has the settings of gunicorn"),
        ],
    )
    def test_reserved_name(self, input_errors, variable: str, name: str, why: str):
        said = f"{variable} sets {name}, but {why}: remove it."
        assert input_errors(**{variable: {name: "x"}}) == [said]

    def test_null_character(self, input_errors, variable: str):
        said = (
            f"{variable}.KEY has a null character, which an environment variable cannot have: "
            "remove it."
        )
        assert input_errors(**{variable: {"KEY": "a\0b"}}) == [said]


@pytest.mark.parametrize("value", [1, 1.5, True, None, ["a"], {"a": "b"}], ids=repr)
class TestEnvironmentValue:
    def test_is_named(self, input_errors, value):
        assert input_errors(wsgi_app_environment={"KEY": value}) == [
            f"wsgi_app_environment.KEY is {value!r}: environment variables are texts, so use "
            "quotes."
        ]

    def test_is_not_printed_if_secret(self, input_errors, value):
        assert input_errors(wsgi_app_secrets={"KEY": value}) == [
            "wsgi_app_secrets.KEY is not a text: environment variables are texts, so use quotes."
        ]


def test_variable_and_secret(input_errors):
    assert input_errors(wsgi_app_environment={"KEY": "a"}, wsgi_app_secrets={"KEY": "b"}) == [
        "KEY is in wsgi_app_environment and in wsgi_app_secrets: remove one of them."
    ]


@pytest.mark.parametrize(
    "dest", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "my file", "a\nb", "./a"]
)
def test_file(input_errors, dest: str):
    assert input_errors(wsgi_app_files=[{"dest": dest, "content": ""}]) == [
        f"wsgi_app_files has dest {dest!r}: write a path below the data directory, as in "
        "'settings.ini' or 'conf/settings.ini'."
    ]


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(0o644, id="number that YAML read as octal"),
        pytest.param(0o600, id="number with an 8"),
        pytest.param(644, id="number"),
        pytest.param("u=rw", id="letters"),
        pytest.param("0888", id="no octal"),
        pytest.param("4755", id="another user's rights"),
        pytest.param("", id="empty"),
    ],
)
def test_file_mode(input_errors, mode):
    assert input_errors(wsgi_app_files=[{"dest": "a", "content": "", "mode": mode}]) == [
        f'wsgi_app_files has mode {mode!r} for a: write it in quotes, as in "0640".'
    ]


def test_file_twice(input_errors):
    files = [{"dest": dest, "content": ""} for dest in ("a", "b", "a")]
    said = "wsgi_app_files has 'a' more than once: write it once."
    assert input_errors(wsgi_app_files=files) == [said]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A directory of templates that make ``a.ini`` and ``more/b.ini``."""
    (tmp_path / "more").mkdir()
    (tmp_path / "a.ini.j2").write_text("{{ wsgi_app_name }}")
    (tmp_path / "more/b.ini").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("dest", "twice"),
    [
        pytest.param(".", "a.ini", id="in the data directory"),
        pytest.param("conf", "conf/more/b.ini", id="below a directory"),
    ],
)
def test_file_and_template_twice(input_errors, templates: Path, dest: str, twice: str):
    files = [{"dest": dest, "templates": str(templates)}, {"dest": twice, "content": ""}]
    said = f"wsgi_app_files has {twice!r} more than once: write it once."
    assert input_errors(wsgi_app_files=files) == [said]


def test_two_templates_of_one_file(input_errors, templates: Path):
    (templates / "a.ini").write_text("")
    said = "wsgi_app_files has 'conf/a.ini' more than once: write it once."
    assert input_errors(wsgi_app_files=[{"dest": "conf", "templates": str(templates)}]) == [said]


def test_missing_templates(input_errors):
    assert input_errors(wsgi_app_files=[{"dest": "conf", "templates": "/missing"}]) == [
        "wsgi_app_files has templates '/missing', but the controller has no such directory. A "
        "relative path starts where ansible-playbook was called; {{ playbook_dir }} or "
        "{{ inventory_dir }} make it the same everywhere."
    ]


def test_name_of_a_template(input_errors, templates: Path):
    (templates / "my file.j2").write_text("")
    assert input_errors(wsgi_app_files=[{"dest": "conf", "templates": str(templates)}]) == [
        f"wsgi_app_files has templates {str(templates)!r}, and one of them makes 'conf/my file': "
        "use letters, digits, '.', '_', '~' or '-' in its path."
    ]


def test_template_that_is_a_link_out(input_errors, templates: Path):
    (templates / "passwd").symlink_to("/etc/passwd")
    [said] = input_errors(wsgi_app_files=[{"dest": "conf", "templates": str(templates)}])
    assert "'passwd' links to '/etc/passwd', outside" in said


def test_data_directory_is_no_file(input_errors):
    [said] = input_errors(wsgi_app_files=[{"dest": ".", "content": ""}])
    assert said.startswith("wsgi_app_files has dest '.': write a path below the data directory")


@pytest.fixture
def operation_errors(wsgi_app):
    """Return a function that returns the input errors of a backup or a restore."""
    return lambda entry_point, **inputs: wsgi_app.input_errors(
        {"wsgi_app_name": "shop", **inputs}, entry_point
    )


def test_backup_without_a_directory(operation_errors):
    assert operation_errors("backup") == [
        "wsgi_app_backup_directory is not set: write the directory that the backup goes to, as in "
        "'/home/me/backups'."
    ]


def test_backup_to_a_missing_directory(operation_errors):
    [said] = operation_errors("backup", wsgi_app_backup_directory="/missing")
    assert said.startswith(
        "wsgi_app_backup_directory is '/missing', but the controller has no such directory: create"
    )


def test_backup_to_a_relative_path_of_the_host(operation_errors):
    assert operation_errors(
        "backup", wsgi_app_backup_directory="backups", wsgi_app_backup_on_host=True
    ) == [
        "wsgi_app_backup_directory is 'backups': write an absolute path, since it is on the host."
    ]


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"wsgi_app_backup_directory": SOURCE}, id="controller"),
        pytest.param(
            {"wsgi_app_backup_directory": "/srv/backups", "wsgi_app_backup_on_host": True},
            id="host",
        ),
    ],
)
def test_backup_is_accepted(operation_errors, inputs: dict):
    assert operation_errors("backup", **inputs) == []


def test_backup_hook(operation_errors):
    [said] = operation_errors(
        "backup", wsgi_app_backup_directory=SOURCE, wsgi_app_before_backup="/missing.yml"
    )
    assert said.startswith("wsgi_app_before_backup is '/missing.yml', but the controller has no")


def test_restore_of_nothing(operation_errors):
    [said] = operation_errors("restore")
    assert "missing required arguments: wsgi_app_backup" in said


def test_restore_of_a_missing_file(operation_errors):
    [said] = operation_errors("restore", wsgi_app_backup="/missing.tar.gz")
    assert said.startswith("wsgi_app_backup is '/missing.tar.gz', but the controller has no such")


def test_restore_of_a_relative_path_of_the_host(operation_errors):
    assert operation_errors(
        "restore", wsgi_app_backup="a.tar.gz", wsgi_app_backup_on_host=True
    ) == ["wsgi_app_backup is 'a.tar.gz': write an absolute path, since it is on the host."]


def test_restore_is_accepted(operation_errors):
    assert operation_errors("restore", wsgi_app_backup=__file__) == []


def test_backup_in_a_deploy(input_errors):
    [said] = input_errors(wsgi_app_backup="/backups/shop.tar.gz")
    assert said.endswith(
        "but only the entry point 'restore' uses it: run playbooks/restore.yml with it, or remove "
        "it."
    )


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        pytest.param(
            "wsgi_app_workers",
            0,
            "write 1 or more; a worker is a process that serves requests.",
            id="workers",
        ),
        pytest.param(
            "wsgi_app_workers",
            -1,
            "write 1 or more; a worker is a process that serves requests.",
            id="negative",
        ),
        pytest.param(
            "wsgi_app_workers",
            "0",
            "write 1 or more; a worker is a process that serves requests.",
            id="text",
        ),
        pytest.param(
            "wsgi_app_threads",
            0,
            "write 1 or more; a thread serves one request at a time.",
            id="threads",
        ),
        pytest.param("wsgi_app_timeout", 0, "write 1 or more; it is in seconds.", id="timeout"),
        pytest.param(
            "wsgi_app_keep_releases",
            1,
            "write 2 or more; the current and the previous release always stay.",
            id="releases",
        ),
    ],
)
def test_number(input_errors, variable: str, value, advice: str):
    assert input_errors(**{variable: value}) == [f"{variable} is {value}: {advice}"]


@pytest.mark.parametrize(
    ("health", "said"),
    [
        *[
            pytest.param(
                {"path": path},
                f"path is {path!r}: begin with a slash, below the prefix, as in '/healthz'.",
                id=f"path {path!r}",
            )
            for path in ("", "healthz", "/my health", "/ä", "http://localhost/healthz")
        ],
        *[
            pytest.param(
                {"status": [200, status]},
                f"status has {status}: write HTTP statuses, as in [200].",
                id=f"status {status}",
            )
            for status in (0, 99, 600, -200)
        ],
        pytest.param({"timeout": 0}, "timeout is 0: write 1 second or more.", id="timeout"),
        *[
            pytest.param(
                {"host": host},
                f"host is {host!r}: write a host, as in 'example.org'.",
                id=f"host {host!r}",
            )
            for host in ("", "my host", "http://example.org", "example.org/", "a_b", "a:b")
        ],
    ],
)
def test_health(input_errors, health: dict, said: str):
    assert input_errors(wsgi_app_health=health) == [f"wsgi_app_health.{said}"]


def test_source_is_missing(wsgi_app):
    inputs = {"wsgi_app_name": "shop", "wsgi_app_callable": "shop:app"}
    assert wsgi_app.input_errors(inputs) == [
        "wsgi_app_source is not set: write where the code is, as in "
        "{type: local, path: /home/me/shop}."
    ]


@pytest.mark.parametrize("path", ["/no/such/directory", "no/such/directory", __file__])
def test_source_is_no_directory(input_errors, path: str):
    [said] = input_errors(wsgi_app_source={"type": "local", "path": path})
    assert said.startswith(
        f"wsgi_app_source.path is {path!r}, but the controller has no such directory."
    )


def test_submodules_of_a_package(input_errors):
    source = {"type": "pip", "requirement": "shop", "submodules": False}
    assert input_errors(wsgi_app_source=source) == [
        "wsgi_app_source.submodules is set, but wsgi_app_source.type is 'pip': only git fetches "
        "submodules, so remove it."
    ]


def test_exclude_of_a_commit(input_errors):
    assert input_errors(wsgi_app_source={**GIT, "exclude": ["/docs/"]}) == [
        "wsgi_app_source.exclude is ['/docs/'], but wsgi_app_source.type is 'git': only a local "
        "directory has files to leave out, so remove it."
    ]


class TestLocalSource:
    @pytest.fixture
    def errors(self, input_errors, tmp_path: Path):
        return lambda: input_errors(wsgi_app_source={"type": "local", "path": str(tmp_path)})

    def test_link_out_of_it(self, errors, tmp_path: Path):
        (tmp_path / "media").mkdir()
        (tmp_path / "media/up").symlink_to("../../up")
        [said] = errors()
        assert said.startswith(
            f"wsgi_app_source.path is {str(tmp_path)!r}: 'media/up' links to '../../up', outside "
        )

    def test_link_in_a_virtual_environment_is_accepted(self, errors, tmp_path: Path):
        (tmp_path / ".venv").mkdir()
        (tmp_path / ".venv/pyvenv.cfg").touch()
        (tmp_path / ".venv/python").symlink_to("/usr/bin/python3")
        assert errors() == []

    def test_link_that_is_left_out_is_accepted(self, input_errors, tmp_path: Path):
        (tmp_path / "media").symlink_to("/srv/media")
        source = {"type": "local", "path": str(tmp_path), "exclude": ["/media"]}
        assert input_errors(wsgi_app_source=source) == []

    def test_repository_of_another_user(self, errors, tmp_path: Path):
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        os.chown(tmp_path, 65534, 65534)
        [said] = errors()
        assert said.startswith(f"wsgi_app_source.path is {str(tmp_path)!r}: git does not read ")
        assert said.endswith(f"git config --global --add safe.directory {tmp_path}.")

    @pytest.mark.parametrize("line", ["", "  ", "a\nb", "a\0"])
    def test_exclude_has_no_pattern(self, input_errors, tmp_path: Path, line: str):
        source = {"type": "local", "path": str(tmp_path), "exclude": ["/docs/", line]}
        said = input_errors(wsgi_app_source=source)
        assert said[0].startswith(f"wsgi_app_source.exclude has {line!r}: write one line as in a")

    def test_included_requirements_are_missing(self, errors, tmp_path: Path):
        (tmp_path / "requirements.txt").write_text("flask\n-r more/base.txt\n")
        assert errors() == [
            f"wsgi_app_source.path is {str(tmp_path)!r}: a requirements file includes "
            "'more/base.txt', which the source does not have: add the file, or remove the line."
        ]

    def test_included_requirements_are_outside(self, errors, tmp_path: Path):
        (tmp_path / "requirements.txt").write_text("-c ../constraints.txt\n")
        [said] = errors()
        assert said.startswith(
            f"wsgi_app_source.path is {str(tmp_path)!r}: '../constraints.txt' is"
        )

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("-r base.txt\n-c base.txt\n", id="file"),
            pytest.param("-c https://example.org/constraints.txt\n", id="URL"),
            pytest.param("-c ${CONSTRAINTS}\n", id="environment variable"),
        ],
    )
    def test_included_requirements_are_accepted(self, errors, tmp_path: Path, text: str):
        (tmp_path / "requirements.txt").write_text(text)
        (tmp_path / "base.txt").write_text("flask\n")
        assert errors() == []


def test_all_errors_are_reported(input_errors):
    said = input_errors(wsgi_app_prefix="api", wsgi_app_workers=0, wsgi_app_health={"timeout": 0})
    assert [sentence.split(" is ")[0] for sentence in said] == [
        "wsgi_app_prefix",
        "wsgi_app_workers",
        "wsgi_app_health.timeout",
    ]


@pytest.fixture
def local() -> dict:
    return {"wsgi_app_source": {"type": "local", "path": SOURCE}}


@pytest.mark.parametrize("path", ["", "/media", "media/", "../media", "a/../b", "a//b", "a b", "."])
def test_shared_path(input_errors, local, path: str):
    assert input_errors(**local, wsgi_app_shared_paths=[path]) == [
        f"wsgi_app_shared_paths has {path!r}: write a directory in the source, as in 'media' or "
        "'shop/static/uploads'."
    ]


def test_shared_paths_of_one_name(input_errors, local):
    assert input_errors(**local, wsgi_app_shared_paths=["a/media", "b", "media"]) == [
        "wsgi_app_shared_paths has a/media, media: they would share one directory, 'media', so "
        "rename one of them."
    ]


def test_shared_path_in_another(input_errors, local):
    assert input_errors(**local, wsgi_app_shared_paths=["media", "media/inner"]) == [
        "wsgi_app_shared_paths has 'media/inner', which is in 'media': the app can write there "
        "already, so remove it."
    ]


def test_shared_paths_of_a_package(input_errors):
    assert input_errors(wsgi_app_shared_paths=["media"]) == [
        "wsgi_app_shared_paths is ['media'], but a package has no source directory. It runs in its "
        "data directory, which all its releases share: remove the variable."
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(
            {"type": "pip", "requirement": "shop"},
            "a package has no source directory. Build the package with these files",
            id="package",
        ),
        pytest.param(
            {"type": "image", "ref": "registry.example.org/shop:1.4"},
            "the image is built already. Run the commands in its Containerfile",
            id="image",
        ),
    ],
)
def test_build_commands_without_a_source(input_errors, source: dict, reason: str):
    settings = {"wsgi_app_backend": "podman", "wsgi_app_source": source}
    assert input_errors(**settings, wsgi_app_build_commands=["make"]) == [
        f"wsgi_app_build_commands is ['make'], but wsgi_app_source.type is {source['type']!r}: "
        f"{reason}, and remove the variable."
    ]


@pytest.mark.parametrize("path", ["", "/static", "static/", "../static", "a/../b", "a//b", "a b"])
def test_static_path(input_errors, local, path: str):
    assert input_errors(**local, wsgi_app_static_paths=[path]) == [
        f"wsgi_app_static_paths has {path!r}: write a directory in the source, as in 'staticfiles' "
        "or 'shop/static'."
    ]


def test_static_paths_of_one_name(input_errors, local):
    assert input_errors(**local, wsgi_app_static_paths=["a/static", "b", "static"]) == [
        "wsgi_app_static_paths has a/static, static: a release has one directory 'static', so "
        "rename one of them."
    ]


@pytest.mark.parametrize("path", ["media", "media/inner"])
def test_static_path_that_the_app_writes(input_errors, local, path: str):
    shared = {"wsgi_app_shared_paths": ["media"]}
    assert input_errors(**local, **shared, wsgi_app_static_paths=[path]) == [
        f"wsgi_app_static_paths has {path!r}, but wsgi_app_shared_paths has 'media': the app "
        "writes there, and a release would serve other files. Remove one of them."
    ]


def test_static_path_with_a_directory_that_the_app_writes(input_errors, local):
    shared = {"wsgi_app_shared_paths": ["shop/static/uploads"]}
    assert input_errors(**local, **shared, wsgi_app_static_paths=["shop/static"]) == [
        "wsgi_app_static_paths has 'shop/static', but wsgi_app_shared_paths has "
        "'shop/static/uploads': nginx serves only files of a release there, and not those that the "
        "app writes. Move one of them."
    ]


def test_static_paths_of_a_package(input_errors):
    assert input_errors(wsgi_app_static_paths=["static"]) == [
        "wsgi_app_static_paths is ['static'], but a package has no source directory: remove the "
        "variable, and let the app serve the files, for example with WhiteNoise."
    ]


@pytest.mark.parametrize(
    "variable",
    [
        "wsgi_app_before_switch",
        "wsgi_app_after_switch",
        "wsgi_app_before_backup",
        "wsgi_app_after_backup",
        "wsgi_app_after_restore",
    ],
)
def test_file_of_tasks(input_errors, variable: str):
    assert input_errors(**{variable: "/missing.yml"}) == [
        f"{variable} is '/missing.yml', but the controller has no such file. A path that begins "
        "with {{ playbook_dir }} is the same everywhere."
    ]


def test_release_in_a_deploy(input_errors):
    assert input_errors(wsgi_app_release="4d1c09aa71be") == [
        "wsgi_app_release is '4d1c09aa71be', but only the entry point 'rollback' uses it: run "
        "playbooks/rollback.yml with it, or remove it."
    ]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="the least"),
        pytest.param({"wsgi_app_name": "s"}, id="name of one letter"),
        pytest.param({"wsgi_app_name": "s" * 27}, id="name of 27 letters"),
        pytest.param({"wsgi_app_name": "shop-2-api"}, id="name with hyphens and digits"),
        pytest.param({"wsgi_app_callable": "shop.api.wsgi:application"}, id="deep module"),
        pytest.param({"wsgi_app_callable": "shop:create_app()"}, id="factory"),
        pytest.param({"wsgi_app_callable": "s:f('x', 2, [1], {'a': None})"}, id="arguments"),
        pytest.param({"wsgi_app_callable": "s:f(debug=True, root='/d')"}, id="keywords"),
        pytest.param({"wsgi_app_prefix": "/api"}, id="prefix"),
        pytest.param({"wsgi_app_prefix": "/shop/v1.0~x-y_z"}, id="all that a prefix may hold"),
        pytest.param({"wsgi_app_prefix": "/..."}, id="three dots"),
        pytest.param({"wsgi_app_prefix": "/a", "wsgi_app_prefix_mode": "strip"}, id="strip"),
        pytest.param({"wsgi_app_prefix": "/a", "wsgi_app_prefix_mode": "app"}, id="app"),
        pytest.param({"wsgi_app_listen": "127.0.0.1:8000"}, id="address"),
        *[
            pytest.param({"wsgi_app_prefix": "/api", "wsgi_app_public_url": url}, id=url)
            for url in (
                "https://example.org/api",
                "http://example.org:8080/api",
                "https://[2001:db8::5]:8443/outer/api",
            )
        ],
        pytest.param({"wsgi_app_public_url": "https://example.org"}, id="URL of the root"),
        pytest.param({"wsgi_app_public_url": "https://a.b/outer"}, id="URL of another's root"),
        pytest.param({"wsgi_app_environment": {"PUBLIC_URL": "x"}}, id="URL without our help"),
        pytest.param({"wsgi_app_forwarded": "append"}, id="lists"),
        pytest.param({"wsgi_app_listen": "[::1]:8000"}, id="IPv6 address"),
        pytest.param({"wsgi_app_listen": "127.0.0.1:65535"}, id="last port"),
        pytest.param({"wsgi_app_listen": "/" + "s" * 106}, id="107 bytes"),
        pytest.param({"wsgi_app_environment": {"_a1": "", "B": "1"}}, id="environment variables"),
        pytest.param({"wsgi_app_secrets": {"KEY": "a\nb\t'\"$`\\"}}, id="secret"),
        pytest.param({"wsgi_app_files": [{"dest": "a/b.ini", "content": "x"}]}, id="file"),
        pytest.param(
            {"wsgi_app_files": [{"dest": ".env", "content": "", "mode": "600"}]}, id="short mode"
        ),
        pytest.param({"wsgi_app_workers": "4", "wsgi_app_threads": 1}, id="number as text"),
        pytest.param({"wsgi_app_keep_releases": 2}, id="two releases"),
        pytest.param({"wsgi_app_health": {"path": "/healthz?deep=1"}}, id="health with a query"),
        pytest.param({"wsgi_app_health": {"status": [200, 204, 503]}}, id="statuses"),
        pytest.param({"wsgi_app_health": {"host": "shop.example:8000"}}, id="host with a port"),
        pytest.param({"wsgi_app_health": {"host": "[::1]"}}, id="IPv6 host"),
        pytest.param({"wsgi_app_source": {"type": "local", "path": SOURCE}}, id="local source"),
        pytest.param(
            {
                "wsgi_app_source": {"type": "local", "path": SOURCE},
                "wsgi_app_shared_paths": ["media", "shop/static/up-loads"],
            },
            id="shared paths",
        ),
        pytest.param(
            {
                "wsgi_app_source": {"type": "local", "path": SOURCE},
                "wsgi_app_static_paths": ["staticfiles", "shop/static"],
                "wsgi_app_shared_paths": ["static", "shop/uploads"],
            },
            id="static paths",
        ),
        pytest.param({"wsgi_app_before_switch": __file__}, id="file of tasks"),
        pytest.param(
            {
                "wsgi_app_source": {"type": "local", "path": SOURCE},
                "wsgi_app_build_commands": ["make", "make install"],
            },
            id="build commands",
        ),
        pytest.param({"wsgi_app_state": "absent", "wsgi_app_callable": ""}, id="absent"),
    ],
)
class TestGood:
    def test_is_accepted(self, input_errors, settings: dict):
        assert input_errors(**settings) == []

    def test_is_specified(self, specified, settings: dict):
        assert specified(**settings) == []


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_examples_are_accepted(wsgi_app, hosts_of, inventory: str):
    apps = hosts_of(inventory, "app")
    errors = [wsgi_app.input_errors(app) for app in apps.values()]
    assert errors == [[]] * len(apps) != []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"wsgi_app_state": "gone"}, "one of: present, absent, got: gone", id="state"),
        pytest.param({"wsgi_app_backend": "uwsgi"}, "wsgi_app_backend must be one", id="backend"),
        pytest.param({"wsgi_app_prefix_mode": "path"}, "one of: script_name", id="mode"),
        pytest.param({"wsgi_app_installer": "poetry"}, "one of: uv, pip", id="installer"),
        pytest.param({"wsgi_app_forwarded": "list"}, "one of: collapse, append", id="forwarded"),
        pytest.param({"wsgi_app_flask_defaults": "maybe"}, "'wsgi_app_flask_defaults' is", id="on"),
        pytest.param({"wsgi_app_workers": "two"}, "'wsgi_app_workers' is of type str", id="number"),
        pytest.param({"wsgi_app_proxy_fix": "maybe"}, "'wsgi_app_proxy_fix' is", id="boolean"),
        pytest.param({"wsgi_app_environment": "A"}, "'wsgi_app_environment' is", id="dictionary"),
        pytest.param({"wsgi_app_source": {"type": "svn"}}, "one of: local, git, pip", id="source"),
        pytest.param({"wsgi_app_source": {"type": "local"}}, "missing: path found in", id="path"),
        pytest.param(
            {"wsgi_app_source": {"type": "git", "url": "x"}}, "missing: version found", id="version"
        ),
        pytest.param({"wsgi_app_source": {"type": "pip"}}, "missing: requirement", id="pip"),
        pytest.param({"wsgi_app_source": {"typ": "pip"}}, "wsgi_app_source.typ. ", id="key"),
        pytest.param({"wsgi_app_health": {"url": "/"}}, "wsgi_app_health.url. ", id="health key"),
        pytest.param({"wsgi_app_health": {"status": ["ok"]}}, "status", id="status"),
        pytest.param(
            {"wsgi_app_files": [{"dest": "a"}]},
            "one of the following is required: content, secret, templates, secret_templates",
            id="no content",
        ),
        pytest.param(
            {"wsgi_app_files": [{"dest": "a", "content": "", "templates": SOURCE}]},
            "mutually exclusive: content|secret|templates|secret_templates",
            id="content and templates",
        ),
        pytest.param({"wsgi_app_files": [{"content": ""}]}, "arguments: dest", id="no dest"),
    ],
)
def test_specification_rejects(specified, settings: dict, said: str):
    assert said in "\n".join(specified(**settings))


GIT = {"type": "git", "url": "https://git.example.org/shop.git", "version": "v1"}
KEY = "0123456789ABCDEF0123456789ABCDEF01234567"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://git.example.org/shop.git", id="https"),
        pytest.param("https://deploy:t%40ken@git.example.org:8443/shop.git", id="credentials"),
        pytest.param("ssh://git@git.example.org:2222/~me/shop.git", id="ssh"),
        pytest.param("git://[fd00::1]/shop", id="git, address in figures"),
        pytest.param("git@git.example.org:team/shop.git", id="scp"),
        pytest.param("forge:shop.git", id="scp, host of ssh_config"),
        pytest.param("file:///srv/shop.git", id="file"),
        pytest.param("/srv/my shop.git", id="path"),
    ],
)
def test_git_url_is_accepted(input_errors, url: str):
    assert input_errors(wsgi_app_source={**GIT, "url": url}) == []


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        pytest.param(url, url, id=url or "empty")
        for url in (
            "",
            "http://git.example.org/shop.git",
            "HTTPS://git.example.org/shop.git",
            "ftp://git.example.org/shop.git",
            "git+ssh://git.example.org/shop.git",
            "ext::sh -c touch% /tmp/x",
            "fd::17",
            "file::/srv/shop.git",
            "file://host/srv/shop.git",
            "-x",
            "--upload-pack=x",
            "-x@git.example.org:shop.git",
            "git.example.org:-x",
            "ssh://-oProxyCommand=x/shop.git",
            "shop.git",
            "../shop.git",
            "//server/shop.git",
            "https://git.example.org",
            "https://git.example.org/a b",
            "https://git.example.org/shop.git\nhost=other.example.org",
            "/srv/shop\n.git",
        )
    ]
    + [
        pytest.param(url, printed, id=f"{printed}, with a secret")
        for url, printed in (
            ("http://me:secret@git.example.org/shop.git", "http://***@git.example.org/shop.git"),
            ("https://me:sec/secret@git.example.org/x", "https://***@git.example.org/x"),
            ("https://me:secret@secret@-x/shop.git", "https://***@-x/shop.git"),
        )
    ],
)
def test_git_url(input_errors, url: str, printed: str):
    assert input_errors(wsgi_app_source={**GIT, "url": url}) == [
        f"wsgi_app_source.url is {printed!r}: write an https, ssh, git or file URL, an absolute "
        "path on the host, or user@host:path for SSH, as in 'https://git.example.org/shop.git'."
    ]


@pytest.mark.parametrize(
    "version", ["v1.4", "main", "refs/heads/main", "refs/tags/v1", "feature/käse", "0" * 40, "@a"]
)
def test_git_version_is_accepted(input_errors, version: str):
    assert input_errors(wsgi_app_source={**GIT, "version": version}) == []


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(version, id=version or "empty")
        for version in (
            "",
            "-x",
            "--output=x",
            "refs/pull/1/head",
            "refs/heads/",
            "@",
            "main@{1}",
            "main~1",
            "v1^{}",
            "a..b",
            "a:b",
            "a b",
            "v1\n",
            "v*",
            "/main",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "a\\b",
        )
    ],
)
def test_git_version(input_errors, version: str):
    assert input_errors(wsgi_app_source={**GIT, "version": version}) == [
        f"wsgi_app_source.version is {version!r}: write a tag or a branch, as in 'v1.4' or "
        "'refs/tags/v1.4', or the 40 hexadecimal digits of a commit."
    ]


def test_git_version_is_a_number(input_errors):
    assert input_errors(wsgi_app_source={**GIT, "version": 1.1}) == [
        "wsgi_app_source.version is 1.1, a number, which may have lost a digit: put quotes around "
        "it."
    ]


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        ({"directory": "../x"}, "directory is '../x': write a directory in the source"),
        ({"directory": "/srv"}, "directory is '/srv': write a directory in the source"),
        ({"requirements": ["/x.txt"]}, "requirements has '/x.txt': write a file relative to"),
        ({"requirements": ["./x.txt"]}, "requirements has './x.txt': write a file relative to"),
        ({"extras": ["-x"]}, "extras has '-x': write a name that pyproject.toml has"),
        ({"groups": ["a b"]}, "groups has 'a b': write a name that pyproject.toml has"),
    ],
)
def test_choice_of_a_source(input_errors, choice: dict, error: str):
    [said] = input_errors(wsgi_app_source={**GIT, **choice})
    assert said.startswith(f"wsgi_app_source.{error}")


@pytest.mark.parametrize(
    "choice",
    [
        {"directory": "apps/web"},
        {"requirements": ["requirements/production.txt", "../base.txt"]},
        {"extras": ["pay-pal"], "groups": ["Prod.1"]},
    ],
    ids=str,
)
def test_good_choice_of_a_source(input_errors, choice: dict):
    assert input_errors(wsgi_app_source={**GIT, **choice}) == []


@pytest.mark.parametrize(
    "choice", [{"directory": "x"}, {"requirements": ["x"]}, {"extras": ["x"]}, {"groups": ["x"]}]
)
def test_choice_of_a_package(input_errors, choice: dict):
    [option] = choice
    assert input_errors(wsgi_app_source={"type": "pip", "requirement": "shop", **choice}) == [
        f"wsgi_app_source.{option} is {choice[option]!r}, but wsgi_app_source.type is 'pip': only "
        "local and git have files to choose from, so remove it."
    ]


def test_directory_of_a_local_source(input_errors, tmp_path: Path):
    source = {"type": "local", "path": str(tmp_path), "directory": "back"}
    assert input_errors(wsgi_app_source=source) == [
        f"wsgi_app_source.path is {str(tmp_path)!r}: wsgi_app_source.directory is 'back', but the "
        "source has no such directory."
    ]
    (tmp_path / "back").mkdir()
    assert input_errors(wsgi_app_source=source) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(
            {"type": "pip", "requirement": "shop", "signed_by": [KEY]},
            f"wsgi_app_source.signed_by is ['{KEY}'], but wsgi_app_source.type is 'pip': only git "
            "has signatures, so remove it.",
            id="a package",
        ),
        pytest.param(
            {**GIT, "signed_by": []},
            "wsgi_app_source.signed_by is empty, so no signature would be accepted: write the "
            "fingerprints of keys, or remove it.",
            id="empty",
        ),
    ]
    + [
        pytest.param(
            {**GIT, "signed_by": [key]},
            f"wsgi_app_source.signed_by has {key!r}: write the whole fingerprint of a key, 40 "
            "capital hexadecimal digits without spaces, as 'gpg --list-keys' prints it.",
            id=key,
        )
        for key in ("author@example.org", KEY.lower(), KEY[-16:], f"{KEY[:4]} {KEY[5:]}")
    ],
)
def test_signatures(input_errors, source: dict, message: str):
    assert input_errors(wsgi_app_source=source) == [message]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param(
            {"memory": memory},
            f"wsgi_app_limits.memory is {memory!r}: write a size with its unit, as in '512M'.",
            id=f"memory {memory}",
        )
        for memory in ("512", "512MB", "0M", "half", "-1G", "1.5G", "")
    ]
    + [
        pytest.param(
            {"tasks": 0},
            "wsgi_app_limits.tasks is 0: write 1 or more. Each worker needs one, and one more for "
            "each of its threads.",
            id="no tasks",
        ),
        pytest.param(
            {"cpus": -1.0},
            "wsgi_app_limits.cpus is -1.0: write 0.01 or more, as in 1.5.",
            id="less than no processor",
        ),
    ],
)
def test_limits(input_errors, limits: dict, message: str):
    assert input_errors(wsgi_app_limits=limits) == [message]


WORKER = {"name": "worker", "command": "celery -A shop worker"}


@pytest.mark.parametrize(
    ("process", "message"),
    [
        pytest.param(
            {"name": "Worker"},
            "wsgi_app_processes[].name is 'Worker': use at most 27 small letters, digits and "
            "hyphens, beginning with a letter, as in 'shop' or 'shop-api'.",
            id="name",
        ),
        pytest.param(
            {"command": " "},
            "wsgi_app_processes[worker].command is ' ': write a command, as in 'celery -A shop "
            "worker'.",
            id="no command",
        ),
        pytest.param(
            {"command": "cd /srv && celery worker"},
            "wsgi_app_processes[worker].command is 'cd /srv && celery worker', but '&&' joins "
            "several commands: write one command, or \"sh -c 'cd /srv && celery worker'\".",
            id="two commands",
        ),
        pytest.param(
            {"command": "celery worker &"},
            "wsgi_app_processes[worker].command is 'celery worker &', but '&' joins several "
            "commands: write one command, or \"sh -c 'celery worker &'\".",
            id="command in the background",
        ),
        pytest.param(
            {"command": "celery\nworker"},
            "wsgi_app_processes[worker].command is 'celery\\nworker', but '\\n' joins several "
            "commands: write one command, or \"sh -c 'celery\\nworker'\".",
            id="two lines",
        ),
        pytest.param(
            {"command": "celery 'worker"},
            'wsgi_app_processes[worker].command is "celery \'worker", which a shell cannot read '
            "(No closing quotation): close the quotes.",
            id="open quotes",
        ),
        pytest.param(
            {"command": "LEVEL=1 celery worker"},
            "wsgi_app_processes[worker].command is 'LEVEL=1 celery worker': write 'env LEVEL=1 "
            "celery worker'.",
            id="assignment",
        ),
        pytest.param(
            {"count": 0},
            "wsgi_app_processes[worker].count is 0: write 1 or more, or remove the process from "
            "wsgi_app_processes.",
            id="none",
        ),
        pytest.param(
            {"count": 2, "exclusive": True},
            "wsgi_app_processes[worker].count is 2, but the process is exclusive, so there must be "
            "one of it: remove one of the two.",
            id="two exclusive ones",
        ),
        pytest.param(
            {"stop_timeout": 0},
            "wsgi_app_processes[worker].stop_timeout is 0: write seconds, as in 60.",
            id="no timeout",
        ),
        pytest.param(
            {"probation": -0.5},
            "wsgi_app_processes[worker].probation is -0.5: write seconds, as in 5.",
            id="negative probation",
        ),
        pytest.param(
            {"probation": 0, "check": "ping"},
            "wsgi_app_processes[worker].probation is 0, but wsgi_app_processes[worker].check needs "
            "time: write seconds, as in 30.",
            id="no time for the check",
        ),
        pytest.param(
            {"limits": {"memory": "512"}},
            "wsgi_app_processes[worker].limits.memory is '512': write a size with its unit, as in "
            "'512M'.",
            id="limit",
        ),
    ],
)
def test_processes(input_errors, process: dict, message: str):
    assert input_errors(wsgi_app_processes=[{**WORKER, **process}]) == [message]


def test_two_processes_of_one_name(input_errors):
    assert input_errors(wsgi_app_processes=[WORKER, WORKER]) == [
        "wsgi_app_processes has 'worker' more than once: write it once."
    ]


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop worker --queues 'a;b'",
        "sh -c 'migrate && exec work'",
        'worker --name "$HOSTNAME" --size=3',
        "worker --pattern a\\;b",
    ],
)
def test_processes_are_accepted(input_errors, command: str):
    assert input_errors(wsgi_app_processes=[{**WORKER, "command": command}]) == []


MAILS = {"name": "mails", "command": "flask send-mails", "calendar": "*:0/15"}


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        pytest.param(
            {"name": "send mails"},
            "wsgi_app_schedules[].name is 'send mails': use at most 27 small letters, digits and "
            "hyphens, beginning with a letter, as in 'shop' or 'shop-api'.",
            id="name",
        ),
        pytest.param(
            {"name": "worker"},
            "wsgi_app_schedules[].name is 'worker', but wsgi_app_processes has this name, too. "
            "Both would have the same name in the log: give one of them another name.",
            id="name of a background process",
        ),
        pytest.param(
            {"command": "flask send-mails; flask clean"},
            "wsgi_app_schedules[mails].command is 'flask send-mails; flask clean', but ';' joins "
            "several commands: write one command, or \"sh -c 'flask send-mails; flask clean'\".",
            id="two commands",
        ),
        pytest.param(
            {"timeout": 0},
            "wsgi_app_schedules[mails].timeout is 0: write seconds, as in 600.",
            id="no time",
        ),
        pytest.param(
            {"limits": {"tasks": 0}},
            "wsgi_app_schedules[mails].limits.tasks is 0: write 1 or more. Each worker needs one, "
            "and one more for each of its threads.",
            id="limit",
        ),
    ],
)
def test_schedules(input_errors, schedule: dict, message: str):
    schedules = [{**MAILS, **schedule}]
    errors = input_errors(wsgi_app_schedules=schedules, wsgi_app_processes=[WORKER])
    assert errors == [message]


def test_two_schedules_of_one_name(input_errors):
    assert input_errors(wsgi_app_schedules=[MAILS, MAILS]) == [
        "wsgi_app_schedules has 'mails' more than once: write it once."
    ]


def test_schedules_are_accepted(input_errors):
    assert input_errors(wsgi_app_schedules=[MAILS, {**MAILS, "name": "night"}]) == []


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/usr", "srv/media", "/srv/my media", "/srv/../etc", "/srv/media/", "~/x"]
)
def test_writable_paths(input_errors, path: str):
    assert input_errors(wsgi_app_writable_paths=[path]) == [
        f"wsgi_app_writable_paths has {path!r}: write the absolute path of one directory or file, "
        "without spaces, as in '/srv/media'."
    ]


@pytest.mark.parametrize(
    ("path", "directory", "setting"),
    [
        ("/tmp", "/tmp", "PrivateTmp"),
        ("/tmp/uploads", "/tmp", "PrivateTmp"),
        ("/var/tmp", "/var/tmp", "PrivateTmp"),
        ("/var/tmp/shop/uploads", "/var/tmp", "PrivateTmp"),
        ("/dev/shm", "/dev/shm", "TemporaryFileSystem"),
    ],
)
class TestTemporaryPath:
    def test_is_rejected(self, input_errors, path: str, directory: str, setting: str):
        assert input_errors(wsgi_app_writable_paths=[path]) == [
            f"wsgi_app_writable_paths has {path!r}, but {setting} hides {directory} from the app: "
            "write a path elsewhere, as in '/srv/media'."
        ]

    def test_is_accepted_if_not_hidden(self, input_errors, path: str, directory: str, setting: str):
        sandbox = {setting: "" if setting == "TemporaryFileSystem" else False}
        assert input_errors(wsgi_app_writable_paths=[path], wsgi_app_sandbox=sandbox) == []

    def test_is_accepted_in_a_container(
        self, input_errors, path: str, directory: str, setting: str
    ):
        assert input_errors(wsgi_app_writable_paths=[path], wsgi_app_backend="podman") == []


def test_path_like_a_temporary_one_is_accepted(input_errors):
    assert input_errors(wsgi_app_writable_paths=["/tmpl", "/srv/tmp", "/var/tmp-data"]) == []


@pytest.mark.parametrize("value", ["%S/shop", ["/srv/a", "%t/shop"]])
def test_sandbox_setting_with_a_specifier(input_errors, value: object):
    assert input_errors(wsgi_app_sandbox={"ReadOnlyPaths": value}) == [
        f"wsgi_app_sandbox.ReadOnlyPaths is {value!r}: write the path or the name itself. systemd "
        "would replace what begins with '%' in the unit of the app, but not for wsgi-run."
    ]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("unix:///run/statsd/shop/socket", id="URL"),
        pytest.param("127.0.0.1:8125", id="address"),
        pytest.param("/run/statsd.sock", id="in the directory of all programs"),
        pytest.param("/tmp/statsd/socket", id="hidden from the app"),
        pytest.param("/run/statsd/../socket", id="parent directory"),
        pytest.param("/run/statsd/my socket", id="space"),
        pytest.param("/run/statsd/" + "s" * 97, id="109 bytes"),
    ],
)
def test_statsd(input_errors, path: str):
    assert input_errors(wsgi_app_statsd=path) == [
        f"wsgi_app_statsd is {path!r}: write the path of a unix datagram socket in a directory of "
        "its own below /run, as in '/run/statsd/shop/socket'."
    ]


@pytest.mark.parametrize("path", ["/run/statsd/shop/socket", "/run/datadog/dsd.socket", ""])
def test_statsd_is_accepted(input_errors, path: str):
    assert input_errors(wsgi_app_statsd=path) == []


@pytest.mark.parametrize("name", ["private-tmp", "privateTmp", "", "User=x\nProtectHome"])
def test_sandbox_setting_name(input_errors, name: str):
    assert input_errors(wsgi_app_sandbox={name: True}) == [
        f"wsgi_app_sandbox has {name!r}: write the name of a setting of systemd, as in "
        "'MemoryDenyWriteExecute'."
    ]


@pytest.mark.parametrize(
    "name",
    ["User", "Group", "ExecStart", "ExecStartPre", "EnvironmentFile", "Restart", "BindPaths"],
)
def test_sandbox_setting_of_the_role(input_errors, name: str):
    assert input_errors(wsgi_app_sandbox={name: "x"}) == [
        f"wsgi_app_sandbox sets {name}, but the role sets it itself: remove it."
    ]


def test_pid_namespace(input_errors):
    [said] = input_errors(wsgi_app_sandbox={"PrivatePIDs": True})
    assert said.startswith("wsgi_app_sandbox sets PrivatePIDs, but systemd 257 kills such services")


@pytest.mark.parametrize("value", ["a\nUser=root", {"a": "b"}, 1.5, None], ids=str)
def test_sandbox_setting_value(input_errors, value):
    assert input_errors(wsgi_app_sandbox={"ProtectHome": value}) == [
        f"wsgi_app_sandbox.ProtectHome is {value!r}: write a text of one line, true or false, or a "
        "list of them."
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"wsgi_app_source": {**GIT, "signed_by": [KEY]}},
        {"wsgi_app_limits": {"memory": "512M", "tasks": 20, "cpus": 0.5}},
        {"wsgi_app_writable_paths": ["/srv/media", "/mnt/a_b-c.d/e@f"]},
        {
            "wsgi_app_sandbox": {
                "MemoryDenyWriteExecute": False,
                "UMask": "0077",
                "RestrictNamespaces": "user",
                "SystemCallFilter": ["@system-service", "perf_event_open"],
            }
        },
    ],
    ids=str,
)
def test_limits_and_sandbox_are_accepted(input_errors, specified, settings: dict):
    assert (input_errors(**settings), specified(**settings)) == ([], [])


@pytest.mark.parametrize("value", ["", "python 3.13", "python:3.13\nRUN", "-python"])
def test_base_image(input_errors, value: str):
    assert input_errors(wsgi_app_base_image=value) == [
        f"wsgi_app_base_image is {value!r}: write an image in the syntax of the engine, as in "
        "'python:3.13-slim'."
    ]


@pytest.mark.parametrize(
    "value", ["python", "localhost/python:3.12", "example.org:5000/py@sha256:0"]
)
def test_base_image_is_accepted(input_errors, value: str):
    assert input_errors(wsgi_app_base_image=value) == []


@pytest.mark.parametrize(
    ("backend", "rejected"), [("podman", True), ("docker", True), ("systemd", False)]
)
def test_interpreter_of_the_host(input_errors, backend: str, rejected: bool):
    said = input_errors(wsgi_app_backend=backend, wsgi_app_python="/opt/python/bin/python3")
    assert said == rejected * [
        "wsgi_app_python is '/opt/python/bin/python3', but an image has its own interpreter: "
        "choose it with wsgi_app_base_image, as in 'python:3.12-slim'."
    ]


@pytest.mark.parametrize(
    ("backend", "rejected"), [("podman", True), ("docker", True), ("systemd", False)]
)
def test_sandbox_of_systemd(input_errors, backend: str, rejected: bool):
    said = input_errors(wsgi_app_backend=backend, wsgi_app_sandbox={"ProtectHome": False})
    assert said == rejected * [
        "wsgi_app_sandbox is {'ProtectHome': False}, but only backend 'systemd' uses it. A "
        "container has another sandbox: remove the variable."
    ]


@pytest.mark.parametrize("value", ["none", "local", "full"])
def test_network_is_accepted(specified, value: str):
    assert specified(wsgi_app_network=value) == []


def test_network(specified):
    [said] = specified(wsgi_app_network="bridge")
    assert "wsgi_app_network" in said
    assert "none, local, full" in said


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://anna:t0ken@pip.example.org/lib.whl", id="user and password"),
        pytest.param("git+https://t0ken@git.example.org/lib.git", id="token"),
        pytest.param("git+ssh://git:t0ken@git.example.org/lib.git", id="password of SSH"),
    ],
)
def test_credentials_in_a_requirement(input_errors, url: str):
    """Each build has requirements on a command line, and each list of releases shows them."""
    requirement = f"lib @ {url}"
    source = {"type": "pip", "requirement": requirement}
    for variable, given in {
        "wsgi_app_packages": {"wsgi_app_packages": [requirement]},
        "wsgi_app_source.requirement": {"wsgi_app_source": source},
    }.items():
        [error] = input_errors(**given)
        assert error.startswith(f"{variable} has 'lib @ ")
        assert "t0ken" not in error


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param("lib>=2", id="name"),
        pytest.param("lib @ https://pip.example.org/lib.whl", id="URL"),
        pytest.param("lib @ git+ssh://git@git.example.org/lib.git@v2", id="SSH key"),
        pytest.param("lib @ git+https://git.example.org/lib.git@v2", id="version"),
    ],
)
def test_requirement(input_errors, requirement: str):
    assert input_errors(wsgi_app_packages=[requirement]) == []
