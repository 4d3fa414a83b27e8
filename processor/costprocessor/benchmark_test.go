package costprocessor

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

const benchPoints = 1000

// benchBatch is usage as our receiver sends it: half tokens of three models, a quarter characters, a quarter seconds.
func benchBatch(temporality pmetric.AggregationTemporality, frames bool) pmetric.Metrics {
	b := newBatch()
	tokens, characters := b.sum(semconv.MetricLLMTokens, temporality), b.sum(semconv.MetricTTSCharacters, temporality)
	seconds := b.sum(semconv.MetricSTTSession, temporality)
	for i := range benchPoints {
		common := []any{"call_id", fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", i)}
		if frames {
			common = append(common, "voice.tx.id", fmt.Sprintf("%016x", i))
		}
		switch i % 4 {
		case 0, 1:
			point(tokens, 146, append(common, "provider", "openai", "model", []string{"gpt-4o", "gpt-4o-mini", "gpt-5.4"}[i%3],
				"token_type", "prompt", "token_kind", "text", "voice.tx.stage", "llm", "voice.tx.request_tokens", 1042)...)
		case 2:
			point(characters, 48, append(common, "provider", "cartesia", "voice.tx.stage", "tts")...)
		case 3:
			point(seconds, 74.2, append(common, "provider", "gladia", "voice.tx.stage", "stt")...)
		}
	}
	return b.Metrics
}

// ofModel makes all tokens those of a model of Google's.
func ofModel(md pmetric.Metrics, model string) pmetric.Metrics {
	for _, metric := range metricsNamed(md, semconv.MetricLLMTokens) {
		for _, p := range metric.Sum().DataPoints().All() {
			p.Attributes().PutStr(semconv.AttrProvider, "google")
			p.Attributes().PutStr(semconv.AttrModel, model)
		}
	}
	return md
}

// The batch is copied anew for each round, which is a cost of the benchmark; Copy is that alone.
func BenchmarkProcessorMetrics(b *testing.B) {
	ctx := context.Background()
	p, err := NewFactory().CreateMetrics(ctx, processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(b, err)
	require.NoError(b, p.Start(ctx, componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, p.Shutdown(ctx)) })
	for _, bench := range []struct {
		name    string
		input   pmetric.Metrics
		consume func(pmetric.Metrics) error
	}{
		{"delta", benchBatch(delta, true), func(md pmetric.Metrics) error { return p.ConsumeMetrics(ctx, md) }},
		{"cumulative", benchBatch(cumulative, false), func(md pmetric.Metrics) error { return p.ConsumeMetrics(ctx, md) }},
		{"cumulative with a price that changes", ofModel(benchBatch(cumulative, false), "gemini-3.6-flash"), func(md pmetric.Metrics) error { return p.ConsumeMetrics(ctx, md) }},
		{"copy", benchBatch(delta, true), func(pmetric.Metrics) error { return nil }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				md := pmetric.NewMetrics()
				bench.input.CopyTo(md)
				if err := bench.consume(md); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPoints, "ns/point")
		})
	}
}

func BenchmarkProcessorLogs(b *testing.B) {
	ctx := context.Background()
	p, err := NewFactory().CreateLogs(ctx, processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(b, err)
	require.NoError(b, p.Start(ctx, componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, p.Shutdown(ctx)) })
	input, list := summaryLogs()
	for range benchPoints {
		entry(list, semconv.MetricLLMTokens, 146.0, "call_id", "c", "voice.tx.id", "1", "provider", "openai", "model", "gpt-4o",
			"token_type", "prompt", "token_kind", "text", "voice.tx.stage", "llm", "voice.tx.request_tokens", 1042)
	}
	b.ReportAllocs()
	for b.Loop() {
		ld := plog.NewLogs()
		input.CopyTo(ld)
		if err := p.ConsumeLogs(ctx, ld); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPoints, "ns/entry")
}

