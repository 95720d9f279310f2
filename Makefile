# `make run` and `make test` are all that a newcomer needs; both do their own set-up.
.PHONY: run test bench setup lint help

help:
	@echo "make run    set up, build, start (does not answer calls yet: see README.md)"
	@echo "make test   set up, lint, run every test"
	@echo "make bench  measure what stands and print the figures"

setup:
	@scripts/setup

run: setup
	@cargo run --release --locked

bench: setup
	@echo "$$(nproc) cores, $$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-), $$(rustc --version)"
	@cargo bench --locked --quiet --package sip --bench wire

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: setup
	@scripts/test
