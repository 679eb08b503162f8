# Everything runs in an environment of its own, .venv, made on first use.
# PYTHON names another interpreter: make test PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help run test check bench format lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]' --constraint constraints.txt
	touch $@

run: $(STAMP) ## a small demo city on http://localhost:8000
	$(BIN)/casehub demo

check: $(STAMP) ## format, lint, types and the order between the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: check ## check, then OpenAPI drift, then every test
	$(BIN)/casehub openapi --check
	$(BIN)/pytest -n auto --dist loadfile

bench: $(STAMP) ## the benchmarks
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/alerts.py
	$(BIN)/python tests/benchmarks/queues.py
	$(BIN)/python tests/benchmarks/rates.py
	$(BIN)/python tests/benchmarks/campaigns.py
	$(BIN)/python tests/benchmarks/deliveries.py
	$(BIN)/python tests/benchmarks/paper.py
	$(BIN)/python tests/benchmarks/letters.py

format: $(STAMP) ## let ruff write what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## renew constraints.txt from the newest versions that pyproject.toml allows
	rm -rf .venv && $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	{ echo '# Versions this release was tested with. Renew: make lock'; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt
	touch $(STAMP)

clean: ## forget the environment and the caches
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
