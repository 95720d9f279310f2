# `make run` and `make test` are all that a newcomer needs; both do their own set-up.
.PHONY: run test setup bench soak lint help

help:
	@echo "make run    set up, build, play the demo call, start the hotline on loopback"
	@echo "make test   set up, lint, run every test"
	@echo "make bench  measure and print the figures, add them to bench/history.csv"
	@echo "make soak   the long forms of the reliability tests"

setup:
	@scripts/setup

run: setup
	@scripts/run

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: setup
	@scripts/test

bench: setup
	@scripts/bench

soak: setup
	@scripts/soak
