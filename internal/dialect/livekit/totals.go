package livekit

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// totals are the entries of a session's usage that cost money. Requests to detectors of turns and interruptions do not.
var totals = map[string]func(*totalsReader){
	"llm_usage": (*totalsReader).llm,
	"stt_usage": (*totalsReader).stt,
	"tts_usage": (*totalsReader).tts,
}

// entry is what a model was used for since the session began. Zeros may be left out.
type entry struct {
	Type              string         `json:"type"`
	Provider          string         `json:"provider"`
	Model             string         `json:"model"`
	SessionDuration   jsontext.Value `json:"session_duration"`
	SessionDurationMs jsontext.Value `json:"session_duration_ms"`
	AudioDuration     jsontext.Value `json:"audio_duration"`
	AudioDurationMs   jsontext.Value `json:"audio_duration_ms"`
	Characters        jsontext.Value `json:"characters_count"`
}

// totalsReader reads an entry into a frame: a reader of metrics whose amounts are running sums.
type totalsReader struct {
	entry
	reader
}

// takeTotals reads an entry at a path.
func takeTotals(out *frame.Frame, raw []byte, path string) {
	r := totalsReader{reader: reader{raw: raw, path: path, out: out}}
	if err := wire.UnmarshalFolded(raw, &r.entry); err != nil {
		r.reject(err)
		return
	}
	if read := totals[r.entry.Type]; read != nil {
		r.reader.Characters = r.entry.Characters
		r.reader.Metadata = metadata{Model: r.Model, Provider: r.Provider}
		read(&r)
	}
}

// add takes a sum unless it is none: entries name every quantity, used or not.
func (r *totalsReader) add(event frame.Event, err error) {
	event.Running = true
	r.take(event, event.Value > 0 || !event.Tokens.Zero() || err != nil, err)
}

// llm reads a language model's tokens or those of a realtime model, which LiveKit files under the same type: it is the one
// whose tokens are divided by what they stand for, or whose session has a length.
func (r *totalsReader) llm() {
	var usage llmTotals
	tokens, err := r.count(&usage)
	open, openErr := seconds("session_duration", r.entry.SessionDuration).orMs("sessionDurationMs", r.entry.SessionDurationMs).ms(0)
	stage := frame.LLM
	if usage.divided() || open > 0 {
		stage = frame.Realtime
	}
	source := r.source(stage)
	paired := open > 0 && !tokens.Zero()
	r.add(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Paired: paired}, err)
	r.add(frame.Event{Kind: frame.RealtimeConnected, Source: source, Value: open / 1000, Paired: paired}, openErr)
}

// stt reads the audio; as for metrics, the tokens beside it are left out.
func (r *totalsReader) stt() {
	heard, err := seconds("audio_duration", r.entry.AudioDuration).orMs("audioDurationMs", r.entry.AudioDurationMs).ms(0)
	r.add(frame.Event{Kind: frame.AudioTranscribed, Source: r.source(frame.STT), Value: heard / 1000}, err)
}

func (r *totalsReader) tts() {
	source := r.source(frame.TTS)
	characters, charactersErr := r.characters()
	tokens, tokensErr := r.count(&speechUsage{})
	paired := characters > 0 && !tokens.Zero()
	r.add(frame.Event{Kind: frame.CharactersUsed, Source: source, Value: characters, Paired: paired}, charactersErr)
	r.add(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Paired: paired}, tokensErr)
}

// llmTotals are tokens as an llm_usage has them. Input is gross, whoever the vendor is; text, audio and images divide it
// for realtime models only, and cached tokens are inside of each. Reasoning is inside of the output.
type llmTotals struct {
	Input       int64 `json:"input_tokens"`
	Cached      int64 `json:"input_cached_tokens"`
	CacheWrite  int64 `json:"input_cache_creation_tokens"`
	Text        int64 `json:"input_text_tokens"`
	CachedText  int64 `json:"input_cached_text_tokens"`
	Audio       int64 `json:"input_audio_tokens"`
	CachedAudio int64 `json:"input_cached_audio_tokens"`
	Image       int64 `json:"input_image_tokens"`
	CachedImage int64 `json:"input_cached_image_tokens"`
	Output      int64 `json:"output_tokens"`
	OutputText  int64 `json:"output_text_tokens"`
	OutputAudio int64 `json:"output_audio_tokens"`
	Reasoning   int64 `json:"output_reasoning_tokens"`
}

func (u *llmTotals) divided() bool {
	return u.Text+u.Audio+u.Image+u.OutputText+u.OutputAudio > 0
}

// Tokens divides the usage into disjoint leaves.
func (u *llmTotals) Tokens() (frame.Tokens, error) {
	if err := u.check(); err != nil {
		return frame.Tokens{}, err
	}
	usage := openairealtime.Usage{Input: u.Input, Output: u.Output}
	in, cached, out := &usage.InputDetails, &usage.InputDetails.CachedDetails, &usage.OutputDetails
	in.Text, in.Audio, in.Image, in.Cached = u.Text, u.Audio, u.Image, u.Cached
	cached.Text, cached.Audio, cached.Image = u.CachedText, u.CachedAudio, u.CachedImage
	out.Text, out.Audio = u.OutputText, u.OutputAudio
	tokens, err := usage.Tokens()
	if err != nil {
		return frame.Tokens{}, err
	}
	tokens[frame.PromptText] -= u.CacheWrite
	tokens[frame.PromptCacheWrite] = u.CacheWrite
	tokens[frame.CompletionText] -= u.Reasoning
	tokens[frame.CompletionReasoning] = u.Reasoning
	return wire.Leaves(tokens)
}

func (u *llmTotals) check() error {
	return wire.CheckTokens(
		wire.Count{Field: "input_tokens", Count: u.Input},
		wire.Count{Field: "input_cached_tokens", Count: u.Cached},
		wire.Count{Field: "input_cache_creation_tokens", Count: u.CacheWrite},
		wire.Count{Field: "input_text_tokens", Count: u.Text},
		wire.Count{Field: "input_cached_text_tokens", Count: u.CachedText},
		wire.Count{Field: "input_audio_tokens", Count: u.Audio},
		wire.Count{Field: "input_cached_audio_tokens", Count: u.CachedAudio},
		wire.Count{Field: "input_image_tokens", Count: u.Image},
		wire.Count{Field: "input_cached_image_tokens", Count: u.CachedImage},
		wire.Count{Field: "output_tokens", Count: u.Output},
		wire.Count{Field: "output_text_tokens", Count: u.OutputText},
		wire.Count{Field: "output_audio_tokens", Count: u.OutputAudio},
		wire.Count{Field: "output_reasoning_tokens", Count: u.Reasoning},
	)
}
