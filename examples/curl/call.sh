#!/usr/bin/env bash
# Tells otelcol-voice of a call with nothing but curl: a turn of a bot that is no framework's, message by message. The whole format is
# in docs/frames.md. Arguments: what the call is called; where the collector listens.
#
#   call.sh [CALL_ID] [URL]          TOKEN is sent as a bearer token, if it is set
set -euo pipefail
call=${1:-curl-$(date +%s)-$$}
url=${2:-http://localhost:4319/v1/frames}
start=$(($(date +%s) - 12)) # the call is just over

# say posts a message: the second of the call at which it happened, a type, and its fields as JSON. It is tried again as it is; its time is
# what makes it known, so that nothing counts twice.
say() {
  local message
  message=$(printf '{"type":"voice.%s","call_id":"%s","timestamp":%s.%s%s}' "$2" "$call" $((start + ${1%.*})) "${1#*.}" "${3:+,$3}")
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 10 \
    ${TOKEN:+--header "Authorization: Bearer $TOKEN"} --header 'Content-Type: application/json' --data-binary "$message" "$url"
}

say 0.0 call_started '"models":{"stt":{"provider":"deepgram","model":"nova-3"},"llm":{"provider":"openai","model":"gpt-4o"},"tts":{"provider":"cartesia","model":"sonic-3.5"}}'
say 2.0 user_started_speaking
say 4.5 user_stopped_speaking
say 4.8 stt '"ttfb_ms":250,"audio_seconds":2.5'
say 5.4 tts '"ttfb_ms":190,"characters":48'
say 5.5 bot_started_speaking
say 6.1 llm '"ttfb_ms":412,"processing_ms":1310,"tokens":{"prompt":{"text":146,"cache_read":896},"completion":{"text":37}}'
say 9.0 bot_stopped_speaking
say 12.0 call_ended '"reason":"hangup"'
