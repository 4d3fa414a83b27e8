package e2e

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

// window is what Grafana's own variables about time are in these tests: all of the load is in each of them.
var window = map[string]string{"__range": "1h", "__range_s": "3600", "__rate_interval": "5m"}

// The dashboards about calls, over the fixture's calls: no panel is empty, and what they show is what the ledger says.
func TestDashboards(t *testing.T) {
	b := backend.Start(t)
	p := startPipeline(t, b)
	p.play(lines(t))
	all, want := boards(t), ledger.Load(t, totals)
	for _, panel := range expectedPanels(want) {
		asked := all[panel.board].ask(t, window, panel.title, panel.index)
		assertVector(t, panel.want, b.Query(asked, p.clock.Now()), panel.board+": "+panel.title)
	}

	p.post([]byte(rareUse))
	p.flush()
	p.flush()
	for _, title := range []string{"Voice overview", "Voice cost", "Voice latency", "Voice calls"} {
		for _, q := range all[title].questions(t, window) {
			assertNumbers(t, b.Query(q.asked, p.clock.Now()), title+": "+q.panel+": "+q.shown)
		}
	}
}

// play posts frames in their order, some before each of 24 flushes: within the five minutes after which a silent call ends.
func (p *pipeline) play(frames [][]byte) {
	p.t.Helper()
	for part := range slices.Chunk(frames, (len(frames)+23)/24) {
		p.post(ndjson(part))
		p.flush()
	}
	p.flush() // the receiver and rollup tick at the same moment, in either order
}

// rareUse is a call with what the fixture's bots do not use.
const rareUse = `
{"type":"voice.realtime","call_id":"rare","timestamp":1764000240.0,"id":"r","provider":"openai","model":"gpt-realtime","ttfb_ms":412,"session_seconds":30,"tokens":{"prompt":{"audio":420},"completion":{"audio":230}}}
{"type":"voice.transport","call_id":"rare","timestamp":1764000241.0,"id":"t","provider":"twilio","model":"voice-inbound","seconds":30}
{"type":"voice.platform","call_id":"rare","timestamp":1764000241.0,"id":"p","provider":"vapi","seconds":30,"cost_usd":0.06}
`

// assertNumbers asserts that there is an answer and that it is made of numbers.
func assertNumbers(t *testing.T, answer backend.Vector, what string) {
	t.Helper()
	assert.True(t, areNumbers(answer), "%s: %v", what, answer)
}

func areNumbers(answer backend.Vector) bool {
	for _, value := range answer {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return false
		}
	}
	return len(answer) > 0
}

// display is what a panel has to show.
type display struct {
	board, title string
	index        int // of the panel's queries
	want         backend.Vector
}

func expectedPanels(want ledger.Ledger) []display {
	return slices.Concat(expectedMoney(want), expectedCourse(want), expectedUsage(want), expectedLatency(want))
}

func one(value float64) backend.Vector { return backend.Vector{"{}": value} }

// by is the totals of a name by some of its labels, times a factor.
func by(want ledger.Ledger, name string, factor float64, labels ...string) backend.Vector {
	vector := backend.Vector{}
	for _, total := range want.By(name, labels...) {
		var pairs []string
		for i, value := range total.Values {
			pairs = append(pairs, labels[i], value)
		}
		vector[backend.Labels(pairs...)] = total.Value * factor
	}
	return vector
}

func expectedMoney(want ledger.Ledger) []display {
	const name = "voice_cost_usd_total"
	cost, calls := want.Sum(name), want.Sum("voice_calls_total")
	minutes := want.Sum("voice_call_duration_seconds_sum") / 60
	source := []string{"cost_type", "provider", "model", "cost_source"}
	var all []display
	for _, board := range []string{"Voice overview", "Voice cost"} {
		all = append(all,
			display{board, "Cost", 0, one(cost)},
			display{board, "Cost in the last hour", 0, one(cost)},
			display{board, "Cost per call", 0, one(cost / calls)},
			display{board, "Cost per minute of talk", 0, one(cost / minutes)},
			display{board, "Cost per hour by type", 1, one(10)})
	}
	return append(all,
		display{"Voice cost", "In a month at this rate", 0, one(cost * 24 * 30)},
		display{"Voice cost", "Cost of the last hour, now and a week ago", 1, one(0)},
		display{"Voice cost", "By type", 0, by(want, name, 1, "cost_type")},
		display{"Voice cost", "By source", 0, by(want, name, 1, "cost_source")},
		display{"Voice cost", "By model", 0, by(want, name, 1, source...)},
		display{"Voice cost", "By model", 1, by(want, name, 1/cost, source...)})
}

