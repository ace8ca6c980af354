# Every target prepares what it needs; a second call does only what is new. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# One more index to look for PyTorch in, such as that of its builds without CUDA: make venv TORCH_INDEX=ADDRESS.
TORCH_INDEX ?=
# Processes that run tests side by side, each with one thread.
TEST_WORKERS ?= auto
PYTEST_ARGS ?=
TORCH ?= 2.13.0

.DEFAULT_GOAL := help
.PHONY: help venv dev demo test pytest lint format types contracts docs linkcheck bench tables pins clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# PyTorch comes first and alone, so that nothing else decides which build of it is installed.
$(VENV)/.torch: constraints.txt scripts/make_venv.sh
	@echo 'Making $(VENV) and installing PyTorch into it ...'
	@scripts/make_venv.sh $(PYTHON) $(VENV)
	@$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	@$(PIP) setuptools
	@touch $@

$(VENV)/.packages: $(VENV)/.torch pyproject.toml
	@echo 'Installing what gplac needs to run ...'
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.graphics: $(VENV)/.packages scripts/graphics.sh
	@scripts/graphics.sh $(BIN)/gplac
	@touch $@

$(VENV)/.test: $(VENV)/.packages
	@echo 'Installing what testing needs ...'
	@$(PIP) --no-build-isolation --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@echo 'Installing what developing needs ...'
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

venv: $(VENV)/.graphics  ## the virtual environment .venv with all that gplac needs to run

dev: $(VENV)/.dev $(VENV)/.graphics  ## the same, with all that working on gplac needs

demo: venv  ## the whole story on two cores: data, training with and without weak images, a report
	$(BIN)/gplac demo

test: lint types contracts pytest  ## style, types, dependency contracts, then all tests

pytest: $(VENV)/.test $(VENV)/.graphics  ## the tests alone (PYTEST_ARGS='-k scene' for some of them)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS)

lint: $(VENV)/.test  ## style (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/file_map.py --check

format: $(VENV)/.test  ## rewrite the code in the project's style, and README's map of files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/file_map.py

types: $(VENV)/.test  ## strict types of src (mypy)
	$(BIN)/mypy

contracts: $(VENV)/.test  ## which room may import which (import-linter)
	$(BIN)/lint-imports

docs: $(VENV)/.dev  ## the documentation as HTML in docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# Tests check the links within the repository; those to elsewhere need a network, and fail without one.
linkcheck: $(VENV)/.dev  ## whether the documentation's links to other sites still lead somewhere (needs a network)
	@$(BIN)/sphinx-build -q --keep-going -b linkcheck docs docs/_build/linkcheck || \
	  { echo 'Some links lead nowhere, or there is no network: see docs/_build/linkcheck/output.txt.' >&2; exit 1; }

# Tables 2 and 3 at the paper's size, once there is a cell of them.
PAPER_TABLES := 1 $(if $(wildcard results/paper/mug_push/*.json),2) $(if $(wildcard results/paper/*/*-weak*.json),3)

bench: $(VENV)/.test $(VENV)/.graphics  ## speed against peers, as ratios, into results/bench/
	$(BIN)/python benchmarks/run.py

tables: venv  ## the paper's tables beside ours, from the files in results/ alone
	$(BIN)/gplac table all --preset lite
	@for each in $(PAPER_TABLES) fair figure5 thresholds; do $(BIN)/gplac table $$each --preset paper > /dev/null || exit 1; done

# The pins are what a fresh environment gets from the ranges in pyproject.toml, PyTorch's build taken as it is.
pins:  ## rewrite constraints.txt with the newest versions that fit (TORCH=2.13.0)
	rm -rf build/pins && scripts/make_venv.sh $(PYTHON) build/pins
	build/pins/bin/python -m pip install --quiet torch==$(TORCH) 'setuptools>=77'
	build/pins/bin/python -m pip install --quiet --no-build-isolation --editable '.[dev]' torch==$(TORCH)
	{ echo '# Versions that gplac is tested with; written by `make pins`.'; \
	  build/pins/bin/python -m pip freeze --all --exclude-editable | grep -v '^pip==' | sed 's/+cpu$$//'; } > constraints.txt

clean:  ## remove caches and built pages, not the virtual environment and not data
	rm -rf build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks recipes -name __pycache__ -type d -prune -exec rm -rf {} +
