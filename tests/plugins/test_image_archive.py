"""Archives of images, as engines write them."""

import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.subsite.deploy.plugins.lookup.image_digest import LookupModule
from ansible_collections.subsite.deploy.plugins.module_utils.image_archive import (
    ArchiveError,
    identify,
)

CONFIG = b'{"architecture": "amd64"}'
DIGEST = hashlib.sha256(CONFIG).hexdigest()
DOCKER = {"manifest.json": json.dumps([{"Config": "c.json", "RepoTags": ["a:1", "a:2"]}])}
OCI = {"index.json": json.dumps({"manifests": [{"digest": "sha256:70f8"}]})}
BOTH = {**OCI, "manifest.json": DOCKER["manifest.json"]}


def pack(path: Path, files: dict[str, str], mode: str = "w") -> str:
    with tarfile.open(path, mode) as archive:
        for name, text in {**files, "c.json": CONFIG.decode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return str(path)


@pytest.mark.parametrize("mode", ["w", "w:gz"], ids=["plain", "compressed"])
@pytest.mark.parametrize(
    ("files", "identity"),
    [
        pytest.param(DOCKER, ("docker-archive", f"sha256:{DIGEST}"), id="docker"),
        pytest.param(OCI, ("oci-archive", "sha256:70f8"), id="oci"),
        pytest.param(BOTH, ("docker-archive", f"sha256:{DIGEST}"), id="docker 25 and later"),
    ],
)
def test_is_named_after_its_image(tmp_path: Path, mode: str, files: dict, identity: tuple):
    path = pack(tmp_path / "shop.tar", files, mode)
    assert identify(path) == identity
    assert LookupModule().run([path]) == [identity[1]]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "has no image. Make it with 'podman save", id="no image"),
        pytest.param({"manifest.json": "[{}, {}]"}, "has 2 images", id="two, docker"),
        pytest.param({"index.json": '{"manifests": []}'}, "has 0 images", id="none, oci"),
        pytest.param({"manifest.json": "["}, "cannot be read as an archive", id="broken"),
    ],
)
def test_what_has_not_one_image_is_refused(tmp_path: Path, files: dict, said: str):
    path = pack(tmp_path / "shop.tar", files)
    with pytest.raises(ArchiveError, match=f"^{re.escape(path)} {re.escape(said)}"):
        identify(path)
    with pytest.raises(AnsibleLookupError, match=re.escape(said)):
        LookupModule().run([path])


@pytest.mark.parametrize("content", [None, "no archive"], ids=["missing", "something else"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: str | None):
    path = tmp_path / "shop.tar"
    if content:
        path.write_text(content)
    with pytest.raises(ArchiveError, match="cannot be read as an archive"):
        identify(str(path))


def test_directory_in_the_place_of_its_manifest_is_refused(tmp_path: Path):
    path = tmp_path / "shop.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    with pytest.raises(ArchiveError, match="manifest.json in it is not a file"):
        identify(str(path))
