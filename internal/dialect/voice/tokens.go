package voice

import (
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// count is a number of tokens, 0 where it is absent or null.
type count int64

// UnmarshalJSON takes a whole number or null.
func (c *count) UnmarshalJSON(raw []byte) error {
	if wire.Absent(raw) {
		return nil
	}
	var n float64
	if json.Unmarshal(raw, &n) != nil {
		return frame.Faultf(frame.WrongType, "", "must be a whole number")
	}
	if n < 0 || n > frame.MaxTokens || n != math.Trunc(n) {
		return frame.Faultf(frame.BadValue, "", "must be a whole number between 0 and %d", int64(frame.MaxTokens))
	}
	*c = count(n)
	return nil
}

// tokens is a request's usage in leaves that do not overlap.
type tokens struct {
	Prompt     prompt     `json:"prompt"`
	Completion completion `json:"completion"`
	Unsplit    count      `json:"unsplit"`
}

type prompt struct {
	Text           count `json:"text"`
	CacheRead      count `json:"cache_read"`
	CacheWrite     count `json:"cache_write"`
	CacheWrite1h   count `json:"cache_write_1h"`
	Audio          count `json:"audio"`
	AudioCacheRead count `json:"audio_cache_read"`
	Image          count `json:"image"`
	ImageCacheRead count `json:"image_cache_read"`
	Video          count `json:"video"`
}

type completion struct {
	Text      count `json:"text"`
	Audio     count `json:"audio"`
	Reasoning count `json:"reasoning"`
}

func (t *tokens) leaves() frame.Tokens {
	return frame.Tokens{
		frame.PromptText:           int64(t.Prompt.Text),
		frame.PromptCacheRead:      int64(t.Prompt.CacheRead),
		frame.PromptCacheWrite:     int64(t.Prompt.CacheWrite),
		frame.PromptCacheWrite1h:   int64(t.Prompt.CacheWrite1h),
		frame.PromptAudio:          int64(t.Prompt.Audio),
		frame.PromptAudioCacheRead: int64(t.Prompt.AudioCacheRead),
		frame.PromptImage:          int64(t.Prompt.Image),
		frame.PromptImageCacheRead: int64(t.Prompt.ImageCacheRead),
		frame.PromptVideo:          int64(t.Prompt.Video),
		frame.CompletionText:       int64(t.Completion.Text),
		frame.CompletionAudio:      int64(t.Completion.Audio),
		frame.CompletionReasoning:  int64(t.Completion.Reasoning),
		frame.Unsplit:              int64(t.Unsplit),
	}
}

func (j *job) usedTokens(raw jsontext.Value) {
	if wire.Absent(raw) {
		return
	}
	var in tokens
	if err := decodeWhole(raw, &in); err != nil {
		j.out.Faults = append(j.out.Faults, wire.Fault(err).In("tokens"))
		return
	}
	leaves := in.leaves()
	j.use(frame.Event{Kind: frame.TokensUsed, Tokens: leaves}, !leaves.Zero(), nil)
}
