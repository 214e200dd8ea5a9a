# Needs Python 3.11 or newer and make; everything else is installed into .venv and .data of this directory.
# Another Python: make up PYTHON=python3.12. Another port or place: CIVICGRID_PORT, CIVICGRID_DATA (see README.md).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Named after this place: an environment that was copied along with a checkout names the old one in its scripts.
STAMP := $(VENV)/installed-$(shell pwd -P | cksum | cut -d ' ' -f 1)
TEST_PROCESSES ?= 2
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help install up test check bench proof mutants sdl release policy lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

install: $(STAMP) ## install what requirements.lock says into .venv (nothing to do when it is already there)

$(STAMP): pyproject.toml requirements.lock bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "CivicGrid needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@test -f $@ || { echo "installing: a virtual environment"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "installing: uv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement bootstrap.lock
	@echo "installing: what requirements.lock says"
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

up: $(STAMP) ## start everything: services, migrations, five cities, data, web and worker; Ctrl-C stops it
	@exec $(BIN)/civicgrid up

test: $(STAMP) ## run the tests, with PostgreSQL and Valkey of their own
	@$(BIN)/pytest -n $(TEST_PROCESSES) -m "not slow" $(ARGS)

check: $(STAMP) ## format, lint, types, imports, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m migrations.lint

bench: $(STAMP) ## measure against peers, one JSON line each; BENCH=board runs one
	@$(BIN)/python -m bench $(BENCH)

proof: $(STAMP) ## the long forms of the property, fault and scale tests; the report goes to docs/proof/
	@mkdir -p docs/proof
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile -m slow --timeout 3600 --junit-xml docs/proof/report.xml $(ARGS); \
	  ended=$$?; sed -i 's/ hostname="[^"]*"//' docs/proof/report.xml; exit $$ended

mutants: $(STAMP) ## take guards out one at a time, see that a test fails each time; ARGS="--sample 3" for a few; slow
	@$(BIN)/python -m tests.isolation.mutants $(ARGS)

sdl: $(STAMP) ## write schema/schema.graphql
	@$(BIN)/python -m schema.sdl

release: $(STAMP) ## keep the schema as released under the project's version; later ones are compared with it
	@$(BIN)/python -m schema.releases

policy: $(STAMP) ## write the golden matrix of roles and permissions
	@$(BIN)/python -m tenants.matrix

lock: $(STAMP) ## choose versions anew and write both lock files (hashes, no registry addresses)
	@printf 'uv==%s\n' "$$($(BIN)/uv --version | cut -d ' ' -f 2)" \
	  | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    --no-header --no-annotate --no-emit-index-url --output-file bootstrap.lock -
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --extra dev \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements.lock pyproject.toml

clean: ## remove .venv and what the tools left; the data stay in .data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -type d -not -path './.data/*' -prune -exec rm -rf {} +
