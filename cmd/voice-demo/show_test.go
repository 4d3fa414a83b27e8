package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
)

const shownPage = `# TYPE voice_calls_total counter
voice_calls_total{job="voice-bot"} 2
# TYPE voice_interruptions_total counter
voice_interruptions_total{job="voice-bot"} 1
# TYPE voice_session_duration_seconds gauge
voice_session_duration_seconds{call_id="a"} 74.2
# TYPE voice_llm_tokens_total counter
voice_llm_tokens_total{call_id="a",token_type="prompt",token_kind="text"} 146
voice_llm_tokens_total{call_id="a",token_type="prompt",token_kind="cache_read"} 896
voice_llm_tokens_total{call_id="a",token_type="completion",token_kind="text"} 37
voice_llm_tokens_total{call_id="b",token_type="completion",token_kind="text"} 5
# TYPE voice_tts_characters_total counter
voice_tts_characters_total{call_id="a"} 48
# TYPE voice_cost_usd_total counter
voice_cost_usd_total{call_id="a",cost_type="llm"} 0.001855
voice_cost_usd_total{call_id="a",cost_type="tts"} 0.0024
# TYPE voice_cost_unpriced_usage_total counter
voice_cost_unpriced_usage_total{usage_kind="completion.text",model="acme",reason="no_model"} 5
# TYPE voice_ttfb_milliseconds histogram
voice_ttfb_milliseconds_bucket{stage="llm",le="+Inf"} 1
voice_ttfb_milliseconds_sum{stage="llm"} 412
voice_ttfb_milliseconds_count{stage="llm"} 1
voice_ttfb_milliseconds_bucket{stage="tts",le="+Inf"} 1
voice_ttfb_milliseconds_sum{stage="tts"} 190
voice_ttfb_milliseconds_count{stage="tts"} 1
`

const shown = `   call   duration   prompt   of it cached   completion   characters   cost USD
      a     74.2 s     1042            896           37           48   0.004255  a booking

All calls so far:
  calls                     2
  interruptions             1
  mean time to first byte   301 ms
  mean turn latency         none
  cost                      0.004255 USD (of 1 of the 2 calls: the page has forgotten the others)
    of it stt               0.000000 USD
    of it llm               0.001855 USD
    of it tts               0.002400 USD
  without a price           5 of completion.text, model acme: no_model
`

func TestShow(t *testing.T) {
	page, err := metrics.Parse(strings.NewReader(shownPage))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	show(&out, page, []demoCall{{id: "a", about: "a booking"}})
	if out.String() != shown {
		t.Errorf("got\n%s\nwant\n%s", out.String(), shown)
	}
}

// Every call of the script ends now, is as long as it says, and its frames stand in the order of their times.
func TestScript(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range script(now) {
		first, last := c.frames[0]["timestamp"].(float64), c.frames[len(c.frames)-1]["timestamp"].(float64)
		if math.Abs(last-float64(now.Unix())) > 1e-3 || math.Abs(last-first-c.duration) > 1e-3 {
			t.Errorf("%s: from %f to %f, duration %f", c.id, first, last, c.duration)
		}
		before := first
		for i, f := range c.frames {
			if at := f["timestamp"].(float64); at < before || f["call_id"] != c.id {
				t.Errorf("%s: frame %d is out of place", c.id, i)
			}
			before = f["timestamp"].(float64)
		}
	}
}
