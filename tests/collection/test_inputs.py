"""Inputs have the types and the defaults of the argument specification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

JSON = "ansible.posix.json"
APP = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "shop:app",
    "wsgi_app_secrets": {"KEY": "a very secret key"},
}


@pytest.fixture
def check(run, root: Path, tmp_path: Path):
    """Return a function that calls check_inputs in a role and returns the run."""

    def check(inputs: dict, *options: str, show: str = "1", callback: str = JSON):
        copy = tmp_path / "roles/wsgi_app"
        (copy / "tasks").mkdir(parents=True, exist_ok=True)
        for part in ("defaults", "meta"):
            if not (copy / part).exists():
                (copy / part).symlink_to(root / "roles/wsgi_app" / part)
        tasks = [
            {"subsite.deploy.check_inputs": {"entry_point": "main"}, "register": "__wsgi_app"},
            {"debug": {"msg": "{{ [" + show + "] | to_json }}"}},
        ]
        (copy / "tasks/main.yml").write_text(yaml.safe_dump(tasks))
        roles = [{"role": "wsgi_app"}]
        play = {"hosts": "localhost", "gather_facts": False, "vars": inputs, "roles": roles}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
        return run(
            *("ansible-playbook", "--inventory=localhost,", "--connection=local", *options),
            tmp_path / "play.yml",
            ANSIBLE_STDOUT_CALLBACK=callback,
        )

    return check


def printed(done) -> list:
    assert done.returncode == 0, done.stdout + done.stderr
    tasks = json.loads(done.stdout)["plays"][0]["tasks"]
    return json.loads(tasks[-1]["hosts"]["localhost"]["msg"])


@pytest.mark.parametrize(
    ("text", "expression", "value"),
    [
        pytest.param("wsgi_app_access_log=false", "__wsgi_app.access_log", False, id="boolean"),
        pytest.param("wsgi_app_remove_data=true", "__wsgi_app.remove_data", True, id="true"),
        pytest.param("wsgi_app_timeout=60", "__wsgi_app.timeout + 15", 75, id="number"),
        pytest.param("wsgi_app_packages=a,b", "__wsgi_app.packages", ["a", "b"], id="list"),
    ],
)
def test_text_of_command_line_gets_its_type(check, text: str, expression: str, value: object):
    assert printed(check(APP, "--extra-vars", text, show=expression)) == [value]


def test_missing_suboption_is_null(check):
    assert printed(check(APP, show="__wsgi_app.source.signed_by")) == [None]


@pytest.mark.parametrize("callback", ["default", JSON])
def test_secret_is_in_no_output(check, callback: str):
    done = check(APP, "-vvvv", callback=callback)
    assert done.returncode == 0
    assert "a very secret key" not in done.stdout + done.stderr


def test_error_names_the_variable(check):
    done = check({**APP, "wsgi_app_callable": "shop"}, callback="default")
    assert "wsgi_app_callable is 'shop': write 'module:attribute'" in done.stdout
    assert done.returncode != 0
