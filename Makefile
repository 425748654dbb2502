# Every target makes what it needs: `make demo` works in a fresh clone with nothing but Python 3.11+, git and make.
# Nothing is written outside this folder, which may have any name and stand anywhere.

PYTHON ?=
UV_VERSION := 0.13.9
BIN := .venv/bin
AGENTCTL = $(BIN)/python -m agentctl
READY := .venv/ready
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Package caches, and what tools would otherwise put into the home folder, stay in .venv (pip asks rustc for its version).
HERE := $(shell pwd -P | sed 's/[\\$$"`]/\\&/g')
CACHED = XDG_CACHE_HOME="$(HERE)/.venv/cache" UV_CACHE_DIR="$(HERE)/.venv/cache/uv" PIP_CACHE_DIR="$(HERE)/.venv/cache/pip" \
	RUSTUP_HOME="$(HERE)/.venv/cache/rustup" PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS="$(if $(TERM),0,1)"
# Where bytecode is not to be written, each of the hundreds of processes of the tests compiles all it imports.
export PYTHONDONTWRITEBYTECODE :=
# Whoever reads from a process of ours gets what it says at once, or the tests have to show that it does not.
export PYTHONUNBUFFERED :=
# The environment remembers where it was made: a checkout that has moved makes a new one.
MOVED := $(shell [ ! -e $(READY) ] || [ "$$(cat $(READY))" = "$$(pwd -P)" ] || echo moved)

.PHONY: help setup demo test check bench pictures clean moved

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

setup: $(READY)  ## create .venv with everything that is needed

demo: $(READY)  ## watch a recorded run of specs/examples/quickstart.md in a new repository
	@rm -rf build/demo
	@$(AGENTCTL) demo --repo build/demo

test: $(READY)  ## the tests
	@$(CACHED) $(BIN)/python -m pytest -q -n 2 --dist loadgroup

check: $(READY)  ## style, types, layers, spelling, dependencies, and the built wheel
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m codespell_lib
	@$(BIN)/python -m deptry .
	@$(CACHED) AGENTCTL_TEST_WHEEL=1 $(BIN)/python -m pytest -q tests/test_house.py

bench: $(READY)  ## what is measured; `make bench ARGS="makespan --json"` runs one of them
	@$(CACHED) $(BIN)/python -m agentctl.bench $(or $(ARGS),all --quick)

pictures: $(READY)  ## draw docs/pictures anew, from a recorded run played again
	@$(BIN)/python -m agentctl.bench.parts.pictures docs/pictures

clean:  ## remove the environment, the caches, and what was built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements.lock pyproject.toml Makefile $(MOVED)
	@$(if $(MOVED),echo "agentctl: this folder has moved; making its environment anew" >&2; rm -rf .venv,:)
	@python=$$(for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done || true); \
	[ -n "$$python" ] || { echo "agentctl: Python 3.11 or newer is needed; found $$(python3 --version 2>&1 || true)." \
	    "Install it, or say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	"$$python" -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "agentctl: $$python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	[ -x $(BIN)/python ] || { echo "agentctl: creating .venv with $$("$$python" --version)" >&2; $(CACHED) "$$python" -m venv .venv; }
	@[ -x .venv/uv/bin/uv ] || { echo "agentctl: fetching uv $(UV_VERSION) into .venv" >&2; \
	    $(CACHED) $(BIN)/python -m pip install -q --target .venv/uv "uv==$(UV_VERSION)" >&2; }
	@mkdir -p .venv/src && ln -sfn ../.. .venv/src/agentctl
	@echo "agentctl: installing $$(grep -c '^[a-z0-9].*==' requirements.lock) packages from requirements.lock, once" >&2
	@sync() { "$$@" .venv/uv/bin/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock >&2; }; \
	export $(CACHED); sync env || { echo "agentctl: once more, with this system's certificates" >&2; sync env UV_SYSTEM_CERTS=1; }
	@$(CACHED) .venv/uv/bin/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . >&2
	@pwd -P > $(READY)
	@echo "agentctl: ready" >&2
