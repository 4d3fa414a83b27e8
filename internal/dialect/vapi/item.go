package vapi

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// item is one of a call's costs. Which fields are set depends on Type.
type item struct {
	Type        string         `json:"type"`
	Provider    string         `json:"provider"`
	Transcriber worker         `json:"transcriber"`
	Model       worker         `json:"model"`
	Voice       worker         `json:"voice"`
	Cost        jsontext.Value `json:"cost"`

	Minutes    jsontext.Value `json:"minutes"`
	Seconds    jsontext.Value `json:"seconds"`
	Characters jsontext.Value `json:"characters"`

	Prompt     jsontext.Value `json:"promptTokens"`
	Completion jsontext.Value `json:"completionTokens"`
	Cached     jsontext.Value `json:"cachedPromptTokens"`
	Reasoning  jsontext.Value `json:"reasoningTokens"`

	PromptText      jsontext.Value `json:"promptTextTokens"`
	PromptAudio     jsontext.Value `json:"promptAudioTokens"`
	CompletionText  jsontext.Value `json:"completionTextTokens"`
	CompletionAudio jsontext.Value `json:"completionAudioTokens"`
}

// worker is a model, transcriber or voice as the assistant configures it.
type worker struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
}

func (b *bill) readItems(costs []jsontext.Value, path string) {
	for i, raw := range costs {
		at := fmt.Sprintf("%s[%d]", path, i)
		var in item
		if err := wire.Field(raw, at, &in); err != nil {
			b.reject(err)
			continue
		}
		reader{&in, at, b}.read()
	}
}

// reader reads one item at its path.
type reader struct {
	*item
	path string
	bill *bill
}

func (r reader) read() {
	source := r.source()
	usd, err := platform.USD(r.Cost, r.path+".cost")
	if err != nil {
		r.bill.reject(err)
	}
	r.bill.items.Charge(source, usd)
	r.use(source, usd > 0 || err != nil) // what it cost is in the total, if not here
	switch r.Type {
	case "transcriber", "model", "voice":
		r.bill.workers = append(r.bill.workers, source)
	}
}

// source says who did an item's work. Analysis, knowledge base and detection of a mailbox are requests to a language model,
// except that a mailbox is also detected by Vapi itself and by the carrier. A type that we do not know is Vapi's own.
func (r reader) source() frame.Source {
	switch r.Type {
	case "transport":
		return frame.Source{Stage: frame.Transport, Provider: carrier(r.Provider)}
	case "transcriber":
		return r.Transcriber.as(frame.STT)
	case "voice":
		return r.Voice.as(frame.TTS)
	case "model":
		return r.Model.as(r.modelStage())
	case "analysis", "knowledge-base":
		return r.Model.as(frame.LLM)
	case "voicemail-detection":
		return r.detector()
	}
	return fee
}

// modelStage tells models apart that hear and speak themselves: Vapi reports seconds for them.
func (r reader) modelStage() frame.Stage {
	if wire.Absent(r.Seconds) {
		return frame.LLM
	}
	return frame.Realtime
}

func (r reader) detector() frame.Source {
	switch r.Provider {
	case "openai", "google":
		return worker{Provider: r.Provider, Model: r.Model.Model}.as(frame.LLM)
	}
	return frame.Source{Stage: frame.Platform, Provider: cmp.Or(carrier(r.Provider), fee.Provider)}
}

func (r reader) use(source frame.Source, priced bool) {
	switch r.Type {
	case "transport":
		r.minutes(frame.TransportUsed, source, priced)
	case "transcriber":
		r.minutes(frame.AudioTranscribed, source, priced)
	case "vapi":
		r.minutes(frame.PlatformUsed, source, true) // of a plan, which may include them
	case "voice":
		r.amount(frame.CharactersUsed, source, priced)
	case "model", "analysis", "knowledge-base":
		r.connected(source, priced)
		r.tokens(source, priced, r.text)
	case "voicemail-detection":
		r.tokens(source, priced, r.textAndAudio)
	}
}

func (r reader) minutes(kind frame.Kind, source frame.Source, priced bool) {
	seconds, err := platform.Seconds(r.Minutes, r.path+".minutes")
	r.take(frame.Event{Kind: kind, Source: source, Value: seconds, Priced: priced}, err)
}

func (r reader) amount(kind frame.Kind, source frame.Source, priced bool) {
	count, err := wire.WholeNumber(r.Characters, r.path+".characters", frame.MaxCharacters)
	r.take(frame.Event{Kind: kind, Source: source, Value: count, Priced: priced}, err)
}

func (r reader) connected(source frame.Source, priced bool) {
	if source.Stage != frame.Realtime {
		return
	}
	seconds, err := wire.Number(r.Seconds, r.path+".seconds", 0, frame.MaxSeconds)
	r.take(frame.Event{Kind: frame.RealtimeConnected, Source: source, Value: seconds, Priced: priced}, err)
}

func (r reader) tokens(source frame.Source, priced bool, count func(*counts) frame.Tokens) {
	numbers := counts{path: r.path}
	tokens, err := numbers.leaves(count(&numbers))
	r.take(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Priced: priced}, err)
}

// text is the usage of a language model. Cached tokens are among the prompt's, reasoning among the completion's.
func (r reader) text(n *counts) frame.Tokens {
	prompt, completion := n.of(r.Prompt, "promptTokens"), n.of(r.Completion, "completionTokens")
	cached, reasoning := n.of(r.Cached, "cachedPromptTokens"), n.of(r.Reasoning, "reasoningTokens")
	return frame.Tokens{
		frame.PromptText: prompt - cached, frame.PromptCacheRead: cached,
		frame.CompletionText: completion - reasoning, frame.CompletionReasoning: reasoning,
	}
}

func (r reader) textAndAudio(n *counts) frame.Tokens {
	return frame.Tokens{
		frame.PromptText:      n.of(r.PromptText, "promptTextTokens"),
		frame.PromptAudio:     n.of(r.PromptAudio, "promptAudioTokens"),
		frame.CompletionText:  n.of(r.CompletionText, "completionTextTokens"),
		frame.CompletionAudio: n.of(r.CompletionAudio, "completionAudioTokens"),
	}
}

func (r reader) take(event frame.Event, err error) {
	event.Running = true
	r.bill.use.add(event, err)
}

// counts reads numbers of tokens below a path and keeps the first error.
type counts struct {
	path string
	err  error
}

func (c *counts) of(raw jsontext.Value, name string) int64 {
	n, err := platform.Tokens(raw, c.path+"."+name)
	c.err = cmp.Or(c.err, err)
	return n
}

// leaves is tokens if all numbers could be read and every leaf is possible.
func (c *counts) leaves(tokens frame.Tokens) (frame.Tokens, error) {
	if c.err != nil {
		return frame.Tokens{}, c.err
	}
	tokens, err := wire.Leaves(tokens)
	if err != nil {
		return tokens, wire.Fault(err).In(c.path)
	}
	return tokens, nil
}

func (w worker) as(stage frame.Stage) frame.Source {
	return frame.Source{Stage: stage, Provider: vendor(w.Provider), Model: wire.Text(w.Model)}
}

// vendor is a provider in our words; one that we do not know keeps Vapi's.
func vendor(name string) string {
	switch name {
	case "11labs":
		return "elevenlabs"
	case "assembly-ai":
		return "assemblyai"
	}
	return cmp.Or(provider.Of(name), wire.Text(strings.ToLower(name)))
}

// carrier is who carries the call: vapi.sip and vapi.websocket are Vapi.
func carrier(name string) string {
	who, _, _ := strings.Cut(name, ".")
	return vendor(who)
}
