# The commands of the project. `make test` needs only Go.

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
LINTED = bench deploy internal/frameworks internal/release
BENCHSTAT = golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

.PHONY: help test check lint frameworks examples soak mutants scan-live interop corpus corpus-fetch bench bench-compare release release-test release-check apidiff

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/'

test: ## all tests of the module, those of what is concurrent again with the race detector, and those of the server without its fast path (ARGS=-v: with all that they log)
	go vet ./...
	go test -timeout 30m $(ARGS) ./...
	go test -timeout 30m -short -race $(ARGS) ./...
	go test -timeout 30m -short -tags slowpath $(ARGS) . ./cmd/...

check: test lint ## everything that a change must pass

lint: ## formatting, linters and a tidy go.mod
	test -z "$$(gofmt -l .)"
	go run $(GOLANGCI) run ./...
	for module in $(LINTED); do (cd $$module && go run $(GOLANGCI) run ./...) || exit 1; done
	go mod tidy -diff

frameworks: ## the routers and frameworks of docs/frameworks.md, which are not dependencies of the module
	go -C internal/frameworks test -race $(ARGS) ./...

examples: ## start each program of examples/, call it over REST and through MCP, and end it
	go -C examples vet ./...
	timeout 600 go -C examples test -count=1 ./... # the programs are not what go would take for a change

soak: ## 10,000 sessions, 1,000 streams, 10,000 calls through two replicas; prints what they cost
	MCPMOUNT_SOAK=1 go test -count=1 -v -run 'TestSessionFlood|TestListenStreams|TestReplicas' .

mutants: ## break the rules of docs/security.md one by one, and see their tests fail
	go run ./internal/mutation

interop: ## third-party MCP clients and suites against one URL, compared with docs/clients.md (ARGS=-update writes it); needs Node, npm and Python
	interop/run.sh $(ARGS)

scan-live: ## scan, start and call applications that others wrote (docs/scan.md), in MCPMOUNT_SCAN_APPS or ./scanapps; needs a C compiler
	mkdir -p "$${MCPMOUNT_SCAN_APPS:=$(CURDIR)/scanapps}" && MCPMOUNT_SCAN_APPS="$$MCPMOUNT_SCAN_APPS" \
		go test -timeout 60m -count=1 -v -run TestLiveApps ./internal/scan

# The documents of the corpus belong to others and lie beside the repository.
corpus: ## what becomes of real documents, or of those in ARGS; needs MCPMOUNT_SPECS or ../shared/specs
	go -C internal/corpus run . $(ARGS)

corpus-fetch: ## download the documents that Go modules have into ./specs; then MCPMOUNT_SPECS=$PWD/specs make corpus
	go -C internal/corpus run . fetch "$(CURDIR)/specs"

bench: ## measure against the API itself, other servers and a proxy: docs/performance.md (ARGS='-quick -python -soak 10m -write')
	go -C bench run . $(ARGS)

BENCHFLAGS = -test.run '^$$' -test.benchmem -test.bench '$(or $(BENCH),.)'

# In turns, so that a machine that is slow for a while is slow for both.
bench-compare: ## the benchmarks of the core against those of another commit (BASE=main BENCH=Call COUNT=10)
	dir=$$(mktemp -d) && trap 'git worktree remove --force "$$dir/base"; rm -rf "$$dir"' EXIT && \
	git worktree add --quiet --detach "$$dir/base" $(or $(BASE),main) && \
	go test -c -o "$$dir/new.test" . && go -C "$$dir/base" test -c -o "$$dir/old.test" . && \
	for round in $$(seq $(or $(COUNT),10)); do \
		(cd "$$dir/base" && "$$dir/old.test" $(BENCHFLAGS)) >>"$$dir/old" && "$$dir/new.test" $(BENCHFLAGS) >>"$$dir/new" || exit 1; \
	done && \
	go run $(BENCHSTAT) "$$dir/old" "$$dir/new"

release: ## archives, bills of materials and sums of what is committed, for all platforms, in dist/ (ARGS='-platforms linux/amd64')
	go -C internal/release run . -o "$(CURDIR)/dist" $(ARGS)

release-test: ## what is in a release, and the files of deploy/ against what reads them
	go -C internal/release test ./...
	go -C deploy test ./...

release-check: ## start the release on a bare Debian; needs root and debootstrap
	internal/release/check.sh

apidiff: ## what changed in the API since the last tag, and whether that breaks a program
	.ci/apidiff
