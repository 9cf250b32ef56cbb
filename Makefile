# Verbs. `make` prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PORT ?= 8080
URL ?= http://127.0.0.1:$(PORT)
RUN := scripts/python

.PHONY: help
help: ## Print the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[36m%-22s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## The whole shop in one process, in memory, on PORT (8080)
	@PORT=$(PORT) $(RUN) --only-demo -m demo

.PHONY: dev
dev: ## Real stores, every process of its own, Envoy, reload, on PORT: [REPLICAS=2] [CANARY=order] [KEEP=1] [LOG=json] [FORK=0]
	@PORT=$(PORT) REPLICAS=$(REPLICAS) CANARY="$(CANARY)" KEEP=$(KEEP) LOG=$(LOG) FORK=$(FORK) $(RUN) -m dev up

.PHONY: dev-down
dev-down: ## End the dev run of this checkout, whoever lost its terminal
	@$(RUN) -m dev down

.PHONY: up
up: ## The same in containers: builds, starts, waits until all are healthy, on MERCATO_PORT (8080)
	@deploy/compose/shop open

.PHONY: down
down: ## End the containers: [DATA=gone] takes the volumes too
	@deploy/compose/shop down --remove-orphans $(if $(filter gone,$(DATA)),--volumes)

.PHONY: ps
ps: ## Which containers there are, and how they are
	@deploy/compose/shop ps --all --format 'table {{.Service}}\t{{.Status}}'

.PHONY: logs
logs: ## What the containers say: [ARGS="--follow order"]
	@deploy/compose/shop logs --no-log-prefix $(ARGS)

.PHONY: watch
watch: ## Build and replace what changes in the sources, while `make up` is open
	@deploy/compose/shop watch --no-up

LONG := $(addprefix --ignore=tests/,dev/test_outages.py dev/test_single.py durability/test_syncs.py)
ELSEWHERE := $(addprefix --ignore=tests/,images compose chart cluster pipeline)
.PHONY: test
test: lint types ## Linters, types, import floors, and every test on real stores (but those of containers, and the long ones of test-dev, crash and durability)
	@$(RUN) -m pytest $(LONG) $(ELSEWHERE) $(ARGS)

# A part's tests lie in it, or in tests/ under its name.
TESTS = $(or $(wildcard services/$(PART)/tests),$(wildcard tests/$(PART)),$(wildcard $(PART)),$(error There are no tests of PART=$(PART)))
UNITS = $(TESTS)/domain $(TESTS)/use_cases
.PHONY: test-part
test-part: ## The tests of one part: PART=order|gateway|faults|… [KIND=unit|integration]
	@$(RUN) -m pytest $(if $(filter unit,$(KIND)),$(UNITS),$(TESTS) $(LONG) $(if $(filter integration,$(KIND)),$(UNITS:%=--ignore=%))) $(ARGS)

.PHONY: browser
browser: ## Every page in Chromium, in every width by day and by night, and people who buy and work: [URL=…]
	@MERCATO_LOOKS=all $(if $(filter command line,$(origin URL)),MERCATO_URL=$(URL)) $(RUN) -m pytest tests/browser $(ARGS)

.PHONY: screenshots
screenshots: ## Take the pictures of docs/screenshots anew, from a demo of its own
	@$(RUN) -m tests.browser.screenshots

.PHONY: test-compose
test-compose: ## The containers: journeys, networks, hardening, kills, an upgrade under traffic
	@$(RUN) -m pytest tests/compose $(ARGS)

.PHONY: test-dev
test-dev: ## All of the dev rung's tests, with each store and the broker away for a minute
	@MERCATO_OUTAGE_SECONDS=$${MERCATO_OUTAGE_SECONDS:-60} $(RUN) -m pytest tests/dev $(ARGS)

.PHONY: crash
crash: ## SIGKILL at every named point, both times, in every scenario: about an hour
	@MERCATO_CRASHES=all $(RUN) -m pytest tests/crash $(ARGS)

