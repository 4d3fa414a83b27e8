package voicespanconnector

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// refuse makes the pipelines refuse what they are sent, and accept makes them take it again.
func (b *bench) refuse() {
	full := consumertest.NewErr(errors.New("full"))
	b.outlet.Metrics, b.outlet.Logs = full, full
}

func (b *bench) accept() { b.outlet.Metrics, b.outlet.Logs = b.metrics, b.logs }

// counts compares all points of a metric of the connector's own, by their attributes.
func (b *bench) counts(name string, want map[string]int64) {
	b.t.Helper()
	got := map[string]int64{}
	metric, err := b.telemetry.GetMetric(name)
	if err == nil {
		for _, point := range metric.Data.(metricdata.Sum[int64]).DataPoints {
			var attributes []string
			for _, one := range point.Attributes.ToSlice() {
				if text := one.Value.AsString(); text != "" {
					attributes = append(attributes, string(one.Key)+"="+text)
				}
			}
			got[strings.Join(attributes, " ")] = point.Value
		}
	}
	assert.Equal(b.t, want, got)
}

// client is a plain span of a request to a language model.
func client(trace, id, parent int, end float64, more attrs) span {
	attributes := attrs{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100,
		"gen_ai.usage.output_tokens": 10, "gen_ai.input.messages": "secret",
	}
	for key, value := range more {
		attributes[key] = value
	}
	return span{scope: "openai", name: "chat gpt-4o", kind: ptrace.SpanKindClient, trace: trace, id: id, parent: parent, start: end - 1, end: end, attributes: attributes}
}

