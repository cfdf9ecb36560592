from flask.testing import FlaskClient


def test_login_sets_the_session_cookie(client: FlaskClient, base_url: str) -> None:
    response = client.get("/login", base_url=base_url)
    assert response.headers["Set-Cookie"].startswith("session=")
    assert response.json == {"visits": 1}


def test_login_reads_the_session_cookie(client: FlaskClient, base_url: str) -> None:
    client.get("/login", base_url=base_url)
    response = client.get("/login", base_url=base_url)
    assert response.json == {"visits": 2}
