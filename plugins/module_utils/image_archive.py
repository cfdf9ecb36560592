"""Identify the image in an archive of ``podman save`` or ``docker save``."""

from __future__ import annotations

import hashlib
import json
import tarfile


class ArchiveError(Exception):
    """The file is not an archive with one image; the message says why and what would be right."""


def identify(path: str) -> tuple[str, str]:
    """Return skopeo's name for the archive format at ``path``, and the digest of the image.

    It is the digest of the image's configuration, which has the digests of all layers. If the
    archive has an index, it is the digest of the manifest.

    :raises ArchiveError: when the archive does not have exactly one image.
    """
    try:
        with tarfile.open(path) as archive:
            names = archive.getnames()
            if "manifest.json" in names:
                image = _only(json.loads(_read(archive, "manifest.json")), path)
                config = _read(archive, image["Config"])
                return "docker-archive", f"sha256:{hashlib.sha256(config).hexdigest()}"
            if "index.json" in names:
                index = json.loads(_read(archive, "index.json"))
                return "oci-archive", _only(index["manifests"], path)["digest"]
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read as an archive: {error}") from error
    raise ArchiveError(f"{path} has no image. Make it with 'podman save --output {path} IMAGE'.")


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} in it is not a file")
    return member.read()


def _only(images: list[dict], path: str) -> dict:
    if len(images) != 1:
        raise ArchiveError(f"{path} has {len(images)} images. Save only the image of the app.")
    return images[0]