func TestNames(t *testing.T) {
	traceOne := traceID(1).String()
	for name, test := range map[string]struct {
		requests [][]span
		want     map[string]string
		found    map[string]int64
	}{
		"by its own name": {[][]span{{client(1, 1, 9, 1, attrs{"gen_ai.conversation.id": "c1"})}}, map[string]string{"c1": "voice-rag-bot"}, map[string]int64{"outcome=named": 1}},
		"by the first span of the trace, which has none": {
			[][]span{{client(1, 1, 0, 1, nil)}, {client(1, 2, 1, 1, attrs{"gen_ai.conversation.id": "too late"})}},
			map[string]string{traceOne: "voice-rag-bot"},
			map[string]int64{"outcome=complete": 1},
		},
		"by the trace, when nobody has named it in time": {
			[][]span{{client(1, 1, 9, 1, nil)}, nil, {client(1, 2, 9, 2, attrs{"gen_ai.conversation.id": "too late"})}},
			map[string]string{traceOne: "voice-rag-bot"},
			map[string]int64{"outcome=waited": 1},
		},
		"by a span that came later": {
			[][]span{{client(1, 1, 9, 1, nil)}, {client(1, 2, 9, 2, attrs{"gen_ai.conversation.id": "c1"})}},
			map[string]string{"c1": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"by a span that tells nothing": {
			[][]span{{client(1, 1, 9, 1, nil)}, {{name: "GET", trace: 1, id: 2, end: 2, attributes: attrs{"session.id": "s1"}}}},
			map[string]string{"s1": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"by the resource": {
			[][]span{{func() span { s := client(1, 1, 9, 1, nil); s.resource = attrs{"call.id": "c1"}; return s }()}},
			map[string]string{"c1": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"two conversations in one trace": {
			[][]span{{client(1, 1, 9, 1, attrs{"gen_ai.conversation.id": "c1"}), client(1, 2, 9, 2, attrs{"gen_ai.conversation.id": "c2"})}},
			map[string]string{"c1": "voice-rag-bot", "c2": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"a session in a conversation is none of its own": {
			[][]span{{client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), client(1, 2, 9, 2, attrs{"session.id": "s1"})}},
			map[string]string{"c1": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"the bot's, whoever else is in its trace": {
			[][]span{{
				func() span { s := client(1, 1, 8, 1, nil); s.service = "gateway"; return s }(),
				client(1, 2, 9, 2, attrs{"conversation.id": "c1"}),
			}},
			map[string]string{"c1": "voice-rag-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"two bots' calls of one name": {
			[][]span{{func() span { s := client(1, 1, 8, 1, attrs{"conversation.id": "c1"}); s.service = "other"; return s }()}, {client(2, 2, 9, 2, attrs{"conversation.id": "c2"})}},
			map[string]string{"c1": "other", "c2": "voice-rag-bot"},
			map[string]int64{"outcome=named": 2},
		},
		"SDKs' own word for no name": {
			[][]span{{func() span {
				s := client(1, 1, 8, 1, attrs{"conversation.id": "c1"})
				s.service = "unknown_service:python"
				return s
			}()}},
			map[string]string{"c1": "voice-bot"},
			map[string]int64{"outcome=named": 1},
		},
		"by nothing that is too long for a name": {
			[][]span{{client(1, 1, 9, 1, nil)}, {{name: "GET", trace: 1, id: 2, parent: 9, end: 2, attributes: attrs{"session.id": strings.Repeat("s", 257)}}}},
			map[string]string{traceOne: "voice-rag-bot"},
			map[string]int64{"outcome=waited": 1},
		},
		"nobody's spans are no call": {
			[][]span{{{name: "GET", trace: 1, id: 2, end: 2, attributes: attrs{"session.id": "s1", "job_id": "1"}}}}, map[string]string{}, map[string]int64{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			for _, spans := range test.requests {
				if spans == nil {
					b.pass(b.config.JoinWindow)
					continue
				}
				b.send(spans...)
			}
			b.hush()
			assert.Equal(t, test.want, b.calls())
			b.counts("otelcol_connector_voice_span_traces", test.found)
		})
	}
}

// Of spans in each other, one tells of the request, in any order and over any number of requests.
func TestNested(t *testing.T) {
	outer := client(1, 1, 9, 3, attrs{"conversation.id": "c1", "metrics.ttfb": 0.4})
	between := span{scope: "http", name: "POST", trace: 1, id: 2, parent: 1, start: 2.1, end: 2.9}
	inner := client(1, 3, 2, 2.8, nil)
	beside := client(1, 4, 9, 4, nil)
	want := map[string]float64{
		"voice.calls.total": 1, "voice.llm.tokens.total": 220, "voice.ttfb.milliseconds": 400, "voice.processing.milliseconds": 2000,
	}
	for name, requests := range map[string][][]span{
		"at once":                     {{inner, between, outer, beside}},
		"at once, the other way":      {{beside, outer, between, inner}},
		"one by one":                  {{inner}, {between}, {outer}, {beside}},
		"the outer one first":         {{outer}, {between}, {inner}, {beside}},
		"again and again":             {{inner, between, outer, beside}, {inner}, {outer}, {inner, between, outer, beside}},
		"the outer one in its wake":   {{outer, beside}, {between, inner}},
		"the inner one alone":         {{beside, outer, between}, {inner}},
		"the inner one without ado":   {{inner}, {between, outer}, {beside}},
		"refused, and sent once more": {nil, {inner, between, outer, beside}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			for i, spans := range requests {
				if spans == nil {
					b.refuse()
					require.Error(t, b.try(requests[i+1]...))
					b.accept()
					continue
				}
				b.send(spans...)
			}
			got := b.totals()
			delete(got, "voice.session.duration.seconds")
			if name == "the outer one first" || name == "at once, the other way" {
				require.Contains(t, got, "voice.ttfb.milliseconds")
			}
			assert.InDeltaMapValues(t, want, got, 1e-9)
		})
	}
}

// inCall is a span of a bot whose resource names the call.
func inCall(one span) span {
	one.resource = attrs{"call.id": "c1"}
	return one
}

// What is refused, and not sent again, has told nothing: neither in the span around it nor around the one in it. What others told that were
// accepted, and which of them is in which, holds.
func TestNestedAndRefused(t *testing.T) {
	outer, inner, waits := inCall(big(1, 1, 9, 3)), inCall(big(1, 3, 2, 2.8)), big(2, 3, 2, 2.8)
	between := inCall(span{scope: "http", name: "POST", trace: 1, id: 2, parent: 1, start: 2.1, end: 2.9})
	beside, nameless := inCall(client(3, 1, 9, 2.9, nil)), big(2, 1, 9, 3)
	for name, test := range map[string]struct {
		before, refused, after []span
		want                   float64
	}{
		"the inner one":              {nil, []span{inner, between}, []span{outer}, 1010},
		"the outer one":              {nil, []span{outer, between}, []span{inner}, 1010},
		"both":                       {nil, []span{inner, between, outer}, []span{between, outer, inner}, 1010},
		"the outer one, again":       {[]span{inner, between}, []span{outer}, []span{outer}, 1010},
		"the inner one, again":       {[]span{outer}, []span{inner, between}, []span{inner, between, outer}, 1010},
		"the one between":            {[]span{inner}, []span{between, beside}, []span{outer}, 1010},
		"the one between, once more": {[]span{outer}, []span{between, beside}, []span{inner}, 1010},
		"beside one that waits": {
			[]span{waits}, []span{beside}, []span{{scope: "http", trace: 2, id: 2, parent: 1, end: 2.9}, nameless, inCall(client(2, 7, 9, 3, nil))}, 1120,
		},
	} {
		for how, refuse := range map[string]func(*bench){"for now": (*bench).refuse, "for good": (*bench).refuseForGood} {
			t.Run(name+" "+how, func(t *testing.T) {
				b := newBench(t, nil)
				b.send(test.before...)
				refuse(b)
				require.Error(t, b.try(test.refused...))
				b.accept()
				b.send(test.after...)
				assert.InDelta(t, test.want, b.totals()["voice.llm.tokens.total"], 0)
			})
		}
	}
}

// Of a request that is taken in part, that part has told what it did.
func TestNestedAndTakenInPart(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxHeldSpans = 1 })
	b.send(client(11, 1, 9, 1, nil), client(12, 1, 9, 1, nil)) // of which one is to be taken at the next tick
	require.Error(t, b.try(inCall(big(1, 2, 1, 2)), big(2, 2, 1, 2)))
	b.pass(time.Second)
	b.send(inCall(big(1, 1, 9, 3)), inCall(big(2, 1, 9, 3)))
	b.hush()
	assert.InDelta(t, 2*1010+2*110, b.totals()["voice.llm.tokens.total"], 0)
}

// speaks, hears, looksUp and calls are plain spans of what is beside a request to a language model.
func speaks(trace, id, parent int, end float64) span {
	return span{scope: "openai", name: "tts", trace: trace, id: id, parent: parent, start: end - 0.5, end: end, attributes: attrs{
		"gen_ai.operation.name": "tts", "gen_ai.provider.name": "cartesia", "gen_ai.request.model": "sonic-3", "metrics.character_count": 48, "metrics.ttfb": 0.2,
	}}
}

func hears(trace, id, parent int, end float64) span {
	return span{scope: "openai", name: "stt", trace: trace, id: id, parent: parent, start: end - 0.5, end: end, attributes: attrs{
		"gen_ai.operation.name": "stt", "gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "metrics.audio_seconds": 7.0,
	}}
}

func looksUp(trace, id, parent int, end float64) span {
	return client(trace, id, parent, end, attrs{
		"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": 5,
		"gen_ai.usage.output_tokens": 0,
	})
}

func calls(trace, id, parent int, end float64) span {
	return span{scope: "agent", name: "execute_tool book", trace: trace, id: id, parent: parent, start: end - 0.5, end: end, attributes: attrs{
		"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "book",
	}}
}

// big is a request of 1,010 tokens, and dated the same by the name of the model that answered.
func big(trace, id, parent int, end float64) span {
	return client(trace, id, parent, end, attrs{"gen_ai.usage.input_tokens": 1000})
}

func dated(trace, id, parent int, end float64) span {
	return client(trace, id, parent, end, attrs{"gen_ai.usage.input_tokens": 1000, "gen_ai.response.model": "gpt-4o-2024-08-06"})
}

// A span that is in another tells of the same use only if it is of the same family, and no call of a tool is between the two. The
// spans are named from the outer to the inner one; each request comes in each order.
func TestNestedUse(t *testing.T) {
	type maker = func(trace, id, parent int, end float64) span
	small := func(trace, id, parent int, end float64) span {
		return client(trace, id, parent, end, attrs{"gen_ai.request.model": "gpt-4o-mini"})
	}
	plain := func(name string, attributes attrs) maker {
		return func(trace, id, parent int, end float64) span {
			return span{scope: "x", name: name, trace: trace, id: id, parent: parent, start: end - 0.5, end: end, attributes: attributes}
		}
	}
	agent := plain("invoke_agent", attrs{"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9})
	const tokens, characters, seconds, work, first = "voice.llm.tokens.total", "voice.tts.characters.total", "voice.stt.audio.seconds.total",
		"voice.processing.milliseconds", "voice.ttfb.milliseconds"
	for name, test := range map[string]struct {
		spans []maker
		want  map[string]float64
	}{
		"chat > tts":               {[]maker{big, speaks}, map[string]float64{tokens: 1010, characters: 48, work: 1000, first: 200}},
		"tts > chat":               {[]maker{speaks, big}, map[string]float64{tokens: 1010, characters: 48, work: 1000, first: 200}},
		"chat > stt":               {[]maker{big, hears}, map[string]float64{tokens: 1010, seconds: 7, work: 1000}},
		"stt > chat > tts":         {[]maker{hears, big, speaks}, map[string]float64{tokens: 1010, seconds: 7, characters: 48, work: 1000, first: 200}},
		"chat > embeddings":        {[]maker{big, looksUp}, map[string]float64{tokens: 1015, work: 1000}},
		"embeddings > embeddings":  {[]maker{looksUp, looksUp}, map[string]float64{tokens: 5}},
		"chat > tool > small chat": {[]maker{big, calls, small}, map[string]float64{tokens: 1120, work: 2000}},
		"chat > tool > the same":   {[]maker{big, calls, big}, map[string]float64{tokens: 2020, work: 2000}},
		"chat > tool > two spans of a small chat": {
			[]maker{big, calls, small, small}, map[string]float64{tokens: 1120, work: 2000},
		},
		"two spans of a chat > tool > tts": {[]maker{big, dated, calls, speaks}, map[string]float64{tokens: 1010, characters: 48, work: 1000, first: 200}},
		"chat > LiveKit's tool > chat": {
			[]maker{big, plain("function_tool", attrs{"lk.function_tool.name": "book"}), small}, map[string]float64{tokens: 1120, work: 2000},
		},
		"chat > Pipecat's tool > chat": {
			[]maker{big, plain("llm_tool_result", attrs{"gen_ai.operation.name": "llm_tool_result"}), small}, map[string]float64{tokens: 1120, work: 2000},
		},
		"chat > OpenInference's tool > chat": {
			[]maker{big, plain("pipecat.tool.book", attrs{"openinference.span.kind": "TOOL"}), small}, map[string]float64{tokens: 1120, work: 2000},
		},
		"chat > the same by the client": {[]maker{big, dated}, map[string]float64{tokens: 1010, work: 1000}},
		"tts > the same by the client":  {[]maker{speaks, speaks}, map[string]float64{characters: 48, first: 200}},
		"agent > chat > tts":            {[]maker{agent, big, speaks}, map[string]float64{tokens: 1010, characters: 48, work: 1000, first: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			var spans []span
			for i, make := range test.spans {
				one := make(1, i+1, i, 9-float64(i)/100)
				one.resource = attrs{"call.id": "c1"}
				spans = append(spans, one)
			}
			orders(len(spans), func(order []int) {
				for _, atOnce := range []bool{true, false} {
					b := newBench(t, nil)
					var some []span
					for _, i := range order {
						if some = append(some, spans[i]); !atOnce {
							b.send(spans[i])
						}
					}
					if atOnce {
						b.send(some...)
					}
					got := b.totals()
					for _, beside := range []string{"voice.calls.total", "voice.tool.calls.total", "voice.session.duration.seconds", "voice.stt.session.seconds.total"} {
						delete(got, beside)
					}
					assert.InDeltaMapValues(t, test.want, got, 1e-9, "order %v, at once: %v", order, atOnce)
				}
			})
		})
	}
}

// orders visits all orders of n things.
func orders(n int, visit func([]int)) {
	var grow func([]int)
	grow = func(some []int) {
		if len(some) == n {
			visit(some)
			return
		}
		for i := range n {
			if !slices.Contains(some, i) {
				grow(append(slices.Clone(some), i))
			}
		}
	}
	grow(nil)
}

// What a component of ours made of frames is not counted once more.
func TestOursAreNotCounted(t *testing.T) {
	b := newBench(t, nil)
	mine := client(1, 1, 0, 1, attrs{"gen_ai.conversation.id": "c1"})
	mine.scope = semconv.ScopeName
	marked := client(2, 1, 0, 1, attrs{"gen_ai.conversation.id": "c2", "voice.tx.stage": "llm"})
	b.send(mine, marked)
	b.hush()
	assert.Empty(t, b.totals())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=none outcome=ours": 2})
}

func TestCounts(t *testing.T) {
	b := newBench(t, nil)
	call := pipecatCall(1, "c1")
	sampled := client(2, 1, 0, 1, nil)
	sampled.state = "ot=th:8,vendor=x"
	whole := client(3, 1, 0, 1, nil)
	whole.state = "ot=th:0"
	early := client(4, 1, 0, 1, nil)
	early.start, early.end = 3600, 3601
	late := client(5, 1, 0, 1, nil)
	late.start, late.end = -1e9, -1e9+1
	wrong := client(6, 1, 0, 1, attrs{"gen_ai.usage.input_tokens": -1, "metrics.ttfb": 0.0})
	long := client(7, 1, 0, 1, attrs{"call_id": strings.Repeat("c", 257)})
	nobody := client(0, 1, 0, 1, nil)
	b.send(append(call, sampled, whole, early, late, wrong, long, nobody, span{name: "GET", trace: 9, id: 1})...)
	b.send(call...)
	b.pass(b.config.EndDelay)
	b.send(func() span { s := call[1]; s.id = 999; return s }())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{
		"framework=pipecat outcome=accepted":                        10,
		"framework=pipecat outcome=duplicate":                       9,
		"framework=pipecat outcome=late":                            1,
		"framework=gen_ai outcome=accepted":                         2,
		"framework=gen_ai outcome=rejected reason=future_time":      1,
		"framework=gen_ai outcome=rejected reason=call_id_too_long": 1,
		"framework=gen_ai outcome=rejected reason=no_call_id":       1,
		"framework=none outcome=ignored":                            1,
		"framework=gen_ai outcome=rejected reason=bad_value":        1,
	})
	b.counts("otelcol_connector_voice_span_data_rejected", map[string]int64{"reason=bad_value": 1})
	b.counts("otelcol_connector_voice_span_data_dropped", map[string]int64{"reason=sentinel": 1})
	b.counts("otelcol_connector_voice_span_sampled_spans", map[string]int64{"": 1})
	b.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=complete": 1})
}

// A call of which turns were left out says so.
func TestTurnsMissing(t *testing.T) {
	b := newBench(t, nil)
	spans := pipecatCall(1, "c1")
	b.send(spans[4:]...)
	b.pass(b.config.EndDelay)
	b.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=turns_missing": 1})
	assert.InDelta(t, 2, b.totals()["voice.turns.total"], 0)
}

// A request that is refused has changed nothing; one that is repeated counts once.
func TestRefusedRequests(t *testing.T) {
	for name, refuse := range map[string]func(*bench){
		"metrics":   func(b *bench) { b.outlet.Metrics = consumertest.NewErr(errors.New("full")) },
		"summaries": func(b *bench) { b.outlet.Logs = consumertest.NewErr(errors.New("full")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.EndDelay = 0 })
			for _, one := range pipecatCall(1, "c1") {
				refuse(b)
				_ = b.try(one)
				b.accept()
				b.send(one)
			}
			b.pass(time.Second)
			assert.InDeltaMapValues(t, pipecatTotals, b.totals(), 1e-9)
			b.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=complete": 1})
		})
	}
}

// What nobody sends again waits until the pipeline takes it; what is refused for good is lost, and does not stop the rest.
func TestRefusedWithoutARequest(t *testing.T) {
	b := newBench(t, nil)
	b.send(client(1, 1, 9, 1, nil))
	b.refuse()
	b.pass(b.config.JoinWindow)
	b.pass(time.Second)
	assert.Equal(t, 1, b.joiner.Held())
	b.accept()
	b.pass(time.Second)
	assert.Zero(t, b.joiner.Held())
	assert.InDelta(t, 110, b.totals()["voice.llm.tokens.total"], 0)

	b.send(client(2, 1, 9, 1, nil))
	b.outlet.Metrics = consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	b.pass(b.config.JoinWindow)
	b.accept()
	b.pass(time.Second)
	assert.Zero(t, b.joiner.Held())
	assert.InDelta(t, 110, b.totals()["voice.llm.tokens.total"], 0)
}

// Neither traces nor what waits grow beyond their bounds; nothing is lost by that but names.
func TestBounds(t *testing.T) {
	const traces = 100
	for name, test := range map[string]struct {
		change func(*Config)
		found  map[string]int64
	}{
		"spans that wait": {func(c *Config) { c.MaxHeldSpans = 10 }, map[string]int64{"outcome=crowded": 90, "outcome=waited": 10}},
		"traces":          {func(c *Config) { c.MaxTraces = 10 }, map[string]int64{"outcome=evicted": 90, "outcome=waited": 10}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.change)
			for trace := range traces {
				b.send(client(trace+1, 1, 9, 1, nil))
				assert.LessOrEqual(t, b.joiner.Known(), b.config.MaxTraces)
				b.pass(0)
				assert.LessOrEqual(t, b.joiner.Held(), 10)
			}
			b.hush()
			assert.InDelta(t, 110*traces, b.totals()["voice.llm.tokens.total"], 0)
			b.counts("otelcol_connector_voice_span_traces", test.found)
		})
	}
}

func TestWaitingHasABoundWhereNothingIsTaken(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxHeldSpans = 10 })
	b.refuse()
	var refused error
	for trace := range 100 {
		if refused = b.try(client(trace+1, 1, 9, 1, nil)); refused != nil {
			break
		}
	}
	require.ErrorContains(t, refused, "max_held_spans: 10: ")
	assert.LessOrEqual(t, b.joiner.Held(), 20)
	b.accept()
}

// More spans without a name than may wait come before the next tick: no pipeline has refused any, and none is said to.
func TestBurstOfNamelessSpans(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxHeldSpans = 10 })
	var refused error
	var last int
	for last = 1; refused == nil && last < 100; last++ {
		refused = b.try(client(last, 1, 9, 1, nil))
	}
	require.ErrorContains(t, refused, "max_held_spans: 10: too many spans wait for the name of their call, or to be delivered: send again later")
	assert.False(t, consumererror.IsPermanent(refused))
	b.pass(time.Second)
	b.send(client(last-1, 1, 9, 1, nil))
}

