# `make quickstart` and `make test` each set themselves up (virtual environment, pinned install) and run.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help quickstart test lint clean

help:
	@echo "make quickstart   install, then run configs/quickstart.yaml end to end (report in runs/quickstart/)"
	@echo "make test         install with the development tools, then lint, types, import contract and pytest"
	@echo "make lint         the checks of 'make test' without pytest"
	@echo "make clean        remove the virtual environment and caches (runs/ stays)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 13) else \
	"this Makefile installs versions pinned for Python 3.11 and 3.12, found %d.%d; try: make PYTHON=python3.11 (on 3.10: pip install .)" % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.user: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.user

quickstart: $(VENV)/.user
	$(BIN)/simfactor run configs/quickstart.yaml

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
