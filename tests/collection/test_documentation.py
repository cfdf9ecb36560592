"""Plugins and roles have documentation."""

import json

import pytest

KINDS = {
    "module": [
        "certificate_info",
        "check_inputs",
        "copy_directory",
        "describe_release",
        "file_set",
        "git_source",
        "nginx_info",
        "public_url_info",
        "public_urls_info",
        "registry_digest",
        "release_failure",
        "remove_paths",
        "retire_user",
        "swarm_job",
        "swarm_services_info",
        "swarm_stack",
        "wsgi_app_info",
        "wsgi_backup",
        "wsgi_build_commands",
        "wsgi_data_swap",
        "wsgi_image",
        "wsgi_image_copy",
        "wsgi_pin",
        "wsgi_release",
        "wsgi_restore",
        "wsgi_setup",
        "wsgi_static",
        "wsgi_switch",
    ],
    "filter": [
        "app_faults",
        "certificate_faults",
        "change_words",
        "compose_input_errors",
        "cors",
        "cron_schedule",
        "data_files",
        "default_trusted_headers",
        "environment_file",
        "error_pages",
        "expand_patterns",
        "failure_reason",
        "file_entries",
        "fingerprint",
        "fingerprints",
        "forwarded_value",
        "listen_addresses",
        "manifests_input_errors",
        "mounted_files",
        "moved_paths",
        "origin",
        "printable",
        "process_units",
        "publications",
        "release_settings",
        "schedule_units",
        "stack_files",
        "stack_input_errors",
        "subject_alt_names",
        "under_directory",
        "upstream_servers",
        "users_files",
        "verify_questions",
        "wsgi_app_layout",
    ],
    "lookup": [
        "decided_gunicorn_settings",
        "deployer",
        "directory_digest",
        "has_src",
        "image_digest",
        "left_out",
        "source_files",
        "templates_of",
        "version_files",
        "work_tree",
    ],
    "role": ["nginx_site", "wsgi_app"],
}


@pytest.fixture(scope="module")
def documents(run) -> dict[str, dict]:
    """What ansible-doc says about all that is in the collection, by kind."""
    return {
        kind: json.loads(
            run("ansible-doc", "--json", "--type", kind, *map(qualified, names)).stdout
        )
        for kind, names in KINDS.items()
    }


def qualified(name: str) -> str:
    return f"subsite.deploy.{name}"


PLUGINS = [
    pytest.param(kind, name, id=f"{kind} {name}")
    for kind, names in KINDS.items()
    if kind != "role"
    for name in names
]


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
class TestPlugin:
    def test_has_a_description(self, documents, kind: str, name: str):
        document = documents[kind][qualified(name)]["doc"]
        assert document["short_description"]
        assert document["description"]

    def test_has_its_options(self, documents, kind: str, name: str):
        options = documents[kind][qualified(name)]["doc"]["options"]
        assert [option for option in options if not options[option]["description"]] == []

    def test_has_an_example(self, documents, kind: str, name: str):
        assert "subsite.deploy." in documents[kind][qualified(name)]["examples"]

    def test_has_its_return_values(self, documents, kind: str, name: str):
        assert documents[kind][qualified(name)]["return"]


@pytest.mark.parametrize("role", KINDS["role"])
def test_role_has_a_short_description(documents, role: str):
    entry = documents["role"][qualified(role)]["entry_points"]["main"]
    assert entry["short_description"]
    assert entry["description"]


def test_every_plugin_is_tested(root):
    kinds = {"module": "modules", "filter": "filter", "lookup": "lookup"}
    there = {
        kind: sorted(path.stem for path in (root / "plugins" / directory).glob("*.py"))
        for kind, directory in kinds.items()
    }
    there["role"] = sorted(path.name for path in (root / "roles").iterdir())
    assert there == KINDS