func TestTooManyCalls(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxCalls = 1 })
	b.send(client(1, 1, 0, 1, nil))
	refused := b.try(client(2, 1, 0, 1, nil))
	require.EqualError(t, refused, "max_calls: 1: too many calls are open at once: send again later, or raise max_calls")
	assert.False(t, consumererror.IsPermanent(refused))
	b.hush()
	b.send(client(2, 1, 0, 1, nil))
	assert.Len(t, b.calls(), 2)
}

// A request that alone begins more calls than may be open can never be taken, and is told so. What it named, and what waits of as
// many calls, is not lost with it.
func TestTooManyCallsInOneRequest(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxCalls = 2 })
	b.send(client(1, 1, 9, 1, nil), client(4, 1, 9, 1, nil), client(5, 1, 9, 1, nil))
	refused := b.try(client(1, 2, 0, 1, nil), client(2, 1, 0, 1, nil), client(3, 1, 0, 1, nil))
	require.ErrorContains(t, refused, "max_calls: 2: ")
	require.ErrorContains(t, refused, "send less in one request, or raise max_calls")
	assert.True(t, consumererror.IsPermanent(refused))
	assert.Equal(t, 3, b.joiner.Held())
	b.hush()
	b.hush()
	assert.Zero(t, b.joiner.Held())
	assert.InDelta(t, 330, b.totals()["voice.llm.tokens.total"], 0)
}

