# make report   the whole study on embedded data           make open    its report, in a browser
# make check    style, types, workflow lint                make test    the tests        make bench   the benchmarks
# Each makes the environment first; nothing but Python 3.11+ and make is needed.

PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
BIN := .venv/bin
READY := .venv/.ready
STUDY ?= config/digits.yaml
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: report open test test-long quick check bench docs site clean help

help:
	@sed -n '1,3s/^# //p' Makefile

report: $(READY)
	$(BIN)/snakemake --cores $(CORES) --resources gpu=$$($(BIN)/resdag devices --at-once $(CORES)) \
	    --configfile $(STUDY) -- report

open: $(READY)
	@$(BIN)/python -m webbrowser -t "file://$(CURDIR)/$$($(BIN)/resdag where $(STUDY) | sed -n 's/^report *//p')"

# A worker for each core, a file of tests at a time.  What takes a second or more each (pyproject.toml: workflow) goes by
# itself, its longest files first (tests/conftest.py); what takes half an hour (long) has the machine to itself.
QUICK := not workflow and not long
PYTEST := $(BIN)/python -m pytest -n $(CORES) --dist loadfile

test: $(READY) old-duckdb browser quick
	$(PYTEST) --no-loadscope-reorder -m "workflow and not long"

test-long: test
	$(BIN)/python -m pytest -m long

quick: $(READY)
	$(PYTEST) -m "$(QUICK)"

check: $(READY) .tools/.ready .tools/docs/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy
	.tools/bin/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint --configfile config/tiny.yaml
	NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs build --quiet

bench: $(READY)
	$(BIN)/python -m benchmarks

# What is generated from code and committed, which tests hold fresh; then the pages as a site.
docs: $(READY)
	$(BIN)/resdag schema > config/schema.json
	$(BIN)/python -m resdag.config.page config/README.md
	$(BIN)/python -m resdag.store.tables_page > docs/tables.md
	$(MAKE) site

# site/index.html needs no server and no network; a link that leads nowhere ends it.
site: .tools/docs/.ready
	NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs build --quiet

# Pictures of the report's first screen, of a study that ran: docs/figures/report-light.png, -dark.png, -phone.png.
.PHONY: screenshots
screenshots: browser
	$(BIN)/python docs/_site/screenshots.py "$$($(BIN)/resdag where $(STUDY) | sed -n 's/^report *//p')" docs/figures

# uv installs the lock in half a minute; it is itself a package of the lock, with hashes.  Bytecode is compiled once,
# here: where PYTHONDONTWRITEBYTECODE is set, as in many containers, every job would compile torch anew.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "resdag needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	awk '/^[^ ]/ {on = /^uv==/} on' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	touch $(READY)

# snakefmt asks for another `packaging` than snakemake, so it has an environment of its own.
.tools/.ready: $(READY)
	test -x .tools/bin/python || $(PYTHON) -m venv .tools
	$(BIN)/uv pip install --quiet --python .tools/bin/python snakefmt==2.1.0
	touch $@

# MkDocs has a lock of its own: no measurement depends on it.
.tools/docs/.ready: docs/_site/requirements.lock $(READY)
	test -x .tools/docs/bin/python || $(PYTHON) -m venv .tools/docs
	$(BIN)/uv pip sync --quiet --python .tools/docs/bin/python --require-hashes docs/_site/requirements.lock
	touch $@

# The oldest DuckDB that has to open results.duckdb; without a network the tests that ask it say so and are skipped.
.PHONY: old-duckdb
old-duckdb: $(READY)
	@test -d .tools/duckdb-1.1/duckdb || $(BIN)/uv pip install --quiet --python $(BIN)/python \
	    --target .tools/duckdb-1.1 duckdb==1.1.3 || echo "DuckDB 1.1.3 could not be installed; its tests will be skipped"

# What drives a browser through the report; Chromium itself is the machine's.  165 MB, so only where there is one.
.PHONY: browser
browser: $(READY)
	@! command -v chromium >/dev/null || test -d .tools/browser/playwright || $(BIN)/uv pip install --quiet \
	    --python $(BIN)/python --target .tools/browser playwright==1.65.2 pypdf==7.1.1 \
	    || echo "playwright could not be installed; the tests in a browser will be skipped"

clean:
	rm -rf .venv .tools site .pytest_cache .hypothesis .mypy_cache .ruff_cache
