"""What the tests share: the roles without a host, modules without a connection, real playbooks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.manager import VariableManager

pytest_plugins = ["measured", "precision"]

ROOT = Path(__file__).parents[1]

init_plugin_loader([str(ROOT / ".collections")])


class Role:
    """A role's defaults and variables, evaluated by Ansible as on a host."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = ROOT / "roles" / name
        self.defaults = self._load("defaults/main.yml")
        self.derived = {
            name: value
            for path in [*self.path.glob("vars/main.yml"), *self.path.glob("vars/main/**/*.yml")]
            for name, value in self._load(path).items()
        }
        self.options = self._load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]

    def value(self, variable: str, inputs: dict) -> Any:
        """Return what ``variable`` is when the play says ``inputs``."""
        variables = {
            **self.defaults,
            **self.derived,
            **inputs,
            "role_path": str(self.path),
            "ansible_search_path": [str(self.path)],
        }
        templar = Templar(DataLoader(), variables)
        return templar.template(trust_as_template("{{ " + variable + " }}"))

    def texts(self, variable: str, inputs: dict) -> dict[str, str]:
        """Return the contents of the files in ``variable``, by their names."""
        files = self.value(variable, inputs)
        return {Path(file["dest"]).name: file["content"] for file in files if "content" in file}

    def _load(self, path: str | Path) -> dict:
        return DataLoader().load_from_file(str(self.path / path), trusted_as_template=True)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def wsgi_app() -> Role:
    return Role("wsgi_app")


@pytest.fixture(scope="session")
def nginx_site() -> Role:
    return Role("nginx_site")


@pytest.fixture(scope="session")
def hosts_of() -> Callable[[str, str], dict[str, dict]]:
    def hosts_of(inventory: str, group: str) -> dict[str, dict]:
        """Return the variables of each host in ``group`` of an example inventory."""
        loader = DataLoader()
        manager = InventoryManager(loader, [str(ROOT / "inventories" / inventory)])
        variables = VariableManager(loader, manager)
        return {host.name: variables.get_vars(host=host) for host in manager.get_hosts(group)}

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
