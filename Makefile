# The commands of this repository. `make` lists them; each needs python3 (3.11 or later) and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo run status replay rebase test test-kafka check bench schemas lock clean

PYTHON ?= python3
BIN := .venv/bin
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard shared/*/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml))

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## create .venv from requirements.lock (done once, and by the others when needed)

.venv/.ready: requirements.lock $(MEMBERS:%=%/pyproject.toml)
	@PYTHON=$(PYTHON) deploy/local/bin/setup $(MEMBERS)

demo: setup ## play the story through the whole platform; report in var/demo/report.json
	@$(BIN)/jonction demo

run: setup ## start the same platform on its kept data (var/run) and stay up
	@$(BIN)/jonction run

status: setup ## what each service of `make run` says of itself
	@$(BIN)/jonction status

replay: setup ## publish again all events of `make run`, or those since SINCE=2026-11-22T08:00:00
	@$(BIN)/jonction replay $(if $(SINCE),--since "$(SINCE)")

rebase: setup ## let the consumers of `make run` accept a Kafka that lost its data
	@$(BIN)/jonction rebase

test: setup ## install what the tests need and run all of them
	@deploy/local/bin/browser
	@deploy/bin/test-tools
	@$(BIN)/python -m local_platform.kafka_ahead
	@$(BIN)/pytest $(ARGS)

test-kafka: setup ## what stands on Kafka, once more on three nodes with TLS, passwords and rights
	@$(BIN)/python -m local_platform.kafka_ahead
	@$(BIN)/pytest --kafka=cluster shared/chassis/tests/integration tests/e2e/test_story.py tests/cluster $(ARGS)

check: setup ## ruff, mypy --strict, import rules, unused and missing dependencies, lock file
	@deploy/local/bin/check $(MEMBERS)

bench: setup ## measure what the platform does a second; figures in var/bench/report.json
	@$(BIN)/python -m bench

schemas: setup ## write what is made from the code: JSON Schemas, AsyncAPI, env examples, topics
	@$(BIN)/python -m contracts.schemas shared/contracts/schemas
	@$(BIN)/python -m contracts.asyncapi docs/reference
	@$(BIN)/python deploy/docker/write.py
	@$(BIN)/python deploy/kafka/write.py
	@$(BIN)/python deploy/grafana/write.py

lock: setup ## resolve the dependencies again and write requirements.lock
	@deploy/local/bin/lock

clean: ## remove .venv, .tools, var and the caches
	rm -rf .venv .tools var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
