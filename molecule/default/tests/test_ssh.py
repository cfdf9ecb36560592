"""Deploy over SSH as an unprivileged user with sudo."""

import subprocess
from pathlib import Path

import pytest
from client import ask
from controller import PROJECT, deploy


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def server(host, key) -> dict[str, str]:
    """Let an deployer in by ``key`` and return how Ansible reaches the host."""
    public = key.with_suffix(".pub").read_text().strip()
    host.check_output(
        "{ id -u deployer >/dev/null 2>&1 || useradd --create-home --shell /bin/bash deployer; } &&"
        "echo 'deployer ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/deployer &&"
        "install -d -m 700 -o deployer ~deployer/.ssh &&"
        f"echo '{public}' > ~deployer/.ssh/authorized_keys"
    )
    address = host.check_output("ip -4 -o address show dev eth0 | awk '{print $4}'").split("/")[0]
    return {
        "ansible_connection": "ssh",
        "ansible_host": address,
        "ansible_user": "deployer",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
    }


@pytest.fixture(scope="module")
def deployed(server) -> None:
    """Deploy the demo with one worker less."""
    deploy(PROJECT / "playbooks/site.yml", "--limit=demo", wsgi_app_workers=1, **server)


@pytest.mark.usefixtures("deployed")
def test_new_settings_serve(host):
    pid = host.check_output("systemctl show --value --property=MainPID wsgi-demo.service")
    workers = host.check_output(f"cat /proc/{pid}/task/{pid}/children").split()
    assert len(workers) == 1


@pytest.mark.usefixtures("deployed")
def test_one_release_runs(host):
    running = host.check_output("systemctl list-units --plain --no-legend 'wsgi-demo.*.service'")
    assert len(running.splitlines()) == 1


@pytest.mark.usefixtures("deployed")
def test_site_answers():
    assert ask("/api/result").status == 200