// A name that comes again while its call is remembered makes no new call; what its spans used counts all the same, as README says.
func TestNameThatComesAgain(t *testing.T) {
	b := newBench(t, nil)
	end := func(trace int) span {
		return span{scope: "pipecat.turn", name: "conversation", trace: trace, id: 9, end: 2, attributes: attrs{"conversation.id": "c1"}}
	}
	b.send(client(1, 1, 9, 1, nil), end(1))
	b.pass(b.config.EndDelay)
	b.send(client(2, 1, 9, 1, nil), end(2))
	b.pass(b.config.EndDelay)
	b.hush()
	assert.InDelta(t, 1, b.totals()["voice.calls.total"], 0)
	assert.InDelta(t, 220, b.totals()["voice.llm.tokens.total"], 0)
	assert.Equal(t, 1, b.logs.LogRecordCount())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{
		"framework=gen_ai outcome=accepted": 1, "framework=pipecat outcome=accepted": 1, "framework=gen_ai outcome=late": 1, "framework=pipecat outcome=late": 1,
	})
}

// A trace is forgotten in its time.
func TestTracesAreForgotten(t *testing.T) {
	b := newBench(t, nil)
	b.send(pipecatCall(1, "c1")...)
	b.pass(b.config.IdleTimeout + b.config.RememberEnded - time.Second)
	assert.Equal(t, 1, b.joiner.Known())
	b.pass(time.Second)
	assert.Zero(t, b.joiner.Known())
}

