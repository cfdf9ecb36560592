"""The certificate of nginx_site_tls.mode self_signed."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate

NAMES = ["example.org", "*.example.org", "203.0.113.5", "[2001:db8::5]"]
PLAY = """
- hosts: all
  gather_facts: false
  vars:
    ansible_become: true
    ansible_become_method: ansible.builtin.su
    ansible_become_exe: /bin/false
    __nginx_site_certificate: {names: %s}
  tasks:
    - ansible.builtin.include_tasks: %s/roles/nginx_site/tasks/certificate/make_self_signed.yml
    - ansible.builtin.copy:
        content: "{{ __nginx_site_new_certificate | to_json }}"
        dest: "{{ playbook_dir }}/made.json"
        mode: "0600"
      check_mode: false
      no_log: true
      delegate_to: localhost
      vars:
        ansible_become: false
"""


@pytest.fixture(scope="module", params=[(), ("--check",)], ids=["run", "check mode"])
def play(request, root: Path, run, tmp_path_factory) -> tuple[dict[str, str], str]:
    """A new certificate with its key, and the output of the run. The host cannot be reached."""
    top = tmp_path_factory.mktemp("self_signed")
    (top / "play.yml").write_text(PLAY % (json.dumps(NAMES), root))
    inventory = ("--inventory", "unreachable.invalid,")
    done = run("ansible-playbook", "-vvv", "--diff", *inventory, *request.param, top / "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((top / "made.json").read_text()), done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(play) -> dict[str, str]:
    return play[0]


def test_valid_for_the_names_and_a_year(made):
    names = [name.strip("[]") for name in NAMES]
    assert list(certificate.faults(made["certificate"], names, 364, exactly=True)) == []
    assert list(certificate.faults(made["certificate"], names, 366)) != []


def test_has_its_key(made):
    assert list(certificate.key_faults(made["certificate"], made["key"])) == []


def test_key_is_in_no_file(play):
    """Without pipelining, Ansible writes a module with its arguments to a file."""
    assert "AnsiballZ_x509_certificate_pipe" not in play[1]


def test_key_is_not_logged(play):
    made, output = play
    assert [line for line in made["key"].splitlines()[1:-1] if line in output] == []


@pytest.mark.parametrize("strict", [ssl.VerifyFlags(0), ssl.VERIFY_X509_STRICT])
@pytest.mark.parametrize("name", ["example.org", "203.0.113.5"])
def test_client_that_has_it_trusts_it(made, tmp_path, name: str, strict):
    (tmp_path / "pair").write_text(made["certificate"] + made["key"])
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "pair")
    client = ssl.create_default_context(cadata=made["certificate"])
    client.verify_flags |= strict
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server.wrap_bio(to_server, to_client, server_side=True)
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    for side in (here, there, here):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert here.version() == "TLSv1.3"
