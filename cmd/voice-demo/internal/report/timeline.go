package report

import (
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
)

// Step is a line of a call's timeline: the call, a turn, or what was done in it.
type Step struct {
	Depth    int // 0 is the call
	Name     string
	Turn     int     // its number, of a turn
	Model    string  // provider/model, or the tool
	From, To float64 // seconds since the call's start
	TTFB     float64 // milliseconds, 0 if unknown; of a turn, from the user's last word to the bot's first
	CutOff   bool

	InputTokens, OutputTokens, Characters, AudioSeconds float64
	Charge                                              Charge
}

// Charge is what is known of a step's cost.
type Charge struct {
	Cost      float64 // USD
	Priced    bool    // Cost is known, all or in part
	Unpriced  bool    // something of it has no price
	InSession bool    // it is billed by open time, which is in the call's cost and in no step's
}

// timeline is the spans of a call as a tree, level by level in the order of their starts. A span whose parent is not here stands below
// the call.
func timeline(s *recorded.Call, spans []recorded.Span) []Step {
	below := map[string][]*recorded.Span{}
	known := map[string]bool{}
	for i := range spans {
		known[spans[i].ID] = true
	}
	var root *recorded.Span
	for i := range spans {
		switch span := &spans[i]; {
		case span.Root():
			root = span
		case known[span.Parent]:
			below[span.Parent] = append(below[span.Parent], span)
		default:
			below[""] = append(below[""], span)
		}
	}
	if root == nil {
		return nil
	}
	below[root.ID] = append(below[root.ID], below[""]...)
	t := tree{call: s, root: root, below: below}
	t.walk(root, 0)
	return t.steps
}

type tree struct {
	call  *recorded.Call
	root  *recorded.Span
	below map[string][]*recorded.Span
	steps []Step
}

// walk goes through each span once: a span is taken from the tree with its parent, so a ring cannot be entered twice.
func (t *tree) walk(span *recorded.Span, depth int) {
	t.steps = append(t.steps, t.step(span, depth))
	children := t.below[span.ID]
	delete(t.below, span.ID)
	for _, child := range children {
		t.walk(child, depth+1)
	}
}

func (t *tree) step(span *recorded.Span, depth int) Step {
	step := Step{
		Depth: depth, Name: span.Name, Turn: span.Turn, CutOff: span.Interrupted, TTFB: span.TTFB,
		Model:       modelName(span.Provider, span.Model) + span.Tool,
		From:        span.Start.Sub(t.root.Start).Seconds(),
		To:          span.End.Sub(t.root.Start).Seconds(),
		InputTokens: span.InputTokens, OutputTokens: span.OutputTokens,
		Characters: span.Characters, AudioSeconds: span.AudioSeconds,
		Charge: Charge{Cost: span.Cost, Priced: span.Priced, Unpriced: !span.CostComplete},
	}
	if step.Turn > 0 {
		step.TTFB = span.TurnLatency
	}
	step.Charge.InSession = !span.Priced && span.CostComplete && t.call.CostByStage[span.Name] > 0
	return step
}
