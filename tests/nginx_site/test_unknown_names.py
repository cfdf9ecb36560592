"""By TLS, who asks for a name of no site gets no certificate, unless a server claims the rest."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

REJECTED = "TLSV1_UNRECOGNIZED_NAME"
NAMES = ["one.example", "two.example"]
THEIRS = """
server {{
    listen 127.0.0.1:{port} ssl default_server;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    return 200 theirs;
}}
"""


@pytest.fixture(scope="module")
def ports(nginx_site, certificate, tmp_path_factory) -> Iterator[dict[str, int]]:
    """Serve two sites at each of some ports, which differ in who claims the other names."""
    nginx = Nginx(tmp_path_factory.mktemp("names"))
    kinds = ["unclaimed", "claimed", "theirs", "address", "plain"]
    ports = dict(zip(kinds, free_ports(len(kinds)), strict=True))
    for kind in kinds[:-1]:
        for name in NAMES:
            one = name == NAMES[0]
            site = {
                "nginx_site_name": f"{kind}-{name.partition('.')[0]}",
                "nginx_site_server_names": [name] + ["127.0.0.1"] * (kind == "address"),
                "nginx_site_default_server": kind == "claimed" and one,
                "nginx_site_listen": [f"127.0.0.1:{ports['plain']}"] * (kind == "unclaimed"),
                "nginx_site_tls": {**certificate, "listen": [f"127.0.0.1:{ports[kind]}"]},
                "nginx_site_limits": {"header_timeout": 1},
                "__nginx_site_handshake_timeout": 1,
            }
            if kind != "address" or one:
                nginx.add(nginx_site, site)
    theirs = THEIRS.format(port=ports["theirs"], **certificate)
    (nginx.top / "sites/theirs.conf").write_text(theirs)
    assert "conflicting server name" not in nginx.run("-t", "-q").stderr
    with running(nginx):
        yield ports


@contextmanager
def connect(port: int, name: str | None, context: ssl.SSLContext | None = None, **options):
    """Shake hands as a client that requests ``name`` and trusts every certificate."""
    context = context or ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name, **options) as secured,
    ):
        yield secured


def said(port: int, name: str | None, host: str = "one.example") -> str:
    """Return the status of an answer, or why there was no handshake."""
    try:
        with connect(port, name) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return secured.recv(65536).decode().split()[1]
    except ssl.SSLError as error:
        return str(error.reason)


@pytest.mark.parametrize("name", ["none.example", "x.one.example", None])
class TestUnknownName:
    def test_is_rejected(self, ports, name):
        assert said(ports["unclaimed"], name) == REJECTED

    def test_is_for_the_site_that_claims_it(self, ports, name):
        assert said(ports["claimed"], name) == "404"

    def test_is_for_another_s_server_that_claims_it(self, ports, name):
        assert said(ports["theirs"], name, "none.example") == "200"

    def test_is_for_a_site_that_has_an_address(self, ports, name):
        """Clients that ask for an address name none."""
        assert said(ports["address"], name, "127.0.0.1") == "404"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["unclaimed", "claimed", "theirs"])
def test_listed_name_is_answered(ports, kind: str, name: str):
    assert said(ports[kind], name, name) == "404"


@pytest.mark.parametrize(
    ("host", "status"), [("two.example", "404"), ("none.example", "421"), ("", "400")]
)
def test_connection_for_one_name_asks_for_another(ports, host: str, status: str):
    assert said(ports["unclaimed"], "one.example", host) == status


@pytest.mark.parametrize("name", NAMES)
def test_session_is_taken_up_again(ports, name: str):
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(ports["unclaimed"], name, context) as first:
        session = first.session
    with connect(ports["unclaimed"], name, context, session=session) as second:
        assert second.session_reused


@pytest.mark.parametrize(
    ("options", "spoken"),
    [
        ("-groups X25519", True),
        ("-groups secp521r1", False),
        ("-tls1_3", True),
        ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("-tls1_2 -cipher ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA", False),
        ("-tls1_1 -cipher ALL:@SECLEVEL=0", False),
    ],
)
def test_settings_hold_before_the_name_is_read(ports, options: str, spoken: bool):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{ports['unclaimed']}"]
    command += ["-servername", NAMES[0], *options.split()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode == 0) is spoken


class TestSlowHandshake:
    """nginx closes the connection when its time is up."""

    @pytest.mark.parametrize(
        ("kind", "begun"),
        [
            ("unclaimed", b""),
            ("unclaimed", b"\x16\x03\x01"),
            ("claimed", b""),
            ("plain", b""),
            ("plain", b"GET / HTTP/1.1\r\nHo"),
        ],
    )
    def test_ends(self, ports, kind: str, begun: bytes):
        with socket.create_connection(("127.0.0.1", ports[kind]), timeout=10) as connection:
            connection.sendall(begun)
            assert connection.recv(1) == b""

    @pytest.mark.parametrize("kind", ["unclaimed", "claimed"])
    @pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHo"])
    def test_ends_when_the_head_does_not_come(self, ports, kind: str, begun: bytes):
        with connect(ports[kind], "one.example") as secured:
            secured.sendall(begun)
            assert secured.recv(1) == b""


class TestSharedFile:
    """Sites write the same shared files, which stay for as long as a site needs them."""

    SITE = {
        "nginx_site_name": "one",
        "nginx_site_server_names": ["one.example"],
        "nginx_site_tls": {"mode": "self_signed"},
    }
    SIZES, *BOTH = ALL = ["hash-sizes.conf", "tls-443.conf", "tls-[::]:443.conf"]

    def test_is_the_same_from_every_site(self, nginx_site):
        other = {"nginx_site_name": "two", "nginx_site_limits": {"header_timeout": 5}}
        one, two = (
            nginx_site.texts("__nginx_site_shared_files", {**self.SITE, **more})
            for more in ({}, other)
        )
        assert (list(one), one) == (self.ALL, two)

    @pytest.mark.parametrize(
        ("settings", "kept"),
        [
            pytest.param({}, ALL, id="needed"),
            pytest.param({"nginx_site_state": "absent"}, [], id="absent"),
            pytest.param({"nginx_site_default_server": True}, [SIZES], id="default server"),
            pytest.param(
                {"nginx_site_server_names": ["a.example", "[::1]"]}, [SIZES], id="address"
            ),
            pytest.param({"nginx_site_tls": {"mode": "none"}}, [SIZES], id="plain"),
            pytest.param(
                {"nginx_site_tls": {"mode": "self_signed", "listen": ["[::]:443"]}},
                [SIZES, BOTH[1]],
                id="fewer addresses",
            ),
        ],
    )
    @pytest.mark.parametrize("other", [[], ALL[:2]])
    def test_goes_when_no_site_needs_it(self, nginx_site, tmp_path, settings, kept, other):
        at = {"__nginx_site_shared_dir": f"{tmp_path}/conf.d"}
        at["__nginx_site_config_path"] = f"{tmp_path}/sites-available/one.conf"
        for directory in ("conf.d", "sites-available"):
            (tmp_path / directory).mkdir()
        before = nginx_site.value("__nginx_site_shared_files", {**self.SITE, **at})
        for file in before:
            Path(file["dest"]).write_text(file["content"])
        (tmp_path / "conf.d/theirs.conf").write_text("listen 443 ssl;")
        named = "".join(f"# {tmp_path}/conf.d/{name}\n" for name in other)
        (tmp_path / "sites-available/two.conf").write_text(named)
        (tmp_path / "sites-available/one.conf").write_text(f"# {before[0]['dest']}\n")
        site = {**self.SITE, **at, **settings}
        pattern = nginx_site.value("__nginx_site_shared_path_pattern", site)
        found = subprocess.run(
            ["grep", "--recursive", "--only-matching", "--extended-regexp", pattern, tmp_path],
            stdout=subprocess.PIPE,
            text=True,
        )
        mentions = {"__nginx_site_shared_mentions": {"stdout_lines": found.stdout.splitlines()}}
        removed = nginx_site.value("__nginx_site_unused_shared_files", {**site, **mentions})
        left = set(self.ALL) - {Path(file["dest"]).name for file in removed}
        assert left == {*kept, *other}
