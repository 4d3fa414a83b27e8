package signal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

var at = time.Date(2025, 11, 24, 16, 0, 3, 200_000_000, time.UTC)

func fact(f call.Fact) call.Fact {
	f.Call.ID, f.FrameID, f.Time = "c1", 42, at
	return f
}

// The vocabulary of frames and the one of metrics are the same words.
func TestTheWordsAreTheSame(t *testing.T) {
	assert.Equal(t, semconv.StageSTT, string(frame.STT))
	assert.Equal(t, semconv.StageLLM, string(frame.LLM))
	assert.Equal(t, semconv.StageTTS, string(frame.TTS))
	assert.Equal(t, semconv.StageRealtime, string(frame.Realtime))
	assert.Equal(t, semconv.StageTransport, string(frame.Transport))
	assert.Equal(t, semconv.StagePlatform, string(frame.Platform))
	assert.Equal(t, semconv.OutcomeFailed, frame.ToolFailed)
	assert.Equal(t, semconv.OutcomeTimedOut, frame.ToolTimedOut)
}

func only(t *testing.T, facts ...call.Fact) pmetric.Metric {
	b := NewProducer(Settings{Service: "voice-rag-bot"}).NewBatch()
	b.Add(facts)
	resource := b.Metrics().ResourceMetrics().At(0)
	assert.Equal(t, map[string]any{"service.name": "voice-rag-bot"}, resource.Resource().Attributes().AsRaw())
	require.Equal(t, 1, resource.ScopeMetrics().At(0).Metrics().Len())
	return resource.ScopeMetrics().At(0).Metrics().At(0)
}

