#!/usr/bin/env bash
# Compares what usage costs by our importer and book with what genai-prices itself says, for COUNT made-up usages over all
# of its models. With "sample" instead, it writes the sample that the ordinary tests compare. Needs npm and Node 18 or
# later; it installs the pinned package under bin/, which git ignores.
set -euo pipefail
count=${1:?usage: run.sh COUNT|sample}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/bin/.oracle

missing() { ! command -v node >/dev/null || ! command -v npm >/dev/null; }
if missing && [ -n "${CI:-}" ] && command -v apt-get >/dev/null; then
  apt-get install -y -qq nodejs npm >/dev/null || { apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null; }
fi
if missing; then
  echo "the oracle runs in Node: install the packages nodejs and npm (apt-get install nodejs npm)"
  exit 1
fi

mkdir -p "$work"
cp "$here/package.json" "$here/oracle.mjs" "$work/"
cd "$work"
npm install --no-package-lock --ignore-scripts --silent --no-audit --no-fund || {
  echo "npm could not install $(grep -o '@pydantic[^,]*' package.json): is the network reachable?"
  exit 1
}
if [ "$count" = sample ]; then
  node oracle.mjs "$root/internal/pricing/importer/testdata/oracle" 200 few
else
  node oracle.mjs "$work/data" "$count"
  cd "$root"
  OTELCOL_VOICE_ORACLE=$work/data go test -count 1 -run '^TestAgreesWithGenaiPrices$' -v ./internal/pricing/importer
fi
