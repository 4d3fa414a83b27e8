package voicespanconnector

import (
	"context"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/metadata"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a connector with sinks behind it, and no pipelines.
type bench struct {
	*voiceConnector
	t         testing.TB
	fake      *clockwork.FakeClock
	taps      []connector.Traces
	metrics   *consumertest.MetricsSink
	logs      *consumertest.LogsSink
	telemetry *componenttest.Telemetry
}

func newBench(t testing.TB, change func(*Config)) *bench {
	b := &bench{
		t: t, fake: clockwork.NewFakeClockAt(now), telemetry: componenttest.NewTelemetry(),
		metrics: &consumertest.MetricsSink{}, logs: &consumertest.LogsSink{},
	}
	set := connectortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = b.telemetry.NewTelemetrySettings()
	config := createDefaultConfig().(*Config)
	if change != nil {
		change(config)
	}
	require.NoError(t, config.Validate())
	factory := NewFactory(WithClock(b.fake))
	toMetrics, err := factory.CreateTracesToMetrics(context.Background(), set, config, b.metrics)
	require.NoError(t, err)
	toLogs, err := factory.CreateTracesToLogs(context.Background(), set, config, b.logs)
	require.NoError(t, err)
	b.taps = []connector.Traces{toMetrics, toLogs}
	b.voiceConnector = toMetrics.(*tap).voiceConnector
	require.Same(t, b.voiceConnector, toLogs.(*tap).voiceConnector, "pipelines of two signals share one connector")
	t.Cleanup(func() {
		assert.NoError(t, b.Shutdown(context.Background()))
		assert.NoError(t, b.Shutdown(context.Background()), "twice")
		assert.NoError(t, b.telemetry.Shutdown(context.Background()))
	})
	return b
}

// send hands spans to each pair of pipelines, as a traces pipeline does.
func (b *bench) send(spans ...span) {
	b.t.Helper()
	require.NoError(b.t, b.try(spans...))
}

func (b *bench) try(spans ...span) (first error) {
	td := traces(b.t, spans...)
	for _, tap := range b.taps {
		if err := tap.ConsumeTraces(context.Background(), td); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// pass lets time go by, and does what is due.
func (b *bench) pass(d time.Duration) {
	b.fake.Advance(d)
	b.tick(context.Background(), b.fake.Now())
}

// hush lets every call fall silent.
func (b *bench) hush() {
	b.pass(b.config.IdleTimeout + b.config.JoinWindow)
	b.fake.Advance(b.config.IdleTimeout)
	b.observe(context.Background(), b.fake.Now())
}

// totals adds up all points by metric name, histograms by their sum.
func (b *bench) totals() map[string]float64 {
	sums := map[string]float64{}
	b.each(func(_ pmetric.ResourceMetrics, metric pmetric.Metric) {
		if metric.Name() == "voice.calls.active" {
			return
		}
		if metric.Type() == pmetric.MetricTypeHistogram {
			for _, point := range metric.Histogram().DataPoints().All() {
				sums[metric.Name()] += point.Sum()
			}
			return
		}
		for _, point := range metric.Sum().DataPoints().All() {
			sums[metric.Name()] += point.DoubleValue() + float64(point.IntValue())
		}
	})
	return sums
}

// calls are the calls that any point is of, with the service that they are of.
func (b *bench) calls() map[string]string {
	calls := map[string]string{}
	b.each(func(from pmetric.ResourceMetrics, metric pmetric.Metric) {
		if metric.Name() != "voice.calls.total" {
			return
		}
		service, _ := from.Resource().Attributes().Get("service.name")
		for _, point := range metric.Sum().DataPoints().All() {
			id, _ := point.Attributes().Get("call_id")
			calls[id.Str()] = service.Str()
		}
	})
	return calls
}

func (b *bench) each(visit func(pmetric.ResourceMetrics, pmetric.Metric)) {
	for _, metrics := range b.metrics.AllMetrics() {
		for _, rm := range metrics.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, metric := range sm.Metrics().All() {
					visit(rm, metric)
				}
			}
		}
	}
}

type attrs = map[string]any

// span is a span as tests write it.
type span struct {
	service    string // voice-rag-bot where there is none
	resource   attrs  // of it beside that
	scope      string
	name       string
	kind       ptrace.SpanKind
	trace      int
	id, parent int
	start, end float64 // seconds since now
	failed     bool
	state      string
	attributes attrs
}

// traces is spans as they are sent: one resource after the other.
func traces(t testing.TB, spans ...span) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, s := range spans {
		rs := td.ResourceSpans().AppendEmpty()
		require.NoError(t, rs.Resource().Attributes().FromRaw(s.resource))
		if s.service == "" {
			s.service = "voice-rag-bot"
		}
		rs.Resource().Attributes().PutStr("service.name", s.service)
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(s.scope)
		s.write(t, ss.Spans().AppendEmpty())
	}
	return td
}

func (s *span) write(t testing.TB, to ptrace.Span) {
	to.SetName(s.name)
	to.SetKind(s.kind)
	to.SetTraceID(traceID(s.trace))
	to.SetSpanID(spanID(s.id))
	to.SetParentSpanID(spanID(s.parent))
	to.SetStartTimestamp(moment(s.start))
	to.SetEndTimestamp(moment(s.end))
	to.TraceState().FromRaw(s.state)
	if s.failed {
		to.Status().SetCode(ptrace.StatusCodeError)
	}
	require.NoError(t, to.Attributes().FromRaw(s.attributes))
}

