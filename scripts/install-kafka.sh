#!/bin/sh
# Installs the jars of a real Kafka broker for the tests: scripts/install-kafka.sh [DIR]
#
# They are those of `mqchaos fetch kafka`, in this user's cache; DIR (test/.cache/kafka) becomes a link to them. Builds
# mqchaos first where that was not done yet. Needs mvn; the broker needs Java 17.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root/test/.cache/kafka}

[ -f "$root/dist/cli/main.js" ] || (cd "$root" && npm ci) >&2
folder=$(node "$root/bin/mqchaos.js" fetch kafka)

mkdir -p "$(dirname "$target")"
# of before there was the cache: a folder with jars of its own
if [ -d "$target" ] && [ ! -L "$target" ]; then rm -rf "$target"; fi
ln -sfn "$folder" "$target"
echo "kafka is installed in $target"