// When the collector stops, what waits is taken, ends that were told come, and open calls make known what they hold back.
func TestShutdown(t *testing.T) {
	b := newBench(t, nil)
	b.send(pipecatCall(1, "c1")...)
	open := pipecatCall(2, "c2")
	b.send(open[:4]...)
	b.send(client(3, 1, 9, 1, nil))
	require.NoError(t, b.Shutdown(context.Background()))
	totals := b.totals()
	assert.InDelta(t, 18.5+9, totals["voice.stt.session.seconds.total"], 1e-9, "of the one that ended and of the one that is open")
	assert.InDelta(t, 1079+1120+1079+110, totals["voice.llm.tokens.total"], 0)
	assert.InDelta(t, 3, totals["voice.calls.total"], 0)
	assert.Equal(t, 1, b.logs.LogRecordCount())
}

// What waits when the collector stops and cannot be handed on is lost: it is counted, and why is told.
func TestLostAtShutdown(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		change func(*bench)
		want   string
	}{
		"refused": {context.Background(), (*bench).refuse, "2 spans that waited are lost, they were refused to the last: full"},
		"no room": {
			context.Background(), func(b *bench) { b.send(client(1, 1, 0, 1, attrs{"conversation.id": "c1"})) },
			"2 spans that waited are lost, they were refused to the last: max_calls: 1: too many calls are open at once: send again later, or raise max_calls",
		},
		"no time": {ended, func(*bench) {}, "2 spans that waited are lost, there was no time left to hand them on: context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.MaxCalls = 1 })
			b.send(client(3, 1, 9, 1, nil), client(3, 2, 9, 1, nil))
			test.change(b)
			before := b.metrics.DataPointCount()
			require.EqualError(t, b.Shutdown(test.ctx), test.want)
			b.stopErr = nil // for the bench's own
			want := map[string]int64{"framework=gen_ai outcome=lost": 2}
			if before > 0 {
				want["framework=gen_ai outcome=accepted"] = 1
			}
			b.counts("otelcol_connector_voice_span_spans", want)
		})
	}
}

