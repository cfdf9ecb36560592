"""An image that cannot serve: it is refused in words and goes at once."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def fails(publish, release, run, host, on_host):
    """Return a function that runs a deploy which has to fail, and returns what it leaves."""
    publish()
    release()

    def fail(**variables) -> tuple[str, bool]:
        def look() -> tuple:
            set_up = host.check_output("wc --lines </var/lib/wsgi/shop/data/set-up")
            return on_host.shop(), on_host.images(), on_host.releases(), set_up

        before = look()
        failed = run(**variables)
        assert not failed.succeeded
        return failed.output.replace("\\n", " "), look() == before

    return fail


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        pytest.param("bare", "has no gunicorn and werkzeug", id="neither"),
        pytest.param("halved", "has no werkzeug", id="no Werkzeug"),
        pytest.param("outdated", "has gunicorn 22.0.0", id="old gunicorn"),
        pytest.param("closed", "python3 of the image has no gunicorn", id="unreadable"),
    ],
)
def test_image_that_cannot_run_an_app(fails, publish, stage: str, missing: str):
    publish("bad", stage)
    output, untouched = fails(source={"type": "image", "ref": "localhost:5000/shop:bad"})
    assert missing in output
    assert "gunicorn (23 or later) and Werkzeug" in output
    assert untouched


def test_unhealthy_release_fails(fails, publish, host):
    publish("1.5")
    output, untouched = fails(
        source={"type": "image", "ref": "localhost:5000/shop:1.5"},
        wsgi_app_setup_commands=[],
        wsgi_app_health={"status": [299]},
    )
    assert "The health check of /shop/ failed" in output
    assert untouched


def test_unknown_digest_fails(fails):
    digest = "sha256:" + "0" * 64
    output, untouched = fails(source={"type": "image", "ref": f"localhost:5000/shop@{digest}"})
    assert f"does not return localhost:5000/shop@{digest} without a login" in output
    assert untouched
