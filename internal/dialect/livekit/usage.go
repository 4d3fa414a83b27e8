package livekit

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// usage is what a request used in tokens, as one vendor or kind of service reports it.
type usage interface {
	Tokens() (frame.Tokens, error)
}

// llmUsage is a language model's. Its prompt tokens are gross: cached tokens are inside, whoever the vendor is. So is
// reasoning inside the completion.
type llmUsage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
	CacheRead  int64 `json:"prompt_cached_tokens"`
	CacheWrite int64 `json:"cache_creation_tokens"`
	Reasoning  int64 `json:"reasoning_tokens"`
}

// Tokens divides the usage into disjoint leaves.
func (u *llmUsage) Tokens() (frame.Tokens, error) {
	err := wire.CheckTokens(
		wire.Count{Field: "prompt_tokens", Count: u.Prompt},
		wire.Count{Field: "completion_tokens", Count: u.Completion},
		wire.Count{Field: "prompt_cached_tokens", Count: u.CacheRead},
		wire.Count{Field: "cache_creation_tokens", Count: u.CacheWrite},
		wire.Count{Field: "reasoning_tokens", Count: u.Reasoning},
	)
	if err != nil {
		return frame.Tokens{}, err
	}
	return wire.Leaves(frame.Tokens{
		frame.PromptText:          u.Prompt - u.CacheRead - u.CacheWrite,
		frame.PromptCacheRead:     u.CacheRead,
		frame.PromptCacheWrite:    u.CacheWrite,
		frame.CompletionText:      u.Completion - u.Reasoning,
		frame.CompletionReasoning: u.Reasoning,
	})
}

// speechUsage is that of speech synthesis: text in, sound out.
type speechUsage struct {
	Input  int64 `json:"input_tokens"`
	Output int64 `json:"output_tokens"`
}

// Tokens divides the usage into disjoint leaves.
func (u *speechUsage) Tokens() (frame.Tokens, error) {
	err := wire.CheckTokens(
		wire.Count{Field: "input_tokens", Count: u.Input},
		wire.Count{Field: "output_tokens", Count: u.Output},
	)
	return frame.Tokens{frame.PromptText: u.Input, frame.CompletionAudio: u.Output}, err
}

// tokens takes what a request used; into says where it stands.
func (r *reader) tokens(source frame.Source, into usage) {
	tokens, err := r.count(into)
	r.use(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens}, true, err)
}

func (r *reader) count(into usage) (frame.Tokens, error) {
	if err := wire.UnmarshalFolded(r.raw, into); err != nil {
		return frame.Tokens{}, err
	}
	return into.Tokens()
}

// tts reads what was spoken: its characters, and its tokens where the vendor counts them (OpenAI, Gemini). Both are
// reported, for the price book knows which of them a model bills; marked as a pair, so that the other is no usage that
// lacks a price.
func (r *reader) tts() {
	source := r.source(frame.TTS)
	r.latencies(source, seconds("ttfb", r.TTFB).orMs("ttfbMs", r.TTFBMs))
	characters, charactersErr := r.characters()
	tokens, tokensErr := r.count(&speechUsage{})
	paired := characters > 0 && !tokens.Zero()
	r.use(frame.Event{Kind: frame.CharactersUsed, Source: source, Value: characters, Paired: paired},
		!wire.Absent(r.Characters), charactersErr)
	// Most vendors have none: their zero is not a value that is missing.
	r.use(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Paired: paired},
		!tokens.Zero() || tokensErr != nil, tokensErr)
}

func (r *reader) characters() (float64, error) {
	if wire.Absent(r.Characters) {
		return 0, nil
	}
	return wire.WholeNumber(r.Characters, "characters_count", frame.MaxCharacters)
}
