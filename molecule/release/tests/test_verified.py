"""Verify asks the app directly, with its key."""


def test_app_at_its_address_uses_forwarded_headers(operate):
    run = operate("verify", wsgi_app_prefix="/news")
    assert run.returncode == 0, run.stdout
    for line in ("http://localhost/news/  ✓ right", "app      sees      scheme http ✓"):
        assert line in run.stdout
