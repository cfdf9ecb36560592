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


def test_omitted_variable_is_not_set(check, root: Path):
    """As in a loop over apps, of which some do not have the setting."""
    specification = yaml.safe_load((root / "roles/wsgi_app/meta/argument_specs.yml").read_text())
    names = specification["argument_specs"]["main"]["options"].keys() - APP.keys()
    omitted = dict.fromkeys(names, "{{ app.setting | default(omit) }}")
    [values] = printed(check({**APP, **omitted, "app": {}}, show="__wsgi_app"))
    [defaults] = printed(check(APP, show="__wsgi_app"))
    assert values == defaults


def test_omitted_suboption_is_not_set(check):
    source = {**APP["wsgi_app_source"], "signed_by": "{{ omit }}"}
    inputs = {**APP, "wsgi_app_source": source, "wsgi_app_packages": ["a", "{{ omit }}"]}
    assert printed(check(inputs, show="[__wsgi_app.source.signed_by, __wsgi_app.packages]")) == [
        [None, ["a"]]
    ]


def test_omitted_variable_that_is_required_is_named(check):
    done = check({**APP, "wsgi_app_source": "{{ omit }}"}, callback="default")
    assert "wsgi_app_source is not set: write where the code is" in done.stdout


@pytest.mark.parametrize("callback", ["default", JSON])
def test_secret_is_in_no_output(check, callback: str):
    done = check(APP, "-vvvv", callback=callback)
    assert done.returncode == 0
    assert "a very secret key" not in done.stdout + done.stderr


def test_error_names_the_variable(check):
    done = check({**APP, "wsgi_app_callable": "shop"}, callback="default")
    assert "wsgi_app_callable is 'shop': write 'module:attribute'" in done.stdout
    assert done.returncode != 0


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A directory of templates."""
    directory = tmp_path / "shop"
    (directory / "more").mkdir(parents=True)
    (directory / "settings.ini.j2").write_text("domain = {{ domain }}\n")
    (directory / "more/hook").write_text(
        "#!/bin/sh\n{% for n in [1, 2] %}\necho {{ n }}\n{% endfor %}"
    )
    (directory / "more/hook").chmod(0o700)
    return directory


def from_templates(directory: Path, option: str = "templates", **more: object) -> dict:
    return {**APP, "wsgi_app_files": [{"dest": "conf", option: str(directory), **more}]}


def test_templates_become_files(check, templates: Path):
    inputs = {**from_templates(templates), "domain": "{{ wsgi_app_name }}.example"}
    entries = "__wsgi_app.files | subsite.deploy.data_files"
    assert printed(check(inputs, show=entries)) == [
        [
            {"dest": "conf/more/hook", "content": "#!/bin/sh\necho 1\necho 2\n", "mode": "0750"},
            {"dest": "conf/settings.ini", "content": "domain = shop.example\n", "mode": "0640"},
        ]
    ]


@pytest.mark.parametrize(
    ("more", "modes"),
    [
        pytest.param({"option": "secret_templates"}, ["0700", "0600"], id="secret"),
        pytest.param({"mode": "0444"}, ["0444", "0444"], id="mode"),
    ],
)
def test_mode_of_templates(check, templates: Path, more: dict, modes: list[str]):
    inputs = {**from_templates(templates, **more), "domain": "example.org"}
    entries = "__wsgi_app.files | subsite.deploy.data_files | map(attribute='mode')"
    assert printed(check(inputs, show=entries)) == [modes]


def test_template_error_names_file_and_variable(check, templates: Path):
    done = check(from_templates(templates), callback="default")
    path = templates / "settings.ini.j2"
    said = f"wsgi_app_files has the template '{path}': 'domain' is undefined."
    assert said in done.stdout
    assert done.returncode != 0


def test_template_that_is_no_text(check, templates: Path):
    (templates / "picture").write_bytes(b"\x89PNG")
    done = check({**from_templates(templates), "domain": ""}, callback="default")
    assert f"the template '{templates / 'picture'}': it is not text in UTF-8." in done.stdout


@pytest.mark.parametrize("option", ["templates", "secret_templates"])
def test_template_error_shows_no_secret(check, templates: Path, option: str):
    (templates / "settings.ini.j2").write_text("{{ domain | to_datetime }}")
    inputs = {**from_templates(templates, option), "domain": "kingfisher"}
    done = check(inputs, "-vvvv", callback="default")
    assert "to_datetime' failed" in done.stdout
    assert ("kingfisher" in done.stdout) is (option == "templates")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"secrets": "kingfisher"}, id="misspelt"),
        pytest.param({"secret": "kingfisher", "content": "kingfisher"}, id="also as content"),
        pytest.param({"secret": "kingfisher", "dest": "/etc/kingfisher"}, id="dest"),
        pytest.param({"secret": "kingfisher", "mode": "kingfisher"}, id="mode"),
    ],
)
def test_error_shows_no_secret_file(check, wrong: dict):
    done = check({**APP, "wsgi_app_files": [{"dest": "key.pem", **wrong}]}, callback="default")
    assert done.returncode != 0
    output = done.stdout.replace("/etc/kingfisher", "") + done.stderr
    assert "kingfisher" not in output
