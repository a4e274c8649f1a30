# `make help` lists the targets. Each of them runs `make setup` first. README.md tells more.
SWIFT ?= swift
PREFIX ?= /usr/local
export PKG_CONFIG_PATH := $(CURDIR)/.libtorch/pkgconfig:$(PKG_CONFIG_PATH)
BUILD = $(SWIFT) build -c release
RTSEG = .build/release/rtseg

.PHONY: help setup setup-peers setup-search setup-trackers setup-torchrun build test torture demo check sanitize fuzz docs format install clean

help:             ## list these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup:            ## install what the build needs and is missing: Debian packages and libtorch
	@scripts/setup

setup-peers:      ## install the engines that the benchmarks compare with, into .peers/
	@scripts/setup-peers

setup-search:     ## install Optuna for rtseg search, into .search/ (WITH=gp adds what the sampler gp needs)
	@scripts/setup-search

setup-trackers:   ## install TensorBoard and MLflow, into .trackers/
	@scripts/setup-trackers

setup-torchrun:   ## install torchrun for a test, into .torchrun/
	@scripts/setup-torchrun

build: setup      ## build the program, .build/release/rtseg
	@$(BUILD) --product rtseg

test: build       ## run all tests
	@SWIFT=$(SWIFT) scripts/test

torture: build    ## kill small training runs at random moments, resume them and compare the results (some minutes)
	@scripts/torture

demo: build       ## learn street scenes that the program draws itself (about four minutes)
	@scripts/demo

check: setup      ## do everything that continuous integration does
	@scripts/check

sanitize: setup   ## run readers, kernels and loader under the address, undefined-behaviour and thread sanitizers
	@scripts/sanitize

fuzz: setup       ## feed each reader of files with made-up input for SECONDS (make fuzz SECONDS=1200)
	@scripts/fuzz $(or $(SECONDS),60)

docs: build       ## build the documentation of the libraries, into .docs/
	@scripts/docs

format:           ## format the Swift sources in place
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests Examples

install: build    ## install the program and the libraries that it loads into PREFIX (/usr/local)
	@scripts/install "$(PREFIX)"

clean:            ## remove what was built, except libtorch
	rm -rf .build .build-checked .build-threads .docs demo
