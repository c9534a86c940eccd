# Each target is a line or two that a person could type; what is slow happens once.
PYTHON ?= python3
RECENT = import sys; sys.exit(sys.version_info < (3, 11))
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# In an environment of its own: these are no part of what is installed here.
APART = .venv/bin/uv tool run --quiet
# A room or a file below tests/, also by its subject alone: payments/refunds is payments/test_refunds.py as well.
FOUND = $(wildcard tests/$(1) tests/$(dir $(1))test_$(notdir $(1)).py)
BY_TWO = --numprocesses 2 --dist loadfile --no-loadscope-reorder
MIGRATIONS = set -e; flask db upgrade; flask db check; flask db upgrade --sql 0019:head >.venv/new.sql; squawk .venv/new.sql

.PHONY: help run test check bench faults lock sbom audit clean

help:  ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 14

run: .venv/installed  ## everything on this machine: servers, web, worker, beat, the sandbox's Stripe and mailbox
	@.venv/bin/python -m sandbox.run

test: .venv/installed  ## all tests, by two processes with servers of their own; or some: T="payments/refunds test_jobs.py"
	.venv/bin/python -m pytest $(if $(T),$(foreach each,$(T),$(or $(call FOUND,$(each)),tests/$(each))),$(BY_TWO))

check: .venv/installed  ## format, lint, types, import contracts, dependencies, migrations safe and like the models
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry .
	.venv/bin/python -m sandbox.with_servers sh -c '$(MIGRATIONS)'

bench: .venv/installed  ## how fast all is, held against limits measured beside it: fifteen minutes, or BENCH=crowd
	.venv/bin/python -m bench $(BENCH)

faults: .venv/installed  ## pull every plug while people book and pay: fifteen minutes; then 10,000 bad requests and deliveries
	.venv/bin/python -m tests.faults $(FAULTS)
	FUZZ=120 .venv/bin/python -m pytest --timeout=1800 tests/bad_input tests/payments/test_any_delivery.py

lock: .venv/installed  ## both lock files, from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.txt

sbom: .venv/installed  ## sbom.json: what production installs, as CycloneDX, with its hashes
	$(APART) --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible -o sbom.json

audit: .venv/installed  ## known holes in what production installs; needs pypi.org or osv.dev
	$(APART) pip-audit@2.10.0 --require-hashes --disable-pip -r requirements.txt

clean:  ## remove what the other targets made
	rm -rf .venv .env.run .env.run.* sbom.json .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt requirements-dev.txt
	@.venv/bin/python -c '$(RECENT)' 2>/dev/null || for python in $(PYTHON) python3.13 python3.12 python3.11 none; do \
	  $$python -c '$(RECENT)' 2>/dev/null && $$python -m venv --clear .venv && break; \
	  test $$python != none || { echo 'CultureBridge needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }; \
	done
	@echo 'Installing into .venv; this takes a minute, and only when the lock files change.'
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@
