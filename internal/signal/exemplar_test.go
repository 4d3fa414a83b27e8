package signal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func exemplars(settings Settings, facts ...call.Fact) []pmetric.Exemplar {
	b := NewProducer(settings).NewBatch()
	b.Add(facts)
	var found []pmetric.Exemplar
	for _, m := range b.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		for _, p := range m.Histogram().DataPoints().All() {
			for _, x := range p.Exemplars().All() {
				found = append(found, x)
			}
		}
	}
	return found
}

// A dot in a panel leads to the root of the call's trace, which its spans agree on.
func TestExemplarLeadsToTheCall(t *testing.T) {
	bot := frame.Trace{TraceID: [16]byte{15: 7}, SpanID: [8]byte{7: 8}}
	for name, parent := range map[string]frame.Trace{"own trace": {}, "of the bot": bot} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []call.FactKind{call.Waited, call.Worked, call.Answered, call.Ended} {
				found := exemplars(Settings{Service: "bot"}, fact(call.Fact{Kind: kind, Value: 412, Parent: parent, Traced: true}))
				require.Len(t, found, 1)
				root := spansIn(traces(Settings{Service: "bot"}, fact(call.Fact{
					Kind: call.Ended, Summary: &call.Summary{Trace: call.TraceContext{Parent: parent}},
				})))[0]
				assert.Equal(t, 412.0, found[0].DoubleValue())
				assert.Equal(t, root.TraceID(), found[0].TraceID())
				assert.Equal(t, root.SpanID(), found[0].SpanID())
				assert.Equal(t, map[string]any{"call_id": "c1"}, found[0].FilteredAttributes().AsRaw())
				assert.NotZero(t, found[0].Timestamp())
			}
		})
	}
}

// Where spans of ours are off, the bot's own are what there is, if it named them.
func TestExemplarWithoutSpansOfOurs(t *testing.T) {
	bot := frame.Trace{TraceID: [16]byte{15: 7}, SpanID: [8]byte{7: 8}}
	found := exemplars(Settings{Service: "bot"},
		fact(call.Fact{Kind: call.Waited, Value: 1, Parent: bot}), fact(call.Fact{Kind: call.Waited, Value: 2}))
	require.Len(t, found, 1)
	assert.Equal(t, pcommon.TraceID(bot.TraceID), found[0].TraceID())
	assert.Equal(t, pcommon.SpanID(bot.SpanID), found[0].SpanID())
}

func TestExemplarsOfSeveralCalls(t *testing.T) {
	of := func(id string, parent byte) call.Fact {
		f := fact(call.Fact{Kind: call.Waited, Value: 1, Traced: true})
		f.Call.ID = id
		if parent > 0 {
			f.Parent = frame.Trace{TraceID: [16]byte{parent}, SpanID: [8]byte{parent}}
		}
		return f
	}
	found := exemplars(Settings{Service: "bot"}, of("a", 0), of("a", 0), of("b", 0), of("b", 5), of("a", 0))
	require.Len(t, found, 5)
	assert.Equal(t, found[0].TraceID(), found[1].TraceID())
	assert.NotEqual(t, found[1].TraceID(), found[2].TraceID())
	assert.Equal(t, pcommon.TraceID{5}, found[3].TraceID())
	assert.Equal(t, found[0].TraceID(), found[4].TraceID())
}

// A backend takes 128 characters, names among them.
func TestExemplarOfACallWithALongID(t *testing.T) {
	for n, want := range map[int]int{58: 1, 59: 0} {
		f := fact(call.Fact{Kind: call.Waited, Value: 1, Traced: true})
		f.Call.ID = strings.Repeat("x", n)
		found := exemplars(Settings{Service: "bot"}, f)
		assert.Equal(t, want, found[0].FilteredAttributes().Len())
		assert.False(t, found[0].TraceID().IsEmpty())
	}
}
