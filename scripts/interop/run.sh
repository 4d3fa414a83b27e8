#!/usr/bin/env bash
# Runs what bots run, the published Python packages, against what was built here: the examples' own tests, the payloads that the decoders
# are tested with written anew and compared, and calls of real bots into the binary and a real Prometheus (test/e2e, tag
# interop). Needs Python 3.11 or later; it makes an environment of its own under bin/, which git ignores. Argument: the binary.
set -euo pipefail
bin=$(realpath "${1:?usage: run.sh BINARY}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$root/bin/.interop/venv
python=$venv/bin/python
export PYTHONPYCACHEPREFIX=$root/bin/.interop/pycache

# install makes the environment. uv, its own or the machine's, takes a tenth of the time that pip takes.
install() {
  local uv
  uv=$(command -v uv || true)
  if [ -z "$uv" ]; then
    uv=$root/bin/.interop/uv/bin/uv
    test -x "$uv" || { python3 -m venv "$root/bin/.interop/uv" && "$root/bin/.interop/uv/bin/pip" install --quiet uv==0.13.9; }
  fi
  test -x "$python" || "$uv" venv --quiet --python '>=3.11' "$venv"
  "$uv" pip install --quiet --python "$python" -r "$here/requirements.txt"
}

# same_pins fails if a package is pinned here and in the corpus to different versions.
same_pins() {
  local pins
  pins=$(sed -E '/^#/d; s/\[.*\]//' "$here/requirements.txt" "$root/scripts/corpus/requirements.txt" | sort -u | cut -d= -f1 | uniq -d)
  test -z "$pins" || { echo "pinned differently in scripts/interop and scripts/corpus: $pins"; exit 1; }
}

# check_examples runs the examples' formatter, linter, type checker and tests.
check_examples() {
  "$venv/bin/ruff" check --quiet --no-cache "$here" && "$venv/bin/ruff" format --quiet --no-cache --check --line-length 120 "$here"
  for example in "$root"/examples/*/pyproject.toml; do
    cd "$(dirname "$example")"
    "$venv/bin/ruff" check --quiet --no-cache . && "$venv/bin/ruff" format --quiet --no-cache --check .
    "$venv/bin/mypy" --strict --no-error-summary --cache-dir="$root/bin/.interop/mypy" ./*.py
    "$venv/bin/pytest" --quiet -p no:cacheprovider .
  done
}

# check_corpus writes the payloads of the Python frameworks anew and compares them with those that are committed.
check_corpus() {
  local fresh=$root/bin/.interop/corpus file
  rm -rf "$fresh" && mkdir -p "$fresh"
  for sdk in pipecat_bot livekit_agent; do "$python" "$root/scripts/corpus/$sdk.py" "$fresh" 2>/dev/null; done
  for file in "$fresh"/*/testdata/sdk_*; do
    cmp "$file" "$root/internal/dialect/${file#"$fresh"/}" || { echo "the SDK writes something else: run 'make corpus'"; exit 1; }
  done
  echo "corpus: $(ls "$fresh"/*/testdata/sdk_* | wc -l) files are what the published packages write"
}

same_pins
install
check_corpus
check_examples
cd "$root/test/e2e"
OTELCOL_VOICE_BIN=$bin OTELCOL_VOICE_PYTHON=$python go test -count 1 -tags interop -run '^TestInterop' .