func TestCounters(t *testing.T) {
	source := frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	for name, test := range map[string]struct {
		fact       call.Fact
		metric     string
		unit       string
		value      any
		monotonic  bool
		attributes map[string]any
	}{
		"opened": {call.Fact{Kind: call.Opened}, "voice.calls.total", "{call}", int64(1), true, map[string]any{}},
		"lasted": {call.Fact{Kind: call.Lasted, Value: 3.1}, "voice.session.duration.seconds", "s", 3.1, false, map[string]any{}},
		"turn":   {call.Fact{Kind: call.TurnEnded}, "voice.turns.total", "{turn}", int64(1), true, map[string]any{}},
		"cut":    {call.Fact{Kind: call.Interrupted}, "voice.interruptions.total", "{interruption}", int64(1), true, map[string]any{}},
		"tool": {
			call.Fact{Kind: call.ToolCalled, Name: "book", Outcome: "failed"},
			"voice.tool.calls.total", "{call}", int64(1), true,
			map[string]any{"function_name": "book", "outcome": "failed"},
		},
		"error": {
			call.Fact{Kind: call.Failed, Source: source, Name: "timeout"},
			"voice.errors.total", "{error}", int64(1), true,
			map[string]any{"processor": "OpenAILLMService", "category": "timeout"},
		},
		"tokens": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: source, Quantity: call.Tokens, Leaf: frame.PromptCacheRead, Amount: 896, Request: 1042,
			}},
			"voice.llm.tokens.total", "{token}", int64(896), true,
			map[string]any{
				"provider": "openai", "model": "gpt-4o", "token_type": "prompt", "token_kind": "cache_read",
				"voice.tx.stage": "llm", "voice.tx.request_tokens": int64(1042),
			},
		},
		"unsplit tokens": {
			call.Fact{Kind: call.Used, Usage: call.Usage{Quantity: call.Tokens, Leaf: frame.Unsplit, Amount: 5}},
			"voice.llm.tokens.total", "{token}", int64(5), true,
			map[string]any{"token_type": "total"},
		},
		"characters": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.TTS, Provider: "cartesia"}, Quantity: call.Characters, Amount: 48,
			}},
			"voice.tts.characters.total", "{character}", int64(48), true,
			map[string]any{"provider": "cartesia", "voice.tx.stage": "tts"},
		},
		"audio": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}, Quantity: call.AudioSeconds, Amount: 7.84, Paired: true,
			}},
			"voice.stt.audio.seconds.total", "s", 7.84, true,
			map[string]any{"provider": "deepgram", "model": "nova-3", "voice.tx.stage": "stt", "voice.tx.pair": true},
		},
		"transport": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.Transport, Provider: "twilio"}, Quantity: call.TransportSeconds, Amount: 72,
			}},
			"voice.transport.seconds.total", "s", 72.0, true,
			map[string]any{"provider": "twilio", "voice.tx.stage": "transport"},
		},
		"platform": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.Platform, Provider: "vapi"}, Quantity: call.PlatformSeconds, Amount: 74.2, Priced: true,
			}},
			"voice.platform.seconds.total", "s", 74.2, true,
			map[string]any{"provider": "vapi", "voice.tx.stage": "platform", "voice.tx.priced": true},
		},
		"money": {
			call.Fact{Kind: call.Used, Usage: call.Usage{Source: source, Quantity: call.Money, Amount: 0.0812}},
			"voice.cost.usd", "{USD}", 0.0812, true,
			map[string]any{"provider": "openai", "model": "gpt-4o", "cost_type": "llm", "cost_source": "provider"},
		},
		"money for nobody knows what": {
			call.Fact{Kind: call.Used, Usage: call.Usage{Source: frame.Source{Provider: "vapi"}, Quantity: call.Money, Amount: 1}},
			"voice.cost.usd", "{USD}", 1.0, true,
			map[string]any{"provider": "vapi", "cost_type": "platform", "cost_source": "provider"},
		},
		"terms": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.STT, Provider: "deepgram"}, Quantity: call.AudioSeconds, Amount: 7.84,
				Terms: frame.Terms{ServiceTier: "flex", Region: "eu", Channels: 2},
			}},
			"voice.stt.audio.seconds.total", "s", 7.84, true,
			map[string]any{
				"provider": "deepgram", "voice.tx.stage": "stt",
				"voice.tx.service_tier": "flex", "voice.tx.region": "eu", "voice.tx.channels": int64(2),
			},
		},
		"session": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.STT, Provider: "gladia"}, Quantity: call.STTSession, Amount: 74.2,
			}},
			"voice.stt.session.seconds.total", "s", 74.2, true,
			map[string]any{"provider": "gladia", "voice.tx.stage": "stt"},
		},
		"realtime session": {
			call.Fact{Kind: call.Used, Usage: call.Usage{
				Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}, Quantity: call.RealtimeSession, Amount: 74.2,
			}},
			"voice.realtime.session.seconds.total", "s", 74.2, true,
			map[string]any{"provider": "xai", "model": "grok-voice", "voice.tx.stage": "realtime"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric := only(t, fact(test.fact))
			assert.Equal(t, test.metric, metric.Name())
			assert.Equal(t, test.unit, metric.Unit())
			assert.NotEmpty(t, metric.Description())
			assert.Equal(t, test.monotonic, metric.Sum().IsMonotonic())
			assert.Equal(t, pmetric.AggregationTemporalityDelta, metric.Sum().AggregationTemporality())
			point := metric.Sum().DataPoints().At(0)
			if whole, ok := test.value.(int64); ok {
				assert.Equal(t, whole, point.IntValue())
			} else {
				assert.Equal(t, test.value, point.DoubleValue())
			}
			test.attributes["call_id"] = "c1"
			test.attributes["voice.tx.id"] = "000000000000002a"
			assert.Equal(t, test.attributes, point.Attributes().AsRaw())
		})
	}
}

