#!/bin/sh
# Makes the clients of test/clients ready to run: scripts/install-clients.sh [usual] [DIR]
#
# DIR (test/.cache/clients) gets a virtual environment of Python, the programs in Go, the npm package and the compiled
# programs in Java. Needs python3 with venv, Go 1.26, npm, mvn and a JDK of Java 17. With `usual` only those that the
# tests run by default, which need python3 alone.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
usual=
if [ "${1:-}" = usual ]; then usual=yes && shift; fi
target=${1:-$root/test/.cache/clients}
clients=$root/test/clients
mkdir -p "$target"

python3 -m venv "$target/venv"
if [ -n "$usual" ]; then
  grep '^confluent-kafka' "$clients/python/requirements.txt" >"$target/requirements.txt"
else
  cp "$clients/python/requirements.txt" "$target/"
fi
"$target/venv/bin/pip" install --quiet --requirement "$target/requirements.txt"
if [ -n "$usual" ]; then exit 0; fi

# without cgo there is no need of a C compiler; who owns the checkout is none of the build's business
export CGO_ENABLED=0 GOTOOLCHAIN=local
cd "$clients/go"
go build -buildvcs=false -o "$target/franz" ./franz
go build -buildvcs=false -o "$target/sarama" ./sarama
go build -buildvcs=false -modfile=go.old.mod -o "$target/sarama-1.38" ./sarama

mkdir -p "$target/node"
cp "$clients/node/package.json" "$target/node/"
(cd "$target/node" && npm install --no-audit --no-fund --loglevel=error)

sh "$root/scripts/install-kafka.sh"
mvn -q -B -f "$clients/java/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$target/jars"
mkdir -p "$target/java"
javac -nowarn -cp "$root/test/.cache/kafka/libs/*:$target/jars/*" -d "$target/java" "$clients"/java/*.java
echo "the clients of test/clients are installed in $target"
