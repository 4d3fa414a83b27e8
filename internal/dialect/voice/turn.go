package voice

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// speech says who begins or ceases to speak; its type says all.
type speech struct{ envelope }

var spoken = map[string]frame.Kind{
	"voice.user_started_speaking": frame.UserStartedTalking,
	"voice.user_stopped_speaking": frame.UserStoppedTalking,
	"voice.bot_started_speaking":  frame.BotStartedTalking,
	"voice.bot_stopped_speaking":  frame.BotStoppedTalking,
	"voice.interruption":          frame.Interrupted,
}

func (m *speech) tell(out *frame.Frame) error {
	kind := spoken[m.Type]
	out.Events = []frame.Event{{Kind: kind, Cut: kind == frame.Interrupted}}
	return nil
}

// turn is a turn at its end, as a bot knows it that keeps count and time of its turns.
type turn struct {
	envelope
	Number      jsontext.Value `json:"number"`
	Latency     jsontext.Value `json:"latency_ms"`
	Interrupted bool           `json:"interrupted"`
	Parts       jsontext.Value `json:"parts"`
}

// answerPart is one of the things that an answer waited for, one after the other.
type answerPart struct {
	Name     string         `json:"name"`
	Duration jsontext.Value `json:"duration_ms"`
}

// maxTurns is far more than a call can have.
const maxTurns = 100_000

func (m *turn) tell(out *frame.Frame) error {
	if !wire.Absent(m.Latency) {
		ms, err := milliseconds(m.Latency, "latency_ms")
		take(out, frame.Event{Kind: frame.Answered, Value: ms}, err)
	}
	m.tellParts(out)
	number, err := whole(m.Number, "number", maxTurns)
	if err != nil {
		out.Faults = append(out.Faults, wire.Fault(err))
	}
	out.Events = append(out.Events, frame.Event{Kind: frame.TurnDone, Number: int(number), Cut: m.Interrupted})
	return nil
}

// tellParts reads each part alone.
func (m *turn) tellParts(out *frame.Frame) {
	if wire.Absent(m.Parts) {
		return
	}
	var parts wire.List[jsontext.Value]
	if err := wire.Field(m.Parts, "parts", &parts); err != nil {
		out.Faults = append(out.Faults, wire.Fault(err))
		return
	}
	if len(parts) > maxParts {
		out.Faults = append(out.Faults, frame.Faultf(frame.BadValue, "parts", "more than %d parts in one turn", maxParts))
		return
	}
	for i, raw := range parts {
		tellPart(out, raw, "parts["+strconv.Itoa(i)+"]")
	}
}

// maxParts bounds what a few bytes can claim; an answer waits for a handful of things.
const maxParts = 100

func tellPart(out *frame.Frame, raw jsontext.Value, path string) {
	in := answerPart{}
	if wire.Absent(raw) {
		take(out, frame.Event{}, frame.Faultf(frame.WrongType, path, "must be an object"))
		return
	}
	if !part(out, raw, &in, path) {
		return
	}
	ms, err := milliseconds(in.Duration, path+".duration_ms")
	if in.Name == "" {
		err = wire.Missing(path + ".name")
	}
	take(out, frame.Event{Kind: frame.AnswerPart, Name: wire.Word(in.Name, ""), Value: ms}, err)
}