func TestHistograms(t *testing.T) {
	source := frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	ttfb := only(t, fact(call.Fact{Kind: call.Waited, Source: source, Value: 412}))
	assert.Equal(t, "voice.ttfb.milliseconds", ttfb.Name())
	assert.Equal(t, "ms", ttfb.Unit())
	point := ttfb.Histogram().DataPoints().At(0)
	assert.Equal(t, uint64(1), point.Count())
	assert.Equal(t, 412.0, point.Sum())
	assert.Equal(t, semconv.LatencyBounds, point.ExplicitBounds().AsRaw())
	assert.Equal(t, []uint64{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, point.BucketCounts().AsRaw())
	assert.Equal(t, map[string]any{
		"call_id": "c1", "stage": "llm", "processor": "OpenAILLMService", "provider": "openai", "model": "gpt-4o",
		"voice.tx.id": "000000000000002a",
	}, point.Attributes().AsRaw())

	assert.Equal(t, "voice.processing.milliseconds", only(t, fact(call.Fact{Kind: call.Worked, Value: 1310})).Name())
	assert.Equal(t, "voice.turn.latency.milliseconds", only(t, fact(call.Fact{Kind: call.Answered, Value: 750})).Name())

	ended := only(t, fact(call.Fact{Kind: call.Ended, Value: 74.2, Name: "hangup", Summary: &call.Summary{}}))
	assert.Equal(t, "voice.call.duration.seconds", ended.Name())
	assert.Equal(t, "s", ended.Unit())
	assert.Equal(t, semconv.DurationBounds, ended.Histogram().DataPoints().At(0).ExplicitBounds().AsRaw())
}

func TestEndReasonsAreFew(t *testing.T) {
	for word, want := range map[string]string{
		"hangup": "hangup", "idle_timeout": "idle_timeout", "participant_disconnected": "participant_disconnected",
		"customer-did-not-pay": "other", "": "other",
	} {
		assert.Equal(t, want, endReason(word))
	}
}

func TestBucketUpperBoundIsInclusive(t *testing.T) {
	for value, want := range map[float64]int{0: 0, 50: 0, 50.1: 1, 2000: 11, 10000: 17, 10000.1: 18} {
		assert.Equal(t, want, bucket(semconv.LatencyBounds, value), value)
	}
}

// Stock processors drop the second of two points of one stream that share a timestamp.
func TestPointsNeverShareATimestamp(t *testing.T) {
	use := fact(call.Fact{Kind: call.Used, Usage: call.Usage{Quantity: call.Characters, Amount: 1}})
	points := only(t, use, use, use).Sum().DataPoints()
	seen := map[pcommon.Timestamp]bool{}
	for _, point := range points.All() {
		seen[point.Timestamp()] = true
		assert.Equal(t, at, point.Timestamp().AsTime().Truncate(time.Microsecond))
	}
	assert.Len(t, seen, 3)
}

func TestSummary(t *testing.T) {
	gpt := frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	b := NewProducer(Settings{Service: "voice-rag-bot"}).NewBatch()
	b.Add([]call.Fact{fact(call.Fact{Kind: call.Ended, Value: 74.2, Name: "hangup", Summary: &call.Summary{
		Start: at.Add(-74200 * time.Millisecond), Duration: 74200 * time.Millisecond, Reason: "hangup",
		Turns: 3, Interruptions: 1, TurnLatencies: []float64{900, 700, 800}, TTFBs: []float64{412, 190},
		Usage: []call.TimedUsage{
			{Usage: call.Usage{
				Source: gpt, Quantity: call.Tokens, Leaf: frame.PromptText, Amount: 146, Request: 1042,
			}, Time: at, FrameID: 42},
			{Usage: call.Usage{
				Source: gpt, Quantity: call.Tokens, Leaf: frame.PromptText, Amount: 4, Request: 4,
			}, Time: at, FrameID: 43},
			{Usage: call.Usage{
				Source: frame.Source{Stage: frame.TTS, Provider: "cartesia"}, Quantity: call.Characters, Amount: 48,
			}, Time: at},
		},
	}})})
	require.Equal(t, 1, b.Summaries())
	record := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	assert.Equal(t, "voice.call.summary", record.EventName())
	assert.Equal(t, at, record.Timestamp().AsTime())
	stamp := at.UnixNano()
	assert.Equal(t, map[string]any{
		"call_id": "c1", "service": "voice-rag-bot", "start": "2025-11-24T15:58:49Z", "duration_seconds": 74.2,
		"end_reason": "hangup", "turns": int64(3), "interruptions": int64(1),
		"turn_latency_p50_ms": 800.0, "turn_latency_p95_ms": 900.0, "ttfb_p50_ms": 190.0, "ttfb_p95_ms": 412.0,
		"tokens": map[string]any{"prompt.text": int64(150)}, "characters": int64(48),
		"stt_audio_seconds": 0.0, "stt_session_seconds": 0.0, "models": []any{"cartesia", "openai/gpt-4o"},
		"voice.tx.usage": []any{
			map[string]any{
				"name": "voice.llm.tokens.total", "tokens": map[string]any{"prompt.text": int64(146)}, "time": stamp,
				"voice.tx.id": "000000000000002a", "provider": "openai", "model": "gpt-4o",
				"voice.tx.stage": "llm", "voice.tx.request_tokens": int64(1042),
			},
			map[string]any{
				"name": "voice.llm.tokens.total", "tokens": map[string]any{"prompt.text": int64(4)}, "time": stamp,
				"voice.tx.id": "000000000000002b", "provider": "openai", "model": "gpt-4o",
				"voice.tx.stage": "llm", "voice.tx.request_tokens": int64(4),
			},
			map[string]any{
				"name": "voice.tts.characters.total", "value": 48.0, "time": stamp, "provider": "cartesia", "voice.tx.stage": "tts",
			},
		},
	}, record.Attributes().AsRaw())
}

// What was told at once is one report, whose leaves come in their order. What is told twice is two, alike or not.
func TestReportsOfTokens(t *testing.T) {
	tokens := func(id frame.ID, leaf frame.Leaf, amount float64) call.TimedUsage {
		source := frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
		return call.TimedUsage{
			Usage: call.Usage{Source: source, Quantity: call.Tokens, Leaf: leaf, Amount: amount, Request: 1042}, Time: at, FrameID: id,
		}
	}
	but := func(u call.TimedUsage, change func(*call.TimedUsage)) call.TimedUsage {
		change(&u)
		return u
	}
	first := tokens(1, frame.PromptText, 146)
	for name, test := range map[string]struct {
		usage []call.TimedUsage
		want  []map[string]any
	}{
		"the leaves of one": {
			[]call.TimedUsage{first, tokens(1, frame.PromptCacheRead, 896), tokens(1, frame.CompletionText, 37)},
			[]map[string]any{{"prompt.text": int64(146), "prompt.cache_read": int64(896), "completion.text": int64(37)}},
		},
		"the same once more": {
			[]call.TimedUsage{first, first},
			[]map[string]any{{"prompt.text": int64(146)}, {"prompt.text": int64(146)}},
		},
		"two of one frame": {
			[]call.TimedUsage{first, tokens(1, frame.CompletionText, 37), tokens(1, frame.PromptCacheRead, 896), tokens(1, frame.CompletionText, 5)},
			[]map[string]any{
				{"prompt.text": int64(146), "completion.text": int64(37)}, {"prompt.cache_read": int64(896), "completion.text": int64(5)},
			},
		},
		"of two frames": {
			[]call.TimedUsage{first, tokens(2, frame.CompletionText, 37)},
			[]map[string]any{{"prompt.text": int64(146)}, {"completion.text": int64(37)}},
		},
		"of two requests": {
			[]call.TimedUsage{first, but(tokens(1, frame.CompletionText, 37), func(u *call.TimedUsage) { u.Request = 7 })},
			[]map[string]any{{"prompt.text": int64(146)}, {"completion.text": int64(37)}},
		},
		"of two models": {
			[]call.TimedUsage{first, but(tokens(1, frame.CompletionText, 37), func(u *call.TimedUsage) { u.Source.Model = "gpt-5" })},
			[]map[string]any{{"prompt.text": int64(146)}, {"completion.text": int64(37)}},
		},
		"at two times": {
			[]call.TimedUsage{first, but(tokens(1, frame.CompletionText, 37), func(u *call.TimedUsage) { u.Time = at.Add(1) })},
			[]map[string]any{{"prompt.text": int64(146)}, {"completion.text": int64(37)}},
		},
		"under two terms": {
			[]call.TimedUsage{first, but(tokens(1, frame.CompletionText, 37), func(u *call.TimedUsage) { u.Terms.ServiceTier = "flex" })},
			[]map[string]any{{"prompt.text": int64(146)}, {"completion.text": int64(37)}},
		},
		"of nobody knows what": {
			[]call.TimedUsage{tokens(1, frame.Unsplit, 5)},
			[]map[string]any{{"total": int64(5)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewProducer(Settings{}).NewBatch()
			b.Add([]call.Fact{fact(call.Fact{Kind: call.Ended, Summary: &call.Summary{Usage: test.usage}})})
			record := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
			var got []map[string]any
			for _, report := range record["voice.tx.usage"].([]any) {
				got = append(got, report.(map[string]any)["tokens"].(map[string]any))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// What most calls do not have is on the summaries of those that do.
func TestSummaryOfRareThings(t *testing.T) {
	usage := func(stage frame.Stage, provider string, quantity call.Quantity, amount float64) call.TimedUsage {
		source := frame.Source{Stage: stage, Provider: provider}
		return call.TimedUsage{Usage: call.Usage{Source: source, Quantity: quantity, Amount: amount}, Time: at}
	}
	b := NewProducer(Settings{Service: "voice-rag-bot", TenantAttribute: "customer"}).NewBatch()
	b.Add([]call.Fact{{Kind: call.Ended, Call: call.Key{Tenant: "acme", ID: "c1"}, Time: at, Summary: &call.Summary{
		Start: at, UsageMissing: true, Startup: []call.Step{{Name: "pipeline", Value: 812.5}, {Name: "client", Value: 40}},
		Usage: []call.TimedUsage{
			usage(frame.Realtime, "xai", call.RealtimeSession, 74.2),
			usage(frame.Transport, "twilio", call.TransportSeconds, 72),
			usage(frame.Platform, "vapi", call.PlatformSeconds, 3.1), usage(frame.Platform, "vapi", call.PlatformSeconds, 0.1),
			usage(frame.Platform, "vapi", call.Money, 0.0812),
		},
	}}})
	got := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
	for key, want := range map[string]any{
		"customer": "acme", "usage_missing": true, "startup": map[string]any{"pipeline": 812.5, "client": 40.0},
		"realtime_session_seconds": 74.2, "transport_seconds": 72.0, "platform_seconds": 3.2, "models": []any{"xai"},
	} {
		assert.Equal(t, want, got[key], key)
	}
	reports := got["voice.tx.usage"].([]any)
	require.Len(t, reports, 5)
	assert.Equal(t, map[string]any{
		"name": "voice.cost.usd", "value": 0.0812, "time": at.UnixNano(),
		"provider": "vapi", "cost_type": "platform", "cost_source": "provider",
	}, reports[4])
}

// These are told to the receiver's own metrics and to nobody else.
func TestFactsWithoutAPoint(t *testing.T) {
	b := NewProducer(Settings{Service: "voice-rag-bot"}).NewBatch()
	b.Add([]call.Fact{
		fact(call.Fact{Kind: call.Disregarded, Name: call.ReasonSnapshot}), fact(call.Fact{Kind: call.UsageMissing}),
		fact(call.Fact{Kind: call.Traced, Turn: &call.Turn{Number: 1}}), fact(call.Fact{Kind: call.Traced}),
	})
	assert.Zero(t, b.Points())
	assert.Zero(t, b.Metrics().MetricCount())
	assert.Zero(t, b.Logs().LogRecordCount())
	assert.Equal(t, 1, b.Spans())
}

func TestTenant(t *testing.T) {
	use := call.Usage{Source: frame.Source{Stage: frame.TTS, Provider: "cartesia"}, Quantity: call.Characters, Amount: 48}
	for name, test := range map[string]struct {
		attribute, tenant string
		want              map[string]any
	}{
		"both":          {"customer", "acme", map[string]any{"customer": "acme", "voice.tx.tenant": "customer"}},
		"no tenant":     {"customer", "", map[string]any{}},
		"not asked for": {"", "acme", map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewProducer(Settings{TenantAttribute: test.attribute}).NewBatch()
			b.Add([]call.Fact{{Kind: call.Used, Call: call.Key{Tenant: test.tenant, ID: "c1"}, Time: at, Usage: use}})
			test.want["call_id"], test.want["provider"], test.want["voice.tx.stage"] = "c1", "cartesia", "tts"
			metric := b.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
			assert.Equal(t, test.want, metric.Sum().DataPoints().At(0).Attributes().AsRaw())
		})
	}
}

func TestActive(t *testing.T) {
	metrics := NewProducer(Settings{Service: "voice-rag-bot"}).Active(map[string]int{"": 7}, at, at.Add(time.Minute))
	metric := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	assert.Equal(t, "voice.calls.active", metric.Name())
	assert.False(t, metric.Sum().IsMonotonic())
	assert.Equal(t, pmetric.AggregationTemporalityCumulative, metric.Sum().AggregationTemporality())
	assert.Equal(t, int64(7), metric.Sum().DataPoints().At(0).IntValue())
	assert.Zero(t, metric.Sum().DataPoints().At(0).Attributes().Len())
}

// Two tenants that are written alike are one stream.
func TestActiveByTenant(t *testing.T) {
	for name, test := range map[string]struct {
		settings Settings
		calls    map[string]int
		want     map[string]int64
	}{
		"a point each": {
			Settings{TenantAttribute: "tenant"}, map[string]int{"a": 2, "b": 0, "": 1}, map[string]int64{"a": 2, "b": 0, "": 1},
		},
		"tenants not asked": {Settings{}, map[string]int{"a": 2, "b": 3}, map[string]int64{"": 5}},
		"too many tenants": {
			Settings{TenantAttribute: "tenant", MaxValues: 1}, map[string]int{"a": 2, "b": 2, "c": 2}, map[string]int64{"other": 4},
		},
		"nobody": {Settings{TenantAttribute: "tenant"}, nil, map[string]int64{"": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			metrics := NewProducer(test.settings).Active(test.calls, at, at.Add(time.Minute))
			got := map[string]int64{}
			for _, point := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().All() {
				tenant, _ := point.Attributes().AsRaw()["tenant"].(string)
				got[tenant] = point.IntValue()
			}
			if test.settings.MaxValues > 0 { // which of them was first is a matter of chance
				for _, first := range []string{"a", "b", "c"} {
					delete(got, first)
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}
