# The commands of the project. `make test` needs only Go.

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help test check lint soak mutants interop corpus corpus-fetch

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/'

test: ## all tests of the module, with the race detector (ARGS=-v: with all that they log)
	go vet ./...
	go test -race $(ARGS) ./...

check: test lint ## everything that a change must pass

lint: ## formatting, linters and a tidy go.mod
	test -z "$$(gofmt -l .)"
	go run $(GOLANGCI) run ./...
	go mod tidy -diff

soak: ## 10,000 sessions, 1,000 streams, 10,000 calls through two replicas; prints what they cost
	MCPMOUNT_SOAK=1 go test -count=1 -v -run 'TestSessionFlood|TestListenStreams|TestReplicas' .

mutants: ## break the rules of docs/security.md one by one, and see their tests fail
	go run ./internal/mutation

interop: ## third-party MCP clients and suites against one URL, compared with docs/clients.md (ARGS=-update writes it); needs Node, npm and Python
	interop/run.sh $(ARGS)

# The documents of the corpus belong to others and lie beside the repository.
corpus: ## what becomes of real documents, or of those in ARGS; needs MCPMOUNT_SPECS or ../shared/specs
	go -C internal/corpus run . $(ARGS)

corpus-fetch: ## download the documents that Go modules have into ./specs; then MCPMOUNT_SPECS=$PWD/specs make corpus
	go -C internal/corpus run . fetch "$(CURDIR)/specs"
