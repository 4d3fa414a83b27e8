package importer

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// hailKeys are the prices of models of language in HAIL, in US dollars for 1,000,000 tokens.
var hailKeys = []tokenKey{
	{"input_per_mtok_usd", pricing.PromptText, ""},
	{"cache_read_per_mtok_usd", pricing.PromptCacheRead, "input_per_mtok_usd"},
	{"cache_write_per_mtok_usd", pricing.PromptCacheWrite, "input_per_mtok_usd"},
	{"audio_input_per_mtok_usd", pricing.PromptAudio, ""},
	{"output_per_mtok_usd", pricing.CompletionText, ""},
}

// hailBatchKeys are those of the batch tier.
var hailBatchKeys = []tokenKey{
	{"batch_input_per_mtok_usd", pricing.PromptText, ""},
	{"batch_output_per_mtok_usd", pricing.CompletionText, ""},
}

// hailRow is a row of HAIL. Its prices are decimals in strings; older files have numbers.
type hailRow struct {
	Provider   string   `json:"provider"`
	ModelID    string   `json:"model_id"`
	Aliases    []string `json:"aliases"`
	Streaming  bool     `json:"streaming"`
	Confidence string   `json:"confidence"`
	Verified   string   `json:"last_verified"`
	Source     string   `json:"source_url"`

	place  string
	values map[string]any
}

func readHail(t *table, text []byte) error {
	var file struct {
		Models []json.RawMessage `json:"models"`
	}
	if err := decode(text, &file); err != nil {
		return err
	}
	for i, text := range file.Models {
		r := hailRow{}
		err := decode(text, &r)
		if err == nil {
			err = decode(text, &r.values)
		}
		if err != nil || fold(r.Provider) == "" || fold(r.ModelID) == "" {
			t.notes.add(noteBadModel, "number "+strconv.Itoa(i+1)+" "+r.ModelID)
			continue
		}
		r.place = r.Provider + "/" + r.ModelID
		r.addTo(t)
	}
	return nil
}

func (r *hailRow) addTo(t *table) {
	row := pricing.Row{
		Provider: t.known.canonical(r.Provider), Models: r.models(t.notes),
		Source: r.Source, Verified: r.Verified, Confidence: r.Confidence,
	}
	prices := r.prices(t.notes)
	row.Rounding = r.rounding("min_billed_seconds")
	switch _, voice := r.values["voice_quality"]; {
	case len(row.Models) == 0:
		return
	case voice:
		row.Rounding = r.rounding("min_billed_chars")
		r.addPrice(t, row, prices, "price_per_1m_chars_usd", pricing.Characters, character, millions)
	default:
		r.addSpeech(t, row, prices)
	}
	row.Rounding = pricing.Rounding{}
	addKeys(t, row, hailKeys, prices)
	row.When.ServiceTier = "batch"
	addKeys(t, row, hailBatchKeys, prices)
	r.noteOthers(t.notes, prices)
}

// models are the id and its aliases.
func (r *hailRow) models(notes notebook) []string {
	var models []string
	for _, id := range append([]string{r.ModelID}, r.Aliases...) {
		if id = fold(id); isGlob(id) {
			notes.add(noteWildcard, r.place)
		} else if id != "" && !slices.Contains(models, id) {
			models = append(models, id)
		}
	}
	return models
}

// prices are the row's prices that are not 0, by key, for one of their unit.
func (r *hailRow) prices(notes notebook) map[string]tiers {
	prices := map[string]tiers{}
	for _, key := range slices.Sorted(maps.Keys(r.values)) {
		if !strings.HasSuffix(key, "_usd") {
			continue
		}
		base, err := eitherNumber(r.values[key])
		switch {
		case err != nil:
			notes.add(noteBadPrice, r.place+" "+key+" "+err.Error())
			prices[key] = tiers{wrong: true}
		case base.isZero():
			notes.add(noteZero, r.place)
		default:
			prices[key] = tiers{base: base, higher: r.longer(key)}.sorted().times(shiftOf(key))
		}
	}
	return prices
}

// shiftOf is how many zeros the unit of a price has more than one token.
func shiftOf(key string) int {
	if strings.HasSuffix(key, "_per_mtok_usd") {
		return millions
	}
	return 0
}

// longer are what a price is for longer requests.
func (r *hailRow) longer(key string) []tier {
	var higher []tier
	list, _ := r.values["pricing_tiers"].([]any)
	for _, entry := range list {
		prices, _ := entry.(map[string]any)
		threshold, _ := prices["threshold_tokens"].(json.Number)
		start, startErr := strconv.ParseInt(threshold.String(), 10, 64)
		price, err := eitherNumber(prices[key])
		if startErr == nil && err == nil && start >= 0 && start <= maxContext {
			higher = append(higher, tier{start: start, price: price})
		}
	}
	return higher
}

// eitherNumber reads a number, or one in a string.
func eitherNumber(value any) (number, error) {
	if _, is := value.(string); is {
		return stringNumber(value)
	}
	return jsonNumber(value)
}

// sessions are vendors that bill the time for which streaming speech recognition is open, not the speech in it. HAIL says so
// only in its notes.
var sessions = []string{"assemblyai", "cartesia", "gladia"}

// addSpeech adds what speech recognition costs: streaming it, and recordings as the batch tier.
func (r *hailRow) addSpeech(t *table, row pricing.Row, prices map[string]tiers) {
	kind := pricing.STTAudio
	if r.Streaming && slices.Contains(sessions, row.Provider) {
		kind = pricing.STTSession
	}
	r.addPrice(t, row, prices, "price_per_minute_usd", kind, minute, 0)
	r.addPrice(t, row, prices, "price_per_second_usd", kind, second, 0)
	row.When.ServiceTier = "batch"
	r.addPrice(t, row, prices, "price_per_minute_batch_usd", pricing.STTAudio, minute, 0)
}

func (r *hailRow) addPrice(
	t *table, row pricing.Row, prices map[string]tiers, key string, kind pricing.Kind, u unit, zeros int,
) {
	if price, has := prices[key]; has && !price.wrong {
		t.add(row, kind, u, price.base.shifted(zeros))
	}
}

// rounding is the least of a request that is billed.
func (r *hailRow) rounding(key string) pricing.Rounding {
	least, err := jsonNumber(r.values[key])
	if err != nil || least.isZero() || len(least.String()) > maxDigits {
		return pricing.Rounding{}
	}
	return pricing.Rounding{Minimum: least.String(), Per: "request"}
}

// hailRead are the prices that are read but for those of tokens.
var hailRead = []string{"price_per_minute_usd", "price_per_second_usd", "price_per_minute_batch_usd", "price_per_1m_chars_usd"}

// noteOthers notes prices of what is not counted.
func (r *hailRow) noteOthers(notes notebook, prices map[string]tiers) {
	_, voice := r.values["voice_quality"]
	for _, key := range slices.Sorted(maps.Keys(prices)) {
		isKey := func(k tokenKey) bool { return k.key == key }
		read := slices.Contains(hailRead, key) && (!voice || key == "price_per_1m_chars_usd") ||
			slices.ContainsFunc(hailKeys, isKey) || slices.ContainsFunc(hailBatchKeys, isKey)
		if !read {
			notes.add(noteNoKind, r.place+" "+key)
		}
	}
}
