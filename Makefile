# Every target by hand and in CI is the same. `make run` needs nothing but Python 3.11 and git; `make test` also Node.js 20
# and, unless it may install them itself, Chromium and Firefox.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BROWSER := tests/e2e/browser
WAV ?= $(VENV)/lib/python3.*/site-packages/moonshine_voice/assets/beckett.wav

.PHONY: run test browsers lint talk eval providers bench bench-auth bench-barge-in schema lock clean

run: $(VENV)/installed ## Start everything and serve on PORT, 8080 unless set
	@$(BIN)/python -m server run

talk: $(VENV)/installed ## Speak a recording to the running server: make talk WAV=question.wav
	@$(BIN)/python -m server talk $(WAV) $(if $(URL),--url $(URL))

eval: $(VENV)/installed ## Ask the demo's assistant what callers ask, and judge the answers of the chosen model; five minutes
	@$(BIN)/python -m server eval

test: $(VENV)/installed-dev browsers lint ## The whole suite, against a real embedded PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/installed-dev $(BROWSER)/node_modules/.package-lock.json ## Style, types, the import rule and safe migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/squawk $(filter-out %.rollback.sql,$(wildcard sql/migrations/*.sql))
	npm --prefix $(BROWSER) run --silent lint

browsers: $(BROWSER)/node_modules/.package-lock.json ## Install what the tests in real browsers need
	@$(BROWSER)/install

# npm writes it last.
$(BROWSER)/node_modules/.package-lock.json: $(BROWSER)/package-lock.json
	@command -v npm >/dev/null || { echo "The tests need Node.js 20 or newer, with npm." >&2; exit 1; }
	@npm --prefix $(BROWSER) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

providers: $(VENV)/installed ## Install what providers other than the embedded ones need
	$(BIN)/pip install --quiet --require-hashes -r requirements/providers.txt

$(VENV)/installed: requirements/base.txt requirements/pip.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# Python's own pip may be one that refuses a pinned package with extras once a newer release of it appears.
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/pip.txt
	@echo "Installing the server and its models, about 3.5 GB on disk. This happens once."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt $(VENV)/installed
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

bench: $(VENV)/installed-dev ## Conversations a core, beside pipecat's own transport, and how soon answers come; six minutes
	@$(BIN)/python -m tests.load.voice.bench $(if $(WAV_FOLDER),--wav $(WAV_FOLDER))

bench-auth: $(VENV)/installed-dev ## Accounts beside the same routes on FastAPI; two and a half minutes
	@$(BIN)/python -m tests.load.auth.bench

bench-barge-in: $(VENV)/installed-dev ## How soon the assistant falls silent; two minutes
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.barge_in

schema: $(VENV)/installed-dev ## Write sql/schema.sql from the migrations
	UPDATE_SCHEMA=1 $(BIN)/pytest tests/integration/test_schema.py

lock: ## Pin every package again, with hashes
	$(BIN)/pip install --quiet uv
	echo pip | $(BIN)/uv pip compile -q --universal --generate-hashes --no-header - -o requirements/pip.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements/base.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml --all-extras -o requirements/providers.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml --all-extras --group dev -o requirements/dev.txt

clean: ## Forget the demo: database, keys, joined models
	rm -rf .data