// benchTraces makes as many spans as there are points, each in a turn of its own.
func benchTraces(scope string, make func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	ss.Scope().SetName(scope)
	for i := range uint64(benchPoints) {
		span := ss.Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{0: byte(i), 15: 1})
		var id, parent pcommon.SpanID
		binary.LittleEndian.PutUint64(id[:], i+1)
		binary.LittleEndian.PutUint64(parent[:], i+1_000_000)
		span.SetSpanID(id)
		span.SetParentSpanID(parent)
		span.SetEndTimestamp(moment)
		make(span)
	}
	return td
}

// benchSpans are one request to a model with three leaves of tokens, as our receiver tells of it and as bots do, and spans
// that used nothing.
func benchSpans(b *testing.B) map[string]ptrace.Traces {
	raw := func(name string, attributes map[string]any) func(ptrace.Span) {
		return func(span ptrace.Span) {
			span.SetName(name)
			require.NoError(b, span.Attributes().FromRaw(attributes))
		}
	}
	return map[string]ptrace.Traces{
		"ours": benchTraces(semconv.ScopeName, func(span ptrace.Span) {
			list := span.Attributes().PutEmptySlice(semconv.TransitUsage)
			for _, leaf := range [][2]string{{"prompt", "text"}, {"prompt", "cache_read"}, {"completion", "text"}} {
				entry(list, semconv.MetricLLMTokens, 146.0, "call_id", "c", "voice.tx.id", "1", "provider", "openai",
					"model", "gpt-4o", "token_type", leaf[0], "token_kind", leaf[1], "voice.tx.stage", "llm",
					"voice.tx.request_tokens", 1042)
			}
		}),
		"conventions": benchTraces("opentelemetry.instrumentation.openai_v2", raw("chat gpt-4o", conventionsChat)),
		"Pipecat":     benchTraces("pipecat", raw("llm", pipecatLLM)),
		"LiveKit":     benchTraces("livekit-agents", raw("llm_request", liveKitRequest)),
		"no usage":    benchTraces("opentelemetry.instrumentation.httpx", raw("POST", httpRequest)),
	}
}

// Copy is the copy of the input alone, write the copy and the attributes that an operation's cost is.
func BenchmarkProcessorTraces(b *testing.B) {
	ctx := context.Background()
	p, err := NewFactory().CreateTraces(ctx, processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(b, err)
	require.NoError(b, p.Start(ctx, componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, p.Shutdown(ctx)) })
	for name, input := range benchSpans(b) {
		for action, consume := range map[string]func(ptrace.Traces) error{
			"price": func(td ptrace.Traces) error { return p.ConsumeTraces(ctx, td) },
			"copy":  func(ptrace.Traces) error { return nil },
			"write": func(td ptrace.Traces) error {
				for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
					writeCost(span.Attributes(), 0.001855, semconv.GenAICostLocal)
				}
				return nil
			},
		} {
			b.Run(name+"/"+action, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					td := ptrace.NewTraces()
					input.CopyTo(td)
					if err := consume(td); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPoints, "ns/span")
			})
		}
	}
}

// A thousand counters of a process that go on, of which each export is written to a storage (which costs nothing here).
func BenchmarkCounters(b *testing.B) {
	for name, kept := range map[string]bool{"in memory": false, "stored": true} {
		b.Run(name, func(b *testing.B) {
			ctx, memory := context.Background(), newDisk()
			e, err := newEngine(processortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), clockwork.NewFakeClockAt(noon))
			require.NoError(b, err)
			require.NoError(b, e.start(ctx, componenttest.NewNopHost()))
			b.Cleanup(func() { require.NoError(b, e.shutdown(ctx)) })
			if kept {
				require.NoError(b, e.shelf.open(ctx, memory))
			}
			e.counters.all = true
			input := benchBatch(cumulative, false)
			b.ReportAllocs()
			for at := moment; b.Loop(); at++ {
				md := pmetric.NewMetrics()
				input.CopyTo(md)
				for _, metric := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
					for _, p := range metric.Sum().DataPoints().All() {
						p.SetTimestamp(at)
						p.SetDoubleValue(float64(at - moment + 1))
					}
				}
				if _, err := e.processMetrics(ctx, md); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPoints, "ns/point")
			for _, shard := range memory.data {
				b.ReportMetric(float64(len(shard))/benchPoints, "B/counter")
			}
		})
	}
}
