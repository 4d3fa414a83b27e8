package e2e

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// load is an hour of calls to one bot.
type load struct {
	slow    float64 // seconds: every second answer takes so long to its first byte, every other one 1 s
	dollars int     // in the hour
}

const (
	steps   = 359 // flushes in the hour that ends with the last of them
	reports = 100 // of usage in the hour
	stepsOf = 36  // one call
)

// The alerts of the guide below and above their thresholds: 2 s of mean TTFB and $10 an hour. The guide's own
// expression for the latter is about dollars a second and never fires. All other alerts are tested beside the rules.
func TestAlerts(t *testing.T) {
	for _, test := range []struct {
		name   string
		load   load
		ttfb   float64
		firing bool
	}{
		{"below both thresholds", load{slow: 2.8, dollars: 5}, 1900, false},
		{"above both thresholds", load{slow: 3.2, dollars: 15}, 2100, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := backend.Start(t)
			p := startPipeline(t, b)
			file := b.LoadRules(filepath.Join(collector.Repository(t), rules))
			for step := range steps {
				p.post(test.load.frames(p, step))
				p.flush()
				file.Evaluate(p.clock.Now())
			}

			at, dollars := p.clock.Now(), backend.Vector{"{}": float64(test.load.dollars)}
			assertVector(t, dollars, b.Query("sum(increase(voice_cost_usd_total[1h]))", at), "cost in the hour")
			assertVector(t, dollars, b.Query(totalCost, at), totalCost)
			assert.Empty(t, b.Query(costThreshold, at), "dollars a second")
			source := backend.Labels("stage", "llm", "processor", "OpenAILLMService", "provider", "openai", "model", "gpt-4o")
			assertVector(t, backend.Vector{source: test.ttfb},
				b.Query("sum by (stage, processor, provider, model) ("+averageTTFB+")", at), averageTTFB)
			assert.Equal(t, test.ttfb > 2000, len(b.Query(highTTFB, at)) == 1, highTTFB)

			assert.Equal(t, test.firing, len(file.Firing()["VoiceBotHighTTFB"]) == 1)
			assert.Equal(t, test.firing, len(file.Firing()["VoiceBotCostThreshold"]) == 1)
		})
	}
}

// frames is what the bot sends in one step: two answers, one of them slow, and in 100 of the steps an equal share of the
// hour's dollars, as completion tokens of gpt-4o at $10 a million.
func (l load) frames(p *pipeline, step int) []byte {
	var body bytes.Buffer
	at := float64(p.clock.Now().UnixMilli()) / 1000
	call := fmt.Sprintf("call-%d", step/stepsOf)
	fmt.Fprintf(&body, `{"type":"MetricsFrame","call_id":%q,"timestamp":%.3f,"data":[`, call, at)
	for _, ttfb := range []float64{1, l.slow} {
		fmt.Fprintf(&body, `{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":%g},`, ttfb)
	}
	tokens := 0
	if (step+1)*reports/steps > step*reports/steps {
		tokens = l.dollars * 1_000_000 / 10 / reports
	}
	fmt.Fprintf(&body, `{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":`+
		`{"prompt_tokens":0,"completion_tokens":%d,"total_tokens":%d}}]}`, tokens, tokens)
	if step%stepsOf == stepsOf-1 {
		fmt.Fprintf(&body, "\n"+`{"type":"EndFrame","call_id":%q,"timestamp":%.3f}`, call, at)
	}
	return body.Bytes()
}

// ownQuick lets the collector tell of itself sooner.
const ownQuick = `
processors: {rollup: {interval: 200ms}}
service: {telemetry: {metrics: {readers: [{periodic: {interval: 500, exporter: {otlp: {protocol: http/protobuf, compression: gzip}}}}]}}}
`

// What the gateway refuses for good, and what it takes out of a request that it accepts, fires an alert as soon as the collector's
// own metrics arrive, from the first item on.
func TestLossFiresAnAlert(t *testing.T) {
	for _, test := range []struct {
		alert, metric, said string
		fault               backend.Fault
	}{
		{
			"VoiceCollectorDataDropped", "otelcol_grafana_cloud_dropped_items_total", "The gateway refuses data for good",
			backend.Fault{Status: 400, Message: "otlp parse error"},
		},
		{
			"VoiceCollectorRejectedPoints", "otelcol_grafana_cloud_rejected_points_total", "The gateway accepts data but for a part",
			backend.Fault{Status: 200, Partial: true, Message: "err-mimir-max-series-per-user"},
		},
	} {
		t.Run(test.alert, func(t *testing.T) {
			b := backend.Start(t)
			c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: ownQuick})
			b.Fail(test.fault)
			post(t, c, []byte(fiveLines), "", 5)
			eventually(t, "the collector says that data is lost", func() bool { return strings.Contains(c.Logs(), test.said) })
			b.Heal()
			eventually(t, "the loss is known", func() bool {
				lost, _ := b.Value("sum("+test.metric+")", time.Now())
				return lost > 0
			})
			file := b.LoadRules(filepath.Join(collector.Repository(t), rules))
			file.Evaluate(time.Now())
			firing := file.Firing()
			assert.NotEmpty(t, firing[test.alert])
			delete(firing, test.alert)
			assert.Empty(t, firing, "nothing else is wrong")
			c.Stop(test.said, "Exporting failed. Dropping data.", "Partial success response", "failed to upload metrics", test.fault.Message)
		})
	}
}
