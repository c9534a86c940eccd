# Each target is one line that a person could type.
PYTHON ?= python3

lock:  ## write the pinned lock files from pyproject.toml
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.txt
