"""Host names with letters beyond ASCII: what clients send for them, and what certificates have."""

from __future__ import annotations

import json
import socket
import ssl

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate, host_names
from minimal import SITE
from serving import Nginx, free_ports, running

BOOKS = "xn--bcher-kva.example"
NAMES = {
    "nginx_site_server_names": ["Bücher.example", "*.bücher.example"],
    "nginx_site_aliases": ["www.käse.example"],
}


@pytest.fixture
def input_errors(nginx_site):
    return lambda **settings: nginx_site.input_errors({**SITE, **settings})


@pytest.fixture(scope="module")
def self_signed(nginx_site, root, run, tmp_path_factory) -> dict[str, str]:
    """The certificate that the role makes for the names, and its key."""
    top = tmp_path_factory.mktemp("self_signed")
    settings = {**SITE, **NAMES, "nginx_site_tls": {"mode": "self_signed", "names": ["ß.example"]}}
    names = nginx_site.value("__nginx_site_certificate.names", settings)
    tasks = f"{root}/roles/nginx_site/tasks/certificate/make_self_signed.yml"
    made = {"content": "{{ __nginx_site_new_certificate | to_json }}", "dest": f"{top}/made.json"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"__nginx_site_certificate": {"names": names}},
        "tasks": [
            {"ansible.builtin.include_tasks": tasks},
            {"ansible.builtin.copy": {**made, "mode": "0600"}, "no_log": True},
        ],
    }
    (top / "play.yml").write_text(json.dumps([play]))
    done = run("ansible-playbook", "--connection", "local", top / "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((top / "made.json").read_text())


@pytest.fixture(scope="module")
def site(nginx_site, server_at, self_signed, tmp_path_factory):
    """Serve the names by http at the first port, and by TLS at the second."""
    nginx = Nginx(tmp_path_factory.mktemp("names"))
    plain, secure = free_ports(2)
    for option, text in self_signed.items():
        (nginx.top / option).write_text(text)
    (nginx.top / "page").mkdir()
    (nginx.top / "page/index.html").write_text("the books")
    tls = {option: f"{nginx.top}/{option}" for option in self_signed}
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            **NAMES,
            "nginx_site_listen": [f"127.0.0.1:{plain}"],
            "nginx_site_tls": {"mode": "files", **tls, "listen": [f"127.0.0.1:{secure}"]},
            "nginx_site_https_redirect": False,
            "nginx_site_mounts": [{"path": "/", "root": f"{nginx.top}/page"}],
        },
    )
    with running(nginx):
        yield server_at(plain, nginx.top), secure


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        pytest.param(BOOKS, (200, None), id="first name"),
        pytest.param(BOOKS.upper(), (200, None), id="capitals"),
        pytest.param(f"www.{BOOKS}", (200, None), id="wildcard"),
        pytest.param("www.xn--kse-qla.example", (308, f"http://{BOOKS}/"), id="alias"),
        pytest.param("xn--kse-qla.example", (421, None), id="unknown name"),
        pytest.param("Bücher.example", (400, None), id="letters that no browser sends"),
    ],
)
def test_request(site, host: str, answer: tuple):
    found = site[0].get("/", host=host)
    assert (found.status, found.location) == answer


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(BOOKS, id="first name"),
        pytest.param(f"a.{BOOKS}", id="wildcard"),
        pytest.param("www.xn--kse-qla.example", id="alias"),
    ],
)
def test_client_trusts_the_certificate(site, self_signed, name: str):
    context = ssl.create_default_context(cadata=self_signed["certificate"])
    with (
        socket.create_connection(("127.0.0.1", site[1]), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        assert secured.version() == "TLSv1.3"


def test_certificate_has_the_names(self_signed):
    names = [BOOKS, f"*.{BOOKS}", "www.xn--kse-qla.example", "xn--zca.example"]
    assert list(certificate.faults(self_signed["certificate"], names, exactly=True)) == []


@pytest.mark.parametrize(
    ("variable", "settings", "value"),
    [
        pytest.param(
            "__nginx_site_names",
            NAMES,
            [BOOKS, f"*.{BOOKS}", "www.xn--kse-qla.example"],
            id="all names",
        ),
        pytest.param("__nginx_site_check_command[5]", NAMES, BOOKS, id="check"),
        pytest.param("__nginx_site_assumed_url", NAMES, f"http://{BOOKS}", id="guessed URL"),
        pytest.param(
            "__nginx_site_public_origin.authority",
            {"nginx_site_public_url": "https://bücher.example:8443/a"},
            f"{BOOKS}:8443",
            id="public URL",
        ),
        pytest.param(
            "__nginx_site_verify_url",
            {"nginx_site_verify_url": "http://bücher.example"},
            f"http://{BOOKS}",
            id="verified URL",
        ),
        pytest.param(
            "__nginx_site_certbot_command | select('match', '--domains') | first",
            {**NAMES, "nginx_site_tls": {"mode": "acme", "names": ["www.bücher.example"]}},
            f"--domains={BOOKS},www.xn--kse-qla.example,www.{BOOKS}",
            id="certbot",
        ),
    ],
)
def test_value(nginx_site, variable: str, settings: dict, value):
    assert nginx_site.value(variable, {**SITE, **settings}) == value


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param("example.org", "example.org", id="ascii"),
        pytest.param("Example.ORG", "Example.ORG", id="ascii in capitals"),
        pytest.param("BÜCHER.example", BOOKS, id="capitals"),
        pytest.param("bu\u0308cher.example", BOOKS, id="letter and dots apart"),
        pytest.param("bücher。example", BOOKS, id="ideographic full stop"),
        pytest.param("*.faß.example", "*.xn--fa-hia.example", id="sharp s, which is a letter"),
        pytest.param("bücher", "xn--bcher-kva", id="one label"),
        pytest.param("例え.テスト", "xn--r8jz45g.xn--zckzah", id="Japanese"),
    ],
)
def test_conversion(written: str, name: str):
    assert host_names.to_ascii(written) == name


