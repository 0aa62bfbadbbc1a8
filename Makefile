# Dashwright's commands. `make run` and `make demo` set everything up by themselves.
SHELL := /bin/bash
VENV := .venv/bin
FRONTEND := frontend
# A Node that the set-up put beside the virtual environment is found first.
export PATH := $(CURDIR)/.venv/node:$(PATH)
# Tests share the machine with what they start, so two at a time.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run demo test check lint types pages unit bench format contract corpus fuzz lock clean setup

help: ## Show the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Set up and run everything; prints the address to open
	@scripts/setup.sh run
	@scripts/run.sh

demo: ## The same with a small simulated fleet and a page that embeds it
	@scripts/setup.sh run
	@$(VENV)/dashwright demo

setup: ## Set up for the tests without running anything
	@scripts/setup.sh test

test: setup ## Check, then run every test
	@scripts/test.sh $(WORKERS)

check: setup lint types pages ## Lint, types, the pages' own tests

lint:
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check --quiet . || { echo "make format tidies this up"; exit 1; }

types:
	@$(VENV)/mypy --strict
	@$(VENV)/mypy --strict clients/python/dashwright_client

pages:
	@cd $(FRONTEND) && npm run --silent check && npm test --silent

format: setup ## Tidy up the source
	@$(VENV)/ruff check --fix --quiet .
	@$(VENV)/ruff format --quiet .

bench: setup ## Run every benchmark; each tells its aims and whether they were met
	@scripts/bench.sh

contract: setup ## The contract tests against a real Grafana: GRAFANA_HOME or GRAFANA_URL names it
	@CONTRACT_GRAFANA_URL="$(GRAFANA_URL)" CONTRACT_DASHBOARDS_DIR="$(DASHBOARDS_DIR)" $(VENV)/python -m pytest tests/contract -q

corpus: setup ## Try reading, sharing, inlining and import on a folder of dashboards: make corpus DIR=…
	@PYTEST_CORPUS_DIR="$(if $(DIR),$(abspath $(DIR)))" $(VENV)/python -m pytest tests/corpus -q

fuzz: setup ## Try 200,000 mutants of what others write: make fuzz [MUTANTS=…] [SEED=…] [ONLY=templates]
	@nice -n 10 $(VENV)/python -m tests.support.fuzzing --mutants $(or $(MUTANTS),200000) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

lock: setup ## Pin the Python packages anew
	@$(VENV)/pip install --quiet pip-tools
	@PYTHON=$(VENV)/python scripts/lock.sh

clean: ## Remove what was made, the state in var/ not included
	@rm -rf .venv $(FRONTEND)/node_modules backend_server/web/static/dist .pytest_cache .mypy_cache .ruff_cache test-results
