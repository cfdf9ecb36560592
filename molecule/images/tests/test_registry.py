"""An app from a registry: a release has the digest of its tag."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def deployed(publish, release):
    """Publish a version and deploy it."""
    image = publish()
    release()
    return image


def test_release_has_the_digest_of_the_tag(deployed, on_host):
    assert on_host.shop()["version"] == deployed.version
    assert on_host.record()["revision"] == deployed.digest


def test_release_records_its_image(deployed, operate):
    assert f"from image {deployed.digest[:20]}" in operate("releases").output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("directory", "/opt/shop", id="its directory"),
        pytest.param("python", "/opt/venv", id="its PATH"),
        pytest.param("greeting", "At your service.", id="its PYTHONPATH"),
        pytest.param("prefix", "/shop", id="the role's prefix"),
        pytest.param("token", "heron", id="the role's secrets"),
        pytest.param("writable", ["media", "/var/lib/wsgi/shop/data"], id="its data alone"),
    ],
)
def test_app_runs_as_in_its_image(deployed, on_host, name: str, value):
    assert on_host.shop()[name] == value


def test_commands_run_in_the_image_directory(deployed, host):
    assert set(host.check_output("cat /var/lib/wsgi/shop/data/set-up").split()) == {"/opt/shop"}


def test_only_the_role_supervises_the_app(deployed, host, on_host):
    container = f"wsgi-shop.{on_host.release()}"
    how = "podman inspect --format '{{.Config.StopSignal}} {{.Config.Healthcheck.Test}}'"
    assert host.check_output(f"{how} {container}") == "SIGTERM [NONE]"


def test_image_volumes_are_unused(deployed, host, on_host):
    form = "'{{range .Mounts}}{{.Type}} {{end}}'"
    mounts = host.check_output(f"podman inspect --format {form} wsgi-shop.{on_host.release()}")
    assert set(mounts.split()) == {"bind"}


def test_only_the_release_name_is_left(deployed, on_host):
    names = {name for name in on_host.images() if "shop" in name}
    assert names == {f"localhost/wsgi-shop:{release}" for release in on_host.releases()}


@pytest.mark.parametrize("options", [[], ["--check"]], ids=["deploy", "check"])
def test_second_run_changes_nothing(deployed, release, options):
    assert release(*options).changed == 0


def test_other_tag_of_the_same_image_changes_nothing(deployed, host, release):
    host.check_output(
        "skopeo copy --src-tls-verify=false docker://localhost:5000/shop:1.4 "
        "docker://localhost:5000/mirror/store:latest"
    )
    source = {"type": "image", "ref": "localhost:5000/mirror/store:latest"}
    assert release(source=source).changed == 0


@pytest.fixture(scope="module")
def moved(deployed, publish, run, release, on_host):
    """Move the tag to another image, deploy in check mode, and return what was there then."""
    image = publish()
    before = on_host.images()
    checked = run("--check")
    after = on_host.images()
    release()
    return image, checked, before == after


def test_check_mode_reports_a_moved_tag_and_pulls_nothing(moved):
    _, checked, untouched = moved
    assert (checked.succeeded, checked.changed > 0, untouched) == (True, True, True)


def test_moved_tag_is_a_new_release(deployed, moved, on_host):
    image, *_ = moved
    assert on_host.shop()["version"] == image.version != deployed.version
    assert on_host.record()["revision"] == image.digest != deployed.digest


def test_rollback_serves_the_previous_image(deployed, moved, operate, on_host):
    operate("rollback")
    assert on_host.shop()["version"] == deployed.version


def test_local_digest_needs_no_registry(moved, release, on_host, no_registry):
    image, *_ = moved
    release(source=image.source())
    same = on_host.release()
    release(source=image.source(), wsgi_app_environment={"COLOUR": "blue"})
    assert on_host.release() != same
    assert (on_host.shop()["version"], on_host.shop()["colour"]) == (image.version, "blue")


def test_pulled_image_needs_no_registry(publish, host, release, on_host, request):
    image = publish("1.6")
    name = image.source()["ref"]
    host.check_output(f"podman pull --quiet {name}")
    request.getfixturevalue("no_registry")
    release(source=image.source())
    assert on_host.shop()["version"] == image.version
    host.check_output(f"podman image rm {name}")


def test_tag_needs_its_registry(run, on_host, no_registry):
    before = on_host.shop()
    failed = run()
    assert not failed.succeeded
    assert "does not return localhost:5000/shop:1.4 without a login" in failed.output
    assert on_host.shop() == before


def test_images_are_removed_with_their_releases(deployed, publish, release, on_host):
    for _ in range(2):
        publish()
        release(wsgi_app_keep_releases=2)
    images = {name.partition(":")[2] for name in on_host.images() if "/wsgi-shop:" in name}
    assert len(images) == 2
    assert images == set(on_host.releases())


def test_removed_app_leaves_nothing(release, on_host):
    release(app="passing", shared=[])
    assert any("/wsgi-passing:" in name for name in on_host.images())
    release(app="passing", wsgi_app_state="absent", wsgi_app_remove_data=True)
    assert not any("/wsgi-passing:" in name for name in on_host.images())
