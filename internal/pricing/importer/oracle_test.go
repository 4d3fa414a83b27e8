package importer

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// oracleVariable is where scripts/oracle wrote its files. Without it, the test has the sample in testdata.
const oracleVariable = "OTELCOL_VOICE_ORACLE"

// oracleLine is a usage, and what genai-prices says that it costs.
type oracleLine struct {
	Provider string             `json:"provider"`
	Model    string             `json:"model"`
	At       int64              `json:"at"` // Unix milliseconds
	Usage    map[string]float64 `json:"usage"`
	USD      *float64           `json:"usd"`    // nil: it knows no price
	Seller   string             `json:"seller"` // whose model it found
	Found    string             `json:"found"`
	Prices   map[string]any     `json:"prices"` // that held
	Error    string             `json:"error"`
}

// oracleUse is a part of a usage that does not overlap with others, in the words of genai-prices.
type oracleUse struct {
	kind     pricing.Kind // Unknown: no kind of ours
	traits   traits       // of tokens
	key      string       // of the price of what is no token
	per      float64
	quantity float64
}

// Each usage costs what genai-prices says, or the difference is exactly the amount of what is known to be priced in
// another way, each part of which is of a class that the data of genai-prices itself shows.
func TestAgreesWithGenaiPrices(t *testing.T) {
	dir := cmp.Or(os.Getenv(oracleVariable), filepath.Join("testdata", "oracle"))
	text, err := os.ReadFile(filepath.Join(dir, "data.json"))
	require.NoError(t, err)
	layer, notes, err := read("data.json", text, "", &knowledge{})
	require.NoError(t, err)
	book, err := pricing.NewBook(pricing.Settings{}, layer)
	require.NoError(t, err)
	judge := newJudge(t, book, text)
	file, err := os.Open(filepath.Join(dir, "usages.ndjson"))
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		judge.hear(lines.Bytes())
	}
	require.NoError(t, lines.Err())
	t.Logf("%d usages: %d cost the same to nine digits; the others by class, some are of several:\n%s", judge.heard, judge.agreed, judge.summary())
	t.Log("left out of the layer:\n" + notes.String())
	assert.Zero(t, judge.failed, "differences that no class explains; the first are:\n%s", strings.Join(judge.wrong, "\n"))
	assert.NotZero(t, judge.agreed)
}

// judge compares amounts.
type judge struct {
	t       *testing.T
	book    *pricing.Book
	rules   map[string]string // by provider/model: how the catalogue matches it
	heard   int
	agreed  int
	classes map[string]int
	wrong   []string
	failed  int
}

