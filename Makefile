# Each target is a line or two that a person could type; what is slow happens once.
PYTHON ?= python3
# As .python-version and pyproject.toml say: newer ones lack wheels of some package.
SUPPORTED = import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
# A lock file is complete and is installed as it stands. pip before 23.3 resolves it anew, and then refuses it once newer releases are out.
INSTALL = -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r
CHECKED = $(1)/bin/python -m pip check || { echo 'Packages of an earlier lock are in the way: remove $(1), and run make again.' >&2; exit 1; }
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# A room or a file below tests/, also by its subject alone: payments/refunds is a room, payments/status is payments/test_status.py.
FOUND = $(wildcard tests/$(1) tests/$(dir $(1))test_$(notdir $(1)).py)
BY_TWO = --numprocesses 2 --dist loadfile --no-loadscope-reorder
MIGRATIONS = set -e; flask db upgrade; flask db check; flask db upgrade --sql 0019:head >.venv/new.sql; squawk .venv/new.sql

.PHONY: help run test check docs diagrams screenshots installs bench faults lock sbom audit clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

run: .venv/installed  ## starts everything on this machine: servers, web, worker, beat, sandbox Stripe, mailbox
	@.venv/bin/python -m sandbox.run

test: .venv/installed  ## all tests, by two processes with servers of their own; or some: T="payments/refunds payments/status"
	.venv/bin/python -m pytest $(if $(T),$(foreach each,$(T),$(or $(call FOUND,$(each)),tests/$(each))),$(BY_TWO))

check: .venv/installed .venv/docs/installed  ## format, lint, types, import contracts, dependencies, prose, migrations
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry .
	.venv/docs/bin/python -m docs.prose
	.venv/bin/python -m sandbox.with_servers sh -c '$(MIGRATIONS)'

docs: .venv/docs/installed  ## the documentation as a website in docs/site; broken links, anchors and foreign hosts fail
	.venv/docs/bin/sphinx-build --fail-on-warning --keep-going --quiet --nitpicky -c docs . docs/site
	! grep -rlE '<(script|link|img|iframe)[^>]+(src|href)="(https?:)?//' docs/site --include='*.html'

diagrams: .venv/installed  ## docs/images/*.svg, drawn from the tables of states, the contract of packages and the flows
	.venv/bin/python -m docs.diagrams

screenshots: .venv/installed  ## docs/images/*.png, from a system as `make run` starts it; needs chromium and chromedriver
	.venv/bin/python -m docs.screenshots

installs: .venv/installed  ## the lock files in fresh environments, on today's index: by the oldest pip, the newest, and resolved
	.ci/installs .venv/bin/python '$(INSTALL)'

bench: .venv/installed  ## benchmarks, compared with limits measured beside them: fifteen minutes, or BENCH=crowd
	.venv/bin/python -m bench $(BENCH)

faults: .venv/installed  ## stops and breaks every part while people book and pay: fifteen minutes; then 10,000 bad requests
	.venv/bin/python -m tests.faults $(FAULTS)
	FUZZ=120 .venv/bin/python -m pytest --timeout=1800 tests/fuzzing tests/payments/webhook/test_generated_deliveries.py

lock: .venv/installed  ## the lock files, from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.txt
	$(LOCK) --group docs -o requirements-docs.txt
	$(LOCK) --group release -o requirements-release.txt
	$(LOCK) --group djstripe -o bench/peers/requirements-djstripe.txt
	$(LOCK) --group inline -o bench/peers/requirements.txt

sbom: .venv/release/installed  ## sbom.json: what production installs, as CycloneDX, with its hashes
	.venv/release/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible -o sbom.json

audit: .venv/release/installed  ## known vulnerabilities of what production installs; needs pypi.org or osv.dev
	.venv/release/bin/pip-audit --require-hashes --disable-pip -r requirements.txt

clean:  ## removes what the other targets made
	rm -rf .venv .env.run .env.run.* sbom.json docs/site .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt requirements-dev.txt
	@.venv/bin/python -c '$(SUPPORTED)' 2>/dev/null && .venv/bin/python -m pip --version >/dev/null 2>&1 || \
	for python in $(or $(and $(findstring /,$(PYTHON)),$(abspath $(PYTHON))),$(PYTHON)) python3.14 python3.13 python3.12 python3.11 none; do \
	  (cd / && $$python -c '$(SUPPORTED)' && $$python -m venv --clear "$(CURDIR)/.venv") 2>/dev/null && break; \
	  test $$python != none || { echo 'CultureBridge needs Python 3.11, 3.12, 3.13 or 3.14 with its venv (on Debian and Ubuntu: python3-venv): make PYTHON=/path/to/python3' >&2; exit 1; }; \
	done
	@echo 'Installing into .venv; this takes a minute, and only when the lock files change.'
	@.venv/bin/python $(INSTALL) requirements-dev.txt
	@$(call CHECKED,.venv)
	@touch $@

.venv/docs/installed: requirements-docs.txt .venv/installed
	@.venv/bin/python -m venv --clear .venv/docs
	@.venv/docs/bin/python $(INSTALL) requirements-docs.txt
	@$(call CHECKED,.venv/docs)
	@touch $@

.venv/release/installed: requirements-release.txt .venv/installed
	@.venv/bin/python -m venv --clear .venv/release
	@.venv/release/bin/python $(INSTALL) requirements-release.txt
	@$(call CHECKED,.venv/release)
	@touch $@
