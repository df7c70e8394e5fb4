# Everything a newcomer types. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run test test-all chart-test bench check build release clean

SERVERS ?= 3

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: ## Start a whole local cluster: Redis, one replication-log, SERVERS=3 chat-servers
	@scripts/setup --runtime
	@$(MAKE) --no-print-directory release
	@exec .build/release/chatctl up --servers $(SERVERS)

test: ## Run every test (under 12 minutes on 2 cores)
	@scripts/test

test-all: ## Run every test, again under sanitizers, with long fuzzing and long storms
	@scripts/test --all

chart-test: ## Test the Helm chart alone (part of make test)
	@scripts/test chart

bench: ## Measure: a table, and JSON in .build/bench.json
	@scripts/setup
	@$(MAKE) --no-print-directory release
	@scripts/bench

check: ## Check format, style and import rules
	@scripts/check

build: ## Build for debugging
	@swift build

release: ## Build the services as they are shipped
	@swift build -c release --static-swift-stdlib --product replication-log
	@swift build -c release --static-swift-stdlib --product chat-server
	@swift build -c release --static-swift-stdlib --product chatctl

clean: ## Remove what was built, and the test tools
	rm -rf .build Benchmarks/.build .venv .venv-chart .venv-autobahn
