# Everything a person does here, by name. `make` alone prints the list.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

# The python that builds .venv: the first of these that is 3.11 or newer.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --require-hashes --only-binary=:all: --no-deps
PACKAGES := hub adapters contracts mirror consent
CODE := $(wildcard $(PACKAGES)) tests
ARGS ?=
# Test files at once; each worker brings its own broker and database server.
WORKERS ?= 2

.PHONY: help setup setup-dev demo test pytest lint fix bench catalogue services lock clean

help:  ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
		while IFS=$$'\t' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

setup: .venv/.base  ## build .venv with .venv/bin/clmhub (what `make demo` needs)

setup-dev: .venv/.dev  ## the same, and what checking needs

.venv/.base: requirements/base.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, as python3 on the PATH" >&2; exit 1; }
	@echo "setup: building .venv with $$($(PYTHON) --version)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements/base.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index --config-settings editable_mode=compat -e .
	@touch $@

.venv/.dev: .venv/.base requirements/dev.lock
	@echo "setup: adding what checking needs"
	@$(INSTALL) -r requirements/dev.lock
	@touch $@

demo: setup  ## run the main job on this machine and stay up; ARGS="--once --json" and more
	@$(BIN)/clmhub demo $(ARGS)

test: lint pytest  ## everything: lint, then all tests with a real Kafka, PostgreSQL and browser

pytest: setup-dev  ## the tests alone; ARGS="-k name" and more
	@tests/services/browser.sh
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS) --cov

lint: setup-dev  ## ruff, formatting, types, import rules
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports

fix: setup-dev  ## let ruff mend what it can
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

bench: setup-dev  ## events a second, CPU an event, and what each stage costs
	@$(BIN)/python -m tests.bench $(ARGS)

catalogue: setup-dev  ## write docs/catalogue, docs/dictionary.md and docs/fhir anew from the contracts
	@$(BIN)/python -m tests.spec.catalogue_files
	@$(BIN)/python -m tests.spec.fhir_files

services: setup-dev  ## start a real Kafka and PostgreSQL for a trial; Ctrl-C stops them
	@$(BIN)/python -m tests.services $(ARGS)

lock: setup-dev  ## pin the newest versions again, with hashes
	@cd requirements && for name in base dev; do \
		../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-header --no-emit-index-url --no-emit-find-links --no-config --system-certs \
			$$name.in -o $$name.lock; done
	@$(BIN)/python -m tests.services.jars --lock

clean:  ## remove what was built; the demo's state (.clmhub) stays
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
