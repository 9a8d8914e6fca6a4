# `make help` lists everything. Setting up needs only Python >= 3.11 and make; nothing outside this folder changes.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

VENV := .venv
RUN := $(VENV)/bin/python -m
STAMP := $(VENV)/.installed
CODE := crypto schemas server client bench tests
# Arguments for what a target starts: make demo ARGS=--keep, make test ARGS="-k feed"
ARGS ?=
# Processes of `make test`: one more than cores, because tests wait for databases and processes too.
JOBS ?= $(shell "$(PYTHON)" -c 'import os; print(1 + (os.cpu_count() or 1))')

# A caller's pip settings may name mirrors, proxies and certificates (hashes are checked whatever the source); what
# would change the choice of versions or the place of installation is taken out.
PIP := env -u PIP_REQUIREMENT -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT \
	PIP_CONSTRAINT=/dev/null PIP_BUILD_CONSTRAINT=/dev/null PIP_USER=0 PIP_NO_INPUT=1 \
	PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(VENV)/bin/python -I -m pip

# The first Python of a supported version that can make a virtual environment; PYTHON=... chooses another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$each" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	2>/dev/null && { command -v "$$each"; break; }; done)
EXPORT := --frozen --no-emit-project --no-header --format requirements-txt --quiet
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help setup demo test check browser drill bench pictures fix lock run docs

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## Make .venv with everything, hashes checked; does nothing the second time

$(STAMP): requirements.txt uv.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 to 3.14 with venv found (Debian: apt install python3-venv); or set PYTHON=..." >&2; \
		exit 1; fi
ifneq ($(UV),)
	env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=$(VENV) "$(UV)" sync --frozen --all-extras --all-groups --python "$(PYTHON)"
else
	"$(PYTHON)" -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
endif
	@touch $(STAMP)

demo: $(STAMP) ## Watch three organisations share through one node (ARGS=--keep leaves it running)
	$(RUN) bench.demo $(ARGS)

test: $(STAMP) browser ## Run the tests, except the long drills
	$(RUN) pytest -n $(JOBS) --dist worksteal -m "not drill" $(ARGS)

check: $(STAMP) ## Check form, types, layers and migrations
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(VENV)/bin/basedpyright
	$(VENV)/bin/lint-imports
	$(VENV)/bin/squawk migrations/[0-9]*.sql
	$(RUN) pytest -q tests/repository

browser: $(STAMP) ## Have a Chromium for the console's tests; does nothing if there is one
	@$(RUN) tests.browser.chromium --install

drill: $(STAMP) browser ## Run the long drills: kills, storms, crashes, and thousands of generated examples
	$(RUN) pytest -m "drill or hypothesis" --hypothesis-profile drill --timeout 900 $(ARGS)

bench: $(STAMP) ## Measure, against yardsticks of the same run
	$(RUN) bench $(ARGS)

pictures: $(STAMP) browser ## Take the pictures of the console in docs/console
	$(RUN) pytest -m drill tests/browser/test_console_pictures.py $(ARGS)

fix: $(STAMP) ## Format, and repair what can be repaired by itself
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

lock: ## Renew uv.lock and both requirements.txt from pyproject.toml (needs uv)
	uv lock
	@for each in requirements.txt deploy/requirements.txt; do sed '/^[^#]/,$$d' $$each > $$each.new; done
	uv export $(EXPORT) --all-groups --all-extras >> requirements.txt.new
	uv export $(EXPORT) --no-default-groups >> deploy/requirements.txt.new
	@for each in requirements.txt deploy/requirements.txt; do mv $$each.new $$each; done

run: $(STAMP) ## Run a whole node on this machine
	$(VENV)/bin/havre-node up $(ARGS)

docs: $(STAMP) ## Write the pages that are made from the code
	$(VENV)/bin/havre-node docs $(ARGS)
