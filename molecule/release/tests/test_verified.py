"""The app tells whoever has its key what it sees, whatever runs it."""


def test_app_at_its_own_address_understands_what_nginx_tells(operate):
    run = operate("verify", wsgi_app_prefix="/news")
    assert run.returncode == 0, run.stdout
    for told in ("http://localhost/news/  ✓ right", "app      sees      scheme http ✓"):
        assert told in run.stdout
