#!/usr/bin/env bash
# Fails if go generate changes a generated file. It compares with the files as they are, committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."

sums() {
  git ls-files --cached --others --exclude-standard -- '*.gen.go' '*.gen.md' | sort -u | while read -r file; do
    [ ! -f "$file" ] || sha256sum "$file"
  done
}

before=$(sums)
go generate ./...
diff <(echo "$before") <(sums) || {
  echo "go generate changed the files above; commit what it wrote" >&2
  exit 1
}
