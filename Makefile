# The project's front door. Needed: Python 3.11 and make; Go as well, where there is no Pulumi CLI.
# State, secrets and tools stay in this folder (.pulumi/, .venv/, .tools/), a built engine in the user's cache.
# Options of the underlying command go into ARGS: make test ARGS="-k sandbox".

UV := $(or $(shell command -v uv),.tools/uv/bin/uv)
RUN := $(UV) run --no-sync

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

up: sync ## bring the dev stack up, with the local cloud where the stack's config wants it; BACKEND=e2b: at E2B
	@tools/stack up $(ARGS)

down: sync ## destroy the dev stack; the local cloud stays up, with nothing in it
	@tools/stack destroy $(ARGS)

test: sync engine ## run the tests
	$(RUN) pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

check: sync ## check format, lint, types and layers
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) pyright
	$(RUN) lint-imports

bench: sync engine ## measure sandboxes made and deleted, calls into them, and environments with nothing to do
	$(RUN) python benchmarks/sandboxes.py $(ARGS)
	$(RUN) python benchmarks/inside.py
	$(RUN) python benchmarks/environments.py

docs: sync ## write the generated documents anew
	$(RUN) python tools/reference.py > docs/reference.md
	$(RUN) python tools/operations.py > docs/local-cloud.md
	$(RUN) python tools/sandboxes.py > docs/sandboxes.md
	$(RUN) evolve-pulumi schema > evolve_pulumi/definitions/evolve.schema.json

screens: sync engine ## capture the pictures of the command anew
	$(RUN) python tools/screens.py docs/screens

sync: $(UV) # the virtual environment, as uv.lock has it
	@$(UV) sync --locked --compile-bytecode --extra isolation $(if $(wildcard .venv/bin/python),--quiet)

engine: sync # the Pulumi engine
	@$(RUN) python tools/engine ensure > /dev/null

.tools/uv/bin/uv:
	python3 -m venv .tools/uv
	.tools/uv/bin/pip install --quiet uv

.PHONY: help up down test check bench docs screens sync engine
