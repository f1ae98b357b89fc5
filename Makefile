# Every target sets up what it needs; nothing but test-browser's chromium is installed outside .venv.
PYTHON ?= python3
NAME ?= paper
STAMP := .venv/.installed
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Else uv would install into an environment that happens to be active.
export VIRTUAL_ENV := $(CURDIR)/.venv
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup repro undo reproduce-check experiment campaign real-pictures robustness test test-install test-browser check docs mutants examples coverage readme lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv and install the locked requirements

repro: $(STAMP) ## rebuild everything that is out of date
	@real-or-ai doctor
	dvc repro
	@real-or-ai keep
	@real-or-ai results

undo: $(STAMP) ## put back the last run of make repro, after dvc exp run has changed it
	@real-or-ai undo

reproduce-check: $(STAMP) ## run the pipeline twice from nothing, compare to the byte (THREADS=1,2)
	python -m tools.reproduce_check $(if $(THREADS),--threads $(THREADS))

experiment: $(STAMP) ## run experiments/NAME.txt, print its numbers beside those before, leave the rest as it was
	@real-or-ai experiment "$(NAME)"

robustness: $(STAMP) ## measure robustness on all test and external pictures, as an experiment
	@real-or-ai experiment robustness

campaign: $(STAMP) ## leaky against grouped, as found against delivered, leave one source out
	@real-or-ai campaign

real-pictures: $(STAMP) ## the same on public collections, about 30 min (RAW=their folder)
	@python -m benchmarks.real_pictures "$${RAW-}"

test: $(STAMP) ## run the tests
	pytest

test-install: $(STAMP) ## install the package alone into an empty environment and check a picture
	pytest -m network tests/test_install.py

test-browser: $(STAMP) ## look at the page in Debian's chromium, after make repro
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; \
	  else echo "error: no chromium: sudo apt-get install chromium" >&2; exit 2; fi
	pytest -m browser tests/browser

check: $(STAMP) ## format, lint and types
	ruff format --check
	ruff check
	mypy

docs: $(STAMP) ## README, docs/ and the reference as pages, in site/; a dead link fails
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet

mutants: $(STAMP) ## plant small faults one at a time and see that a test finds each (some 25 min)
	python -m tools.mutants $(ONLY)

examples: $(STAMP) ## run the README's example commands anew, in a clone
	python tools/examples.py

coverage: $(STAMP) ## simulate how often the intervals hold the truth (about 6 min)
	python -m tools.coverage

readme: $(STAMP) ## write the README's numbers from committed files
	python -m tools.readme

lock: $(STAMP) ## resolve requirements.lock anew from pyproject.toml
	uv pip compile pyproject.toml --extra train --extra web --extra dev --universal --generate-hashes \
	  --python-version 3.11 --no-header --no-annotate --upgrade --quiet -o requirements.lock

# uv comes first, by its own lines of the lock, and installs the rest from the lock alone.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $$($(PYTHON) --version) found, 3.11 or newer is needed; make PYTHON=python3.12 setup" >&2; exit 2; }
	@echo "creating .venv and installing requirements.lock into it (about 6 GB, one to a few minutes)"
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ /p}' requirements.lock > .venv/uv.txt
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@echo "downloads are kept for the next time in $$(uv cache dir)"
	@uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	@uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