.PHONY: simulate
simulate: ## So many bad days in virtual time, all services in one process: SEEDS=10000 [MERCATO_SEED=1]
	@MERCATO_SEEDS=$(or $(SEEDS),300) $(RUN) -m pytest tests/simulation/test_seeds.py $(ARGS)

.PHONY: replay
replay: ## One of these days again, told and drawn: SEED=… [ARGS="--order M-…"]
	@$(RUN) -m tests.simulation $(or $(SEED),$(error SEED=… says which)) $(ARGS)

.PHONY: durability
durability: ## kill -9 of each store a hundred times under writers, and an ear (strace) for fsync: a quarter of an hour
	@MERCATO_KILLS=100 $(RUN) -m pytest tests/durability $(ARGS)

.PHONY: scars
scars: ## What has gone wrong elsewhere, a thousand times each: [MERCATO_SCARS=1000]
	@MERCATO_SCARS=$${MERCATO_SCARS:-1000} $(RUN) -m pytest tests/scars $(ARGS)

.PHONY: mutants
mutants: ## Break each promise on purpose, one at a time: the test that stands for it must notice
	@MERCATO_MUTANTS=all $(RUN) -m pytest tests/mutants $(ARGS)

.PHONY: network
network: ## Every link of the shop with every fault, while people buy: half an hour
	@MERCATO_LINKS=all $(RUN) -m pytest tests/network $(ARGS)

.PHONY: chaos
chaos: ## A day on which all kinds of things break at once, two of every process: [SEED=…] [CHECKOUTS=1000] [RATE=12]
	@$(if $(SEED),MERCATO_SEED=$(SEED)) MERCATO_CHECKOUTS=$(or $(CHECKOUTS),1000) MERCATO_RATE=$(or $(RATE),12) $(RUN) -m pytest tests/chaos -s $(ARGS)

.PHONY: reliability-report
reliability-report: ## Write docs/reliability-report.md: what is claimed, and what of it was seen (MERCATO_EVIDENCE adds)
	@$(RUN) -m testkit.report docs/reliability/claims.toml docs/reliability/evidence.ndjson docs/reliability-report.md

.PHONY: lint
lint: ## Style, formatting, import floors
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'

.PHONY: types
types: ## Type check, strict
	@$(RUN) -m pyrefly check

.PHONY: journeys
journeys: ## A customer's day against a running shop: URL=… [JOURNAL=…]
	@MERCATO_URL=$(URL) MERCATO_JOURNAL=$(JOURNAL) $(RUN) -m pytest tests/journeys $(ARGS)

.PHONY: verify
verify: ## The invariants on a running shop, a line each: URL=… [JOURNAL=…]
	@$(RUN) -m testkit.verify --url $(URL) $(if $(JOURNAL),--journal $(JOURNAL))

.PHONY: explain
explain: ## One order's life as one timeline, on any rung: ORDER=id-or-number URL=…
	@$(RUN) -m testkit.explain --url $(URL) $(ORDER)

.PHONY: drill
drill: ## Break what an alert is about on a dev run, see it fire, heal by its runbook: ALERT=OrderOutboxStuck|DeadLetters|ServiceDown|PoolExhausted [URL=…]
	@$(RUN) -m monitoring.drill $(ALERT) $(if $(filter command line,$(origin URL)),--url $(URL))

.PHONY: dashboards
dashboards: ## Write the dashboards, and draw every panel from the dev run that is open into docs/monitoring
	@$(RUN) -m monitoring.grafana
	@$(RUN) -m monitoring.grafana.drawn

.PHONY: dlq
dlq: ## Give a service's dead letters a new life: SERVICE=order [LIMIT=1000]
	@$(RUN) -m shopctl redrive $(SERVICE) $(if $(LIMIT),--limit $(LIMIT))

.PHONY: documents
documents: ## Write the generated documents: OpenAPI, AsyncAPI, topology, settings
	@$(RUN) -m demo.documents

