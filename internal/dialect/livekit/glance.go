package livekit

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// missing stands in a usage that is about to be read for a count that the object turns out not to have, at least not by the
// name that the Python SDK gives it.
const missing = -1

// glanceUsed reads what was used in one pass, where the object is as the Python SDK writes it. What is not clear is for
// decodeUsed.
func glanceUsed(object []byte, texts *wire.Texts) (Used, bool) {
	g := glance{Cursor: wire.NewCursor(object, texts), characters: missing}
	g.llm.Prompt, g.tokens.Input = missing, missing
	g.Object(g.member)
	if !g.Clear() {
		return Used{}, false
	}
	return g.used()
}

// glance is a metrics object as far as it was read.
type glance struct {
	wire.Cursor
	metrics    metrics
	llm        llmUsage
	tokens     openairealtime.Usage // of realtime models and of speech synthesis
	characters int64
	timed      bool // how long it took is read as well
}

func (g *glance) member(name []byte) {
	switch string(name) {
	case "type":
		g.metrics.Type = g.Text()
	case "label":
		g.metrics.Label = g.Text()
	case "metadata":
		g.Object(g.metadata)
	case "input_token_details":
		g.Object(g.inputDetail)
	case "output_token_details":
		out := &g.tokens.OutputDetails
		g.Object(func(name []byte) { g.modality(name, &out.Text, &out.Audio, &out.Image) })
	case "session_duration": // of the few models that bill it
		if duration := string(g.Raw()); duration != "0.0" && duration != "null" {
			g.Doubt()
		}
	default:
		g.count(name)
	}
}

func (g *glance) count(name []byte) {
	switch string(name) {
	case "prompt_tokens":
		g.llm.Prompt = g.Integer()
	case "completion_tokens":
		g.llm.Completion = g.Integer()
	case "prompt_cached_tokens":
		g.llm.CacheRead = g.Integer()
	case "cache_creation_tokens":
		g.llm.CacheWrite = g.Integer()
	case "reasoning_tokens":
		g.llm.Reasoning = g.Integer()
	case "input_tokens":
		g.tokens.Input = g.Integer()
	case "output_tokens":
		g.tokens.Output = g.Integer()
	case "characters_count":
		g.characters = g.Integer()
	default:
		g.time(name)
	}
}

func (g *glance) time(name []byte) {
	if !g.timed {
		g.pass(name)
		return
	}
	switch string(name) {
	case "ttft":
		g.metrics.TTFT = g.Raw()
	case "ttfb":
		g.metrics.TTFB = g.Raw()
	case "duration":
		g.metrics.Duration = g.Raw()
	case "cancelled":
		g.metrics.Cancelled = g.bool()
	default:
		g.pass(name)
	}
}

func (g *glance) bool() bool {
	value := string(g.Raw())
	if value != "true" && value != "false" {
		g.Doubt()
	}
	return value == "true"
}

func (g *glance) metadata(name []byte) {
	switch string(name) {
	case "model_name":
		g.metrics.Metadata.Model = g.Text()
	case "model_provider":
		g.metrics.Metadata.Provider = g.Text()
	default:
		g.pass(name)
	}
}

func (g *glance) inputDetail(name []byte) {
	in := &g.tokens.InputDetails
	cached := &in.CachedDetails
	switch {
	case string(name) == "cached_tokens":
		in.Cached = g.Integer()
	case string(name) != "cached_tokens_details":
		g.modality(name, &in.Text, &in.Audio, &in.Image)
	case !g.Null():
		g.Object(func(name []byte) { g.modality(name, &cached.Text, &cached.Audio, &cached.Image) })
	}
}

func (g *glance) modality(name []byte, text, audio, image *int64) {
	switch string(name) {
	case "text_tokens":
		*text = g.Integer()
	case "audio_tokens":
		*audio = g.Integer()
	case "image_tokens":
		*image = g.Integer()
	default:
		g.pass(name)
	}
}

// used is what was read, if it is all that there is.
func (g *glance) used() (used Used, clear bool) {
	var err error
	switch {
	case g.metrics.Type == llmMetrics && g.llm.Prompt != missing:
		used.Source.Stage = frame.LLM
		used.Tokens, err = g.llm.Tokens()
	case g.metrics.Type == realtimeMetrics && g.tokens.Input != missing:
		used.Source.Stage = frame.Realtime
		used.Tokens, err = g.tokens.Tokens()
	case g.metrics.Type == ttsMetrics && g.characters != missing && g.tokens.Input <= 0 && g.tokens.Output == 0:
		used.Source.Stage = frame.TTS
		used.Characters = float64(g.characters)
	default:
		return Used{}, false
	}
	if err != nil || used.Characters < 0 || used.Characters > frame.MaxCharacters {
		return Used{}, false
	}
	if !used.empty() {
		used.Source.Provider, used.Source.Model = g.metrics.provider(), modelOf(g.metrics.Metadata.Model)
	}
	return used, true
}

// pass passes over a member that is not wanted. One that is wanted under this name by whoever folds names is not for a glance.
func (g *glance) pass(name []byte) {
	var room [maxFolded]byte
	folded := room[:0]
	for _, b := range name {
		if b != '_' && b != '-' && len(folded) < maxFolded {
			folded = append(folded, lower(b))
		}
	}
	if isWanted[string(folded)] || g.timed && isTime[string(folded)] {
		g.Doubt()
		return
	}
	g.Skip()
}

// maxFolded is longer than any name that is wanted.
const maxFolded = 32

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// isWanted are the names that a glance knows, and isTime those of how long it took, as they are folded.
var (
	isWanted = setOf("type", "label", "metadata", "inputtokendetails", "outputtokendetails", "sessionduration", "sessiondurationms",
		"prompttokens", "completiontokens", "promptcachedtokens", "cachecreationtokens", "reasoningtokens", "inputtokens",
		"outputtokens", "characterscount", "modelname", "modelprovider", "cachedtokens", "cachedtokensdetails", "texttokens",
		"audiotokens", "imagetokens")
	isTime = setOf("ttft", "ttftms", "ttfb", "ttfbms", "duration", "durationms", "cancelled")
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
