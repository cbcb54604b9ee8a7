# make help says what there is. Go 1.26, Python 3.11, Node 20, git and make are all that has to be there.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The pinned official clients come first, so that tests find python3 and aws there.
export PATH := $(CURDIR)/.cache/python/bin:$(PATH)
export GOFLAGS += -buildvcs=false

TOOL     := go tool -modfile=tools/go.mod
GO_FILES  = $(wildcard $(shell git ls-files --cached --others --exclude-standard -- '*.go'))
FUZZTIME ?= 20s

.PHONY: help demo build test setup check format vet lint deadcode archtest generated modules \
	test-go fuzz bench vuln fmt clean

help: ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: build setup-clients ## Build, start a server, run the main job end to end with a kill -9 in the middle, stop.
	@./test/demo/run.sh

build: ## Build bin/cumulet.
	@go build -o bin/cumulet ./cmd/cumulet

test: setup check test-go ## Install what the tests need, then run every check and all tests.
	@tools/fuzz.sh 3s
	@echo "make test: all passed"

setup: setup-system setup-clients ## Install what the tests need; nothing if it is there.

.PHONY: setup-system setup-clients
setup-system:
	@tools/setup.sh system

setup-clients: setup-system .cache/python/.done test/conformance/js/node_modules/.done

.cache/python/.done: test/conformance/requirements.txt
	@tools/setup.sh python
	@touch $@

test/conformance/js/node_modules/.done: test/conformance/js/package-lock.json
	@tools/setup.sh node
	@touch $@

check: format vet lint deadcode archtest generated modules ## Run every check but the tests.

format:
	@echo "format: gofumpt, goimports"
	@out=$$($(TOOL) gofumpt -l $(filter-out %.gen.go,$(GO_FILES)); $(TOOL) goimports -l -local github.com/cumulet/cumulet $(GO_FILES)); \
	[ -z "$$out" ] || { echo "$$out"; echo "run make fmt" >&2; exit 1; }

vet:
	@echo "vet"
	@go vet ./...
	@go vet -tags invariants ./...

lint: ## Run golangci-lint.
	@echo "lint: golangci-lint (its first build takes minutes)"
	@$(TOOL) golangci-lint run

deadcode:
	@echo "deadcode"
	@out=$$($(TOOL) deadcode -test ./...); [ -z "$$out" ] || { echo "$$out"; exit 1; }

archtest:
	@echo "archtest"
	@go test ./internal/archtest

generated:
	@echo "generated code"
	@tools/check-generated.sh

modules:
	@echo "modules: tidy, verify"
	@go mod tidy -diff
	@go mod verify
	@go -C tools mod tidy -diff

# Tests that run the program as a process get one that is built as they are. -shuffle also keeps results out of the
# test cache, which knows nothing of that program.
test-go: build ## Run all Go tests: with the race detector and invariants, then without.
	go build -race -tags invariants -o bin/cumulet-race ./cmd/cumulet
	CUMULET_BIN=$(CURDIR)/bin/cumulet-race GORACE=halt_on_error=1 \
		go test -race -shuffle=on -tags invariants -timeout 20m ./...
	CUMULET_BIN=$(CURDIR)/bin/cumulet go test -shuffle=on -timeout 20m ./...

fuzz: ## Run every fuzz target for FUZZTIME (20s).
	@tools/fuzz.sh $(FUZZTIME)

bench: build ## Compare this server with the floor and print ratios; BENCHFLAGS go to test/bench.
	@go run ./test/bench $(BENCHFLAGS)

vuln: ## Look the modules up in the public vulnerability database; before a release.
	@$(TOOL) govulncheck ./...

fmt: ## Format all Go files.
	@$(TOOL) gofumpt -w $(filter-out %.gen.go,$(GO_FILES))
	@$(TOOL) goimports -w -local github.com/cumulet/cumulet $(GO_FILES)

clean: ## Remove what make built and installed.
	@rm -rf bin .cache test/conformance/js/node_modules
