package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Format is what a price file is written in.
type Format string

// The formats.
const (
	Voice       Format = "voice"        // ours, YAML
	GenaiPrices Format = "genai-prices" // pydantic/genai-prices, new_data/v2/data.json
	LiteLLM     Format = "litellm"      // BerriAI/litellm, model_prices_and_context_window.json
	ModelsDev   Format = "models.dev"   // models.dev, api.json
	Hail        Format = "hail"         // hail-hq/hail, costs/llm.json, stt.json and tts.json
	OpenRouter  Format = "openrouter"   // openrouter.ai, /api/v1/models
)

// readers fill a table with a catalogue.
var readers = map[Format]func(t *table, text []byte) error{
	GenaiPrices: readGenai,
	LiteLLM:     readLiteLLM,
	ModelsDev:   readModelsDev,
	Hail:        readHail,
	OpenRouter:  readOpenRouter,
}

// Formats are all formats by name.
func Formats() []Format {
	return append(slices.Sorted(maps.Keys(readers)), Voice)
}

// Read makes a layer of a price file. Without a format it finds out which it is. The notes say what is not in the layer.
// The error names the file and says what to do.
func Read(name string, text []byte, format Format) (pricing.Layer, Notes, error) {
	known, err := embedded()
	if err != nil {
		return nil, nil, err
	}
	return read(name, text, format, known)
}

func read(name string, text []byte, format Format, known *knowledge) (pricing.Layer, Notes, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if format == "" {
		detected, is := Detect(text)
		if !is {
			return nil, nil, fmt.Errorf("%s: is no price file that we know; say which format it has: %s", name, listed())
		}
		format = detected
	}
	if format == Voice {
		return readVoice(name, text)
	}
	reader, has := readers[format]
	if !has {
		return nil, nil, fmt.Errorf("%s: format %q is unknown; it must be one of %s", name, format, listed())
	}
	t := newTable(name, string(format), known)
	if err := reader(t, text); err != nil {
		return nil, nil, fmt.Errorf("%s: cannot be read as %s: %w", name, format, err)
	}
	layer, notes := t.layer(), t.notes.notes()
	if len(layer) == 0 {
		return nil, notes, fmt.Errorf("%s: has no price that can be read as %s; download it again: %s", name, format, notes)
	}
	return layer, notes, nil
}

func readVoice(name string, text []byte) (pricing.Layer, Notes, error) {
	file, err := pricing.Parse(name, text)
	if err != nil {
		return nil, nil, err
	}
	return pricing.Layer{file}, nil, nil
}

func listed() string {
	var names []string
	for _, format := range Formats() {
		names = append(names, string(format))
	}
	return strings.Join(names, ", ")
}

// Detect finds out which format a price file has, by its outermost keys. It is false for what looks like none.
func Detect(text []byte) (Format, bool) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch trimmed := bytes.TrimLeft(text, " \t\r\n"); {
	case bytes.HasPrefix(trimmed, []byte("[")):
		return detectList(text)
	case bytes.HasPrefix(trimmed, []byte("{")):
		return detectObject(text)
	}
	return Voice, voiceKeys(text)
}

func detectList(text []byte) (Format, bool) {
	var entries []json.RawMessage
	if decode(text, &entries) != nil || len(entries) == 0 {
		return "", false
	}
	var provider map[string]json.RawMessage
	return GenaiPrices, json.Unmarshal(entries[0], &provider) == nil && isList(provider["models"])
}

// voiceKeys says whether a YAML file has a line that begins like a price file of ours.
func voiceKeys(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		key, _, is := strings.Cut(line, ":")
		if is && slices.Contains([]string{"rows", "provider", "multipliers"}, strings.TrimRight(key, " ")) {
			return true
		}
	}
	return false
}

func detectObject(text []byte) (Format, bool) {
	var object map[string]json.RawMessage
	if decode(text, &object) != nil {
		return Voice, strings.Contains(string(text), "rows:") // without quotes: YAML that begins with a brace
	}
	switch {
	case isList(object["rows"]):
		return Voice, true
	case isList(object["data"]):
		return OpenRouter, true
	case isList(object["models"]):
		return Hail, true
	}
	for _, id := range slices.Sorted(maps.Keys(object)) {
		var entry map[string]json.RawMessage
		switch err := json.Unmarshal(object[id], &entry); {
		case err != nil:
		case entry["models"] != nil:
			return ModelsDev, true
		case entry["litellm_provider"] != nil || entry["input_cost_per_token"] != nil:
			return LiteLLM, true
		}
	}
	return "", false
}

func isList(text json.RawMessage) bool { return len(text) > 0 && text[0] == '[' }
