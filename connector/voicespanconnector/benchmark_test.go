package voicespanconnector

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// grouped is spans as SDKs send them: a resource, a scope for each library.
func grouped(t testing.TB, spans ...span) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "voice-rag-bot")
	scopes := map[string]ptrace.ScopeSpans{}
	for _, s := range spans {
		ss, known := scopes[s.scope]
		if !known {
			ss = rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(s.scope)
			scopes[s.scope] = ss
		}
		s.write(t, ss.Spans().AppendEmpty())
	}
	return td
}

// rename makes all spans those of other traces and conversations.
func rename(td ptrace.Traces, round int) {
	for _, ss := range td.ResourceSpans().At(0).ScopeSpans().All() {
		for _, span := range ss.Spans().All() {
			id := span.TraceID()
			id[0], id[1], id[2], id[3] = byte(round>>24), byte(round>>16), byte(round>>8), byte(round)
			span.SetTraceID(id)
			for _, key := range []string{"conversation.id", "lk.job_id"} {
				if name, named := span.Attributes().Get(key); named {
					name.SetStr("c" + strconv.Itoa(round) + "-" + pcommon.TraceID(id).String())
				}
			}
		}
	}
}

// longCall is a call of ten turns, as Pipecat tells it.
func longCall(trace int) []span {
	short := pipecatCall(trace, "c")
	var spans []span
	for turn := range 10 {
		for _, one := range short[:4] {
			one.id, one.start, one.end = one.id+100*turn, one.start+9*float64(turn), one.end+9*float64(turn)
			if one.name == "turn" {
				one.attributes = maps.Clone(one.attributes)
				one.attributes["turn.number"] = turn + 1
			} else {
				one.parent += 100 * turn
			}
			spans = append(spans, one)
		}
	}
	conversation := short[len(short)-1]
	conversation.end = 91
	return append(spans, conversation)
}

// requests are what one process exports of calls that go on beside each other: 512 spans each, in the order of their ends.
func requests(b *testing.B, of func(trace int) []span) (all []ptrace.Traces, spans int) {
	var some []span
	for trace := range 50 {
		some = append(some, of(trace+1)...)
	}
	slices.SortStableFunc(some, func(a, b span) int { return cmp.Compare(a.end, b.end) })
	for chunk := range slices.Chunk(some, 512) {
		all = append(all, grouped(b, chunk...))
	}
	return all, len(some)
}

// told is what bots tell, by who they are. Others tell nothing of calls.
var told = map[string]func(trace int) []span{
	"Pipecat": longCall,
	"LiveKit": func(trace int) []span { return liveKitCall(trace, strconv.Itoa(trace)) },
	"others": func(trace int) []span {
		return []span{
			{scope: "http", name: "GET", trace: trace, id: 1, end: 1, kind: ptrace.SpanKindServer, attributes: attrs{
				"http.request.method": "GET", "url.full": "https://example.com/", "server.address": "example.com", "server.port": 443,
			}},
		}
	},
}

// BenchmarkConnector is the way of spans from pdata to the next components: read, join, apply to the call, convert.
func BenchmarkConnector(b *testing.B) {
	for name, of := range told {
		b.Run(name, func(b *testing.B) {
			all, spans := requests(b, of)
			bench := newBench(b, endAtOnce)
			bench.outlet.Metrics, bench.outlet.Logs = consumertest.NewNop(), consumertest.NewNop()
			b.ReportAllocs()
			round := 0
			for ; b.Loop(); round++ {
				b.StopTimer()
				for _, td := range all {
					rename(td, round)
				}
				if round%20 == 0 {
					bench.hush()
				}
				b.StartTimer()
				for _, td := range all {
					require.NoError(b, bench.consume(context.Background(), td))
				}
			}
			perSpan(b, round*spans)
		})
	}
}

// BenchmarkCopy copies what BenchmarkConnector hands on: the least that making it can take.
func BenchmarkCopy(b *testing.B) {
	for name, of := range told {
		b.Run(name, func(b *testing.B) {
			all, spans := requests(b, of)
			bench := newBench(b, endAtOnce)
			for _, td := range all {
				require.NoError(b, bench.consume(context.Background(), td))
			}
			b.ReportAllocs()
			round := 0
			for ; b.Loop(); round++ {
				for _, metrics := range bench.metrics.AllMetrics() {
					metrics.CopyTo(pmetric.NewMetrics())
				}
				for _, logs := range bench.logs.AllLogs() {
					logs.CopyTo(plog.NewLogs())
				}
			}
			perSpan(b, round*spans)
		})
	}
}

func endAtOnce(c *Config) { c.RememberEnded, c.EndDelay = 0, 0 }

// perSpan reports by span what took so long for so many.
func perSpan(b *testing.B, spans int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkConnectorMemory is what 50,000 open calls take, each with a trace of its own and a turn behind it.
func BenchmarkConnectorMemory(b *testing.B) {
	const calls = 50_000
	bench := newBench(b, nil)
	bench.outlet.Metrics, bench.outlet.Logs = consumertest.NewNop(), consumertest.NewNop()
	td := grouped(b, pipecatCall(1, "c")[:4]...)
	before := heap()
	for call := range calls {
		rename(td, call)
		require.NoError(b, bench.consume(context.Background(), td))
	}
	taken := heap() - before
	require.Equal(b, calls, bench.openCalls())
	for b.Loop() { // nothing is measured twice
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(taken)/calls, "B/call")
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
