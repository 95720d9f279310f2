# `make run` and `make test` are all that a newcomer needs; both do their own set-up.
.PHONY: run test bench soak setup lint help

help:
	@echo "make run    set up, build, play the demonstration call, open the hotline on loopback with its page to try"
	@echo "make test   set up, lint, run every test"
	@echo "make bench  measure and print the figures"
	@echo "make soak   the long forms: 300,000 calls by sipp, a million simulated calls, a million short days on which the house itself falls, a thousand crashes, ten minutes of flood, three times too many calls, a day of calls in 25 minutes, ten hours of speech, twenty million fuzz runs of each target"

setup:
	@scripts/setup

run: setup
	@scripts/run

# The two figures need a quiet machine: the callers and phones run beside the house.
bench: setup
	@echo "$$(nproc) cores, $$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-), $$(rustc --version)"
	@cargo bench --locked --quiet --package sip --bench wire
	@cargo bench --locked --quiet --package sip --bench phones
	@cargo bench --locked --quiet --package audio --bench sound
	@cargo bench --locked --quiet --package audio --bench playout
	@cargo bench --locked --quiet --package media --bench srtp
	@cargo bench --locked --quiet --package media --bench engine
	@cargo bench --locked --quiet --package switchboard --bench tls
	@cargo bench --locked --quiet --package vault --bench cost
	@cargo bench --locked --quiet --package store --bench ledger
	@cargo bench --locked --quiet --package store --bench knowledge
	@cargo bench --locked --quiet --package store --bench promises
	@cargo bench --locked --quiet --package clockwork --bench dispatch
	@cargo bench --locked --quiet --package hotline --bench house

soak: setup
	HOTLINE_SIPP_CALLS=300000 HOTLINE_SIPP_RATE=200 cargo nextest run --profile soak --locked --package hotline --test peers of_a_long_row
	HOTLINE_SIM_CALLS=1000000 cargo nextest run --profile soak --locked --package simulator slice
	HOTLINE_SIM_SEEDS=1000000 cargo nextest run --profile soak --locked --package simulator whole_houses
	HOTLINE_CRASH_ROUNDS=1000 cargo nextest run --profile soak --locked --package hotline --test crash
	HOTLINE_POWER_CUTS=100000 cargo nextest run --profile soak --locked --package journal --test weather
	HOTLINE_IO_FAULTS=1000 cargo nextest run --profile soak --locked --package store nothing_that_was_told
	HOTLINE_AWAY=full cargo nextest run --profile soak --locked --package store ten_calls_a_second --no-capture
	HOTLINE_SPEECH_HOURS=10 cargo nextest run --profile soak --locked --package audio --test talk_off
	HOTLINE_FLOOD=full cargo nextest run --profile soak --locked --package hotline --test flood
	HOTLINE_OVERLOAD=full cargo nextest run --profile soak --locked --package hotline --test overload
	HOTLINE_SOAK_MINUTES=25 cargo nextest run --profile soak --locked --package media day
	HOTLINE_SOAK_MINUTES=25 cargo nextest run --profile soak --locked --package hotline --test soak
	scripts/fuzz runs=20000000

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test:
	@scripts/setup peers
	@scripts/test
