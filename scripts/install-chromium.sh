#!/usr/bin/env bash
# Makes sure that there is a Chromium for the tests of the demo's report. In CI it installs Debian's package, and the fonts that
# the pictures in docs/images are taken with; elsewhere it says what to install.
set -euo pipefail
packages=(chromium fonts-inter fonts-jetbrains-mono)

present() {
  local name
  for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && return
  done
  return 1
}

install() { apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null; }

if ! present && [ -n "${CI:-}" ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  install || { apt-get update -qq && install; }
fi
present || {
  echo "the report is tested in Chromium: install it (apt-get install ${packages[*]}), or name one with CHROMIUM=/path/to/chromium"
  exit 1
}
