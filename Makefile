# What can be done with this repository; `make` lists it.
.DEFAULT_GOAL := help
.PHONY: help demo demo-shell demo-down test lint unit scenarios molecule bench docs build clean

SUITE ?= trixie
SCENARIO ?= default
IN_VENV := env PATH="$(CURDIR)/.venv/bin:$$PATH"
RUN := tools/with-podman $(IN_VENV) MOLECULE_GLOB='molecule/*/molecule.yml'

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/demo ## Build a throwaway host, deploy to it and show what a browser would see
	@$(RUN) tools/demo up

demo-shell: .venv/demo ## Look around on the host of the demo
	@$(RUN) podman exec --interactive --tty subsite-demo-trixie bash --login

demo-down: .venv/demo ## Throw the host of the demo away
	@$(RUN) tools/demo down

test: lint unit scenarios ## Run every test, the fast ones first

lint: .venv/dev ## Check style
	$(IN_VENV) ruff check . app
	$(IN_VENV) ruff format --check . app
	$(IN_VENV) mypy
	$(IN_VENV) yamllint --strict .
	$(IN_VENV) ansible-lint -q

unit: .venv/dev ## Test what needs no host: plugins, templates, refusals, the collection, the demo app
	$(IN_VENV) pytest --quiet --numprocesses=auto --dist=loadfile
	cd app && $(IN_VENV) pytest --quiet

scenarios: .venv/dev ## Test on hosts: each scenario on each distribution that it is for
	$(RUN) tools/scenarios

molecule: .venv/dev ## Test one scenario on one distribution: SCENARIO=default SUITE=trixie
	$(RUN) tools/host-image $(SUITE)
	$(RUN) SUBSITE_SUITE=$(SUITE) molecule test --scenario-name $(SCENARIO)

bench: .venv/dev ## Compare what runs of the role cost with what plain tasks cost, on a throwaway host
	$(RUN) tools/host-image trixie
	$(RUN) molecule converge --scenario-name release
	$(RUN) python tools/bench.py
	$(RUN) molecule destroy --scenario-name release

docs: .venv/dev ## Write the reference tables anew
	$(IN_VENV) python tools/reference.py

build: .venv/dev ## Build the collection
	$(IN_VENV) ansible-galaxy collection build --force

clean: ## Remove what was set up here
	rm -rf .venv .cache .ansible

.venv/demo .venv/dev: .venv/%: pyproject.toml tools/set-up
	@tools/set-up $*
	@touch $@
