# Two commands for a newcomer: `make run` and `make test`. The rest is for those who work on the code.

SHELL := /bin/bash
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help run test test-rust test-binary bench fmt lint codegen-check

help: ## show this list
	@echo "make run             start the gateway on http://127.0.0.1:4566 and serve examples/hello"
	@echo "make test            install what the tests need and run all of them"
	@echo
	@echo "make test-rust       only the tests of the crates"
	@echo "make test-binary     only the tests of the binary with real clients (K=expression selects some)"
	@echo "make bench           a release build beside nginx, as one table (ten minutes on an idle machine)"
	@echo "make fmt             format the code"
	@echo "make lint            clippy, warnings as errors"
	@echo "make codegen-check   is crates/aws/api what AWS's service models say?"

# A debug build: the quickest true start on a machine that has built nothing yet.
run:
	@tests/prepare run
	cargo build --package gatewright
	@$(PYTHON) examples/hello/serve.py cargo run --quiet --package gatewright -- serve

test: test-rust test-binary

test-rust:
	@tests/prepare test
	cargo test --workspace

test-binary:
	@tests/prepare test
	cargo build --package gatewright
	$(PYTHON) -m pytest tests $(if $(K),-k '$(K)',--every-operation)

bench:
	@tests/prepare bench
	cargo build --release --package gatewright
	$(PYTHON) benches/table.py

fmt:
	cargo fmt --all

lint:
	cargo clippy --workspace --all-targets -- -D warnings

codegen-check:
	cargo xtask codegen --check