// expectedCourse is how the calls went. One of them goes on.
func expectedCourse(want ledger.Ledger) []display {
	calls, ended := want.Sum("voice_calls_total"), want.Sum("voice_call_duration_seconds_count")
	turns := want.Sum("voice_turns_total")
	var all []display
	for _, board := range []string{"Voice overview", "Voice calls"} {
		all = append(all,
			display{board, "Active calls", 0, one(calls - ended)},
			display{board, "Calls", 0, one(calls)},
			display{board, "Calls that failed", 0, one(0)})
	}
	return append(all,
		display{"Voice calls", "Mean length", 0, one(want.Sum("voice_call_duration_seconds_sum") / ended)},
		display{"Voice calls", "Turns per call", 0, one(turns / calls)},
		display{"Voice calls", "Functions called", 0, by(want, "voice_tool_calls_total", 1, "function_name", "outcome")},
		display{"Voice calls", "Errors", 0, by(want, "voice_errors_total", 1, "processor", "category")})
}

func expectedUsage(want ledger.Ledger) []display {
	tokens, characters := "voice_llm_tokens_total", "voice_tts_characters_total"
	calls := want.Sum("voice_calls_total")
	ofCall := func(name string) backend.Vector { return by(want, name, 1, "call_id") }
	return []display{
		{"Voice overview", "Tokens", 0, by(want, tokens, 1, "token_type", "token_kind")},
		{"Voice overview", "Per call", 0, one(want.Sum(tokens) / calls)},
		{"Voice overview", "Per call", 1, one(want.Sum(characters) / calls)},
		{"Voice overview", "Per call", 2, one(want.Sum("voice_turns_total") / calls)},
		{"Voice overview", "Seconds", 0, one(want.Sum("voice_stt_audio_seconds_total"))},
		{"Voice overview", "Seconds", 1, one(want.Sum("voice_stt_session_seconds_total"))},
		{"Voice overview", "Without a price", 0, one(unpricedModels(want))},
		{"Voice cost", "Tokens", 0, by(want, tokens, 1, "provider", "model", "token_type", "token_kind")},
		{"Voice cost", "Characters", 0, by(want, characters, 1, "provider", "model")},
		{"Voice cost", "Prompt from cache", 0, one(ofTokens(want, "token_kind", "cache_read") / ofTokens(want, "token_type", "prompt"))},
		{"Voice calls", "What calls used", 0, ofTokensByCall(want, "prompt")},
		{"Voice calls", "What calls used", 1, ofTokensByCall(want, "completion")},
		{"Voice calls", "What calls used", 2, ofCall(characters)},
		{"Voice calls", "What calls used", 3, ofCall("voice_stt_audio_seconds_total")},
		{"Voice calls", "What calls used", 4, ofCall("voice_session_duration_seconds")},
	}
}

// unpricedModels is how many models and quantities have no price: the tokens of the unknown model, each of their kinds, and the
// open session of a speech recogniser that bills audio.
func unpricedModels(want ledger.Ledger) float64 {
	kinds := map[string]bool{}
	for _, total := range want.By("voice_llm_tokens_total", "model", "token_type", "token_kind") {
		if total.Values[0] == "acme-chat-1" {
			kinds[total.Values[1]+total.Values[2]] = true
		}
	}
	return float64(len(kinds) + 1)
}

func ofTokens(want ledger.Ledger, label, value string) float64 {
	sum := 0.0
	for _, total := range want.By("voice_llm_tokens_total", label) {
		if total.Values[0] == value {
			sum += total.Value
		}
	}
	return sum
}

