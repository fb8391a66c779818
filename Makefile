# Every target by hand and in CI is the same. `make run` needs nothing but Python 3.11 and git, and Node.js 20.19 to build
# the portals; `make test` needs that and, unless it may install them itself, Chromium and Firefox.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BROWSER := tests/e2e/browser
STORE_PORTAL := store-portal
USER_PORTAL := user-portal
NPM := $(shell command -v npm)

.PHONY: run test browsers portals no-portals test-portals lint-portals portal-types app-schema native lint talk eval providers soak upgrade bench bench-report bench-auth bench-barge-in bench-phone bench-portal audit mutants schema lock clean

run: ## Start everything and serve on PORT, 8080 unless set
	@# What has to be installed or built is done side by side; pages that cannot be built keep nobody from the API.
	@$(MAKE) --no-print-directory -k -j2 $(VENV)/installed $(if $(NPM),portals,no-portals) || $(MAKE) -q $(VENV)/installed
	@$(BIN)/python -m server run

talk: $(VENV)/installed ## Talk to the running server: make talk, make talk SAY="Do you have ferns?", make talk WAV=question.wav
	@$(BIN)/python -m server talk $(WAV) $(if $(SAY),--say "$(SAY)") $(if $(URL),--url $(URL))

eval: $(VENV)/installed ## Ask three stores' assistants what callers ask, and judge the answers of the chosen model; ten minutes
	@$(BIN)/python -m server eval

test: $(VENV)/installed-dev browsers portals lint test-portals native ## The whole suite, against a real embedded PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/installed-dev $(BROWSER)/node_modules/.package-lock.json lint-portals ## Style, types, the import rule and safe migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/squawk $(filter-out %.rollback.sql,$(wildcard sql/migrations/*.sql))
	npm --prefix $(BROWSER) run --silent lint

portals: $(STORE_PORTAL)/dist/index.html $(USER_PORTAL)/dist/index.html ## Build the portals' pages, which the server serves

no-portals: ## Say that pages cannot be built without npm
	@echo "There is no npm here, so the portals are as they were built last, if ever. They need Node.js 20.19 or newer." >&2

# Written last, and anew each time.
$(STORE_PORTAL)/dist/index.html: $(STORE_PORTAL)/node_modules/.package-lock.json $(shell find $(STORE_PORTAL)/src $(STORE_PORTAL)/public -type f) \
		$(STORE_PORTAL)/index.html $(STORE_PORTAL)/vite.config.ts $(STORE_PORTAL)/vite-compress.ts
	@echo "Building the store portal."
	@npm --prefix $(STORE_PORTAL) run --silent build

$(USER_PORTAL)/dist/index.html: $(USER_PORTAL)/node_modules/.package-lock.json $(shell find $(USER_PORTAL)/src $(USER_PORTAL)/public -type f) \
		$(USER_PORTAL)/app.config.ts $(USER_PORTAL)/metro.config.js
	@echo "Building the app for browsers."
	@npm --prefix $(USER_PORTAL) run --silent build
	@touch $@

test-portals: $(STORE_PORTAL)/node_modules/.package-lock.json $(USER_PORTAL)/node_modules/.package-lock.json ## Tests of the portals' components
	npm --prefix $(STORE_PORTAL) run --silent test
	npm --prefix $(USER_PORTAL) run --silent test

lint-portals: $(VENV)/installed $(STORE_PORTAL)/node_modules/.package-lock.json $(USER_PORTAL)/node_modules/.package-lock.json ## Style and types of the portals
	npm --prefix $(STORE_PORTAL) run --silent lint
	npm --prefix $(USER_PORTAL) run --silent lint
	$(BIN)/python -m server openapi user | npm --prefix $(USER_PORTAL) run --silent schema -- --check

audit: $(VENV)/installed-dev ## Ask for known holes in what we depend on; needs a package index that knows advisories
	$(BIN)/pip-audit --requirement requirements/providers.txt --require-hashes --disable-pip
	npm --prefix $(STORE_PORTAL) audit --omit=dev
	npm --prefix $(USER_PORTAL) audit --omit=dev

native: $(USER_PORTAL)/node_modules/.package-lock.json $(USER_PORTAL)/dist/index.html ## The app's bytecode and native projects, and what they ask of a person
	npm --prefix $(USER_PORTAL) run --silent check:native

app-schema: $(VENV)/installed $(USER_PORTAL)/node_modules/.package-lock.json ## Write the app's types from the User API
	$(BIN)/python -m server openapi user | npm --prefix $(USER_PORTAL) run --silent schema

portal-types: $(VENV)/installed $(STORE_PORTAL)/node_modules/.package-lock.json ## Write the store portal's types from the Store API
	@mkdir -p .data
	$(BIN)/python -m server openapi store > .data/store-openapi.json
	npm --prefix $(STORE_PORTAL) run --silent types

browsers: $(BROWSER)/node_modules/.package-lock.json ## Install what the tests in real browsers, and with a real TURN server, need
	@$(BROWSER)/install

# npm writes it last.
%/node_modules/.package-lock.json: %/package-lock.json
	@$(if $(NPM),,echo "This needs Node.js 20.19 or newer, with npm." >&2; exit 1)
	@npm --prefix $* ci --silent --ignore-scripts --no-audit --no-fund
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
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.voice.bench $(if $(WAV_FOLDER),--wav $(WAV_FOLDER))

bench-report: $(VENV)/installed-dev ## The same, WebRTC, overload and a thousand conversations, three times: tests/load/results; three quarters of an hour
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.voice.bench --all --runs 3 $(if $(WAV_FOLDER),--wav $(WAV_FOLDER))

bench-auth: $(VENV)/installed-dev ## Accounts beside the same routes on FastAPI; two and a half minutes
	@$(BIN)/python -m tests.load.auth.bench

bench-barge-in: $(VENV)/installed-dev ## How soon the assistant falls silent; two minutes
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.barge_in

bench-phone: $(VENV)/installed-dev ## What the telephone adds to a websocket, how soon it falls silent, lost frames; three minutes
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.phone

bench-portal: $(VENV)/installed-dev portals ## The portal's list of 50,000 conversations, scrolled and filtered; a minute
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.portal

soak: $(VENV)/installed-dev ## People call and hang up for an hour: what grows, and what is left over; SECONDS and CALLERS change it
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CALLERS),--callers $(CALLERS))

upgrade: $(VENV)/installed-dev ## People call the release FROM while our migrations are applied beneath it; two minutes
	@LOGURU_LEVEL=WARNING $(BIN)/python -m tests.load.upgrade $(FROM)

mutants: $(VENV)/installed-dev ## Change how passwords, sessions and tokens work in a thousand ways, and list the changes that no test notices; ten minutes
	$(BIN)/pip install --quiet mutmut
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

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
