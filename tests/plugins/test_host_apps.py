"""The apps that a host has."""

import socket
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import host_apps
from minimal import APP


@pytest.mark.parametrize(("prefix", "mode"), [("", "script_name"), ("/a/b", "strip")])
def test_prefix_of_a_release(wsgi_app, tmp_path: Path, prefix: str, mode: str):
    inputs = {**APP, "wsgi_app_prefix": prefix, "wsgi_app_prefix_mode": mode}
    configuration = tmp_path / "gunicorn.conf.py"
    settings = wsgi_app.value("__wsgi_app_settings", inputs)
    configuration.write_text(settings["gunicorn.conf.py"])
    assert host_apps.mounted(configuration) == {
        "prefix": prefix,
        "mode": mode,
        "forwarded_values": 1,
    }


@pytest.mark.parametrize("text", [None, "", "entry(", "entry(prefix=x)", "prefix = '/api'"])
def test_no_prefix(tmp_path: Path, text: str | None):
    configuration = tmp_path / "gunicorn.conf.py"
    if text is not None:
        configuration.write_text(text)
    assert host_apps.mounted(configuration) == {}


def test_listening_sockets(tmp_path: Path):
    paths = [f"{tmp_path}/{name}" for name in ("listening", "bound one")]
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as bound:
        listening.bind(paths[0])
        listening.listen()
        bound.bind(paths[1])
        found = host_apps.listening_sockets(Path(host_apps.SOCKETS))
    assert [path in found for path in paths] == [True, False]