func ofTokensByCall(want ledger.Ledger, tokenType string) backend.Vector {
	vector := backend.Vector{}
	for _, total := range want.By("voice_llm_tokens_total", "call_id", "token_type") {
		if total.Values[1] == tokenType {
			vector[backend.Labels("call_id", total.Values[0])] = total.Value
		}
	}
	return vector
}

func expectedLatency(want ledger.Ledger) []display {
	worker := []string{"stage", "processor", "provider", "model"}
	mean := func(histogram string, labels ...string) backend.Vector {
		return ratio(by(want, histogram+"_sum", 1, labels...), by(want, histogram+"_count", 1, labels...))
	}
	turn, ttfb := "voice_turn_latency_milliseconds", "voice_ttfb_milliseconds"
	return []display{
		{"Voice latency", "Mean time to answer", 0, mean(turn)},
		{"Voice latency", "Turns", 0, one(want.Sum(turn + "_count"))},
		{"Voice latency", "Where an answer's time goes", 0, mean(ttfb, "stage")},
		{"Voice latency", "Where an answer's time goes", 1, mean(turn)},
		{"Voice latency", "Time to first byte by model", 0, by(want, ttfb+"_count", 1, worker...)},
		{"Voice latency", "Time to first byte by model", 1, mean(ttfb, worker...)},
	}
}

// Bots of several environments, some of which say nothing of theirs: all of them, or those of the one that is chosen, at whichever
// collector.
func TestEnvironmentsAreChosen(t *testing.T) {
	b := backend.Start(t)
	now := time.Now().Truncate(time.Second)
	for i, from := range []struct{ environment, instance string }{{"prod", "c1"}, {"prod", "c2"}, {"staging", "c1"}, {"", "c1"}} {
		require.NoError(t, exportTo(t.Context(), b, callsBegun(from.environment, from.instance, float64(int(1)<<i), now)))
	}
	asked := boards(t)["Voice overview"].ask(t, window, "Calls", 0)
	assertVector(t, one(15), b.Query(strings.ReplaceAll(asked, "increase", "last_over_time"), now), "all")
	for environment, want := range map[string]float64{"prod": 3, "staging": 4, "prod|staging": 7} {
		chosen := strings.ReplaceAll(asked, `deployment_environment_name=~".*"`, `deployment_environment_name=~"`+environment+`"`)
		require.NotEqual(t, asked, chosen)
		assertVector(t, one(want), b.Query(strings.ReplaceAll(chosen, "increase", "last_over_time"), now), environment)
	}
}

// callsBegun is a point of the counter of calls, as rollup sends it.
func callsBegun(environment, instance string, value float64, at time.Time) pmetric.Metrics {
	data := pmetric.NewMetrics()
	resource := data.ResourceMetrics().AppendEmpty()
	put(resource.Resource().Attributes(), []string{"service.name", "voice-bot", "service.instance.id", instance})
	metric := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("voice.calls.total")
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	point := sum.DataPoints().AppendEmpty()
	if environment != "" {
		put(point.Attributes(), []string{"deployment.environment.name", environment})
	}
	point.SetTimestamp(pcommon.NewTimestampFromTime(at))
	point.SetDoubleValue(value)
	return data
}

// How many turns were slower than two seconds, whatever the backend writes for that bound.
func TestSlowTurns(t *testing.T) {
	b := backend.Start(t)
	p := startPipeline(t, b)
	var body bytes.Buffer
	for i, ms := range []int{900, 1999, 2000, 2001, 4000} {
		body.WriteString(`{"type":"voice.turn","call_id":"c","timestamp":` + strconv.Itoa(1764000000+i) + `,"latency_ms":` + strconv.Itoa(ms) + "}\n")
	}
	p.post(body.Bytes())
	p.flush()
	p.flush()
	for _, board := range []string{"Voice overview", "Voice latency"} {
		asked := boards(t)[board].ask(t, window, "Turns slower than 2 s", 0)
		assertVector(t, one(0.4), b.Query(asked, p.clock.Now()), asked)
	}
}
