package elevenlabs

import (
	"cmp"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// turns are the call's turns without what was said in them.
type turns struct {
	Data struct {
		Turns telling `json:"transcript"`
	} `json:"data"`
}

// telling are the turns that tell anything, of which there are as few as of a wire.List: a long call has thousands of others.
type telling []turn

// UnmarshalJSONFrom takes an array or null.
func (t *telling) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	var in turn
	return wire.Each(from, func(i int) error {
		if len(*t) > wire.MaxData {
			return from.SkipValue()
		}
		in = turn{index: i}
		err := json.UnmarshalDecode(from, &in)
		if in.tells() {
			*t = append(*t, in)
		}
		return err
	})
}

type turn struct {
	index       int
	Role        string `json:"role"`
	Interrupted bool   `json:"interrupted"`
	Model       string `json:"producing_llm"`
	Timing      struct {
		Metrics struct {
			LLM timing `json:"convai_llm_service_ttfb"`
			TTS timing `json:"convai_tts_service_ttfb"`
			// STT stands on the user's turn; convai_turn_asr_latency repeats it on the reply.
			STT    timing `json:"convai_asr_trailing_service_latency"`
			Answer timing `json:"convai_ttf_audio_since_silence"`
		} `json:"metrics"`
	} `json:"conversation_turn_metrics"`
}

func (t *turn) tells() bool {
	metrics := &t.Timing.Metrics
	return t.cut() || !wire.Absent(metrics.LLM.Seconds) || !wire.Absent(metrics.TTS.Seconds) ||
		!wire.Absent(metrics.STT.Seconds) || !wire.Absent(metrics.Answer.Seconds)
}

// cut says that the user interrupted the agent.
func (t *turn) cut() bool { return t.Role == "agent" && t.Interrupted }

type timing struct {
	Seconds jsontext.Value `json:"elapsed_time"`
}

// takeTurns takes the latencies of every turn, and which of the agent's the user interrupted.
func takeTurns(fact *platform.Fact, body []byte) {
	var in turns
	if err := wire.Unmarshal(body, &in); err != nil {
		fact.Reject(err)
		return
	}
	all := in.Data.Turns
	if len(all) > wire.MaxData {
		fact.Reject(frame.Faultf(frame.BadValue, "data.transcript", "more than %d turns in one call: the first are taken", wire.MaxData))
		all = all[:wire.MaxData]
	}
	for i := range all {
		all[i].take(fact, fmt.Sprintf("data.transcript[%d].conversation_turn_metrics.metrics.", all[i].index))
	}
}

func (t *turn) take(fact *platform.Fact, path string) {
	metrics := &t.Timing.Metrics
	latencies := []struct {
		event  frame.Event
		timing timing
		name   string
	}{
		{frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}}, metrics.STT, "convai_asr_trailing_service_latency"},
		{frame.Event{Kind: frame.TTFB, Source: t.thinker()}, metrics.LLM, "convai_llm_service_ttfb"},
		{frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}}, metrics.TTS, "convai_tts_service_ttfb"},
		{frame.Event{Kind: frame.Answered}, metrics.Answer, "convai_ttf_audio_since_silence"},
	}
	for _, latency := range latencies {
		if wire.Absent(latency.timing.Seconds) {
			continue
		}
		seconds, err := wire.Number(latency.timing.Seconds, path+latency.name+".elapsed_time", -frame.MaxSeconds, frame.MaxSeconds)
		latency.event.Value = frame.Milliseconds(seconds)
		fact.Take(latency.event, err)
	}
	if t.cut() {
		fact.Take(frame.Event{Kind: frame.Interrupted, Cut: true}, nil)
	}
}

// thinker is the turn's language model, where the turn names one.
func (t *turn) thinker() frame.Source {
	if t.Model == "" {
		return frame.Source{Stage: frame.LLM}
	}
	return modelSource(t.Model)
}

// modelSource is a language model by its maker; ElevenLabs runs those that it does not buy.
func modelSource(model string) frame.Source {
	return frame.Source{Stage: frame.LLM, Provider: cmp.Or(platform.Maker(model), vendor), Model: wire.Text(model)}
}
