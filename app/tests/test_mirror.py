from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_whoami_address(client: FlaskClient, base_url: str) -> None:
    base = urlsplit(base_url)
    response = client.get("/whoami", base_url=base_url)
    assert response.json == {
        "external_url": f"{base_url}/",
        "scheme": base.scheme,
        "host": base.netloc,
        "root_path": base.path,
        "remote_addr": "127.0.0.1",
        "headers": {"Host": base.netloc},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Forwarded", "for=192.0.2.1;proto=https", id="forwarded"),
        pytest.param("X-Forwarded-For", "192.0.2.1", id="for"),
        pytest.param("X-Forwarded-Host", "example.org", id="host"),
        pytest.param("X-Forwarded-Port", "8443", id="port"),
        pytest.param("X-Forwarded-Prefix", "/elsewhere", id="prefix"),
        pytest.param("X-Forwarded-Proto", "https", id="proto"),
        pytest.param("X-Real-IP", "192.0.2.1", id="real-ip"),
    ],
)
def test_forwarding_header_is_returned_but_not_trusted(
    client: FlaskClient, name: str, value: str
) -> None:
    address = client.get("/whoami", headers={name: value}).json or {}
    assert address["headers"][name] == value
    assert address["external_url"] == "http://localhost/"
    assert address["remote_addr"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        pytest.param("", "application/json", id="nothing"),
        pytest.param("*/*", "application/json", id="anything"),
        pytest.param("application/json", "application/json", id="json"),
        pytest.param(BROWSER, "text/html", id="browser"),
    ],
)
def test_whoami_negotiates(client: FlaskClient, accept: str, mimetype: str) -> None:
    response = client.get("/whoami", headers={"Accept": accept})
    assert response.mimetype == mimetype
    assert "Accept" in response.vary


def test_whoami_page(client: FlaskClient, base_url: str) -> None:
    headers = {"Accept": BROWSER, "X-Real-IP": "<192.0.2.1>"}
    page = client.get("/whoami", base_url=base_url, headers=headers).text
    assert f"<code>{base_url}/</code>" in page
    assert "<code>&lt;192.0.2.1&gt;</code>" in page


@pytest.mark.parametrize(
    ("path", "rest", "query"),
    [
        pytest.param("a", "a", "", id="segment"),
        pytest.param("a/b/", "a/b/", "", id="trailing-slash"),
        pytest.param("a//b", "a//b", "", id="double-slash"),
        pytest.param("a%20b%C3%A9", "a bé", "", id="percent-encoded"),
        pytest.param("a%3Fb", "a?b", "", id="encoded-question-mark"),
        pytest.param("api/echo", "api/echo", "", id="prefix-again"),
        pytest.param("a?x=1&y=%2F", "a", "x=1&y=%2F", id="query"),
    ],
)
def test_echo(
    client: FlaskClient, base_url: str, path: str, rest: str, query: str
) -> None:
    response = client.get(f"/echo/{path}", base_url=base_url)
    assert response.json == {
        "rest": rest,
        "full_path": f"{urlsplit(base_url).path}/echo/{rest}",
        "query": query,
    }
