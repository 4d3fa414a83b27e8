package vapi

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const performancePath = "message.artifact.performanceMetrics"

// performance is all that is read of the artifact; what was said rides there as well, and is passed over.
type performance struct {
	Message struct {
		Artifact struct {
			Metrics struct {
				Turns wire.List[turn] `json:"turnLatencies"`
				// Interrupted is how often the user cut the assistant off. Its counterpart, numUserInterrupted, is how often the
				// assistant spoke into the user's words.
				Interrupted jsontext.Value `json:"numAssistantInterrupted"`
			} `json:"performanceMetrics"`
		} `json:"artifact"`
	} `json:"message"`
}

// turn is how long the stages took for an answer.
type turn struct {
	Model       jsontext.Value `json:"modelLatency"`
	Voice       jsontext.Value `json:"voiceLatency"`
	Transcriber jsontext.Value `json:"transcriberLatency"`
	Turn        jsontext.Value `json:"turnLatency"`
}

// readPerformance takes the latencies of every turn, and the interruptions. The averages beside them are no distribution.
func readPerformance(body []byte, fact *platform.Fact) {
	var in performance
	if err := wire.Unmarshal(body, &in); err != nil {
		fact.Reject(err)
		return
	}
	metrics := &in.Message.Artifact.Metrics
	if len(metrics.Turns) > wire.MaxData {
		fact.Reject(frame.Faultf(frame.BadValue, performancePath+".turnLatencies", "more than %d turns in one call: the first are taken", wire.MaxData))
		metrics.Turns = metrics.Turns[:wire.MaxData]
	}
	for i, turn := range metrics.Turns {
		path := fmt.Sprintf("%s.turnLatencies[%d]", performancePath, i)
		takeLatency(fact, frame.TTFB, frame.STT, turn.Transcriber, path+".transcriberLatency")
		takeLatency(fact, frame.TTFB, frame.LLM, turn.Model, path+".modelLatency")
		takeLatency(fact, frame.TTFB, frame.TTS, turn.Voice, path+".voiceLatency")
		takeLatency(fact, frame.Answered, "", turn.Turn, path+".turnLatency")
	}
	takeInterruptions(fact, metrics.Interrupted)
}

func takeLatency(fact *platform.Fact, kind frame.Kind, stage frame.Stage, raw jsontext.Value, path string) {
	if wire.Absent(raw) {
		return
	}
	ms, err := wire.Number(raw, path, -1000*frame.MaxSeconds, 1000*frame.MaxSeconds)
	fact.Take(frame.Event{Kind: kind, Source: frame.Source{Stage: stage}, Value: ms}, err)
}

func takeInterruptions(fact *platform.Fact, raw jsontext.Value) {
	if wire.Absent(raw) {
		return
	}
	count, err := wire.WholeNumber(raw, performancePath+".numAssistantInterrupted", wire.MaxData)
	if err != nil {
		fact.Reject(err)
		return
	}
	for range int(count) {
		fact.Take(frame.Event{Kind: frame.Interrupted, Cut: true}, nil)
	}
}
