"""An app has its data and settings, runs its setup commands once, and keeps its data."""

import pytest
import yaml
from client import ask
from controller import SCENARIO

ECHO = yaml.safe_load((SCENARIO / "inventory/host_vars/echo.yml").read_text())


def public(name: str) -> str:
    return ask(f"/api/public/{name}", host="example.org", port=8001).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("greeting.txt", ECHO["wsgi_app_environment"]["GREETING"]),
        ("key.txt", ECHO["wsgi_app_secrets"]["API_KEY"]),
        ("settings.ini", ECHO["wsgi_app_files"][0]["content"]),
    ],
)
def test_setup_command_has_the_app_environment(name: str, content: str):
    assert public(name) == content


def test_shared_path_is_in_the_data_directory(host, directory):
    written = host.file(f"{directory}/files/var/lib/wsgi/echo/shared/public-uploads/note.txt")
    assert written.content_string == "shared\n"


def test_writable_path_is_on_the_machine(host):
    assert host.file("/srv/media/note.txt").content_string == "of the machine\n"


def test_setup_commands_run_once(host, directory):
    before = public("runs.txt")
    host.check_output(f"cd {directory} && docker compose restart echo && docker compose up --wait")
    assert public("runs.txt") == before
