package voice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// callStarted opens a call.
type callStarted struct {
	envelope
	Models    jsontext.Value `json:"models"`
	StartedAt wire.Time      `json:"started_at"`
}

// models are the call's defaults, one a stage.
type models struct {
	STT       jsontext.Value `json:"stt"`
	LLM       jsontext.Value `json:"llm"`
	TTS       jsontext.Value `json:"tts"`
	Realtime  jsontext.Value `json:"realtime"`
	Transport jsontext.Value `json:"transport"`
	Platform  jsontext.Value `json:"platform"`
}

func (m *callStarted) tell(out *frame.Frame) error {
	out.Events = []frame.Event{{Kind: frame.CallStarted, Models: m.defaults(out), Began: m.StartedAt.Time}}
	return nil
}

// defaults reads each stage alone: one that is wrong costs itself.
func (m *callStarted) defaults(out *frame.Frame) []frame.Source {
	var in models
	part(out, m.Models, &in, "models")
	var sources []frame.Source
	for i, raw := range []jsontext.Value{in.STT, in.LLM, in.TTS, in.Realtime, in.Transport, in.Platform} {
		var m model
		if part(out, raw, &m, "models."+string(stages[i])) {
			sources = append(sources, m.source(stages[i]))
		}
	}
	return sources
}

// part decodes an object inside a message, if it is there, and says whether there is anything of it to take.
func part(out *frame.Frame, raw jsontext.Value, into any, path string) bool {
	if wire.Absent(raw) {
		return false
	}
	faults, err := decode(raw, into)
	if err != nil {
		faults = append(faults, wire.Fault(err))
	}
	for _, fault := range faults {
		out.Faults = append(out.Faults, fault.In(path))
	}
	return err == nil
}

// callEnded closes a call.
type callEnded struct {
	envelope
	Reason string `json:"reason"`
}

func (m *callEnded) tell(out *frame.Frame) error {
	out.Events = []frame.Event{{Kind: frame.CallEnded, Name: wire.Word(m.Reason, "")}}
	return nil
}

// startup is how long something took to be ready.
type startup struct {
	envelope
	Name     string         `json:"name"`
	Duration jsontext.Value `json:"duration_ms"`
}

func (m *startup) tell(out *frame.Frame) error {
	if m.Name == "" {
		return wire.Missing("name")
	}
	ms, err := milliseconds(m.Duration, "duration_ms")
	out.Events = []frame.Event{{Kind: frame.StartedUp, Name: wire.Word(m.Name, ""), Value: ms}}
	return err
}

// tool is a function call of the bot, at its end.
type tool struct {
	envelope
	FunctionName string         `json:"function_name"`
	Outcome      string         `json:"outcome"`
	Duration     jsontext.Value `json:"duration_ms"`
}

var outcomes = []string{frame.ToolCompleted, frame.ToolFailed, frame.ToolTimedOut, frame.ToolCancelled}

func (m *tool) tell(out *frame.Frame) error {
	if m.FunctionName == "" {
		return wire.Missing("function_name")
	}
	if err := oneOf(m.Outcome, outcomes, "outcome"); err != nil {
		return err
	}
	event := frame.Event{Kind: frame.ToolCalled, Name: wire.Word(m.FunctionName, ""), Outcome: m.Outcome}
	if !wire.Absent(m.Duration) {
		ms, err := milliseconds(m.Duration, "duration_ms")
		if err != nil {
			out.Faults = append(out.Faults, wire.Fault(err))
		}
		event.Value = ms
	}
	out.Events = []frame.Event{event}
	return nil
}

// failure is an error of the bot or of a service. What the error says is not taken: it may hold what somebody said.
type failure struct {
	envelope
	worker
	Stage    string `json:"stage"`
	Category string `json:"category"`
}

func (m *failure) tell(out *frame.Frame) error {
	if m.Category == "" {
		return wire.Missing("category")
	}
	if m.Stage != "" {
		if err := oneOf(m.Stage, stages, "stage"); err != nil {
			return err
		}
	}
	out.Events = []frame.Event{{
		Kind: frame.Failed, Source: m.source(frame.Stage(m.Stage)), Name: wire.Word(m.Category, ""),
	}}
	return nil
}

// oneOf is the fault of a word that is not among those that there are.
func oneOf[T ~string](word string, words []T, path string) error {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(words), " ", ", "), "[]")
	switch {
	case word == "":
		return frame.Faultf(frame.MissingField, path, "missing: one of %s", list)
	case !slices.Contains(words, T(word)):
		return frame.Faultf(frame.BadValue, path, "must be one of %s", list)
	}
	return nil
}
