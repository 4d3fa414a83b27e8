package recorded

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// root is the name of a call's own span.
const root = "call"

// Span is a part of a call's trace.
type Span struct {
	CallID, ID, Parent string
	Name               string // call, turn, stt, llm, tts, realtime, tool, …
	Start, End         time.Time
	Provider, Model    string
	Tool               string
	Turn               int     // its number, of a turn
	TurnLatency        float64 // milliseconds, of a turn, 0 if unknown
	TTFB               float64 // milliseconds, 0 if unknown
	Interrupted        bool
	Priced             bool    // Cost is known, all or in part
	Cost               float64 // USD; of a call's own span, the call's
	CostComplete       bool
	InputTokens        float64 // cached ones among them
	CachedTokens       float64
	OutputTokens       float64
	Characters         float64
	AudioSeconds       float64
}

// Root says whether the span is the call itself.
func (s *Span) Root() bool { return s.Name == root }

// Spans reads the spans of the calls that are wanted, each call's in the order of their starts, and says how many records were
// torn. A span may have been written more than once, after a crash: the last one holds.
func Spans(r io.Reader, wanted func(callID string) bool) (spans map[string][]Span, torn int, err error) {
	found := map[[2]string]Span{}
	decoder := ptrace.JSONUnmarshaler{}
	torn, err = eachRecord(r, beginsSpans, func(record []byte) error {
		traces, err := decoder.UnmarshalTraces(record)
		if err != nil {
			return fmt.Errorf("not a record of OTLP traces: %w", err)
		}
		for _, span := range spansIn(traces) {
			if wanted(span.CallID) {
				found[[2]string{span.CallID, span.ID}] = span
			}
		}
		return nil
	})
	return byCall(found), torn, err
}

func spansIn(traces ptrace.Traces) []Span {
	var spans []Span
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				spans = append(spans, spanOf(span))
			}
		}
	}
	return spans
}

func spanOf(span ptrace.Span) Span {
	a := attributes{span.Attributes()}
	s := Span{
		CallID:       a.text("call_id"),
		ID:           span.SpanID().String(),
		Parent:       span.ParentSpanID().String(),
		Name:         span.Name(),
		Start:        span.StartTimestamp().AsTime(),
		End:          span.EndTimestamp().AsTime(),
		Provider:     a.text("gen_ai.provider.name"),
		Model:        a.text("gen_ai.request.model"),
		Tool:         a.text("gen_ai.tool.name"),
		Turn:         int(a.number("voice.turn.number")),
		TurnLatency:  a.number("voice.turn.latency_ms"),
		TTFB:         a.number("voice.ttfb_ms"),
		Interrupted:  a.truth("voice.interrupted"),
		InputTokens:  a.number("gen_ai.usage.input_tokens"),
		CachedTokens: a.number("gen_ai.usage.cache_read.input_tokens"),
		OutputTokens: a.number("gen_ai.usage.output_tokens"),
		Characters:   a.number("voice.characters"),
		AudioSeconds: a.number("voice.stt_audio_seconds"),
	}
	s.Cost, s.Priced = costOf(a, s.Name)
	_, told := a.Get("cost_complete")
	s.CostComplete = !told || a.truth("cost_complete")
	return s
}

func costOf(a attributes, name string) (usd float64, known bool) {
	if name == root {
		return a.known("voice.call.cost.usd")
	}
	return a.known("voice.cost.usd")
}

func byCall(found map[[2]string]Span) map[string][]Span {
	calls := map[string][]Span{}
	for _, span := range found {
		calls[span.CallID] = append(calls[span.CallID], span)
	}
	for _, spans := range calls {
		slices.SortFunc(spans, func(a, b Span) int {
			return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End), cmp.Compare(a.ID, b.ID))
		})
	}
	return calls
}
