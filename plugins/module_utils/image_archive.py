"""Read what is in an archive of an image, as ``podman save`` and ``docker save`` write it."""

from __future__ import annotations

import hashlib
import json
import tarfile


class ArchiveError(Exception):
    """It is no archive of one image; the message says why and what would be right."""


def identify(path: str) -> tuple[str, str]:
    """Return what skopeo calls an archive of the kind at ``path``, and its image's digest.

    The digest is of the image's configuration, which has those of all its layers in it, or of its
    manifest where the archive has an index of these.

    :raises ArchiveError: when there is not one image in it.
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
    raise ArchiveError(
        f"{path} has no image in it: write one with 'podman save --output {path} IMAGE'."
    )


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file in it")
    return member.read()


def _only(images: list[dict], path: str) -> dict:
    if len(images) != 1:
        raise ArchiveError(
            f"{path} has {len(images)} images in it: save the one that is the app's."
        )
    return images[0]
