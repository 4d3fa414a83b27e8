#!/usr/bin/env bash
# What to do next, shown before the collector starts to log. Arguments: what is given to the collector as configuration; where
# data is kept.
set -euo pipefail
cat <<TXT

  otelcol-voice
    post frames   http://localhost:4319/v1/frames      (JSON, an array or NDJSON)
    post OTLP     http://localhost:4318 or grpc localhost:4317 (metrics, spans)
TXT
if [[ "${1:-}" == *config/collector.yaml* ]]; then
  cat <<TXT
    look          your Grafana stack: sum(voice_cost_usd_total), voice_calls_total; a call's summary and trace at its end
    webhooks      off until config/collector.yaml has a platform's key (then port 4321)
    health        http://localhost:13133
TXT
else
  cat <<TXT
    webhooks      http://localhost:4321/v1/webhooks/{platform}
    look          http://localhost:9464/metrics, 10 s after the first frame
                  ${2:-data}/calls.jsonl (a line for each call, at its end) and ${2:-data}/spans.jsonl
    health        http://localhost:13133
    own metrics   http://localhost:8888/metrics
    try next      make demo      (in another terminal: plays a few calls, shows what they cost, and writes a report)
TXT
fi
case "${1:-}" in
  "--config config/local.yaml" | "--config dotenv:"*" --config config/collector.yaml") ;;
  *) echo "    note          your files change this: where they name other addresses, those hold" ;;
esac
echo "    stop          Ctrl-C"
echo
