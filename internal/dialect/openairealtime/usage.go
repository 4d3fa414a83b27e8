package openairealtime

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Usage is what one response used, as OpenAI reports it and LiveKit passes it on. Input and Output are totals; the details
// say how they divide, and cached tokens are inside the details of their modality.
type Usage struct {
	Input         int64        `json:"input_tokens"`
	Output        int64        `json:"output_tokens"`
	InputDetails  inputDetails `json:"input_token_details"`
	OutputDetails byModality   `json:"output_token_details"`
}

type inputDetails struct {
	byModality
	Cached        int64      `json:"cached_tokens"`
	CachedDetails byModality `json:"cached_tokens_details"`
}

type byModality struct {
	Text  int64 `json:"text_tokens"`
	Audio int64 `json:"audio_tokens"`
	Image int64 `json:"image_tokens"`
}

func (m byModality) sum() int64 { return m.Text + m.Audio + m.Image }

// Tokens divides the usage into disjoint leaves. What the totals hold beyond the details is text. The error is a
// frame.Fault.
func (u Usage) Tokens() (frame.Tokens, error) {
	if err := u.check(); err != nil {
		return frame.Tokens{}, err
	}
	in := u.InputDetails.byModality
	in.Text += max(u.Input-in.sum(), 0)
	cached, err := u.InputDetails.cachedOf(in)
	if err != nil {
		return frame.Tokens{}, err
	}
	out := u.OutputDetails
	return wire.Leaves(frame.Tokens{
		frame.PromptText:           in.Text - cached.Text,
		frame.PromptCacheRead:      cached.Text,
		frame.PromptAudio:          in.Audio - cached.Audio,
		frame.PromptAudioCacheRead: cached.Audio,
		frame.PromptImage:          in.Image - cached.Image,
		frame.PromptImageCacheRead: cached.Image,
		frame.CompletionText:       max(u.Output, out.sum()) - out.Audio,
		frame.CompletionAudio:      out.Audio,
	})
}

// cachedOf says how the cached tokens divide. Those that no detail explains are taken for text first: where cached text and
// cached audio cost the same that changes nothing, and else the rest is priced at the dearer rate and never below the bill.
func (d inputDetails) cachedOf(in byModality) (byModality, error) {
	cached := d.CachedDetails
	rest := max(d.Cached-cached.sum(), 0)
	for _, m := range []struct {
		cached *int64
		of     int64
	}{{&cached.Text, in.Text}, {&cached.Audio, in.Audio}, {&cached.Image, in.Image}} {
		more := max(min(rest, m.of-*m.cached), 0)
		*m.cached += more
		rest -= more
	}
	if rest > 0 {
		return byModality{}, wire.ErrParts
	}
	return cached, nil
}

func (u Usage) check() error {
	in, cached, out := u.InputDetails, u.InputDetails.CachedDetails, u.OutputDetails
	return wire.CheckTokens(
		wire.Count{Field: "input_tokens", Count: u.Input},
		wire.Count{Field: "output_tokens", Count: u.Output},
		wire.Count{Field: "input_token_details.text_tokens", Count: in.Text},
		wire.Count{Field: "input_token_details.audio_tokens", Count: in.Audio},
		wire.Count{Field: "input_token_details.image_tokens", Count: in.Image},
		wire.Count{Field: "input_token_details.cached_tokens", Count: in.Cached},
		wire.Count{Field: "input_token_details.cached_tokens_details.text_tokens", Count: cached.Text},
		wire.Count{Field: "input_token_details.cached_tokens_details.audio_tokens", Count: cached.Audio},
		wire.Count{Field: "input_token_details.cached_tokens_details.image_tokens", Count: cached.Image},
		wire.Count{Field: "output_token_details.text_tokens", Count: out.Text},
		wire.Count{Field: "output_token_details.audio_tokens", Count: out.Audio},
		wire.Count{Field: "output_token_details.image_tokens", Count: out.Image},
	)
}
