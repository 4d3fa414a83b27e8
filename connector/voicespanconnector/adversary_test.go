package voicespanconnector

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Spans without a trace have nothing in common: each belongs to the call that it names, of the bot that sent it.
func TestSpansWithoutATrace(t *testing.T) {
	b := newBench(t, nil)
	other := client(0, 1, 0, 1, attrs{"session.id": "s1"})
	other.service = "other"
	b.send(other, client(0, 2, 0, 1, attrs{"call_id": "c1"}), client(0, 3, 0, 1, attrs{"session.id": "s1"}))
	b.send(span{name: "GET", id: 4, end: 1, attributes: attrs{"conversation.id": "c2"}}, client(0, 5, 0, 2, nil))
	b.hush()
	assert.InDelta(t, 3, b.totals()["voice.calls.total"], 0)
	assert.InDelta(t, 330, b.totals()["voice.llm.tokens.total"], 0)
	assert.Equal(t, map[string]string{"c1": "voice-rag-bot", "s1": "voice-rag-bot"}, b.calls(), "and s1 of the other, before")
	assert.Zero(t, b.joiner.Known())
}

// A span that does not say which it is counts once all the same, when somebody else refused its request.
func TestSpanWithoutAnIDThatIsSentAgain(t *testing.T) {
	b := newBench(t, nil)
	one, next := client(1, 0, 0, 1, nil), client(1, 0, 0, 2, nil)
	b.send(one)
	b.send(one, next)
	assert.InDelta(t, 220, b.totals()["voice.llm.tokens.total"], 0)
}

// Of two spans of one id, the first counts, whatever the other says.
func TestTwoSpansOfOneID(t *testing.T) {
	b := newBench(t, nil)
	b.send(client(1, 1, 0, 1, nil), client(1, 1, 0, 2, attrs{"gen_ai.usage.input_tokens": 7000}))
	b.send(client(1, 1, 0, 3, attrs{"gen_ai.usage.input_tokens": 7000}))
	assert.InDelta(t, 110, b.totals()["voice.llm.tokens.total"], 0)
}

// A span whose parent is itself loses nothing by being refused.
func TestSpanInItself(t *testing.T) {
	b := newBench(t, nil)
	b.refuse()
	itself := client(1, 7, 7, 1, attrs{"conversation.id": "c1"})
	require.Error(t, b.try(itself))
	b.accept()
	b.send(itself)
	b.send(itself)
	assert.InDelta(t, 110, b.totals()["voice.llm.tokens.total"], 0)
}

// A clock that went back, or stands, makes no time out of nothing.
func TestSpanThatEndsBeforeItBegins(t *testing.T) {
	b := newBench(t, nil)
	turned := client(1, 1, 0, 1, nil)
	turned.start = 5
	standing := client(2, 1, 0, 1, nil)
	standing.start = 1
	ancient := client(3, 1, 0, 1, nil)
	ancient.start = -1.7e9
	b.send(turned, standing, ancient)
	b.hush()
	for name, value := range b.totals() {
		assert.GreaterOrEqual(t, value, 0.0, name)
	}
	assert.Zero(t, b.totals()["voice.session.duration.seconds"])
	assert.InDelta(t, 330, b.totals()["voice.llm.tokens.total"], 0)
}

// A span that began in 1970 has not worked for a week: its beginning is rejected, and the rest of it counts.
func TestSpanThatBeganBeforeAnyBot(t *testing.T) {
	b := newBench(t, nil)
	ancient, long := client(1, 1, 0, 1, nil), client(2, 1, 0, 1, nil)
	ancient.start, long.start = -1.7e9, -8*24*3600
	b.send(ancient, long)
	b.hush()
	assert.Equal(t, map[string]float64{
		"voice.calls.total": 2, "voice.llm.tokens.total": 220, "voice.call.duration.seconds": 0,
	}, b.totals())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=accepted": 2})
	b.counts("otelcol_connector_voice_span_data_rejected", map[string]int64{"reason=bad_value": 2})
}

// What waits keeps nothing of a long text alive but its beginning.
func TestLongTextsAreNotKept(t *testing.T) {
	b := newBench(t, nil)
	const spans, long = 100, 1 << 20
	before := heap()
	for trace := range spans {
		text := strings.Repeat(string(rune('a'+trace%26)), long)
		b.send(client(trace+1, 1, 9, 1, attrs{
			"gen_ai.request.model": text, "gen_ai.provider.name": text, "error.type": text, "gen_ai.tool.name": text, "metrics.processor": text,
			"gen_ai.request.service_tier": text, "input": text,
		}))
	}
	assert.Equal(t, spans, b.joiner.Held())
	assert.Less(t, heap()-before, int64(spans*long/10))
	b.hush()
	b.metrics.Reset()
	b.logs.Reset()
	assert.Less(t, heap()-before, int64(spans*long/10))
	runtime.KeepAlive(b)
}

// A conversation that tells its end before all else, again, and under another name, is one call, and another.
func TestConversationOutOfPlace(t *testing.T) {
	spans := pipecatCall(1, "c1")
	end := spans[len(spans)-1]
	again := end
	again.id, again.attributes = 998, attrs{"conversation.id": "c2", "conversation.type": "voice"}
	b := newBench(t, nil)
	b.send(end)
	b.send(spans[:len(spans)-1]...)
	b.send(again)
	b.send(end, again)
	b.pass(b.config.EndDelay)
	b.send(end, again)
	b.hush()
	want := map[string]float64{}
	for name, value := range pipecatTotals {
		want[name] = value
	}
	want["voice.calls.total"]++
	want["voice.session.duration.seconds"] += 18.5
	want["voice.call.duration.seconds"] += 18.5
	assert.InDeltaMapValues(t, want, b.totals(), 1e-9)
	assert.Equal(t, 2, b.logs.LogRecordCount())
}

// A bot that sends frames and spans of a call is counted twice, and told so.
func TestCallsToldTwice(t *testing.T) {
	b := newBench(t, nil)
	frames := span{scope: semconv.ScopeName, name: "turn", trace: 7, id: 1, attributes: attrs{"call_id": "c1"}}
	b.send(pipecatCall(1, "c1")...)
	b.send(frames, frames, func() span { s := frames; s.attributes = attrs{"call_id": "c3"}; return s }())
	b.send(pipecatCall(2, "c2")...)
	b.pass(b.config.EndDelay)
	b.counts("otelcol_connector_voice_span_calls_told_twice", map[string]int64{"": 1})
}

// Names of calls are remembered up to a bound, the newer half of them surely.
func TestWitnessesHaveABound(t *testing.T) {
	w := newWitnesses()
	for call := range uint64(3*maxWitnessed + 1) {
		w.remember(call)
	}
	assert.LessOrEqual(t, len(w.young)+len(w.old), 2*maxWitnessed)
	assert.Len(t, w.old, maxWitnessed)
	assert.False(t, w.know("nobody"))
}

// A request that comes while the connector stops is taken or refused, and hangs nobody.
func TestStopWhileSpansCome(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.Start(context.Background(), nil))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for trace := range 200 {
			_ = b.try(client(trace+1, 1, 0, 1, nil))
		}
	}()
	assert.NoError(t, b.Shutdown(context.Background()))
	<-done
}
