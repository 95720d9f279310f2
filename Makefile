# `make run` and `make test` are all that a newcomer needs; both do their own set-up.
.PHONY: run test setup lint help

help:
	@echo "make run    set up, build, start (does not answer calls yet: see README.md)"
	@echo "make test   set up, lint, run every test"

setup:
	@scripts/setup

run: setup
	@cargo run --release --locked

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: setup
	@scripts/test