FAULTS = [
    pytest.param("ü_x.example", "Codepoint U+005F at position 2 of 'ü_x' not allowed", id="sign"),
    pytest.param("💩.example", "Codepoint U+1F4A9 at position 1 of '💩' not allowed", id="emoji"),
    pytest.param(f"{'ü' * 70}.example", "Label too long", id="long label"),
    pytest.param("ü-.example", "Label must not start or end with a hyphen", id="hyphen"),
    pytest.param("ü..example", "Empty Label", id="two dots"),
    pytest.param("a.*.ü", "Codepoint U+002A at position 1 of '*' not allowed", id="wildcard"),
]


@pytest.mark.parametrize(("name", "reason"), FAULTS)
class TestFault:
    @pytest.mark.parametrize("option", ["server_names", "aliases"])
    def test_of_a_name(self, input_errors, option: str, name: str, reason: str):
        names = ["example.org", name] if option == "server_names" else [name]
        assert input_errors(**{f"nginx_site_{option}": names}) == [
            f"nginx_site_{option} has {name!r}: IDNA 2008 does not allow this name ({reason})."
        ]

    def test_of_a_name_in_a_certificate(self, input_errors, name: str, reason: str):
        assert input_errors(nginx_site_tls={"mode": "self_signed", "names": [name]}) == [
            f"nginx_site_tls.names has {name!r}: IDNA 2008 does not allow this name ({reason})."
        ]

    def test_of_a_url(self, input_errors, name: str, reason: str):
        url = f"https://{name}:8443"
        assert input_errors(nginx_site_public_url=url) == [
            f"nginx_site_public_url is {url!r}: IDNA 2008 does not allow this name ({reason})."
        ]


def test_fault_of_a_name_for_an_acme_server(input_errors):
    [said] = input_errors(nginx_site_tls={"mode": "acme", "names": ["ü_x.example"]})
    assert said.startswith("nginx_site_tls.names has 'ü_x.example': IDNA 2008 does not allow")


def test_url_instead_of_a_name(input_errors):
    [said] = input_errors(nginx_site_server_names=["https://bücher.example"])
    assert "write a host without scheme, port or path" in said


def test_same_name_in_both_spellings(input_errors):
    assert input_errors(nginx_site_server_names=["bücher.example", BOOKS]) == [
        f"nginx_site_server_names has '{BOOKS}' more than once: write it once."
    ]


class TestWithoutTheLibrary:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch):
        monkeypatch.setattr(host_names, "idna", None)

    def test_says_so(self, input_errors):
        assert input_errors(nginx_site_aliases=["bücher.example"]) == [
            "nginx_site_aliases has 'bücher.example': the Python of Ansible on the controller "
            "needs the library idna for this name: install it there with 'pip install idna', or "
            "write the name in ASCII (Punycode), as in 'xn--bcher-kva.example' for "
            "'bücher.example'."
        ]

    def test_is_not_needed_for_ascii(self, input_errors):
        assert input_errors(nginx_site_aliases=[BOOKS]) == []