// A pipeline that never answers does not keep the collector from stopping.
func TestShutdownInTime(t *testing.T) {
	b := newBench(t, func(c *Config) { c.JoinWindow = 0 })
	b.send(client(1, 1, 9, 1, nil))
	stuck, asked := make(chan struct{}), make(chan struct{})
	defer close(stuck)
	next, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error {
		close(asked)
		<-stuck
		return errors.New("too late")
	})
	require.NoError(t, err)
	b.outlet.Metrics = next
	require.NoError(t, b.Start(context.Background(), nil))
	b.fake.Advance(interval)
	<-asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.Shutdown(ctx), context.Canceled)
	b.stopErr = nil // for the bench's own
}

// Spans that a pipeline has when the time to stop is up, and gives back when nobody waits for it any more, are counted then.
func TestGivenBackAfterShutdown(t *testing.T) {
	b := newBench(t, nil)
	b.send(client(1, 1, 9, 1, nil))
	stuck := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	next, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error {
		cancel()
		<-stuck
		return errors.New("too late")
	})
	require.NoError(t, err)
	b.outlet.Metrics = next
	require.ErrorIs(t, b.Shutdown(ctx), context.Canceled)
	b.stopErr = nil // for the bench's own
	close(stuck)
	require.Eventually(t, func() bool {
		b.givenUp.mu.Lock()
		defer b.givenUp.mu.Unlock()
		return b.givenUp.n == 1
	}, 10*time.Second, time.Millisecond)
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=lost": 1})
}

