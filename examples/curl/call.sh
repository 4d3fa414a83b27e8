#!/usr/bin/env bash
# Tells otelcol-voice of a call with nothing but curl: a turn of a bot that is no framework's, message by message. The whole format is
# in docs/frames.md. Arguments: what the call is called; where the collector listens.
#
#   call.sh [CALL_ID] [URL]          TOKEN is sent as a bearer token, if it is set
set -euo pipefail
call=${1:-curl-$(date +%s)-$$}
url=${2:-http://localhost:4319/v1/frames}

# say posts a message: a type, and its fields as JSON. It is tried again as it is; its time is what makes it known, so that nothing
# counts twice.
say() {
  local message
  message=$(printf '{"type":"voice.%s","call_id":"%s","timestamp":%s%s}' "$1" "$call" "$(now)" "${2:+,$2}")
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 10 \
    ${TOKEN:+--header "Authorization: Bearer $TOKEN"} --header 'Content-Type: application/json' --data-binary "$message" "$url"
  echo
}

# now is Unix seconds to the microsecond; date of macOS has whole seconds only.
now() {
  local at
  at=$(date +%s.%6N)
  echo "${at%.6N}"
}

say call_started '"models":{"stt":{"provider":"deepgram","model":"nova-3"},"llm":{"provider":"openai","model":"gpt-4o"},"tts":{"provider":"cartesia","model":"sonic-3.5"}}'
say user_started_speaking
say user_stopped_speaking
say stt '"ttfb_ms":250,"audio_seconds":2.5'
say llm '"ttfb_ms":412,"processing_ms":1310,"tokens":{"prompt":{"text":146,"cache_read":896},"completion":{"text":37}}'
say tts '"ttfb_ms":190,"characters":48'
say bot_started_speaking
say bot_stopped_speaking
say call_ended '"reason":"hangup"'
