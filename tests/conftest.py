"""Fixtures of all tests: roles without a host, modules without a connection, real playbooks."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.host import Host
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.playbook.role import Role as AnsibleRole
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.task import Task
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

pytest_plugins = ["measured", "precision"]

ROOT = Path(__file__).parents[1]
PLUGIN_UTILS = "ansible_collections.subsite.deploy.plugins.plugin_utils"

init_plugin_loader([str(ROOT / ".collections")])
input_errors = importlib.import_module(f"{PLUGIN_UTILS}.input_errors")
inputs_of_roles = importlib.import_module(f"{PLUGIN_UTILS}.inputs")


class Role:
    """A role as Ansible loads it, for a host without a connection.

    :param results: what modules of the role return, by the variables that have it.
    """

    def __init__(self, name: str, results: dict | None = None) -> None:
        self.name = name
        self.results = results or {}
        self.path = ROOT / "roles" / name
        loader = DataLoader()
        self._inventory = InventoryManager(loader, ["localhost,"])
        self._variables = VariableManager(loader, self._inventory)
        self._play = Play.load({"hosts": "localhost"}, self._variables, loader)
        include = RoleInclude.load(
            str(self.path), self._play, variable_manager=self._variables, loader=loader
        )
        self._role = AnsibleRole.load(include, self._play, validate=False)
        self.defaults = self._role.get_default_vars()
        specification = loader.load_from_file(str(self.path / "meta/argument_specs.yml"))
        self.specification = specification["argument_specs"]
        self.options = self.specification["main"]["options"]

    def value(self, variable: str, inputs: dict) -> Any:
        """Return what ``variable`` is in a call of the role with ``inputs``."""
        templar = self._templar(inputs)
        complete = self.resolve(self._given(templar)).values
        templar = self._templar({f"__{self.name}": complete, **inputs})
        return templar.template(trust_as_template("{{ " + variable + " }}"))

    def resolve(self, given: dict) -> Any:
        """Return the complete inputs, without the rules."""
        return inputs_of_roles.resolve(self.options, given, self.name)

    def input_errors(self, inputs: dict, entry_point: str = "main") -> list[str]:
        """Return what is wrong with ``inputs``, in sentences."""
        return self.check(self._given(self._templar(inputs)), entry_point)

    def check(self, given: dict, entry_point: str = "main") -> list[str]:
        """Return what is wrong with the variables of the role, which have no templates."""
        try:
            input_errors.check(self.name, self.specification, entry_point, given)
        except inputs_of_roles.InputsError as error:
            return error.errors
        return []

    def specification_errors(self, inputs: dict) -> list[str]:
        """Return what the argument specification rejects in ``inputs``."""
        return ArgumentSpecValidator(self.options).validate(inputs).error_messages

    def _given(self, templar: Templar) -> dict:
        return {
            name: templar.template(value)
            for name, value in templar.available_variables.items()
            if name.startswith(f"{self.name}_")
        }

    def _templar(self, inputs: dict) -> Templar:
        """Return what evaluates templates as in a task of the role that has ``inputs``."""
        task = Task.load({"action": "meta", "vars": {**self.results, **inputs}}, role=self._role)
        host = self._inventory.get_host("localhost")
        variables = self._variables.get_vars(play=self._play, host=host, task=task)
        variables["ansible_search_path"] = [str(self.path)]
        return Templar(DataLoader(), variables)

    def texts(self, variable: str, inputs: dict) -> dict[str, str]:
        """Return the contents of the files in ``variable``, by their names."""
        files = self.value(variable, inputs)
        return {Path(file["dest"]).name: file["content"] for file in files if "content" in file}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def wsgi_app() -> Role:
    return Role("wsgi_app")


@pytest.fixture(scope="session")
def nginx_site() -> Role:
    """The role on a host with the nginx of Debian 13."""
    info = {
        "version": "1.26.3",
        "openssl_version": "3.5.1",
        "modules": ["http_gzip_static", "http_ssl", "http_v2", "http_v3"],
        "is_unused": False,
        "settings": [],
    }
    return Role(
        "nginx_site",
        {"__nginx_site_nginx_info": info, "__nginx_site_published": {"results": []}},
    )


@pytest.fixture(scope="session")
def hosts_of() -> Callable[[str, str], dict[str, dict]]:
    def hosts_of(inventory: str, group: str) -> dict[str, dict]:
        """Return the variables of each host in ``group`` of an example inventory."""
        loader = DataLoader()
        manager = InventoryManager(loader, [str(ROOT / "inventories" / inventory)])
        variables = VariableManager(loader, manager)
        hostvars = HostVars(manager, variables, loader)

        def inputs(host: Host) -> dict[str, Any]:
            given = {**variables.get_vars(host=host), "hostvars": hostvars}
            templar = Templar(loader, given)
            roles = ("wsgi_app_", "nginx_site_")
            return {
                name: templar.template(value) if name.startswith(roles) else value
                for name, value in given.items()
            }

        return {host.name: inputs(host) for host in manager.get_hosts(group)}

    return hosts_of


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture) -> Callable[..., dict]:
    def run_module(module, **arguments: Any) -> dict:
        """Run ``module`` as Ansible would on a host and return its result."""
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run_module


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess]:
    home = tmp_path_factory.mktemp("home")

    def run(*command: str | Path, cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess:
        """Run one of Ansible's commands in ``cwd``, with nothing of the caller's configuration."""
        inherited = {name: os.environ[name] for name in os.environ if "ANSIBLE" not in name}
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**inherited, "ANSIBLE_HOME": str(home), "ANSIBLE_NOCOLOR": "1", **environ},
            capture_output=True,
            text=True,
        )

    return run
