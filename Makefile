# make setup, then anything else; every target calls it. See README.md.
SWIFT ?= swift
PREFIX ?= /usr/local
export PKG_CONFIG_PATH := $(CURDIR)/.libtorch/pkgconfig:$(PKG_CONFIG_PATH)
BUILD = $(SWIFT) build -c release
RTSEG = .build/release/rtseg

.PHONY: setup setup-peers setup-search setup-trackers setup-torchrun build test torture demo check sanitize fuzz docs format install clean

setup:            ## install what is missing and fetch libtorch
	@scripts/setup

setup-peers:      ## install the engines that benchmarks compare with into .peers/
	@scripts/setup-peers

setup-search:     ## install Optuna for rtseg search into .search/; WITH=gp adds what the sampler gp needs
	@scripts/setup-search

setup-trackers:   ## install TensorBoard and MLflow into .trackers/, for tests and for looking at runs
	@scripts/setup-trackers

setup-torchrun:   ## install torchrun into .torchrun/, for the test that uses it
	@scripts/setup-torchrun

build: setup      ## build .build/release/rtseg
	@$(BUILD) --product rtseg

test: build       ## run all tests
	@SWIFT=$(SWIFT) scripts/test

torture: build    ## kill small training runs at random moments and compare what they end with: some minutes
	@scripts/torture

demo: build       ## learn street scenes that the program draws itself: some four minutes
	@scripts/demo

check: setup      ## everything that continuous integration does
	@scripts/check

sanitize: setup   ## run the readers, the kernels and the loader under the address, undefined and thread sanitizers
	@scripts/sanitize

fuzz: setup       ## feed the readers of files with made-up input for SECONDS each: make fuzz SECONDS=1200
	@scripts/fuzz $(or $(SECONDS),60)

docs: build       ## build the documentation into .docs/
	@scripts/docs

format:           ## format the Swift sources in place
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests Examples

install: build    ## install into PREFIX: bin/rtseg and the libraries it needs
	@scripts/install "$(PREFIX)"

clean:            ## remove what was built; keeps libtorch
	rm -rf .build .build-checked .build-threads .docs demo
