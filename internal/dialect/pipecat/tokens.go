package pipecat

import (
	"math"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// tokenUsage is Pipecat's LLMTokenUsage; absent and null are "unknown", which prices the same as none.
type tokenUsage struct {
	Prompt         int64 `json:"prompt_tokens"`
	Completion     int64 `json:"completion_tokens"`
	Total          int64 `json:"total_tokens"`
	CacheRead      int64 `json:"cache_read_input_tokens"`
	CacheWrite     int64 `json:"cache_creation_input_tokens"`
	Reasoning      int64 `json:"reasoning_tokens"`
	AudioIn        int64 `json:"input_audio_tokens"`
	AudioOut       int64 `json:"output_audio_tokens"`
	AudioCacheRead int64 `json:"cache_read_input_audio_tokens"`
}

// missingCount stands in a usage that is about to be decoded for a count that the message turns out not to have.
const missingCount = math.MinInt64

var unreported = tokenUsage{Prompt: missingCount, Completion: missingCount, Total: missingCount}

// reported replaces what is missing by nothing, unless all of it is: then the counts go by names that are not Pipecat's.
func (u tokenUsage) reported() (tokenUsage, error) {
	if u.Prompt == missingCount && u.Completion == missingCount && u.Total == missingCount {
		return u, frame.Faultf(frame.MissingField, "prompt_tokens", "missing, and so are completion_tokens and total_tokens")
	}
	for _, count := range []*int64{&u.Prompt, &u.Completion, &u.Total} {
		if *count == missingCount {
			*count = 0
		}
	}
	return u, nil
}

// split turns the usage into disjoint leaves.
func (u tokenUsage) split(by frame.Source) (frame.Tokens, error) {
	u, err := u.reported()
	if err == nil {
		err = u.check()
	}
	if err != nil {
		return frame.Tokens{}, err
	}
	gross := Counts{
		Prompt: u.Prompt, Completion: u.Completion, Total: u.Total,
		CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Reasoning: u.Reasoning,
	}
	gross.Gross(by, true)
	u.Prompt, u.Completion = gross.Prompt, gross.Completion
	return u.leaves()
}

func (u tokenUsage) check() error {
	return wire.CheckTokens(
		wire.Count{Field: "prompt_tokens", Count: u.Prompt},
		wire.Count{Field: "completion_tokens", Count: u.Completion},
		wire.Count{Field: "total_tokens", Count: u.Total},
		wire.Count{Field: "cache_read_input_tokens", Count: u.CacheRead},
		wire.Count{Field: "cache_creation_input_tokens", Count: u.CacheWrite},
		wire.Count{Field: "reasoning_tokens", Count: u.Reasoning},
		wire.Count{Field: "input_audio_tokens", Count: u.AudioIn},
		wire.Count{Field: "output_audio_tokens", Count: u.AudioOut},
		wire.Count{Field: "cache_read_input_audio_tokens", Count: u.AudioCacheRead},
	)
}

// leaves divides gross counts. What a total holds beyond prompt and completion is of neither, so far as is known. Where both
// cached and audio tokens are given but not how many are both, the overlap is the least that the sums allow, which prices
// the rest at the dearer rate and never below the bill.
func (u tokenUsage) leaves() (frame.Tokens, error) {
	cachedAudio := max(u.AudioCacheRead, u.AudioIn+u.CacheRead+u.CacheWrite-u.Prompt, 0)
	return wire.Leaves(frame.Tokens{
		frame.Unsplit:              max(u.Total-u.Prompt-u.Completion, 0),
		frame.PromptText:           u.Prompt - u.CacheRead - u.CacheWrite - (u.AudioIn - cachedAudio),
		frame.PromptCacheRead:      u.CacheRead - cachedAudio,
		frame.PromptCacheWrite:     u.CacheWrite,
		frame.PromptAudio:          u.AudioIn - cachedAudio,
		frame.PromptAudioCacheRead: cachedAudio,
		frame.CompletionText:       u.Completion - u.AudioOut - u.Reasoning,
		frame.CompletionAudio:      u.AudioOut,
		frame.CompletionReasoning:  u.Reasoning,
	})
}
