#!/usr/bin/env bash
# Starts the binary of a release on a bare Debian: make release-check. It needs root and
# debootstrap. With MCPMOUNT_ROOT, it uses the root file system there, and makes it if it is
# not there.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$folder"
}
trap finish EXIT
root=${MCPMOUNT_ROOT:-$folder/root}
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$root" >"$folder/debootstrap" ||
	{ tail "$folder/debootstrap"; exit 1; }

go -C internal/release run . -o "$folder/dist" -platforms "linux/$(go env GOARCH)"
(cd "$folder/dist" && sha256sum --quiet --strict -c SHA256SUMS)
rm -rf "$root/opt/mcpmount" && mkdir "$root/opt/mcpmount"
tar -xzf "$folder"/dist/*.tar.gz -C "$root/opt/mcpmount" --strip-components=1

# As nobody, with an empty environment.
inside() { chroot --userspec=65532:65532 "$root" /usr/bin/env -i /opt/mcpmount/mcpmount "$@"; }
inside version
inside check --json /opt/mcpmount/none.yaml 2>"$folder/said" && exit 1
grep -q '^mcpmount: error: ' "$folder/said"

chroot --userspec=65532:65532 "$root" /usr/bin/env -i /opt/mcpmount/mcpmount demo --listen 127.0.0.1:0 2>"$folder/log" &
server=$!
for _ in $(seq 100); do
	base=$(sed -nE 's/.* a shop is open at (http[^,]*),.*/\1/p' "$folder/log")
	[ -z "$base" ] || break
	sleep 0.1
done
[ -n "$base" ] || { cat "$folder/log"; exit 1; }
inside health "$base/mcp" 2>/dev/null && exit 1 # that is another page
answer=$(inside call --mcp "$base/mcp" getProduct id=teapot)
echo "$answer"
grep -q '"price":34' <<<"$answer"

kill "$server" && wait "$server"
server=
echo "the release runs on Debian $(cat "$root/etc/debian_version") with nothing else installed, and ends when it is told to"
