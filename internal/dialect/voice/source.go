package voice

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// model is what did the work, as the price book has it.
type model struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
}

func (m *model) source(stage frame.Stage) frame.Source {
	return frame.Source{Stage: stage, Provider: wire.Text(strings.ToLower(m.Provider)), Model: wire.Text(m.Model)}
}

// worker is what did the work, and what part of the bot asked it to.
type worker struct {
	model
	Processor string `json:"processor"`
}

// source leaves out a counter at the processor's name (LLM#57): it would be a series for each.
func (w *worker) source(stage frame.Stage) frame.Source {
	source := w.model.source(stage)
	name, _, _ := strings.Cut(w.Processor, "#")
	source.Processor = wire.Text(name)
	return source
}

// stages are the words for the stages, in the order of a pipeline.
var stages = []frame.Stage{frame.STT, frame.LLM, frame.TTS, frame.Realtime, frame.Transport, frame.Platform}
