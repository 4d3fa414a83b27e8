#!/usr/bin/env bash
# Checks the dashboards against the types that Grafana publishes for them (@grafana/schema). Needs npm and Node 18 or later; it
# installs the pinned packages under bin/, which git ignores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/bin/.schema

missing() { ! command -v node >/dev/null || ! command -v npm >/dev/null; }
if missing && [ -n "${CI:-}" ] && command -v apt-get >/dev/null; then
  apt-get install -y -qq nodejs npm >/dev/null || { apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null; }
fi
if missing; then
  echo "the types are TypeScript: install the packages nodejs and npm (apt-get install nodejs npm)"
  exit 1
fi

mkdir -p "$work"
cp "$here"/{package.json,tsconfig.json,types.ts,wrong.ts,boards.mjs} "$work/"
cd "$work"
npm install --no-package-lock --ignore-scripts --silent --no-audit --no-fund || {
  echo "npm could not install $(grep -o '@grafana[^,]*' package.json): is the network reachable?"
  exit 1
}
node boards.mjs "$root/grafana/dashboards" boards.ts
node_modules/.bin/tsc --project tsconfig.json
