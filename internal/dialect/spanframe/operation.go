package spanframe

import (
	"errors"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// operation reads a request to somebody, of whatever framework.
func (r *Reader) operation(span ptrace.Span, out *Span) Verdict {
	if r.said.measured {
		return r.liveKitOperation(span, out)
	}
	return r.counted(span, out)
}

// liveKitOperation reads what LiveKit says in its own attribute. The conventions' attributes beside it tell a part of the same once
// more, and count only where the other cannot be read, is of a kind that is not known, or tells no use that can be.
func (r *Reader) liveKitOperation(span ptrace.Span, out *Span) Verdict {
	broken, err := r.measured(out)
	switch {
	case errors.Is(err, wire.ErrIgnored) && r.usage.Read(span, r.scope) == spanusage.Nothing:
		return Nothing
	case err != nil:
		return r.counted(span, out)
	}
	r.name(span, out)
	if broken {
		r.usedBeside(span, out)
	}
	if len(out.Frame.Events) > 0 {
		out.Family = spanusage.FamilyOf(out.Frame.Events[0].Source.Stage, false)
	}
	return Told
}

// name says who did it where LiveKit's own attribute leaves that open: before the SDK had it, the conventions' attributes did.
func (r *Reader) name(span ptrace.Span, out *Span) {
	events := out.Frame.Events
	if len(events) == 0 || events[0].Source.Provider != "" && events[0].Source.Model != "" {
		return
	}
	r.usage.Read(span, r.scope)
	by, _ := r.usage.Operation(span)
	for i := range events {
		source := &events[i].Source
		if source.Provider == "" && source.Model == "" || source.Model == "" && source.Provider == by.Provider {
			source.Provider, source.Model = by.Provider, by.Model
		} else if source.Provider == "" && source.Model == by.Model {
			source.Provider = by.Provider
		}
	}
}

// counted reads an operation by single attributes.
func (r *Reader) counted(span ptrace.Span, out *Span) Verdict {
	verdict := r.usage.Read(span, r.scope)
	by, isOperation := r.usage.Operation(span)
	out.Tool = r.usage.Tool(span.Name())
	switch {
	case verdict == spanusage.Marked:
		return Ours
	case !isOperation:
		return Nothing
	}
	r.describe(span.Name(), out.Framework, &by)
	out.Family = spanusage.FamilyOf(by.Stage, r.usage.Aside())
	out.Frame.Form = form(out.Framework)
	if !prepares(r.said.operation) {
		r.said.ttfb.take(&out.Frame, frame.Event{Kind: frame.TTFB, Source: by, Cut: r.said.cut})
	}
	r.worked(span, by, out)
	r.used(verdict, by, &out.Frame)
	if failed(span) {
		say(out, r.failure(by))
	}
	if by.Stage == frame.STT && len(out.Frame.Events) == 0 {
		say(out, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{by}}) // whose session is open
	}
	return Told
}

// used says what was used, or that it cannot be.
func (r *Reader) used(verdict spanusage.Verdict, by frame.Source, out *frame.Frame) {
	switch verdict {
	case spanusage.Used:
		used := &r.usage.Usage
		used.Source = by
		takeUsage(used, out)
	case spanusage.Impossible:
		out.Faults = append(out.Faults, impossible)
	}
}

var impossible = frame.Faultf(frame.BadValue, "gen_ai.usage",
	"a count is negative, no number, or less than the parts (cached, audio, reasoning) that it holds")

// describe completes who did it: OpenInference calls the requests of all services llm, and no framework but LiveKit names the
// class. Where nobody does, the provider's name is the processor.
func (r *Reader) describe(name string, of Framework, by *frame.Source) {
	if of == OpenInference {
		switch {
		case r.said.service == "stt", name == "pipecat.stt":
			by.Stage = frame.STT
		case r.said.service == "tts", name == "pipecat.tts":
			by.Stage = frame.TTS
		}
	}
	class, _, _ := strings.Cut(r.said.processor, "#")
	if by.Processor = wire.Text(class); class == "" {
		by.Processor = by.Provider
	}
}

// worked reads how long the work took. The length of a span is that only of a request for text: those of speech end when the bot
// has spoken, or the user.
func (r *Reader) worked(span ptrace.Span, by frame.Source, out *Span) {
	event := frame.Event{Kind: frame.Processing, Source: by, Cut: r.said.cut}
	if r.said.took.field != "" {
		r.said.took.take(&out.Frame, event)
		return
	}
	if event.Value = r.took; event.Value == 0 || by.Stage != frame.LLM || !answers(r.said.operation) || failed(span) ||
		out.Framework == LiveKit {
		return
	}
	wire.Take(&out.Frame, event)
}

// prepares says whether an operation of Pipecat's realtime models comes before the answer: it repeats the latency of the last one.
func prepares(operation string) bool { return operation == "llm_setup" || operation == "llm_request" }

// answers says whether an operation makes text.
func answers(operation string) bool {
	switch operation {
	case "chat", "text_completion", "completion", "generate_content", "":
		return true
	}
	return false
}

// takeUsage says what was used, quantity by quantity.
func takeUsage(used *spanusage.Usage, out *frame.Frame) {
	paired := used.Paired()
	event := func(kind frame.Kind, value float64) frame.Event {
		return frame.Event{Kind: kind, Source: used.Source, Value: value, Terms: used.Terms, Paired: paired}
	}
	if !used.Tokens.Zero() {
		tokens := event(frame.TokensUsed, 0)
		tokens.Tokens = used.Tokens
		out.Events = append(out.Events, tokens)
	}
	for _, quantity := range []struct {
		kind   frame.Kind
		amount float64
	}{
		{frame.CharactersUsed, used.Characters}, {frame.AudioTranscribed, used.Heard}, {frame.RealtimeConnected, used.Open},
	} {
		if quantity.amount != 0 {
			e := event(quantity.kind, quantity.amount)
			e.Paired = paired && quantity.kind != frame.AudioTranscribed
			out.Events = append(out.Events, e)
		}
	}
}
