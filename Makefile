# The commands of the project. `make test` needs only Go.

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help test check lint interop corpus corpus-fetch

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/'

test: ## all tests of the module, with the race detector
	go vet ./...
	go test -race ./...

check: test lint ## everything that a change must pass

lint: ## formatting, linters and a tidy go.mod
	test -z "$$(gofmt -l .)"
	go run $(GOLANGCI) run ./...
	go mod tidy -diff

interop: ## third-party MCP clients against one URL; needs Node and npm
	interop/run.sh

# The documents of the corpus belong to others and lie beside the repository.
corpus: ## what becomes of real documents; needs MCPMOUNT_SPECS or ../shared/specs
	go -C internal/corpus run . $(ARGS)

corpus-fetch: ## download the documents that Go modules have into ./specs; then MCPMOUNT_SPECS=$PWD/specs make corpus
	go -C internal/corpus run . fetch "$(CURDIR)/specs"
