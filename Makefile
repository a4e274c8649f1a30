# `make help` lists the targets. Each of them runs `make setup` first. README.md tells more.
SWIFT ?= swift
PREFIX ?= /usr/local
export PKG_CONFIG_PATH := $(CURDIR)/.libtorch/pkgconfig:$(PKG_CONFIG_PATH)
BUILD = $(SWIFT) build -c release
RTSEG = .build/release/rtseg

.PHONY: help setup setup-peers setup-exchange setup-search setup-trackers setup-torchrun build runtime wheel test torture demo check \
  check-runtime emulate sanitize fuzz docs format install clean

help:             ## list these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup:            ## install what the build needs and is missing: Debian packages and libtorch
	@scripts/setup

setup-peers:      ## install the engines that the benchmarks compare with, into .peers/
	@scripts/setup-peers

setup-exchange:   ## install ONNX Runtime, for rtseg export --verify, into .exchange/ (WITH=torch adds PyTorch)
	@scripts/setup-exchange

setup-search:     ## install Optuna for rtseg search, into .search/ (WITH=gp adds what the sampler gp needs)
	@scripts/setup-search

setup-trackers:   ## install TensorBoard and MLflow, into .trackers/
	@scripts/setup-trackers

setup-torchrun:   ## install torchrun for a test, into .torchrun/
	@scripts/setup-torchrun

build: setup      ## build the program, .build/release/rtseg
	@$(BUILD) --product rtseg

runtime:          ## build the runtime without libtorch: librtseg and rtseg-run, in .build-runtime/
	@[ -f .build-runtime/CMakeCache.txt ] || cmake -S Runtime -B .build-runtime >/dev/null
	@cmake --build .build-runtime --parallel

wheel: runtime    ## build the Python package rtseg, into dist/
	@rm -rf .build-runtime/wheel && cmake --install .build-runtime --prefix .build-runtime/wheel --strip >/dev/null
	@RTSEG_LIBRARY="$$(ls $(CURDIR)/.build-runtime/wheel/lib*/librtseg.so.1)" pip wheel --no-deps --wheel-dir dist ./python

check-runtime:    ## check the runtime as it is installed, with its examples and its Python package
	@scripts/check-runtime

emulate:          ## build the runtime for ARM and run it on emulated processors
	@scripts/emulate

test: build       ## run all tests
	@SWIFT=$(SWIFT) scripts/test

torture: build    ## kill small training runs at random moments, resume them and compare the results (some minutes)
	@scripts/torture

demo: build       ## learn street scenes that the program draws itself (about four minutes)
	@scripts/demo

check: setup      ## do everything that continuous integration does
	@scripts/check

sanitize: setup   ## run readers, kernels, runtime and loader under the address, undefined-behaviour and thread sanitizers
	@scripts/sanitize

fuzz: setup       ## feed each reader of files with made-up input for SECONDS (make fuzz SECONDS=1200)
	@scripts/fuzz $(or $(SECONDS),60)

docs: build       ## build the documentation of the libraries, into .docs/
	@scripts/docs

format:           ## format the Swift sources in place
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests Examples

install: build runtime ## install the program, the runtime and the libraries into PREFIX (/usr/local)
	@scripts/install "$(PREFIX)"

clean:            ## remove what was built, except libtorch
	rm -rf .build .build-checked .build-threads .build-runtime .build-arm .docs dist demo
