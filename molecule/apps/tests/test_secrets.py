"""Secrets are where the app's own processes find them, and nowhere else."""

import re

import pytest
import yaml
from controller import SCENARIO, deploy

WRITTEN = yaml.safe_load((SCENARIO / "vars/environment_variables.yml").read_text())
TOKEN = WRITTEN["secrets_of_ledger"]["LEDGER_TOKEN"]
SEARCH = "grep --recursive --files-with-matches --no-messages --file=-"
PLACES = "/boot /dev/shm /etc /home /opt /root /run /srv /tmp /usr /var"


def found(host, search: str) -> list[str]:
    # The words to search for come by a pipe, because the journal has the arguments of commands.
    return host.run(f"echo {TOKEN} | {search} {PLACES}").stdout.split()


def test_no_readable_file_has_secrets(host):
    assert found(host, f"runuser -u nobody -- {SEARCH}") == []


def test_no_readable_process_has_secrets(host):
    environ = "grep --files-with-matches --text --no-messages --file=- /proc/[0-9]*/environ"
    assert host.run(f"echo {TOKEN} | runuser -u nobody -- {environ}").stdout == ""
    assert host.run(f"echo {TOKEN} | {environ}").stdout != ""


def test_only_releases_hold_secrets(host):
    files = {re.sub(r"/releases/\w+/", "/releases/*/", path) for path in found(host, SEARCH)}
    assert files == {"/srv/wsgi/ledger/releases/*/secrets"}


def test_secrets_file_is_for_root(host, release):
    secrets = host.file(f"{release('ledger')}/secrets")
    assert (secrets.user, secrets.group, secrets.mode) == ("root", "root", 0o600)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("cat /proc/[0-9]*/cmdline", id="processes"),
        pytest.param("systemctl show 'wsgi-ledger*'", id="properties of units"),
        pytest.param("systemctl cat 'wsgi-ledger*'", id="files of units"),
        pytest.param("journalctl --output=export", id="journal"),
    ],
)
def test_systemd_does_not_show_secrets(host, command):
    output = host.run(command).stdout_bytes.decode(errors="replace")
    assert ("ledger" in output, TOKEN in output) == (True, False)


def test_controller_keeps_no_secrets(tmp_path):
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path)}
    run = deploy("ledger.yml", "-vvv", "--diff", environ=cache)
    [facts] = [path.read_text() for path in tmp_path.iterdir()]
    assert "ansible_distribution" in facts
    assert TOKEN not in facts + run.output