// The clock's ticks do all that.
func TestTicks(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.taps[0].Start(context.Background(), nil))
	require.NoError(t, b.taps[1].Start(context.Background(), nil))
	b.send(client(1, 1, 9, 1, nil))
	b.send(pipecatCall(2, "c2")...)
	require.Eventually(t, func() bool {
		b.fake.Advance(time.Second)
		return b.logs.LogRecordCount() == 2
	}, 10*time.Second, time.Millisecond)
	assert.InDelta(t, 2, b.totals()["voice.calls.total"], 0)
}

// Without a pipeline of metrics, summaries are made all the same.
func TestLogsAlone(t *testing.T) {
	b := newBench(t, nil)
	b.outlet.Metrics = nil
	b.send(pipecatCall(1, "c1")...)
	b.pass(b.config.EndDelay)
	assert.Equal(t, 1, b.logs.LogRecordCount())
}

// The summary is in the bot's own trace, of which it names no span: none of them is all of the call.
func TestSummary(t *testing.T) {
	b := newBench(t, nil)
	b.send(pipecatCall(1, "c1")...)
	b.pass(b.config.EndDelay)
	require.Equal(t, 1, b.logs.LogRecordCount())
	resource := b.logs.AllLogs()[0].ResourceLogs().At(0)
	assert.Equal(t, map[string]any{"service.name": "voice-rag-bot"}, resource.Resource().Attributes().AsRaw())
	record := resource.ScopeLogs().At(0).LogRecords().At(0)
	assert.Equal(t, traceID(1), record.TraceID())
	assert.True(t, record.SpanID().IsEmpty())
	attributes := record.Attributes().AsRaw()
	assert.Equal(t, "c1", attributes["call_id"])
	assert.Equal(t, int64(2), attributes["turns"])
	assert.InDelta(t, 18.5, attributes["duration_seconds"], 1e-9)
}

