# `make demo` and `make test` need Python >= 3.11 (with venv), git and make; everything else is fetched, pinned by hash.
# Only relative paths are used, so that the checkout may lie in a path with spaces.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
# two processes unless said otherwise: each brings a database, a browser and now and then a worker of its own
JOBS ?= 2
COMPILE := --quiet --universal --no-header --generate-hashes --python-version 3.11

.PHONY: help demo test lint types e2e bench lock clean

help: ## show this list
	@echo "Targets:"
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)$$/  make \1\t\2/p' Makefile | expand -t 14
	@echo "Variables: PORT, HOST (demo), PYTHON (which Python makes .venv), JOBS and PYTEST_ARGS (test). See README.md."

demo: $(VENV)/installed ## run the site with the worked example on http://127.0.0.1:8000 (Ctrl-C stops it)
	@exec $(BIN)/python -m reviewapp.launch

test: $(VENV)/installed-dev ## run all tests on servers of their own
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

e2e: $(VENV)/installed-dev ## run only the browser tests; without a Chromium they fail
	@REQUIRE_BROWSER=1 exec $(BIN)/python -m pytest -m e2e $(PYTEST_ARGS)

lint: $(VENV)/installed-dev ## check style, imports and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files -z 'templates/*.html' '*/templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check

types: $(VENV)/installed-dev ## check types (mypy --strict)
	@SECRET_KEY=types exec $(BIN)/mypy

bench: $(VENV)/installed-dev ## measure votes per second against a floor view
	@exec $(BIN)/python tests/benchmarks/screening.py

lock: ## pin dependencies anew, with hashes (needs uv)
	uv pip compile $(COMPILE) pyproject.toml -o requirements.lock
	uv pip compile $(COMPILE) --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove .venv and caches; data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ---- set-up: one stamp per lock file, inside .venv; a changed lock is installed again, an unchanged one costs nothing
$(VENV)/installed: requirements.lock | $(BIN)/python
	@echo "Installing the pinned packages of $< ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing the pinned packages of $< ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ $(VENV)/installed

$(BIN)/python:
	@set -- python3 python3.14 python3.13 python3.12 python3.11 python; \
	if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; fi; \
	python=''; \
	for name in "$$@"; do \
	  if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "No Python >= 3.11 with venv among: $$*. Install one (Debian, Ubuntu: apt install python3-venv)," >&2; \
	  echo "or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	rm -rf $(VENV); \
	"$$python" -m venv $(VENV)
