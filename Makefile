# The commands of this repository; `make` lists them.
.DEFAULT_GOAL := help
LINTS := lint-ruff lint-format lint-types lint-yaml lint-words lint-ansible lint-sanity
.PHONY: help demo demo-shell demo-down test lint $(LINTS) unit scenarios molecule bench proxies docs build clean

SUITE ?= trixie
IMAGES := $(addprefix localhost/subsite-host:,bullseye bookworm trixie sid)
SCENARIO ?= default
IN_VENV := env PATH="$(CURDIR)/.venv/bin:$$PATH"
RUN := tools/with-podman $(IN_VENV) MOLECULE_GLOB='molecule/*/molecule.yml'

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/demo ## Deploy the demo to a temporary host, and show its redirects
	@$(RUN) tools/demo up

demo-shell: .venv/demo ## Open a shell on the host of the demo
	@$(RUN) podman exec --interactive --tty subsite-demo-trixie bash --login

demo-down: .venv/demo ## Remove the host of the demo
	@$(RUN) tools/demo down

test: .venv/dev ## Run the checks, the tests without a host, and the scenarios of today
	$(MAKE) --jobs=2 --output-sync lint
	$(MAKE) unit
	$(MAKE) scenarios

lint: $(LINTS) ## Check style, types and words, and run ansible-test sanity

lint-ruff: .venv/dev
	$(IN_VENV) ruff check . app

lint-format: .venv/dev
	$(IN_VENV) ruff format --check . app

lint-types: .venv/dev
	$(IN_VENV) mypy

lint-yaml: .venv/dev
	$(IN_VENV) yamllint --strict .

lint-words: .venv/dev
	$(IN_VENV) python tools/words.py

lint-ansible: .venv/dev
	$(IN_VENV) ansible-lint -q

lint-sanity: .venv/dev
	$(IN_VENV) python tools/sanity.py

unit: .venv/dev ## Run the tests without a host: plugins, roles, the collection, the demo app
	$(IN_VENV) pytest --quiet --numprocesses=auto --dist=loadfile
	cd app && $(IN_VENV) pytest --quiet

scenarios: .venv/dev ## Run today's scenarios on hosts (TURN=0 to 17: those of another day)
	$(RUN) tools/scenarios

molecule: .venv/dev ## Run one scenario on one distribution: SCENARIO=default SUITE=trixie
	$(RUN) tools/host-image $(SUITE)
	$(RUN) SUBSITE_SUITE=$(SUITE) molecule test --scenario-name $(SCENARIO)

bench: .venv/dev ## Compare the run time of the role with plain tasks, on a temporary host
	$(RUN) tools/host-image trixie
	$(RUN) molecule converge --scenario-name release
	$(RUN) python tools/bench.py
	$(RUN) molecule destroy --scenario-name release

proxies: .venv/dev ## Compare the site of the role with other proxies, on a temporary host
	$(RUN) tools/host-image trixie
	$(RUN) SUBSITE_SUITE=trixie python tools/bench_proxies.py

docs: .venv/dev ## Write the tables of variables in the READMEs
	$(IN_VENV) python tools/reference.py

build: .venv/dev ## Build the collection
	$(IN_VENV) ansible-galaxy collection build --force

clean: ## Remove the environment, the caches, and the images of hosts
	-tools/with-podman podman image rm --force --ignore $(IMAGES)
	rm -rf .venv .cache .ansible

.venv/demo .venv/dev: .venv/%: pyproject.toml tools/set-up
	@tools/set-up $*
	@touch $@