.PHONY: bench
bench: ## What journeys cost and how long they take, into reports/bench: [URL=…] [RATE=5] [SECONDS=60]
	@$(RUN) -m tests.load.bench $(if $(filter command line,$(origin URL)),--url $(URL)) $(if $(RATE),--rate $(RATE)) $(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(ARGS)

.PHONY: overload
overload: ## Twice as many people as the shop can serve, and how soon it is well again: [URL=…] [SECONDS=60]
	@$(RUN) -m tests.load.overload $(if $(filter command line,$(origin URL)),--url $(URL)) $(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(ARGS)

.PHONY: prices
prices: ## What each guarantee costs, seen by taking it away, one at a time: [RATE=5] [SECONDS=10], half an hour
	@$(RUN) -m tests.load.pricing $(if $(RATE),--rate $(RATE)) $(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(ARGS)

.PHONY: starts
starts: ## How long each process takes until it is ready, by itself, and the demo
	@$(RUN) -m tests.load.starts $(ARGS)

.PHONY: growth
growth: ## How much longer reads take in a shop a thousand times as large: a quarter of an hour
	@$(RUN) -m tests.load.growth $(ARGS)

.PHONY: performance
performance: ## Make the tables of docs/performance.md, of the measurements kept there: [TAKE=reports/bench/FILE.json]
	@$(RUN) -m tests.load.report $(TAKE:%=--take %)

.PHONY: images
images: ## Build the shop's images: [TAG=dev] [MERCATO_BASES=offline]
	@docker=$$(scripts/docker env); eval "$$docker"; TAG=$(TAG) deploy/images/build $(ARGS)

.PHONY: images-offline
images-offline: ## Make stand-ins for all base and store images, where no registry can be reached: as root, on Debian or Ubuntu
	@docker=$$(scripts/docker env); eval "$$docker"; deploy/offline/build $(ARGS)

.PHONY: test-images
test-images: ## What is in the images, that they run locked up, that the same inputs make the same: [MERCATO_BASES=offline]
	@$(RUN) -m pytest tests/images $(ARGS)

.PHONY: pipeline-test
pipeline-test: ## The GitLab pipeline without GitLab: schema, which jobs run when, and some of them for real
	@$(RUN) -m pytest tests/pipeline $(ARGS)

.PHONY: scan
scan: ## What could do harm: secrets, recipes, scripts, sources, manifests, licences (`scripts/scan` names more)
	@for each in secrets dockerfiles scripts yaml code manifests licences; do scripts/scan $$each; done

.PHONY: chart-test
chart-test: ## The chart without a cluster: lint, schema, what is rendered, Kubernetes' own schemas, policies
	@$(RUN) -m pytest tests/chart $(ARGS)

.PHONY: chart-rendered
chart-rendered: ## Write deploy/k8s/rendered anew, from the chart
	@$(RUN) -m tests.chart.rendered

.PHONY: cluster-up
cluster-up: ## A Kubernetes for trying: KUBECONFIG's where it is set, else kind or k3d
	@deploy/k8s/cluster up

.PHONY: deploy
deploy: ## The shop into the cluster: [ENVIRONMENT=ci] [TAG=ci] [MERCATO_BASES=offline] [ARGS="--set …"]
	@TAG=$(or $(TAG),ci) deploy/helm/deploy $(or $(ENVIRONMENT),ci) -- $(ARGS)

.PHONY: cluster-test
cluster-test: ## What only a cluster can show: journeys, an upgrade under traffic, a way back, networks, admission
	@$(RUN) -m pytest tests/cluster $(ARGS)

.PHONY: cluster-down
cluster-down: ## End the cluster that cluster-up has made
	@deploy/k8s/cluster down

.PHONY: clean
clean: ## Remove what the verbs have made in this checkout
	@scripts/docker down
	@rm -rf .venv .run .pytest_cache .ruff_cache .import_linter_cache .hypothesis reports
