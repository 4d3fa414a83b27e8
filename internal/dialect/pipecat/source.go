package pipecat

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// SourceOf says who a processor is. What the class name does not tell stays empty: a user's own subclass has no
// provider that could be known, and its price is found by the model.
func SourceOf(processor, model string) frame.Source {
	class, _, _ := strings.Cut(processor, "#")
	return frame.Source{
		Stage:     stageOf(class),
		Processor: wire.Text(class),
		Provider:  provider.Of(class),
		Model:     wire.Text(model),
	}
}

// stageOf goes by the kind of service in the class name. A realtime model is an LLM service that hears and speaks;
// "Realtime" alone decides nothing (ElevenLabsRealtimeSTTService transcribes).
func stageOf(class string) frame.Stage {
	switch {
	case strings.Contains(class, "STT"):
		return frame.STT
	case strings.Contains(class, "TTS"):
		return frame.TTS
	case strings.Contains(class, "LLM"):
		if containsAny(class, "Realtime", "Live", "NovaSonic", "Ultravox") {
			return frame.Realtime
		}
		return frame.LLM
	case strings.Contains(class, "Transport"):
		return frame.Transport
	}
	return ""
}

func containsAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
