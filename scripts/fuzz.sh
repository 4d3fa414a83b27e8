#!/usr/bin/env bash
# Runs every fuzz target of the root module one after the other. Argument: how long each, as for -fuzztime: 60s, or 20000x.
set -euo pipefail
for_each=${1:?usage: fuzz.sh TIME|COUNTx}
grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=test . | xargs -n1 dirname | sort -u | while read -r package; do
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$package"/*_test.go | awk '{print $2}' | while read -r target; do
    echo "fuzz $package $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$for_each" -fuzzminimizetime 100x "$package" </dev/null
  done
done
