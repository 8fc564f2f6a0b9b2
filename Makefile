# Trivet: `make` lists what can be done. Only python3 (3.11 to 3.13), pip, git and make are needed.
# Bytecode is written on purpose (else every start of the command pays for it), certificates come from the machine.
export PYTHONDONTWRITEBYTECODE :=
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export NO_MKDOCS_2_WARNING := 1

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.trivet-installed
ORACLE := .venv-oracle/.installed
WORKSPACE ?= trivet-workspace
CASES ?= $(or $(TRIVET_SHARED),../shared)/cases/supply
# A file stays on one worker, so that what its tests share is made once.
SPREAD := -n auto --maxprocesses 4 --dist loadfile
PYTEST := $(BIN)/python -m pytest -q
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check fix docs bench quick accept soak reference pages wheel clean lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## make .venv with everything Trivet needs (free when nothing changed)

# uv comes from the lock file too, by its hash; order-only, so that a newer uv never repeats the set-up.
$(BIN)/uv:
	@$(PYTHON) tools/check_python.py
	$(PYTHON) -m venv --clear .venv
	sed -n '/^uv==/,/^    # via/p' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock

# setuptools (in a venv of Python 3.11) leaves a .pth that is read at every start; nothing here needs it.
$(STAMP): pyproject.toml requirements.lock | $(BIN)/uv
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	@$(BIN)/uv pip uninstall --quiet setuptools 2>/dev/null || true
	@$(BIN)/python -m compileall -q src
	@touch $@
	@echo "Set up: $$($(BIN)/python --version) in .venv. Next: make demo"

demo: setup ## plan the example company from its files to a published plan, into ./trivet-workspace
	$(BIN)/trivet --workspace $(WORKSPACE) demo

test: setup ## run the tests (5 minutes; needs nothing but pip, says what it left out)
	$(PYTEST) $(SPREAD) -m "not accept"

check: setup ## all checks of a change: style, contracts, types, locks, tests with coverage bars, docs, licences (8 minutes)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy src tests tools benchmarks
	$(BIN)/python -m tools.check_locks
	@mkdir -p build/coverage && rm -f build/coverage/data*
	$(BIN)/coverage run -m pytest -q $(SPREAD) -m "not accept"
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage json -q -o build/coverage/coverage.json
	$(BIN)/python -m tools.coverage_bars build/coverage/coverage.json
	$(BIN)/mkdocs build --strict --site-dir build/site
	$(BIN)/python -m tools.check_licences
	$(BIN)/python -m benchmarks.run smoke

fix: setup ## mend what ruff can mend, and write the reference pages again
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(BIN)/python -m tools.reference

docs: setup ## build the docs into build/site (strict)
	$(BIN)/mkdocs build --strict --site-dir build/site
	@echo "build/site/index.html"

bench: setup ## measure the store and the engines on generated companies (100k series), print the bars
	$(BIN)/python -m benchmarks.run full

quick: setup ## 60 seconds while working: style, contracts, types, tests of the rooms you touched
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports
	$(BIN)/mypy src
	$(PYTEST) $(SPREAD) -x -m "not accept" $$($(BIN)/python -m tools.touched_rooms)

# What tests are held against and the product never imports, in an environment of its own.
$(ORACLE): oracle.lock | $(BIN)/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-oracle
	$(BIN)/uv pip install --quiet --python .venv-oracle --require-hashes --compile-bytecode -r oracle.lock
	@touch $@

accept: setup $(ORACLE) ## what needs real inputs, PostgreSQL and kills (fails rather than skips), with its figures
	TRIVET_REQUIRE="$${TRIVET_REQUIRE-shared postgresql oracle}" $(PYTEST) $(SPREAD) -m "shared or postgresql or oracle or accept"

soak: setup $(ORACLE) ## by hand, long: accept with many more random histories and kills
	HYPOTHESIS_PROFILE=soak TRIVET_KILLS=50 TRIVET_REQUIRE="shared postgresql oracle" $(PYTEST) $(SPREAD) -m "shared or postgresql or oracle or accept"
	HYPOTHESIS_PROFILE=soak $(PYTEST) tests/properties

reference: setup ## solve published planning problems through the product's model (CASES=folder, JSON=1)
	@$(BIN)/python -m tools.reference_cases $(CASES) $(if $(JSON),--json)

pages: setup ## write docs/reference again from the registries
	$(BIN)/python -m tools.reference

wheel: setup ## build the wheel into dist/
	$(BIN)/uv build --quiet --wheel --out-dir dist

lock: setup ## resolve requirements.lock again (after a change of pyproject.toml)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --group dev --extra postgres pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --group oracle -o oracle.lock

clean: ## remove what was built; keep workspaces
	rm -rf .venv .venv-oracle build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} +
