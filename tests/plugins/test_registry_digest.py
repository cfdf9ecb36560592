"""The commands and the login that a registry is read with."""

import base64
import hashlib
import json

import pytest
from ansible_collections.subsite.deploy.plugins.modules import registry_digest

IMAGE = "registry.example.org:5000/shop:1.4"
LOGIN = {"username": "deployer", "password": "ot:ter-42"}
TELL = "print(open(os.environ['REGISTRY_AUTH_FILE']).read(), end='')\n"


def test_digest_is_of_the_manifest_as_it_came(run_module, stand_in):
    commands = stand_in("skopeo", "print('{}', end='')\n")
    result = run_module(registry_digest, image=IMAGE, _ansible_check_mode=True)
    assert result["changed"] is False
    assert result["digest"] == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
    assert [command[1:] for command in commands()] == [["inspect", "--raw", f"docker://{IMAGE}"]]


def test_login_is_for_the_registry_only(stand_in):
    stand_in("skopeo", TELL)
    output = registry_digest.skopeo("inspect", image=IMAGE, login=LOGIN)
    pair = base64.b64encode(b"deployer:ot:ter-42").decode()
    assert json.loads(output) == {"auths": {"registry.example.org:5000": {"auth": pair}}}


def test_login_is_in_no_command_line_and_on_no_disk(stand_in):
    commands = stand_in("skopeo", "print(os.readlink(os.environ['REGISTRY_AUTH_FILE']))\n")
    output = registry_digest.skopeo("inspect", image=IMAGE, login=LOGIN)
    assert output.startswith(b"/memfd:")
    assert commands() == [["inspect"]]


def test_login_of_the_host_is_the_default(stand_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    stand_in("skopeo", "print('REGISTRY_AUTH_FILE' in os.environ)\n")
    assert registry_digest.skopeo("inspect", image=IMAGE, login=None) == b"False\n"


@pytest.mark.parametrize(
    ("login", "whom"),
    [
        pytest.param(LOGIN, "to deployer", id="login"),
        pytest.param(None, "without a login", id="none"),
    ],
)
def test_refused_login_is_an_error(run_module, stand_in, login: dict | None, whom: str):
    stand_in("skopeo", "sys.exit('authentication required')\n")
    result = run_module(registry_digest, image=IMAGE, **({"login": login} if login else {}))
    assert result["msg"].startswith(f"The registry does not return {IMAGE} {whom}. Check ")
    assert result["msg"].endswith("Output of skopeo: authentication required")
    assert LOGIN["password"] not in json.dumps(result)
