#!/usr/bin/env bash
# builder-config.yaml states the versions; every other go.mod must agree with it on the modules that both name, and
# the collector's own modules must be of the same line everywhere.
set -euo pipefail
status=0
line=$(awk '$2 == "gomod:" && $3 ~ /otlpreceiver$/ {print $4}' builder-config.yaml)
stable=$(awk '$2 == "gomod:" && $3 ~ /envprovider$/ {print $4}' builder-config.yaml)
for mod in $(git ls-files '*go.mod'); do
  while read -r module version; do
    case "$version" in
      "$line" | "$stable") ;;
      *) echo "$mod: $module $version is not of the line $line / $stable in builder-config.yaml"; status=1 ;;
    esac
  done < <(sed -n 's/^require //; s/^[[:space:]]*//; /^go\.opentelemetry\.io\/collector\|^github\.com\/open-telemetry\/opentelemetry-collector-contrib/p' "$mod" | awk '$2 ~ /^v/ {print $1, $2}')
done
exit $status
