// Package foreign knows usage metrics that are not ours: what their points count, and which of them contain each other. It
// makes disjoint kinds of usage of them, which is what a price is for.
//
// Facts are those of the OpenTelemetry conventions for generative AI in both their eras, and of LiveKit Agents
// (telemetry/otel_metrics.py); design.md 4 says why nobody prices them unasked.
package foreign

import (
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Family is metrics that tell of the same uses: a point of one may contain what a point of another counts.
type Family struct {
	Name    string
	Metrics map[string]Metric

	// Attributes of points, in the order in which they are looked for.
	ProviderKeys, ModelKeys, TierKeys []string
	// Provider and Model hold where no attribute says so.
	Provider, Model string
	// Hosts: the provider is told as a class or a host (api.openai.com).
	Hosts bool
	// TypeKey and ModalityKey are the attributes that say what a point counts: all others, and only those, are the same on
	// points that tell of the same use.
	TypeKey, ModalityKey string
	OperationKey         string
	// Blind: nothing tells which of the prompt came from a cache, unless a point says so.
	Blind bool
	// Stages are the only ones that are priced; none: all.
	Stages []string
}

// Metric is what a metric's points count: all of them the same, or what the attribute TypeKey says by word.
type Metric struct {
	Meaning
	Words map[string]Meaning
}

// Meaning is what a point counts.
type Meaning struct {
	Use
	Part     Part
	Modality Modality // of an Inside; else the point says it
	Stage    string
	// Again are the uses of which the point tells once more, in another division; what it counts is in one of them.
	Again []Use
}

// Use is what is used. Two uses have nothing in common; the parts of one do.
type Use struct {
	Side Side
	Kind pricing.Kind // of a use that is Alone
}

// Side says how the points of a use are divided.
type Side uint8

// The sides. Points of a use that is Alone count one kind each and nothing twice.
const (
	Alone Side = iota
	Prompt
	Completion
)

// Part is what a point counts of a prompt or a completion.
type Part uint8

// The parts. All but Whole are contained in Whole.
const (
	Whole Part = iota
	// Inside is the tokens of a modality where the whole is told for all modalities together.
	Inside
	CacheRead
	CacheWrite
	CacheWrite1h
	Reasoning
	parts
)

// Modality is what tokens stand for.
type Modality uint8

// The modalities. Unknown is priced as text, which it nearly always is; Custom has no price.
const (
	Unknown Modality = iota
	Text
	Image
	Audio
	Video
	Custom
	modalities
)

// ModalityNamed is a modality by the word of the conventions.
func ModalityNamed(word string) Modality {
	switch word {
	case "", "unknown":
		return Unknown
	case "text":
		return Text
	case "image":
		return Image
	case "audio":
		return Audio
	case "video":
		return Video
	}
	return Custom
}

var (
	prompt     = Use{Side: Prompt}
	completion = Use{Side: Completion}
)

// Meaning is what a point of a metric counts, by the word that it has for it; ok is false where nothing of the kind is
// known.
func (m *Metric) MeaningOf(word string) (meaning Meaning, ok bool) {
	if m.Words == nil {
		return m.Meaning, true
	}
	meaning, ok = m.Words[word]
	return meaning, ok
}

// Strange is tokens of which nobody knows what they are: they are told, and have no price.
var Strange = Meaning{Use: Use{Kind: pricing.Unknown}, Stage: semconv.StageLLM}

// KindMeaning is the meaning of points that count a kind and nothing twice, or, gross, of points that may be contained in
// those of prompt.text and completion.text.
func KindMeaning(kind pricing.Kind, gross bool) Meaning {
	m := Meaning{Use: Use{Kind: kind}, Stage: kind.Stage()}
	if part, of := grossParts[kind]; gross && of {
		part.Stage = kind.Stage()
		return part
	}
	return m
}

var grossParts = map[pricing.Kind]Meaning{
	pricing.PromptText:           {Use: prompt, Part: Whole},
	pricing.PromptCacheRead:      {Use: prompt, Part: CacheRead},
	pricing.PromptCacheWrite:     {Use: prompt, Part: CacheWrite},
	pricing.PromptCacheWrite1h:   {Use: prompt, Part: CacheWrite1h},
	pricing.PromptAudio:          {Use: prompt, Part: Inside, Modality: Audio},
	pricing.PromptAudioCacheRead: {Use: prompt, Part: CacheRead, Modality: Audio},
	pricing.PromptImage:          {Use: prompt, Part: Inside, Modality: Image},
	pricing.PromptImageCacheRead: {Use: prompt, Part: CacheRead, Modality: Image},
	pricing.PromptVideo:          {Use: prompt, Part: Inside, Modality: Video},
	pricing.CompletionText:       {Use: completion, Part: Whole},
	pricing.CompletionAudio:      {Use: completion, Part: Inside, Modality: Audio},
	pricing.CompletionReasoning:  {Use: completion, Part: Reasoning},
}
