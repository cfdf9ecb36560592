"""With any_errors_fatal, the failure of one host begins the rescue of all others."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from minimal import APP

MODULE = """\
#!/usr/bin/python
# WANT_JSON: Ansible writes the arguments to a file.
import json
import sys
from pathlib import Path

arguments = json.loads(Path(sys.argv[1]).read_text())
current = Path({state!r}, arguments.get("name", ""))
result = {{}}
{code}
print(json.dumps(result))
"""
MODULES = {
    "wsgi_app_info": "result |= {**INFO, 'current': current.read_text()}",
    "describe_release": "result |= {'changes': {}, 'installed': ''}",
    "wsgi_pin": "",
    "release_failure": "result |= {'output': [], 'journal': []}",
    "file_set": "result['paths'] = []",
    "wsgi_switch": (
        "if arguments['name'] == 'ill': result |= {'failed': True, 'msg': 'It is not healthy.'}\n"
        "else: current.write_text(arguments['release'])"
    ),
}
INFO = {
    "python": "3.13",
    "refreshed": 0,
    "systemd": 257,
    "releases": [{"release": name, "static_paths": []} for name in ("old", "new")],
    "claim": "of an earlier run",
    "altered": False,
    "instances": {"old": "active"},
    "address": "",
}
RESULTS = {
    "__wsgi_app_info": {**INFO, "current": "old"},
    "__wsgi_app_revision": "1",
    "__wsgi_app_release": "new",
    "__wsgi_app_was_complete": True,
}


@pytest.fixture
def said(run, root: Path, tmp_path: Path) -> dict[str, str]:
    """The last message of each host, after a play whose app ``ill`` is not healthy."""
    state = tmp_path / "state"
    collection = tmp_path / "ansible_collections/subsite/deploy"
    role = collection / "roles/wsgi_app"
    for directory in (state, collection / "plugins/modules", role):
        directory.mkdir(parents=True)
    for part in (root / "plugins").iterdir():
        if part.name != "modules":
            (collection / "plugins" / part.name).symlink_to(part)
    for part in (root / "roles/wsgi_app").iterdir():
        (role / part.name).symlink_to(part)
    for name, code in MODULES.items():
        text = MODULE.format(state=str(state), code=code.replace("INFO", repr(INFO)))
        (collection / f"plugins/modules/{name}.py").write_text(text)
    variables = {
        **APP,
        **RESULTS,
        "wsgi_app_name": "{{ inventory_hostname }}",
        "ansible_python_interpreter": sys.executable,
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "any_errors_fatal": True,
        "vars": variables,
        # The first one also checks the inputs.
        "tasks": [
            {"include_role": {"name": "subsite.deploy.wsgi_app", "tasks_from": entry}}
            for entry in ("unpin.yml", "switch.yml")
        ],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    for host in ("ill", "well"):
        (state / host).write_text("old")
    done = run(
        *("ansible-playbook", "--inventory=ill,well", "--connection=local"),
        tmp_path / "play.yml",
        ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
        ANSIBLE_COLLECTIONS_PATH=str(tmp_path),
    )
    return {
        host: result["msg"]
        for task in json.loads(done.stdout)["plays"][0]["tasks"]
        for host, result in task["hosts"].items()
        if result.get("failed")
    }


def test_release_that_serves_stays(said):
    assert said["well"] == (
        "Release new serves. The run ends here, because another host has failed. Run again."
    )
