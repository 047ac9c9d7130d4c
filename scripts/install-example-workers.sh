#!/bin/sh
# Makes the workers of examples/ ready to run, for the tests: scripts/install-example-workers.sh [DIR]
#
# DIR (test/.cache/workers) gets a virtual environment of Python with what examples/python needs, and the programs of
# examples/go. Needs python3 with venv, and Go 1.19 or newer.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root/test/.cache/workers}
mkdir -p "$target"

python3 -m venv "$target/venv"
"$target/venv/bin/pip" install --quiet --requirement "$root/examples/python/requirements.txt"

# without cgo there is no need of a C compiler; who owns the checkout is none of the build's business
cd "$root/examples/go"
CGO_ENABLED=0 GOTOOLCHAIN=local go build -buildvcs=false -o "$target/" ./producer ./consumer
echo "the workers of examples/ are installed in $target"
