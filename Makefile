# Everything runs in .venv, which this file makes itself; Python 3.11 or newer is all it needs.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')
READY := .venv/.ready

.PHONY: demo test check graphiql clients nightly bench lock schema

demo: $(READY)
	@exec $(BIN)/hub demo

# A process more than there are cores, since each waits for its own mongod now and then; four at the
# most. Files in their order: by the number of their tests, the slowest would come last.
test: $(READY)
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hub schema print | diff - schema.graphql
	$(BIN)/hub connector schema | diff - connectors_config/connector.schema.json

# A page to ask from (HUB_GRAPHIQL); needs Node.js 20 or newer with npm.
graphiql: hub/schema/graphiql/built/index.html

hub/schema/graphiql/built/index.html: $(wildcard graphiql/*.* graphiql/src/*)
	npm ci --prefix graphiql --silent
	npm run --prefix graphiql --silent build -- --logLevel error

# Clients that are not ours, against a running hub; needs Node.js 20 or newer with npm, and Chromium.
clients: $(READY) graphiql
	npm ci --prefix tests/clients --silent
	$(BIN)/pytest tests/clients

# What takes too long for each change, and longer than a test may otherwise.
nightly: $(READY)
	EQUIVALENCE_CASES=20000 $(BIN)/pytest --timeout 0 tests/schema/test_equivalence.py
	SCOPE_CASES=20000 SCOPE_SEED=$$(date +%Y%m%d) $(BIN)/pytest --timeout 0 tests/security/test_differential.py
	KILLED_MOMENTS=50 $(BIN)/pytest --timeout 0 tests/ingest/test_killed.py tests/ingest/test_mongod_killed.py
	$(BIN)/python scripts/mutate_scope.py
	$(BIN)/python -m tests.fuzz --seconds 300

bench: $(READY)
	$(BIN)/python -m bench

schema: $(READY)
	$(BIN)/hub schema print > schema.graphql
	$(BIN)/hub connector schema > connectors_config/connector.schema.json

# Hashes, and no address of any registry: the same file installs from a mirror.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header --quiet pyproject.toml --output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("The hub needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
