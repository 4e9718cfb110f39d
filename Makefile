# The front door of pqcheck. Every target installs what it needs where it can (tools/need).

host := $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))
# From amd64 both binaries are built; elsewhere only the machine's own.
archs := $(if $(filter amd64,$(host)),amd64 arm64,$(host))
pqcheck := dist/pqcheck-linux-$(host)
quick := target/$(shell uname -m)-unknown-linux-gnu/debug/pqcheck
qemu := $(or $(shell command -v qemu-aarch64-static),qemu-aarch64-static)
comma := ,
tools := $(CURDIR)/target/tools/bin
# What has to be built before a phase; in `make test` all is there, and two phases at a time use it.
built := $(if $(PQCHECK_BUILT),,dist)
# The tables of lab/ are written for a machine of amd64.
lab := $(filter amd64,$(host))

.PHONY: help check test lint lint-workflows unit minimal dist release binary vectors-through-all arm64 lab-images test-image test-containers test-services test-source vectors figures bench fidelity gate gate-update alarm-rate \
	image up down diagnose test-stack test-beyond install-packages install-prerequisites clean

help: ## what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' Makefile | expand -t 24

check: ## a first look: build quickly, run every embedded known-answer test
	@tools/need rust cc cmake libclang
	CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 cargo build --locked --bin pqcheck \
		$(foreach crate,libcrux-ml-dsa libcrux-ml-kem,--config profile.dev.package.$(crate).opt-level=0)
	$(quick) kat
	@printf '\nTry next:\n  %s\n      %s\n  %s\n      %s\n  %s\n      %s\n' \
		"$(quick) kat --installed" "is this machine's own OpenSSL or liboqs right?" \
		"$(quick) doctor --tool openssl" "does this program start here, and if not, why?" \
		"make dist" "the binary to copy into your images, in dist/"

test: ## everything that CI runs, phase by phase
	@PQCHECK_BUILT=yes tools/engine lend tools/phases lint unit minimal beside dist $(if $(lab),beside lab-images) then gate beside vectors-through-all $(if $(lab),arm64 then test-image test-containers)

lint: ## rustfmt, clippy, shell scripts' syntax, licences and sources of every dependency, actions pinned by digest
	@tools/need rust cc cmake libclang cargo-deny
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(tools)/cargo-deny --offline check licenses bans sources
	for script in $$(grep -rlx '#!/bin/sh' tools docker lab findings) docker/database/throwaway.sh; do sh -n $$script || exit; done
	! grep -rnE '^ +(- )?uses: ' .github action.yml | grep -vE '@[0-9a-f]{40} # v'

lint-workflows: ## actionlint and zizmor over .github/ and action.yml; not part of CI, because they are brought from a registry
	@tools/need python3 workflow-linters
	target/tools/workflows/bin/actionlint
	target/tools/workflows/bin/zizmor --offline --persona pedantic .github $(wildcard action.yml)

