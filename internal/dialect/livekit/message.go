package livekit

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// message is a chat message; its text is never read. Its durations are seconds in both SDKs.
type message struct {
	ID          wire.ID       `json:"id"`
	CreatedAt   wire.Time     `json:"created_at"`
	Interrupted bool          `json:"interrupted"`
	Metrics     messageReport `json:"metrics"`
}

// messageReport is what a turn took. A user's message has the delay of the transcript, an agent's the rest.
type messageReport struct {
	Transcription jsontext.Value `json:"transcription_delay"`
	FirstToken    jsontext.Value `json:"llm_node_ttft"`
	FirstSound    jsontext.Value `json:"tts_node_ttfb"`
	Answer        jsontext.Value `json:"e2e_latency"`
	Stopped       jsontext.Value `json:"stopped_speaking_at"`
	STT           metadata       `json:"stt_metadata"`
	LLM           metadata       `json:"llm_metadata"`
	TTS           metadata       `json:"tts_metadata"`
}

// takeMessage reads what a turn took, and whether the user interrupted it.
//
// Metrics events tell the latencies of the services as well, and before the message; LiveKit means to end them, so bots send
// either or both: here they are an echo. The interruption is told nowhere else, as a rule before the agent's state changes.
func takeMessage(out *frame.Frame, raw jsontext.Value, path string) error {
	var in message
	if err := field(raw, path, &in); err != nil {
		return err
	}
	if in.ID != "" {
		out.ID = frame.NameID(chatMessage, string(in.ID))
	}
	in.date(out, path == "")
	for _, latency := range in.Metrics.latencies() {
		if err := latency.take(out); err != nil {
			out.Faults = append(out.Faults, wire.Fault(err).In(path))
		}
	}
	if in.Interrupted {
		say(out, frame.Event{Kind: frame.Interrupted, Cut: true})
	}
	if len(out.Events)+len(out.Faults)+out.Sentinels == 0 {
		return wire.ErrIgnored
	}
	return nil
}

// date says when it happened. A message is of when it began to be spoken; one that was interrupted, of when it was cut off:
// its event's time, or where it came alone, when the agent fell silent.
func (m *message) date(out *frame.Frame, alone bool) {
	if m.Interrupted && !alone && !out.Time.IsZero() {
		return
	}
	if !m.CreatedAt.IsZero() {
		out.Time = m.CreatedAt.Time
	}
	var stopped wire.Time
	if m.Interrupted && wire.Field(m.Metrics.Stopped, "", &stopped) == nil && !stopped.IsZero() {
		out.Time = stopped.Time
	}
}

type latency struct {
	event frame.Event
	field string
	value jsontext.Value
}

func (r *messageReport) latencies() [4]latency {
	first := func(stage frame.Stage, by metadata) frame.Event {
		who := metrics{Metadata: by}
		return frame.Event{Kind: frame.TTFB, Source: who.source(stage), Echo: true}
	}
	return [4]latency{
		{first(frame.STT, r.STT), "metrics.transcription_delay", r.Transcription},
		{first(frame.LLM, r.LLM), "metrics.llm_node_ttft", r.FirstToken},
		{first(frame.TTS, r.TTS), "metrics.tts_node_ttfb", r.FirstSound},
		{frame.Event{Kind: frame.Answered}, "metrics.e2e_latency", r.Answer},
	}
}

func (l *latency) take(out *frame.Frame) error {
	if wire.Absent(l.value) {
		return nil
	}
	seconds, err := wire.Number(l.value, l.field, -frame.MaxSeconds, frame.MaxSeconds)
	if err != nil {
		return err
	}
	l.event.Value = frame.Milliseconds(seconds)
	wire.Take(out, l.event)
	return nil
}
