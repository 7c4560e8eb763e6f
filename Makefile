# Every task has a name here; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
.DEFAULT_GOAL := help
.PHONY: help install compile up test test-processes test-others test-compiled test-long check format bench demo fuzz fuzz-api attacks strictness chaos prove rollouts request-log sinks lake dashboard detectors demo-year train oidc-provider lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## make the environment in .venv, nothing else

compile: $(VENV)/.compiled ## compile the request path with mypyc, where there is a C compiler

up: $(VENV)/.runtime $(VENV)/.compiled ## start three model services and the gateway on 127.0.0.1:8080
	@exec $(BIN)/gateway up

test: $(VENV)/.dev ## run every test
	@$(BIN)/python -m pytest

# Most of what needs processes of its own, apart, so that CI can run both parts at a time; they take about as long.
PARTS := $(addprefix tests/,cli control system)

test-processes: $(VENV)/.dev
	@$(BIN)/python -m pytest $(PARTS)

test-others: $(VENV)/.dev
	@$(BIN)/python -m pytest tests $(addprefix --ignore=,$(PARTS))

test-compiled: $(VENV)/.dev $(VENV)/.compiled ## the tests of the request path on the compiled copy
	@PYTHONPATH=$$(echo $(VENV)/compiled/*) $(BIN)/python -P -m pytest -o pythonpath= tests/http tests/proxy tests/corpus tests/fuzz

test-long: $(VENV)/.dev ## the same with the long variants: 1 GiB bodies, more examples
	@GATEWAY_LONG=1 $(BIN)/python -m pytest

check: $(VENV)/.dev ## lint, format, types, layers, and what is installed fits together
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pip --disable-pip-version-check check

format: $(VENV)/.dev ## put the code into the one format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

demo: $(VENV)/.dev ## replay 5,000 real flights through the gateway that runs, else one of its own
	@$(BIN)/python -m benchmarks.demo

bench: $(VENV)/.dev $(VENV)/.compiled .venv-bench/.done ## measure against nginx, HAProxy, Envoy and Starlette + httpx
	@$(BIN)/python -m benchmarks.bench

FUZZ_SECONDS ?= 60
fuzz: .venv-fuzz/.done ## look for heads that break the reader, guided by coverage (FUZZ_SECONDS=60)
	@mkdir -p .fuzz && .venv-fuzz/bin/python -m tests.fuzz.fuzz_heads .fuzz \
	  -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=.fuzz- -print_final_stats=1

fuzz-api: $(VENV)/.dev ## ask the admin API for five minutes what fits its description and what does not, in every role
	@GATEWAY_API_SECONDS=$${GATEWAY_API_SECONDS:-300} $(BIN)/python -m pytest -s tests/control/test_schemathesis.py

strictness: $(VENV)/.dev .venv-bench/.done ## send hostile requests to nginx, HAProxy, Envoy, uvicorn and ours
	@$(BIN)/python -m benchmarks.strictness

chaos: $(VENV)/.dev $(VENV)/.compiled ## make what fails fail, and write down what each fault costs
	@$(BIN)/python -m benchmarks.chaos

prove: $(VENV)/.dev ## prove the judge's error rates by simulation, and write docs/rollout-statistics.md
	@$(BIN)/python -m benchmarks.prove

rollouts: $(VENV)/.dev $(VENV)/.compiled ## roll out good and bad versions for real, and write docs/rollouts-measured.md
	@$(BIN)/python -m benchmarks.rollouts

request-log: $(VENV)/.dev $(VENV)/.compiled ## what the request log costs and survives; writes docs/request-log-measured.md
	@$(BIN)/python -m benchmarks.requestlog

sinks: $(VENV)/.dev ## take down the targets of all five sinks for five minutes, and count what is lost
	@$(BIN)/python -m benchmarks.sinks

lake: $(VENV)/.dev ## ask five everyday questions of ten million records
	@$(BIN)/python -m benchmarks.lake

detectors: $(VENV)/.dev .demo-year/flights.npz ## how soon decay and drift are found, and how often by mistake; writes docs/detectors.md
	@$(BIN)/python -m benchmarks.detectors
	@$(BIN)/python -m benchmarks.demo_year_offline .demo-year/flights.npz --controls 200

attacks: $(VENV)/.dev ## write hostile values wherever clients and models can, and look at every page
	@GATEWAY_ATTACKS=1 $(BIN)/python -m pytest -q -s tests/browser/test_attacks.py tests/control/test_attacks.py

dashboard: $(VENV)/.dev ## how soon pages are there, what half an hour of live charts costs; writes docs/dashboard-measured.md
	@$(BIN)/python -m benchmarks.dashboard --out docs/dashboard-measured.md

demo-year: $(VENV)/.dev .demo-year/flights.npz ## a year of flights through the gateway: when a model decays, and what is said of it
	@$(BIN)/python -m benchmarks.demo_year .demo-year/flights.npz

.demo-year/flights.npz: .venv-train/.done
	@mkdir -p $(@D) && .venv-train/bin/python -m benchmarks.demo_year_flights $@

train: .venv-train/.done ## rebuild the three model versions from the data set
	@.venv-train/bin/python -m model_versions.train

oidc-provider: .venv-oidc/.done ## the identity provider that the tests of OIDC log in at, in .venv-oidc

lock: ## write the requirement locks anew from pyproject.toml (needs uv on the path)
	@sh benchmarks/lock.sh

clean: ## remove the environments
	@rm -rf .venv .venv-bench .venv-compile .venv-deploy .venv-fuzz .venv-oidc .venv-train .fuzz

# An environment in $(1): Debian and Ubuntu keep the module that makes one in a package of its own.
define new_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(1)/bin/pip || $(PYTHON) -m venv --clear $(1) 2>/dev/null >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing python3-venv" && \
	    apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv --clear $(1); } || \
	  { echo "python3 cannot make an environment; run: sudo apt-get install python3-venv" >&2; exit 1; }
endef

$(VENV)/.runtime: requirements-serve.txt pyproject.toml
	$(call new_venv,$(VENV))
	@echo "installing the locked requirements into $(VENV) (a minute or so)"
	@$(PIP) -r requirements-serve.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@echo "installing the test tools into $(VENV)"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Without a compiler workers run as plain Python, so this never fails; it says what it did.
$(VENV)/.compiled: $(VENV)/.runtime requirements-compile.txt $(shell find gateway -name '*.py')
	@if command -v $${CC:-cc} >/dev/null; then \
	  echo "compiling the request path (a minute or so)"; \
	  test -x .venv-compile/bin/pip || $(PYTHON) -m venv .venv-compile; \
	  .venv-compile/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	    -r requirements-compile.txt && .venv-compile/bin/python deploy/compile_workers.py $(VENV) || true; \
	else echo "no C compiler: workers run as plain Python (apt-get install gcc python3-dev, then make compile)"; fi
	@touch $@

.venv-bench/.done: benchmarks/requirements-bench.txt
	$(call new_venv,.venv-bench)
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< || \
	  echo "some of the other proxies could not be installed; the bench goes on without them" >&2
	@touch $@

.venv-fuzz/.done: requirements-fuzz.txt
	$(call new_venv,.venv-fuzz)
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv-oidc/.done: requirements-oidc-test.txt
	$(call new_venv,.venv-oidc)
	@.venv-oidc/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv-train/.done: requirements-train.txt
	$(call new_venv,.venv-train)
	@.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.PHONY: dist sbom deploy-check

dist: $(VENV)/.dev ## build the wheel and the sdist into dist/
	@$(BIN)/python deploy/dist.py dist

sbom: $(VENV)/.dev ## write dist/sbom.json (CycloneDX), and print every part with its licence
	@mkdir -p dist && $(BIN)/python deploy/sbom.py dist/sbom.json

# The schemas are in the tools, so no network is asked; ServiceMonitor is in none of them.
deploy-check: .venv-deploy/.done ## lint the Dockerfile; hold compose.yaml and the manifests against their schemas
	@.venv-deploy/bin/hadolint deploy/Dockerfile
	@.venv-deploy/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	@.venv-deploy/bin/kubernetes-validate --strict $(filter-out %/kustomization.yaml %/routing.yaml %/servicemonitor.yaml,$(wildcard deploy/kubernetes/*.yaml))
	@if command -v kubectl >/dev/null; then mkdir -p build && kubectl kustomize deploy/kubernetes > build/kubernetes.yaml && \
	  .venv-deploy/bin/kubernetes-validate --strict build/kubernetes.yaml; \
	else echo "no kubectl, so what kustomize makes of them was not looked at (apt-get install kubernetes-client)"; fi

.venv-deploy/.done: deploy/requirements-check.txt
	$(call new_venv,.venv-deploy)
	@.venv-deploy/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