func traceID(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func spanID(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func moment(seconds float64) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(now.Add(time.Duration(math.Round(seconds*1e3)) * time.Millisecond))
}

// pipecatCall is a call of two turns, as Pipecat tells it: in the order in which its spans end. The first id of its spans is
// ten times that of the trace.
func pipecatCall(trace int, conversation string) []span {
	id := func(n int) int { return trace*100 + n }
	stt := func(n, turn int, end, ttfb, audio float64) span {
		return span{
			scope: "pipecat", name: "stt", trace: trace, id: id(n), parent: id(turn), start: end - 1, end: end, attributes: attrs{
				"gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "gen_ai.operation.name": "stt", "vad_enabled": false,
				"transcript": "secret", "is_final": true, "metrics.ttfb": ttfb, "metrics.audio_seconds": audio,
			},
		}
	}
	llm := func(n, turn int, end, ttfb float64, in, cached, out int) span {
		return span{
			scope: "pipecat", name: "llm", trace: trace, id: id(n), parent: id(turn), start: end - 0.8, end: end, attributes: attrs{
				"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "gen_ai.output.type": "text",
				"stream": true, "input": "secret", "output": "secret", "metrics.ttfb": ttfb, "gen_ai.usage.input_tokens": in,
				"gen_ai.usage.output_tokens": out, "gen_ai.usage.cache_read.input_tokens": cached,
			},
		}
	}
	tts := func(n, turn int, end, ttfb float64, characters int) span {
		return span{
			scope: "pipecat", name: "tts", trace: trace, id: id(n), parent: id(turn), start: end - 2, end: end, attributes: attrs{
				"gen_ai.provider.name": "cartesia", "gen_ai.request.model": "sonic-3", "gen_ai.operation.name": "tts", "gen_ai.output.type": "speech",
				"voice_id": "v", "text": "secret", "metrics.character_count": characters, "metrics.ttfb": ttfb,
			},
		}
	}
	turn := func(n int, start, end float64, more attrs) span {
		more["turn.number"], more["turn.type"], more["conversation.id"], more["turn.duration_seconds"] = n, "conversation", conversation, end-start
		return span{scope: "pipecat.turn", name: "turn", trace: trace, id: id(n), parent: id(9), start: start, end: end, attributes: more}
	}
	return []span{
		stt(11, 1, 3, 0.2, 2.5),
		llm(12, 1, 3.9, 0.412, 1042, 896, 37),
		tts(13, 1, 8, 0.19, 48),
		turn(1, 0, 9, attrs{"turn.was_interrupted": true, "turn.user_bot_latency_seconds": 0.904}),
		stt(21, 2, 12, 0.3, 1.5),
		llm(22, 2, 13, 0.588, 1100, 1024, 20),
		tts(23, 2, 16, 0.21, 30),
		turn(2, 9, 18, attrs{"turn.was_interrupted": true, "turn.user_bot_latency_seconds": 1.096}), // as the call ended, but it does not say so
		{scope: "pipecat.turn", name: "conversation", trace: trace, id: id(9), start: 0, end: 18.5, attributes: attrs{
			"conversation.id": conversation, "conversation.type": "voice",
		}},
	}
}

var pipecatTotals = map[string]float64{
	"voice.calls.total":               1,
	"voice.ttfb.milliseconds":         200 + 412 + 190 + 300 + 588 + 210,
	"voice.processing.milliseconds":   1600,
	"voice.llm.tokens.total":          1042 + 37 + 1100 + 20,
	"voice.tts.characters.total":      78,
	"voice.stt.audio.seconds.total":   4,
	"voice.stt.session.seconds.total": 18.5,
	"voice.session.duration.seconds":  18.5,
	"voice.call.duration.seconds":     18.5,
	"voice.turns.total":               2,
	"voice.interruptions.total":       1,
	"voice.turn.latency.milliseconds": 2000,
}

// What a call comes to is the same however its spans are cut into requests, and sent again.
func TestPipecat(t *testing.T) {
	for name, send := range map[string]func(*bench, []span){
		"at once":    func(b *bench, spans []span) { b.send(spans...) },
		"one by one": func(b *bench, spans []span) { each(spans, b.send) },
		"twice": func(b *bench, spans []span) {
			b.send(spans...)
			b.send(spans...)
		},
		"each again": func(b *bench, spans []span) {
			each(spans, func(some ...span) {
				b.send(some...)
				b.send(spans[0])
				b.send(some...)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			send(b, pipecatCall(1, "c1"))
			b.pass(5 * time.Second)
			assert.InDeltaMapValues(t, pipecatTotals, b.totals(), 1e-9)
			assert.Equal(t, map[string]string{"c1": "voice-rag-bot"}, b.calls())
			assert.Equal(t, 1, b.logs.LogRecordCount())
		})
	}
}

func each(spans []span, send func(...span)) {
	for _, one := range spans {
		send(one)
	}
}