unit: ## unit and integration tests, and whether release/carried.toml is true of what was built
	@tools/need rust cc cmake libclang openssl promtool python3
	PATH="$(tools):$$PATH" cargo test --locked
	python3 release check target/*/debug/pqcheck

minimal: ## the build without liboqs needs neither cmake nor libclang
	@tools/need rust cc
	cargo check --locked --no-default-features --features rustcrypto
	! cargo tree --locked --no-default-features --features rustcrypto -e normal,build | grep -E 'cmake|clang|bindgen'

dist: ## both release binaries, checksums, completions and the man page, under dist/
	@tools/need rust cc cmake libclang cargo-auditable $(if $(filter-out $(host),$(archs)),arm64-cc arm64-std)
	tools/dist $(archs)
	tools/manual $(pqcheck) dist

release: dist ## what a release holds, under dist/release/: binaries, bills of materials, licences, image, checksums; offline
	@tools/need python3
	python3 release make $(archs)

binary:
	@tools/need rust cc cmake libclang cargo-auditable
	tools/dist $(host)

vectors-through-all: $(if $(built),binary) ## the release binary over the whole of vectors/, through every backend and path
	$(pqcheck)
	$(pqcheck) kat --vectors vectors/

arm64: $(built) ## the arm64 binary through the embedded corpus, on a new and on an old processor
	@tools/need qemu-aarch64
	$(qemu) -cpu max dist/pqcheck-linux-arm64 kat
	$(qemu) -cpu cortex-a53 dist/pqcheck-linux-arm64 kat
	$(qemu) -cpu cortex-a53 dist/pqcheck-linux-arm64 health --deadline 20s

test-image: $(built) ## pqcheck in real containers: both C libraries, both architectures, good and bad crypto libraries
	@tools/need python3
	tools/engine run python3 lab/images/run.py

lab-images: ## the libraries, programs and images that test-image asks for
	@tools/need python3
	tools/engine run python3 lab/images/run.py --prepare

up: binary ## the stack of docker/compose.yaml, from dist/ to all healthy and Prometheus aware of it
	@tools/need python3 docker compose
	python3 lab/stack up
	docker/monitoring/check.sh --seen

down: ## take away what `make up` started, but the images
	python3 lab/stack down

diagnose: dist ## build, start and examine every image on both platforms; a report is written to target/diagnosis/
	@tools/need python3 docker compose
	docker/run-diagnostics.sh --platform $(subst $() $(),$(comma),$(addprefix linux/,$(archs)))

test-stack: dist ## that the stack comes up, goes and says what is wrong, with small images in place of the services
	@tools/need python3 docker compose
	tools/engine run python3 lab/containers/stack.py

image: dist ## the image of pqcheck itself, FROM scratch, for each architecture, from dist/
	tools/engine run docker/image.sh $(archs)

test-containers: $(built) ## images with known faults: each is unhealthy or does not build, and pqcheck names why; bad engines
	@tools/need python3
	tools/engine run python3 lab/containers/run.py
	$(if $(filter 0,$(shell id -u)),python3 lab/containers/bad_input.py)

test-services: dist ## all six services, from build to checked end to end; of arm64 (emulated) two of them and pqcheck's image
	@tools/need python3 docker compose
	tools/engine run lab/containers/services.sh $(archs)

test-source: ## the image of pqcheck from its source and vendored crates (20 minutes)
	@tools/need rust git
	tools/engine run lab/containers/source.sh

test-beyond: dist ## a rolling update on a one-node swarm; the Kubernetes manifests against the published schemas
	@tools/need python3
	tools/engine run sh -c 'python3 lab/containers/swarm.py && python3 lab/containers/kubernetes.py --run dist'

vectors: ## write vectors/ anew from the published packages
	@tools/need python3
	python3 vectors/import.py

figures: dist ## speed, memory and size, as ratios measured in one run
	@tools/need rust cc cmake libclang python3 openssl gnu-time
	python3 lab/measure/figures.py $(pqcheck)

bench: ## Criterion: every workload, and what pqcheck itself takes: start to verdict, parsers, isolation, doctor, explain
	@tools/need rust cc cmake libclang
	cargo bench --locked

gate: $(if $(built),binary) ## the instructions of a health check, within 2 % of those that are kept in benches/
	@tools/need rust cc python3 valgrind
	python3 lab/measure/instructions.py $(pqcheck) || [ $$? = 4 ]

gate-update: binary ## keeps the instructions of a health check as they are now
	@tools/need rust cc python3 valgrind
	python3 lab/measure/instructions.py $(pqcheck) --update

fidelity: binary ## `pqcheck bench` beside the libraries' own programs, run alternately (12 minutes)
	@tools/need rust cc cmake libclang python3 docker
	tools/engine run python3 lab/measure/fidelity.py $(pqcheck)

alarm-rate: binary ## how often a comparison of benchmarks cries wolf, and how often it finds a slowdown (half an hour of a quiet machine)
	@tools/need python3
	python3 lab/measure/alarm_rate.py $(pqcheck)

install-packages:
	@tools/need rust cc cmake libclang file jq python3 openssl gnu-time valgrind qemu-aarch64 $(if $(lab),arm64-cc arm64-std) \
		docker compose qemu-binfmt qemu-x86_64 mmdebstrap musl ninja promtool

install-prerequisites: install-packages ## everything that any target needs
	@tools/need cargo-auditable cargo-deny

clean: ## remove what was built
	cargo clean
	rm -rf dist
