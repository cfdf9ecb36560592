"""An app whose image the host builds: layers are reused, and a failure leaves no image."""

from __future__ import annotations

import pytest

CODE = """
def app(environ, start_response):
    start_response({status!r}, [("Content-Type", "application/json")])
    return [b'{{"version": "{version}"}}']
"""
ENVIRONMENT = "localhost/wsgi-built:environment"


@pytest.fixture(scope="module")
def build(source, run):
    """Return a function that deploys code with its requirements."""

    def deploy(version: str, requirements: str = "gunicorn\n", status: str = "200 OK"):
        code = CODE.format(version=version, status=status)
        path = source(shop_py=code, requirements_txt=requirements)
        return run(
            app="built",
            source={"type": "local", "path": str(path)},
            shared=[],
            wsgi_app_setup_commands=[],
        )

    return deploy


@pytest.fixture(scope="module")
def first(build, on_host) -> str:
    """Deploy for the first time, and return which environment was built."""
    done = build("1")
    assert done.succeeded, done.output
    return on_host.images()[ENVIRONMENT]


def test_new_code_installs_no_dependencies(first, build, on_host, host):
    def layers() -> list[str]:
        image = f"localhost/wsgi-built:{on_host.release('built')}"
        form = "'{{range .RootFS.Layers}}{{.}} {{end}}'"
        return host.check_output(f"podman image inspect --format {form} {image}").split()

    before = layers()
    build("2")
    assert on_host.shop("built")["version"] == "2"
    assert on_host.images()[ENVIRONMENT] == first
    [base, environment, *_], [base_then, environment_then, *_] = layers(), before
    assert (base, environment) == (base_then, environment_then)
    assert layers() != before


def test_failure_leaves_no_image(first, build, on_host):
    serving, before = on_host.shop("built"), set(on_host.images())
    failed = build("3", status="500 Internal Server Error")
    assert not failed.succeeded
    assert (on_host.shop("built"), set(on_host.images())) == (serving, before)


def test_new_dependencies_are_installed(first, build, on_host):
    assert build("4", requirements="gunicorn\niniconfig\n").succeeded
    assert on_host.images()[ENVIRONMENT] != first
