#!/bin/sh
# Installs the jars of real RocketMQ servers for the tests: scripts/install-rocketmq.sh [DIR]
#
# The versions are pinned in test/rocketmq/pom.xml; Maven fetches them from Maven Central (102 MB). DIR is made in one step,
# so a run that was interrupted leaves nothing behind and two at once do no harm. Needs mvn; the servers need Java 17.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root/test/.cache/rocketmq}
pom=$root/test/rocketmq/pom.xml

# A copy of the pom lies beside the jars: other versions asked for means other jars.
if [ -d "$target/libs" ] && cmp -s "$pom" "$target/pom.xml"; then
  echo "rocketmq is installed in $target"
  exit 0
fi

if ! command -v mvn >/dev/null 2>&1; then
  echo "install-rocketmq: mvn is not on the PATH; install Maven 3.6 or newer" >&2
  exit 1
fi

mkdir -p "$(dirname "$target")"
temporary=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' HUP INT TERM

cp "$pom" "$temporary/pom.xml"
mvn -q -B -f "$temporary/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$temporary/libs" >&2

rm -rf "$target"
# mv would go into a folder that another run made in the meantime.
if ! mv -T "$temporary" "$target" 2>/dev/null && [ ! -d "$target" ]; then
  mv "$temporary" "$target"
fi
echo "rocketmq is installed in $target"
