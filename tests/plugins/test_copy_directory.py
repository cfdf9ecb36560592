"""A directory of the controller: what its archive holds, what names it, how it is unpacked."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError, check
from ansible_collections.subsite.deploy.plugins.modules import copy_directory
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import digest, pack


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return grow(tmp_path / "source")


def grow(top: Path, names: tuple[str, ...] = ("app.py", "pkg/b.py", "pkg/a.py")) -> Path:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return top


def members(source: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(pack(str(source)))) as archive:
        return {member.name: member for member in archive.getmembers()}


class TestPack:
    def test_holds_parents_before_their_content(self, source: Path):
        assert list(members(source)) == ["app.py", "pkg", "pkg/a.py", "pkg/b.py"]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda source: os.utime(source / "app.py", (1, 1)), id="mtime, file"),
            pytest.param(lambda source: os.utime(source / "pkg", (1, 1)), id="mtime, directory"),
            pytest.param(lambda source: (source / "app.py").chmod(0o600), id="umask, file"),
            pytest.param(lambda source: (source / "pkg").chmod(0o700), id="umask, directory"),
            pytest.param(lambda source: (source / ".git").mkdir(), id="version control"),
            pytest.param(lambda source: (source / "app.pyc").touch(), id="bytecode"),
        ],
    )
    def test_does_not_depend_on(self, source: Path, change):
        before = pack(str(source))
        change(source)
        assert pack(str(source)) == before

    def test_does_not_depend_on_the_order_of_creation(self, source: Path, tmp_path: Path):
        other = grow(tmp_path / "other", ("pkg/a.py", "pkg/b.py", "app.py"))
        assert pack(str(other)) == pack(str(source))

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda source: (source / "app.py").write_text("#"), id="content"),
            pytest.param(lambda source: (source / "app.py").rename(source / "b.py"), id="name"),
            pytest.param(lambda source: (source / "app.py").chmod(0o755), id="executable bit"),
            pytest.param(lambda source: (source / "empty").mkdir(), id="empty directory"),
            pytest.param(lambda source: (source / "link").symlink_to("app.py"), id="link"),
        ],
    )
    def test_depends_on(self, source: Path, change):
        before = pack(str(source))
        change(source)
        assert pack(str(source)) != before

    @pytest.mark.parametrize(
        "name",
        [
            ".git/config",
            ".hg/store",
            ".svn/entries",
            "pkg/__pycache__/a.cpython-313.pyc",
            "old.pyc",
            "shop.egg-info/PKG-INFO",
            ".tox/log",
            ".nox/log",
            ".mypy_cache/x",
            ".pytest_cache/x",
            ".ruff_cache/x",
            "venv/pyvenv.cfg",
            "deep/environment/pyvenv.cfg",
        ],
    )
    def test_leaves_out(self, source: Path, name: str):
        grow(source, (name,))
        assert name not in members(source)

    @pytest.mark.parametrize("name", [".env", ".github/x", "venv/app.py", "git", "dist/page.js"])
    def test_keeps(self, source: Path, name: str):
        grow(source, (name,))
        assert name in members(source)

    @pytest.mark.parametrize(
        ("mode", "packed"),
        [
            pytest.param(0o777, 0o755, id="executable"),
            pytest.param(0o700, 0o755, id="executable for its owner"),
            pytest.param(0o666, 0o644, id="writable"),
            pytest.param(0o6711, 0o755, id="with another user's rights"),
        ],
    )
    def test_keeps_of_permissions_only_executable(self, source: Path, mode: int, packed: int):
        (source / "app.py").chmod(mode)
        assert members(source)["app.py"].mode == packed

    @pytest.mark.parametrize(
        ("link", "target"),
        [
            pytest.param("here", "app.py", id="beside it"),
            pytest.param("pkg/up", "../app.py", id="in the parent"),
            pytest.param("loop", ".", id="to the top"),
            pytest.param("dangling", "missing", id="to nothing"),
        ],
    )
    def test_keeps_links(self, source: Path, link: str, target: str):
        (source / link).symlink_to(target)
        assert members(source)[link].linkname == target

    @pytest.mark.parametrize(
        "target",
        [
            pytest.param("/etc/passwd", id="absolute"),
            pytest.param("../secret", id="above"),
            pytest.param("pkg/../../secret", id="above, after going down"),
            pytest.param("../source-too/app.py", id="in a neighbour with a longer name"),
        ],
    )
    def test_refuses_links_that_lead_out(self, source: Path, target: str):
        (source / "link").symlink_to(target)
        with pytest.raises(TreeError, match=f"^'link' links to '{target}', outside of"):
            pack(str(source))

    def test_refuses_links_that_lead_out_by_others(self, source: Path):
        (source / "pkg/up").symlink_to("..")
        (source / "link").symlink_to("pkg/up/../secret")
        with pytest.raises(TreeError, match=r"^'link' links to 'pkg/up/\.\./secret', outside of"):
            pack(str(source))

    def test_refuses_absolute_links_to_itself(self, source: Path):
        (source / "link").symlink_to(source / "app.py")
        with pytest.raises(TreeError, match="^'link' links to '/"):
            pack(str(source))

    def test_refuses_what_is_no_file(self, source: Path):
        os.mkfifo(source / "pipe")
        with pytest.raises(TreeError, match="'pipe' is neither a file, a directory nor a link"):
            pack(str(source))

    def test_refuses_pointers_of_git_lfs(self, source: Path):
        """The work tree of a user without git-lfs has them."""
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
        (source / "pkg/logo.png").write_text(text)
        with pytest.raises(TreeError, match=r"^'pkg/logo\.png' is a pointer of Git LFS"):
            pack(str(source))
        (source / "pkg/logo.png").write_text(text + "#" * 1024)
        pack(str(source))

    def test_refuses_what_is_no_directory(self, source: Path):
        with pytest.raises(TreeError, match=r"app\.py is not a directory on the controller"):
            pack(str(source / "app.py"))


class TestCheck:
    def test_takes_a_source(self, source: Path):
        (source / "pkg/link").symlink_to("../app.py")
        check(source)

    @pytest.mark.parametrize("mode", [0o4755, 0o2755])
    def test_refuses_files_with_the_rights_of_their_owner_or_group(self, source: Path, mode: int):
        (source / "pkg/a.py").chmod(mode)
        with pytest.raises(TreeError, match=r"^'pkg/a\.py' is setuid or setgid"):
            check(source)

    @pytest.mark.parametrize("name", ["pipe", ".git/pipe", "__pycache__/pipe"])
    def test_refuses_what_is_no_file(self, source: Path, name: str):
        (source / name).parent.mkdir(exist_ok=True)
        os.mkfifo(source / name)
        with pytest.raises(TreeError, match=f"^'{name}' is neither a file, a directory nor a link"):
            check(source)


def look_up(source: Path, **options: object) -> list[str]:
    return lookup_loader.get("subsite.deploy.directory_digest").run([str(source)], **options)


class TestDigest:
    def test_is_the_archives(self, source: Path):
        assert look_up(source) == [digest(pack(str(source)))]

    def test_leaves_out_what_the_archive_leaves_out(self, source: Path):
        left_out = {Path("app.py"), Path("pkg/b.py")}
        archive = pack(str(source), left_out)
        assert look_up(source, left_out=["app.py", "pkg/b.py"]) == [digest(archive)]
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            assert content.getnames() == ["pkg", "pkg/a.py"]

    def test_names_the_directory_that_is_missing(self, tmp_path: Path):
        with pytest.raises(AnsibleLookupError, match=f"{tmp_path}/missing is not a directory"):
            look_up(tmp_path / "missing")


class TestPlace:
    @pytest.fixture
    def archive(self, source: Path, tmp_path: Path) -> str:
        (source / "app.py").chmod(0o755)
        (source / "link").symlink_to("app.py")
        path = tmp_path / "source.tar.gz"
        path.write_bytes(gzip.compress(pack(str(source))))
        return str(path)

    @pytest.fixture
    def dest(self, tmp_path: Path) -> Path:
        return tmp_path / "releases" / "1" / "source"

    def test_makes_the_same_tree(self, archive: str, source: Path, dest: Path):
        copy_directory.unpack(archive, str(dest), None)
        assert pack(str(dest)) == pack(str(source))

    def test_files_are_newer_than_browser_caches(self, archive: str, dest: Path):
        copy_directory.unpack(archive, str(dest), None)
        assert (dest / "app.py").stat().st_mtime >= Path(archive).stat().st_mtime

    @pytest.mark.parametrize(
        ("group", "modes"),
        [
            pytest.param(None, (0o755, 0o755, 0o755, 0o644), id="for everybody"),
            pytest.param("daemon", (0o750, 0o750, 0o750, 0o640), id="for a group"),
        ],
    )
    def test_gives_permissions_whatever_the_umask(self, archive: str, dest: Path, group, modes):
        dest.parent.mkdir(parents=True)
        umask = os.umask(0o077)
        copy_directory.unpack(archive, str(dest), group)
        os.umask(umask)
        paths = (dest, dest / "pkg", dest / "app.py", dest / "pkg/a.py")
        assert tuple(path.stat().st_mode & 0o7777 for path in paths) == modes

    def test_belongs_to_root_and_the_group(self, archive: str, dest: Path):
        copy_directory.unpack(archive, str(dest), "daemon")
        owners = {(path.lstat().st_uid, path.group()) for path in [dest, *dest.rglob("*.py")]}
        assert owners == {(0, "daemon")}

    def test_interrupted_leaves_nothing_at_its_place(
        self, archive: str, dest: Path, monkeypatch: pytest.MonkeyPatch
    ):
        def begin(self, path, members):
            self.extract(members[0], path)
            raise KeyboardInterrupt

        with monkeypatch.context() as cut:
            cut.setattr(tarfile.TarFile, "extractall", begin)
            with pytest.raises(KeyboardInterrupt):
                copy_directory.unpack(archive, str(dest), None)
        assert not dest.exists()

    def test_goes_on_after_an_interruption(self, archive: str, source: Path, dest: Path):
        grow(dest.with_name("source.partial"), ("left.py",))
        copy_directory.unpack(archive, str(dest), None)
        assert pack(str(dest)) == pack(str(source))

    @pytest.mark.parametrize("moment", ["before", "while it unpacks"])
    def test_is_left_to_a_newer_run(
        self, run_module, archive: str, source: Path, dest: Path, tmp_path: Path, moment: str
    ):
        """The newer run may unpack the same: what it has unpacked so far must not be taken."""
        newer, log = tmp_path / "newer", tmp_path / "log"
        claim = f"echo asked >> {log}; [ ! -e {newer} ] || {{ echo A newer run.; exit 1; }}"
        # The newer run begins after the first question.
        begins = f"; touch {newer}" if moment == "while it unpacks" else ""
        if not begins:
            newer.touch()
        check = ["sh", "-c", f"{claim}{begins}"]
        arguments = {"src": str(source), "dest": str(dest), "archive": archive, "check": check}
        result = run_module(copy_directory, **arguments)
        assert (result["failed"], result["msg"]) == (True, "A newer run.")
        assert not dest.exists()
        assert log.read_text().count("asked") == (2 if begins else 1)

    def test_newest_leads_to_the_last_copy(self, archive: str, dest: Path):
        link = dest.with_name("newest")
        for name in ("a", "b"):
            copy_directory.unpack(archive, str(dest.with_name(name)), None, "newest")
            assert (os.readlink(link), link.with_name("newest.partial").exists()) == (name, False)

    def test_newest_is_replaced_after_an_interruption(self, archive: str, dest: Path):
        dest.parent.mkdir(parents=True)
        dest.with_name("newest.partial").symlink_to("a")
        copy_directory.unpack(archive, str(dest), None, "newest")
        assert os.readlink(dest.with_name("newest")) == dest.name

    @pytest.mark.parametrize("name", ["a", "b"])
    def test_copy_in_use_becomes_the_newest_once(
        self, run_module, archive: str, dest: Path, name: str
    ):
        for copy in ("a", "b"):
            copy_directory.unpack(archive, str(dest.with_name(copy)), None, "newest")
        ages = []
        for _ in range(2):
            run_module(copy_directory, src="/src", dest=str(dest.with_name(name)), newest="newest")
            ages.append([dest.with_name(copy).stat().st_mtime_ns for copy in (name, "a", "b")])
        assert ages[0] == ages[1]
        assert ages[0][0] == max(ages[0])

    def test_says_that_the_tree_is_missing(self, run_module, source: Path, dest: Path):
        result = run_module(copy_directory, src=str(source), dest=str(dest))
        assert (result["changed"], dest.exists()) == (True, False)

    def test_looks_no_further_when_it_is_there(self, run_module, archive: str, dest: Path):
        dest.mkdir(parents=True)
        result = run_module(copy_directory, src="/src", dest=str(dest), archive=archive)
        assert (result["changed"], list(dest.iterdir())) == (False, [])

    def test_changes_nothing_in_check_mode(self, run_module, archive: str, dest: Path):
        result = run_module(
            copy_directory, src="/src", dest=str(dest), archive=archive, _ansible_check_mode=True
        )
        assert (result["changed"], dest.exists()) == (True, False)


PLAYBOOK = """
- hosts: host
  gather_facts: false
  tasks:
    - subsite.deploy.copy_directory:
        {src: "{{ playbook_dir }}/source", dest: "{{ playbook_dir }}/dest", newest: newest}
    - subsite.deploy.copy_directory:
        {src: "{{ playbook_dir }}/source", dest: "{{ playbook_dir }}/dest"}
    - subsite.deploy.copy_directory:
        {src: "{{ playbook_dir }}/source", dest: "{{ playbook_dir }}/dest3", left_out: [pkg/a.py]}
    - subsite.deploy.copy_directory:
        {src: "{{ playbook_dir }}/missing", dest: "{{ playbook_dir }}/dest2"}
"""


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("action")
    grow(top / "source")
    (top / "playbook.yml").write_text(PLAYBOOK)
    return top


@pytest.fixture(scope="module")
def results(run, top: Path) -> list[dict]:
    """What each task of the playbook said."""
    command = ["ansible-playbook", "--inventory=host,", "--connection=local", top / "playbook.yml"]
    [play] = json.loads(run(*command, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json").stdout)["plays"]
    return [task["hosts"]["host"] for task in play["tasks"]]


class TestAction:
    def test_sends_the_tree(self, results: list[dict], top: Path):
        assert pack(str(top / "dest")) == pack(str(top / "source"))

    @pytest.mark.usefixtures("results")
    def test_leaves_out(self, top: Path):
        assert sorted(path.name for path in (top / "dest3").rglob("*.py")) == ["app.py", "b.py"]

    def test_newest_leads_to_it(self, results: list[dict], top: Path):
        assert os.readlink(top / "newest") == "dest"

    def test_sends_it_once(self, results: list[dict]):
        assert [result["changed"] for result in results[:2]] == [True, False]

    def test_says_what_it_cannot_send(self, results: list[dict], top: Path):
        assert results[3]["msg"] == f"{top}/missing is not a directory on the controller"