// Nothing that somebody said is anywhere.
func TestContentIsReadIntoNothing(t *testing.T) {
	b := newBench(t, nil)
	b.send(pipecatCall(1, "c1")...)
	b.send(liveKitCall(2, "AJ_2")...)
	b.hush()
	for _, metrics := range b.metrics.AllMetrics() {
		text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(metrics)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "secret")
	}
	for _, logs := range b.logs.AllLogs() {
		text, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "secret")
	}
}

// Calls of several bots in one request each belong to their own resource.
func TestResources(t *testing.T) {
	b := newBench(t, nil)
	one := client(1, 1, 0, 1, nil)
	one.resource = attrs{"service.namespace": "shop", "deployment.environment": "test", "host.name": "h"}
	other := client(2, 1, 0, 1, nil)
	other.service = "other"
	third := client(3, 1, 0, 2, nil)
	third.resource = one.resource
	b.send(one, other, third)
	resources := map[string]int{}
	for _, rm := range b.metrics.AllMetrics()[0].ResourceMetrics().All() {
		attributes := rm.Resource().Attributes().AsRaw()
		resources[strings.Join([]string{
			attributes["service.name"].(string), text(attributes["service.namespace"]), text(attributes["deployment.environment.name"]),
		}, "/")+" "+strconv.Itoa(len(attributes))]++
	}
	assert.Equal(t, map[string]int{"voice-rag-bot/shop/test 3": 1, "other// 1": 1}, resources)
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
