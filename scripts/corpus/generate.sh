#!/usr/bin/env bash
# Writes internal/dialect/*/testdata/sdk_*.ndjson anew: what the published SDKs themselves write when their objects are
# dumped. Needs Python 3.11 or later, npm and Node 20 or later; it installs the pinned SDKs under bin/, which git ignores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=$root/bin/.corpus/venv/bin/python
testdata=$root/internal/dialect

test -x "$python" || python3 -m venv "$root/bin/.corpus/venv"
"$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
for sdk in pipecat_bot livekit_agent openai_relay platforms; do
  PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$sdk.py" "$testdata"
done

mkdir -p "$root/bin/.corpus/livekit-js"
cp "$here"/livekit-js/* "$root/bin/.corpus/livekit-js/"
cd "$root/bin/.corpus/livekit-js"
npm ci --silent --no-audit --no-fund
npx --no-install tsc --project jsconfig.json
node agent.mjs "$testdata"
