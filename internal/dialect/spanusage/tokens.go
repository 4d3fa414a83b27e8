package spanusage

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// counts are the tokens of a request as they are told: totals, and parts that overlap.
type counts struct {
	input, output, total             int64
	cacheRead, cacheWrite, reasoning int64
	in, cached, out                  modalities
	unheard                          unheard
}

// unheard is what Pipecat before 1.6 told of realtime models: text and sound in one.
type unheard struct{ prompt, completion, total int64 }

type modalities struct{ text, audio, image, video int64 }

func (m modalities) sum() int64 { return m.text + m.audio + m.image + m.video }

// genAI is where a count is kept that the conventions know, in any era of their names, or that goes by a name like theirs.
func (c *counts) genAI(key string) *int64 {
	switch key {
	case "input_tokens", "prompt_tokens":
		return &c.input
	case "output_tokens", "completion_tokens":
		return &c.output
	case "total_tokens":
		return &c.total
	case "cache_read.input_tokens", "cache_read_input_tokens", "cached_input_tokens", "input_cached_tokens",
		"input_tokens.cached", "cache_read_tokens", "details.cache_read_tokens":
		return &c.cacheRead
	case "cache_write.input_tokens", "cache_creation.input_tokens", "cache_creation_input_tokens", "cache_write_input_tokens",
		"input_tokens.cache_write", "cache_write_tokens", "details.cache_write_tokens":
		return &c.cacheWrite
	case "reasoning.output_tokens", "reasoning_tokens", "output_tokens.reasoning", "details.reasoning_tokens":
		return &c.reasoning
	}
	return c.byModality(key)
}

func (c *counts) byModality(key string) *int64 {
	switch key {
	case "text.input_tokens", "input_text_tokens":
		return &c.in.text
	case "audio.input_tokens", "input_audio_tokens", "details.input_audio_tokens":
		return &c.in.audio
	case "image.input_tokens", "input_image_tokens":
		return &c.in.image
	case "video.input_tokens", "input_video_tokens":
		return &c.in.video
	case "text.cache_read.input_tokens", "input_cached_text_tokens":
		return &c.cached.text
	case "audio.cache_read.input_tokens", "input_cached_audio_tokens", "details.cache_audio_read_tokens":
		return &c.cached.audio
	case "image.cache_read.input_tokens", "input_cached_image_tokens":
		return &c.cached.image
	case "text.output_tokens", "output_text_tokens":
		return &c.out.text
	case "audio.output_tokens", "output_audio_tokens", "details.output_audio_tokens":
		return &c.out.audio
	case "image.output_tokens", "output_image_tokens":
		return &c.out.image
	}
	return nil
}

// openInference is where a count is kept that OpenInference knows, or who was before the conventions.
func (c *counts) openInference(key string) *int64 {
	switch key {
	case "token_count.prompt", "usage.prompt_tokens":
		return &c.input
	case "token_count.completion", "usage.completion_tokens":
		return &c.output
	case "token_count.total", "usage.total_tokens":
		return &c.total
	case "token_count.prompt_details.cache_read", "token_count.prompt_details.cache_input":
		return &c.cacheRead
	case "token_count.prompt_details.cache_write":
		return &c.cacheWrite
	case "token_count.prompt_details.audio":
		return &c.in.audio
	case "token_count.completion_details.audio":
		return &c.out.audio
	case "token_count.completion_details.reasoning":
		return &c.reasoning
	}
	return nil
}

// divide divides the counts into disjoint leaves, if they can be. AsVendor is as for pipecat.Counts. What a total holds beyond
// prompt and completion is of neither, so far as is known.
func (c *counts) divide(into *frame.Tokens, by frame.Source, asVendor bool) bool {
	if c.unheard != (unheard{}) {
		c.hear()
	}
	ofText := c.in == (modalities{}) && c.out == (modalities{}) && c.cached == (modalities{})
	if !ofText {
		c.complete()
	}
	if c.cacheRead+c.cacheWrite+c.reasoning > 0 {
		c.gross(by, asVendor)
	}
	switch {
	case by.Stage == frame.TTS && c.out == (modalities{}):
		c.out.audio = c.output // what speech synthesis puts out is sound
	case ofText:
		return c.divideText(into)
	}
	tokens, err := c.leaves()
	*into = tokens
	into[frame.Unsplit] = max(c.total-c.input-c.output, 0)
	return err == nil
}

// divideText divides counts of text alone, which most are.
func (c *counts) divideText(into *frame.Tokens) bool {
	into[frame.PromptText] = c.input - c.cacheRead - c.cacheWrite
	into[frame.PromptCacheRead] = c.cacheRead
	into[frame.PromptCacheWrite] = c.cacheWrite
	into[frame.CompletionText] = c.output - c.reasoning
	into[frame.CompletionReasoning] = c.reasoning
	into[frame.Unsplit] = max(c.total-c.input-c.output, 0)
	return into[frame.PromptText] >= 0 && into[frame.CompletionText] >= 0
}

// complete makes the totals what their parts are, where these are more or told alone.
func (c *counts) complete() {
	c.input = max(c.input, c.in.sum())
	c.output = max(c.output, c.out.sum())
	c.cacheRead = max(c.cacheRead, c.cached.sum())
}

// hear takes what old bots told of realtime models. Sound costs several times what text does, so that without being told
// apart it has no price.
func (c *counts) hear() {
	old := &c.unheard
	if c.in.audio+c.out.audio > 0 {
		c.input, c.output, c.total = max(c.input, old.prompt), max(c.output, old.completion), max(c.total, old.total)
	} else if c.input+c.output == 0 {
		c.total = max(c.total, old.total, old.prompt+old.completion)
	}
}

func (c *counts) gross(by frame.Source, asVendor bool) {
	gross := pipecat.Counts{
		Prompt: c.input, Completion: c.output, Total: c.total,
		CacheRead: c.cacheRead, CacheWrite: c.cacheWrite, Reasoning: c.reasoning,
	}
	gross.Gross(by, asVendor)
	c.input, c.output = gross.Prompt, gross.Completion
}

// leaves divides gross counts: by modality as OpenAI's, by which cached tokens that no modality is told of are taken for text
// first. What is written to the cache, and reasoning, is text.
func (c *counts) leaves() (frame.Tokens, error) {
	usage := openairealtime.Usage{Input: c.input - c.cacheWrite - c.in.video, Output: c.output}
	in, cached, out := &usage.InputDetails, &usage.InputDetails.CachedDetails, &usage.OutputDetails
	in.Text, in.Audio, in.Image = max(c.in.text-c.cacheWrite, 0), c.in.audio, c.in.image
	in.Cached, cached.Text, cached.Audio, cached.Image = c.cacheRead, c.cached.text, c.cached.audio, c.cached.image
	out.Text, out.Audio, out.Image = c.out.text, c.out.audio, c.out.image
	tokens, err := usage.Tokens()
	if err != nil {
		return frame.Tokens{}, err
	}
	tokens[frame.PromptCacheWrite] = c.cacheWrite
	tokens[frame.PromptVideo] = c.in.video
	tokens[frame.CompletionText] -= c.reasoning
	tokens[frame.CompletionReasoning] = c.reasoning
	return wire.Leaves(tokens)
}
