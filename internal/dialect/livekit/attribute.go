package livekit

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ReadMetrics reads a metrics object, as spans have it in an attribute, into a frame: what was used and how long it took. Identity
// and time of the frame are the span's, and stay. Broken says that it tells no use, because what it tells of it is none: where
// ReadUsed refuses it. The error is a frame.Fault where the object is of no use, or wire.ErrIgnored where its kind means nothing.
func ReadMetrics(out *frame.Frame, object []byte, texts *wire.Texts) (broken bool, err error) {
	if glanceMetrics(out, object, texts) {
		return false, nil
	}
	id, at, before := out.ID, out.Time, len(out.Events)
	told, err := typedMetrics(out, object, "")
	out.ID, out.Time = id, at
	used := usedOf(out.Events[before:])
	return told.broken && used.empty(), err
}

// glanceMetrics reads an object of the two kinds that come with each answer, as the Python SDK writes them. It is false, and has
// read nothing, where anything is not clear.
func glanceMetrics(out *frame.Frame, object []byte, texts *wire.Texts) bool {
	g := glance{Cursor: wire.NewCursor(object, texts), characters: missing, timed: true}
	g.llm.Prompt, g.tokens.Input = missing, missing
	g.Object(g.member)
	if !g.Clear() {
		return false
	}
	used, clear := g.used()
	if !clear || g.metrics.Type == realtimeMetrics {
		return false
	}
	name, first, stage := "ttft", g.metrics.TTFT, frame.LLM
	if g.metrics.Type == ttsMetrics {
		name, first, stage = "ttfb", g.metrics.TTFB, frame.TTS
	}
	r := reader{metrics: g.metrics, out: out}
	who := g.metrics.source(stage)
	r.latencies(who, seconds(name, first))
	if stage == frame.TTS {
		wire.Take(out, frame.Event{Kind: frame.CharactersUsed, Source: who, Value: used.Characters})
	} else {
		wire.Take(out, frame.Event{Kind: frame.TokensUsed, Source: who, Tokens: used.Tokens})
	}
	return true
}
