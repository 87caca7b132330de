# Two commands are enough: `make run` and `make test`. Everything lives in .venv and data/.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r
HEADLESS := $(shell command -v chromium-headless-shell)
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# What is compiled once is kept: hundreds of processes that the tests start, and each start of the site, read it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run install test test-long soak browsers check bench screenshots lock clean
.DEFAULT_GOAL := run

run: .venv/runtime
	@$(BIN)/python manage.py serve --signin admin

install: .venv/development .venv/browser
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0

# A worker that is idle takes tests from the end of another's list. By whole files, the last long one runs alone. One
# worker more than cores: a third of the time tests wait for a browser, a server or a clock.
CORES := $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))')
WORKERS ?= $(shell expr $(CORES) + 1)
SHARED := -n $(WORKERS) --dist worksteal
# Where two databases may differ: SQL of ours, locks, constraints and limits of columns, orders, moments, migrations.
# What only shows rows, or is about answers and their files, is done with the first one; `make test-long` runs all that
# uses a database with both.
ANSWERS := $(addprefix tests/gallery/pipeline/test_, answers.py kept.py refused.py thumbnail_upgrade.py verify.py)
DIFFERS := $(addprefix tests/gallery/, models listing search migrations synthetic \
	$(addprefix admin/test_, many.py nonsense.py pace.py) display/test_lineage.py \
	$(addprefix views/test_, create_post.py dates.py draft.py filters.py matrix.py) \
	$(addprefix test_, accounts.py costs.py events.py) web/test_throttle.py) \
	$(filter-out $(ANSWERS), $(sort $(wildcard tests/gallery/pipeline/test_*.py)))
# Both at once, since tests wait for a third of their time; what the second one says comes when the first has ended.
BESIDE ?= $(shell expr \( $(CORES) + 1 \) / 2)
test: install
	@$(BIN)/python -m pytest -q -n $(BESIDE) --postgresql $(DIFFERS) >.pytest_postgresql 2>&1 & second=$$!; \
	$(BIN)/python -m pytest -q $(SHARED); first=$$?; \
	wait $$second; second=$$?; cat .pytest_postgresql; exit $$((first + second))

test-long: install .venv/chromium
	@$(BIN)/python -m pytest -q -n $(BESIDE) --long --postgresql tests/gallery >.pytest_postgresql 2>&1 & second=$$!; \
	$(BIN)/python -m pytest -q $(SHARED) --long; first=$$?; \
	wait $$second; second=$$?; cat .pytest_postgresql; \
	$(BIN)/python -m pytest -q $(SHARED) --postgresql tests/gallery; exit $$((first + second + $$?))

# Ten minutes of load and random kills on each database. For less, or more:
# `make soak SECONDS=60 DATABASE=postgresql SEED="1 2"`.
SECONDS ?= 600
DATABASE ?= sqlite postgresql
SEED ?= 1
soak: install
	@status=0; for database in $(DATABASE); do for seed in $(SEED); do \
	  $(BIN)/python -m benchmarks.soak --database $$database --seconds $(SECONDS) --seed $$seed || status=1; \
	done; done; exit $$status

# Fifty browsers for ten minutes, on each database: `make browsers SECONDS=60 DATABASE=sqlite`.
browsers: install
	@status=0; for database in $(DATABASE); do \
	  $(BIN)/python benchmarks/bench_browsers.py --database $$database --seconds $(SECONDS) --row-seconds 30 || status=1; \
	done; exit $$status

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_source.py
	git ls-files -z 'templates/*.html' | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/hadolint Dockerfile
	PUBLIC_URL=https://gallery.example $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python .ci/audit requirements-full.lock || echo "The audit did not pass: see above (it does not fail the check)."

bench: install
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

screenshots: install
	$(BIN)/python -m benchmarks.screenshots

# Pin everything anew. Hashes, but no addresses: they belong to whoever installs.
lock:
	$(PYTHON) -m pip install --quiet uv
	uv pip compile pyproject.toml --extra gallery --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -o requirements.lock
	uv pip compile pyproject.toml --extra gallery --extra postgres --extra s3 --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -c requirements.lock -o requirements-full.lock
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -c requirements-full.lock -o requirements-dev.lock

clean:
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "On Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }

.venv/runtime: requirements.lock | .venv/bin/python
	@echo "Installing the locked dependencies …"
	@$(PIP) requirements.lock
	@touch $@

.venv/development: requirements-dev.lock | .venv/bin/python
	@echo "Installing the locked dependencies and what the tests need …"
	@$(PIP) requirements-dev.lock
	@touch .venv/runtime $@

# The browser of the tests: Debian's Chromium, for `make test` without the windows of a desktop, which cost half of the
# time; the whole one for `make test-long`. What is there already does as well.
.venv/browser: | .venv/bin/python
ifeq ($(HEADLESS),)
	@$(call debian,chromium-headless-shell) || [ -n "$(CHROMIUM)" ] \
	  || echo "No Chromium found: the browser tests will be skipped (Debian: apt-get install chromium-headless-shell)."
endif
	@touch $@

.venv/chromium: | .venv/bin/python
ifeq ($(CHROMIUM),)
	@$(call debian,chromium) || echo "No whole Chromium found (Debian: apt-get install chromium)."
endif
	@touch $@

debian = command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && echo "Installing $(1) …" \
	  && apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null
