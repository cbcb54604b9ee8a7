#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: a C compiler for the race detector, and the official clients (boto3,
# the AWS CLI, the JavaScript SDK) at pinned versions. Everything but system packages stays inside the checkout.
#
#   tools/setup.sh system    a C compiler, Python's venv and npm, through apt-get where they are missing
#   tools/setup.sh python    .cache/python from test/conformance/requirements.txt
#   tools/setup.sh node      test/conformance/js/node_modules from its package-lock.json
set -euo pipefail
cd "$(dirname "$0")/.."

install_packages() {
  echo "installing $*"
  local as=()
  [ "$(id -u)" = 0 ] || as=(sudo)
  "${as[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends "$@"
}

system() {
  local missing=()
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

python() {
  rm -rf .cache/python
  python3 -m venv .cache/python
  .cache/python/bin/python -m pip install --quiet --disable-pip-version-check --requirement test/conformance/requirements.txt
}

node() {
  npm ci --prefix test/conformance/js --no-audit --no-fund --ignore-scripts --loglevel=error
}

case "${1:-}" in
  system | python | node) "$1" ;;
  *) echo "usage: tools/setup.sh system|python|node" >&2 && exit 2 ;;
esac
