#!/usr/bin/env bash
# Runs every fuzz target of the tree, one after the other: tools/fuzz.sh [TIME], 20s each unless said otherwise.
# A crasher stays in the package's testdata/fuzz and belongs in the commit that fixes it.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}

git ls-files --cached --others --exclude-standard -- '*_test.go' | while read -r file; do
  [ -f "$file" ] || continue
  sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
    echo "fuzz ./$(dirname "$file") $target for $time"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")" </dev/null
  done
done