func newJudge(t *testing.T, book *pricing.Book, catalogue []byte) *judge {
	t.Helper()
	var providers []struct {
		ID     string
		Models []struct {
			ID    string
			Match json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(catalogue, &providers))
	rules := map[string]string{}
	for _, provider := range providers {
		for _, model := range provider.Models {
			rules[provider.ID+"/"+model.ID] += string(model.Match)
		}
	}
	return &judge{t: t, book: book, rules: rules, classes: map[string]int{}}
}

func (j *judge) hear(text []byte) {
	var line oracleLine
	require.NoError(j.t, json.Unmarshal(text, &line))
	j.heard++
	classes, verdict := j.compare(&line)
	for _, class := range classes {
		j.classes[class]++
	}
	switch {
	case verdict != "":
		j.failed++
		if len(j.wrong) < 20 {
			j.wrong = append(j.wrong, verdict+": "+string(text))
		}
	case len(classes) == 0:
		j.agreed++
	}
}

func (j *judge) summary() string {
	var lines []string
	for _, class := range slices.Sorted(maps.Keys(j.classes)) {
		lines = append(lines, fmt.Sprintf("%7d %s", j.classes[class], class))
	}
	return strings.Join(lines, "\n")
}

// The classes of differences.
const (
	classNeither  = "an id that neither knows"
	classModality = "tokens of a modality without a price of its own: they bill them as text"
	classUnit     = "a unit that is not counted here, such as web searches: they bill it"
	classNothing  = "tokens that nothing of a model's prices is for: they bill nothing, here they are unpriced"
	classNoPrice  = "a model without prices: they say 0, here it is unpriced"
	classRule     = "a rule of matching with a look-ahead, which ids and globs cannot express: here the id is unknown"
	classDated    = "a version by date of another model than the id without the date: the book has one price for both"
	classNobody   = "no provider is named: they take it from a rule, here it is who alone has the model"
	classMore     = "an id that they do not know: here it is found without its date, region or path"
	classRefused  = "a usage that they refuse"
)

// compare is how a usage differs, and what is wrong with that: "" if nothing.
func (j *judge) compare(line *oracleLine) (classes []string, verdict string) {
	uses := usesOf(line)
	ours, open, rows := j.price(line, uses)
	switch {
	case line.Error != "":
		return []string{classRefused}, ""
	case line.USD == nil && len(rows) == 0:
		return []string{classNeither}, ""
	case line.USD == nil && line.Provider == "":
		return []string{classNobody}, ""
	case line.USD == nil:
		return []string{classMore}, unlessShortened(line, rows)
	}
	for _, use := range open {
		class := j.classOf(line, use)
		if class == "" {
			return nil, fmt.Sprintf("%s is unpriced", use.kind)
		}
		ours += use.priceBy(line.Prices, line.Usage["input_tokens"])
		if !slices.Contains(classes, class) {
			classes = append(classes, class)
		}
	}
	switch {
	case math.Abs(ours-*line.USD) <= 1e-9*math.Abs(*line.USD):
		return classes, ""
	case j.isDated(line, rows):
		return append(classes, classDated), ""
	}
	return classes, fmt.Sprintf("%.12g instead of %.12g", ours, *line.USD)
}

// isDated says whether an id was found without its date where a rule of another provider, which stands in, is for the date.
func (j *judge) isDated(line *oracleLine, rows []*pricing.Row) bool {
	id := strings.ToLower(line.Model)
	plain := dateEnd.ReplaceAllString(id, "")
	ruled := false
	for model, rules := range j.rules {
		_, name, _ := strings.Cut(model, "/")
		ruled = ruled || name == line.Found && strings.Contains(rules, "\\\\d{8}$") && !strings.HasPrefix(model, line.Provider+"/")
	}
	unlike := func(row *pricing.Row) bool {
		return !slices.Contains(row.Models, plain) || slices.Contains(row.Models, id)
	}
	return ruled && plain != id && !slices.ContainsFunc(rows, unlike)
}

// price is what the book says of a usage's parts, which of them it has no price for, and the rows that it used.
func (j *judge) price(line *oracleLine, uses []oracleUse) (usd float64, open []oracleUse, rows []*pricing.Row) {
	for _, use := range uses {
		quantity, ok := pricing.Measure(use.quantity)
		require.True(j.t, ok)
		result := j.book.Price(&pricing.Usage{
			Provider: line.Provider, Model: line.Model, Kind: use.kind, Quantity: quantity,
			RequestTokens: int64(line.Usage["input_tokens"]), Single: true, At: time.UnixMilli(line.At),
		})
		if use.kind == pricing.Unknown || result.Reason != pricing.Priced {
			open = append(open, use)
			continue
		}
		usd += result.USD
		rows = append(rows, result.Row)
	}
	return usd, open, rows
}

// classOf is why a part of a usage has no price here, or "" if there is no such reason.
func (j *judge) classOf(line *oracleLine, use oracleUse) string {
	key := use.keyIn(line.Prices)
	switch {
	case len(line.Prices) == 0:
		return classNoPrice
	case use.kind == pricing.Unknown:
		return classUnit
	case key == "":
		return classNothing
	case !strings.Contains(key, use.modality()):
		return classModality
	case line.Provider == "":
		return classNobody
	case strings.Contains(j.rules[line.Seller+"/"+line.Found], "(?!"):
		return classRule
	}
	return ""
}

func (u oracleUse) modality() string {
	for _, modality := range []string{"audio", "image", "video"} {
		if slices.Contains(u.traits, modality) {
			return modality
		}
	}
	return ""
}

// dateEnd is a date or a revision at the end of an id.
var dateEnd = regexp.MustCompile(`([-@]20\d{6}|-20\d\d-\d\d-\d\d)?(-v\d+(:\d+)?)?$`)

// unlessShortened is what is wrong with having found an id that genai-prices does not know: nothing, if the rows are for
// what remains of it without a date at its end or something before it.
func unlessShortened(line *oracleLine, rows []*pricing.Row) string {
	id := strings.ToLower(line.Model)
	plain := dateEnd.ReplaceAllString(id, "")
	for _, row := range rows {
		if !slices.ContainsFunc(row.Models, func(model string) bool {
			return model != id && (covers("*"+model, id) || covers("*"+model, plain))
		}) {
			return "an unknown id is found as " + strings.Join(row.Models, ", ")
		}
	}
	return ""
}

// usesOf takes a usage of genai-prices apart: its counts are in one another.
func usesOf(line *oracleLine) []oracleUse {
	u := line.Usage
	read := u["cache_read_tokens"] - u["cache_audio_read_tokens"] - u["cache_image_read_tokens"]
	quantities := map[pricing.Kind]float64{
		pricing.PromptCacheRead:      read,
		pricing.PromptCacheWrite:     u["cache_write_tokens"] - u["cache_write_1h_tokens"],
		pricing.PromptCacheWrite1h:   u["cache_write_1h_tokens"],
		pricing.PromptAudio:          u["input_audio_tokens"] - u["cache_audio_read_tokens"],
		pricing.PromptAudioCacheRead: u["cache_audio_read_tokens"],
		pricing.PromptImage:          u["input_image_tokens"] - u["cache_image_read_tokens"],
		pricing.PromptImageCacheRead: u["cache_image_read_tokens"],
		pricing.PromptVideo:          u["input_video_tokens"],
		pricing.CompletionAudio:      u["output_audio_tokens"],
		pricing.CompletionReasoning:  u["output_reasoning_tokens"],
	}
	quantities[pricing.PromptText] = u["input_tokens"] - read - u["cache_write_tokens"] - u["input_audio_tokens"] -
		u["input_image_tokens"] - u["input_video_tokens"]
	quantities[pricing.CompletionText] = u["output_tokens"] - u["output_audio_tokens"] - u["output_reasoning_tokens"] -
		u["output_image_tokens"] - u["output_video_tokens"] - u["output_citation_tokens"]
	var uses []oracleUse
	for _, l := range leaves {
		uses = append(uses, oracleUse{kind: l.kind, traits: l.traits, quantity: quantities[l.kind]})
	}
	uses = append(uses, othersOf(line)...)
	return slices.DeleteFunc(uses, func(use oracleUse) bool { return use.quantity == 0 })
}

// othersOf are the parts that are not in tokens, or in tokens of which we have no kind.
func othersOf(line *oracleLine) []oracleUse {
	u := line.Usage
	session := oracleUse{kind: pricing.RealtimeSession, key: "audio_hours", per: 3600, quantity: u["audio_seconds"]}
	if u["input_audio_seconds"] > 0 {
		session = oracleUse{kind: pricing.STTAudio, key: "input_audio_hours", per: 3600, quantity: u["input_audio_seconds"]}
	}
	requests := 0.0
	if _, priced := line.Prices["requests_kcount"]; priced {
		requests = 1
	}
	return []oracleUse{
		session,
		{kind: pricing.Characters, key: "input_mchars", per: 1e6, quantity: u["input_characters"]},
		{traits: traits{"output", "image"}, quantity: u["output_image_tokens"]},
		{traits: traits{"output", "video"}, quantity: u["output_video_tokens"]},
		{traits: traits{"output", "text", "citation"}, quantity: u["output_citation_tokens"]},
		{key: "requests_kcount", per: 1000, quantity: requests},
		{key: "web_searches_kcount", per: 1000, quantity: u["web_searches"]},
		{key: "storage_searches_kcount", per: 1000, quantity: u["storage_searches"]},
		{key: "input_text_messages_kcount", per: 1000, quantity: u["input_text_messages"]},
		{key: "input_document_kpages", per: 1000, quantity: u["input_document_pages"]},
	}
}

// keyIn is the key of the price that genai-prices takes for a part: of those that are for it, the one for the least else.
func (u oracleUse) keyIn(prices map[string]any) string {
	if u.traits == nil {
		return u.key
	}
	best, most := "", 0
	for key := range prices {
		if of, is := traitsOf(key); is && subset(of, u.traits) && len(of) > most {
			best, most = key, len(of)
		}
	}
	return best
}

// priceBy is what genai-prices says that a part costs.
func (u oracleUse) priceBy(prices map[string]any, request float64) float64 {
	key := u.keyIn(prices)
	price, _ := prices[key].(float64)
	if tiered, is := prices[key].(map[string]any); is {
		price = tierOf(tiered, request)
	}
	return u.quantity * price / cmp.Or(u.per, 1e6)
}

func tierOf(tiered map[string]any, request float64) float64 {
	price, _ := tiered["base"].(float64)
	list, _ := tiered["tiers"].([]any)
	for _, entry := range list {
		tier, _ := entry.(map[string]any)
		if start, _ := tier["start"].(float64); request > start {
			price, _ = tier["price"].(float64)
		}
	}
	return price
}
