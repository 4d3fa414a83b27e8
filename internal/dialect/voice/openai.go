package voice

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// openAIUsage is the usage object of OpenAI's Chat Completions, which many others answer with, or of its Responses, which has
// the same under other names. It is the vendor's: fields that are not listed are the vendor's business and no fault.
type openAIUsage struct {
	Prompt            *count            `json:"prompt_tokens"`
	Completion        *count            `json:"completion_tokens"`
	PromptDetails     promptDetails     `json:"prompt_tokens_details"`
	CompletionDetails completionDetails `json:"completion_tokens_details"`
	Input             *count            `json:"input_tokens"`
	Output            *count            `json:"output_tokens"`
	InputDetails      promptDetails     `json:"input_tokens_details"`
	OutputDetails     completionDetails `json:"output_tokens_details"`
}

type promptDetails struct {
	Cached     count `json:"cached_tokens"`
	CacheWrite count `json:"cache_write_tokens"`
	Audio      count `json:"audio_tokens"`
	Image      count `json:"image_tokens"`
}

type completionDetails struct {
	Reasoning count `json:"reasoning_tokens"`
	Audio     count `json:"audio_tokens"`
}

// usedOpenAI reads a usage object of OpenAI's unless our own tokens say the same.
func (j *job) usedOpenAI(raw, tokens jsontext.Value) {
	switch {
	case wire.Absent(raw):
		return
	case !wire.Absent(tokens):
		j.use(frame.Event{}, false, frame.Faultf(frame.BadValue, "openai_usage", "is the same as tokens: send one of them"))
		return
	}
	leaves, err := decodeOpenAI(raw)
	if err != nil {
		err = wire.Fault(err).In("openai_usage")
	}
	j.use(frame.Event{Kind: frame.TokensUsed, Tokens: leaves}, !leaves.Zero(), err)
}

func decodeOpenAI(raw []byte) (frame.Tokens, error) {
	var in openAIUsage
	if err := wire.Unmarshal(raw, &in); err != nil {
		return frame.Tokens{}, err
	}
	switch {
	case in.Prompt != nil && in.Completion != nil:
		return split(*in.Prompt, *in.Completion, &in.PromptDetails, &in.CompletionDetails)
	case in.Input != nil && in.Output != nil:
		return split(*in.Input, *in.Output, &in.InputDetails, &in.OutputDetails)
	}
	return frame.Tokens{}, frame.Faultf(frame.MissingField, "",
		"must have prompt_tokens and completion_tokens, or input_tokens and output_tokens")
}

// split divides totals into leaves: each detail is inside its total. Which modality the cached tokens have is not said: they are
// text as far as there is text, then audio, then image.
func split(prompt, completion count, in *promptDetails, out *completionDetails) (frame.Tokens, error) {
	text := prompt - in.CacheWrite - in.Audio - in.Image
	cachedText := min(in.Cached, max(text, 0))
	cachedAudio := min(in.Cached-cachedText, in.Audio)
	cachedImage := in.Cached - cachedText - cachedAudio
	return wire.Leaves(frame.Tokens{
		frame.PromptText:           int64(text - cachedText),
		frame.PromptCacheRead:      int64(cachedText),
		frame.PromptCacheWrite:     int64(in.CacheWrite),
		frame.PromptAudio:          int64(in.Audio - cachedAudio),
		frame.PromptAudioCacheRead: int64(cachedAudio),
		frame.PromptImage:          int64(in.Image - cachedImage),
		frame.PromptImageCacheRead: int64(cachedImage),
		frame.CompletionText:       int64(completion - out.Reasoning - out.Audio),
		frame.CompletionReasoning:  int64(out.Reasoning),
		frame.CompletionAudio:      int64(out.Audio),
	})
}
