package importer

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

func TestGenaiPrices(t *testing.T) {
	book, notes := load(t, "genai.json")
	answer(t, book, []question{
		// US dollars for 1,000,000 tokens.
		ask("openai", "gpt-4o", pricing.PromptText, million).costs(2.5),
		ask("openai", "gpt-4o", pricing.PromptCacheRead, million).costs(1.25),
		ask("openai", "gpt-4o", pricing.PromptCacheWrite, million).costs(2.5), // input, for want of a price of its own
		ask("openai", "gpt-4o", pricing.CompletionReasoning, million).costs(10),
		// An audio model whose price of audio the catalogue does not have: its tokens are not text.
		ask("openai", "gpt-4o-audio-preview-2025-06-03", pricing.PromptText, million).costs(2.5),
		ask("openai", "gpt-4o-audio-preview-2025-06-03", pricing.PromptAudio, million).fails(pricing.NoKind),
		ask("openai", "gpt-4o-audio-preview-2025-06-03", pricing.CompletionAudio, million).fails(pricing.NoKind),
		// Tiers: a price holds above its start.
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(271_999).costs(2.5),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_000).costs(5),
		ask("openai", "gpt-5.4", pricing.CompletionText, million).of(272_000).costs(22.5),
		ask("openai", "gpt-5.4", pricing.PromptCacheWrite, million).of(272_000).costs(5),
		ask("openai", "gpt-6-sol", pricing.PromptText, million).of(272_000).costs(2),
		ask("openai", "gpt-6-sol", pricing.PromptText, million).of(272_001).costs(4),
		// Dates.
		ask("openai", "gpt-5.6-luna", pricing.PromptText, million).at("2026-07-29T23:59:59Z").costs(1),
		ask("openai", "gpt-5.6-luna", pricing.PromptText, million).at("2026-07-30T00:00:00Z").costs(0.2),
		// The price for the least else is the price.
		ask("openai", "everything", pricing.PromptText, million).costs(2),
		ask("openai", "everything", pricing.PromptCacheRead, million).costs(4),
		ask("openai", "everything", pricing.PromptCacheWrite, million).costs(6),
		ask("openai", "everything", pricing.PromptCacheWrite1h, million).costs(7),
		ask("openai", "everything", pricing.PromptAudio, million).costs(8),
		ask("openai", "everything", pricing.PromptAudioCacheRead, million).costs(9),
		ask("openai", "everything", pricing.PromptImage, million).costs(10),
		ask("openai", "everything", pricing.PromptImageCacheRead, million).costs(11),
		ask("openai", "everything", pricing.PromptVideo, million).costs(12),
		ask("openai", "everything", pricing.CompletionText, million).costs(14),
		ask("openai", "everything", pricing.CompletionAudio, million).costs(15),
		ask("openai", "everything", pricing.CompletionReasoning, million).costs(16.5),
		ask("openai", "everything", pricing.Characters, million).fails(pricing.UnitMismatch), // billed by its tokens
		ask("openai", "audio-uncached", pricing.PromptAudioCacheRead, million).costs(8),
		ask("openai", "audio-unjoined", pricing.PromptAudioCacheRead, million).fails(pricing.NoKind),
		// What makes no sense has no price, and nothing else stands in for it.
		ask("openai", "wrong", pricing.PromptText, million).costs(1),
		ask("openai", "wrong", pricing.PromptCacheRead, million).fails(pricing.NoKind),
		ask("openai", "wrong", pricing.CompletionText, million).fails(pricing.NoKind),
		ask("openai", "free", pricing.PromptText, million).costs(0),
		// US dollars for an hour.
		ask("openai", "whisper-1", pricing.STTAudio, 90.5).costs(0.00905),
		ask("groq", "whisper-large-v3", pricing.STTAudio, 60).costs(0.00185),
		ask("groq", "whisper-large-v3", pricing.STTAudio, 3).costs(0.111 / 360), // ten seconds are billed
		ask("groq", "whisper-large-v3", pricing.STTAudio, 0).costs(0),
		ask("xai", "grok-voice", pricing.RealtimeSession, 600).costs(0.8),
	})
	assert.Equal(t, map[string]int{noteNoKind: 5, noteBadPrice: 2, noteBadModel: 2, noteVendor: 2, noteClause: 1, noteSameUse: 2},
		counts(notes), notes.String())
}

// Of several periods that hold, the last does; windows are of each day.
func TestGenaiPeriods(t *testing.T) {
	book, _ := load(t, "genai.json")
	flash := func(moment string) question {
		return ask("deepseek", "deepseek-v4-flash-0817", pricing.PromptText, million).at(moment)
	}
	answer(t, book, []question{
		flash("2026-08-16T12:00:00Z").costs(0.14),
		flash("2026-08-17T12:00:00Z").costs(0.22),
		flash("2026-08-16T03:59:59Z").costs(0.44),
		flash("2026-08-17T03:59:59Z").costs(0.44),
		flash("2026-08-17T04:00:00Z").costs(0.22),
		flash("2026-08-17T00:59:59Z").costs(0.1), // until 02:00 in +01:00
		flash("2026-08-17T01:00:00Z").costs(0.44),
		flash("2026-08-17T22:00:00Z").costs(0.1),
		flash("2026-08-17T21:59:59Z").costs(0.22),
		ask("deepseek", "deepseek-v4-flash", pricing.CompletionText, million).at("2026-08-17T23:00:00Z").fails(pricing.NoKind),
		ask("deepseek", "deepseek-v4-flash", pricing.CompletionText, million).at("2026-08-17T12:00:00Z").costs(0.66),
	})
}

func TestGenaiMatching(t *testing.T) {
	book, _ := load(t, "genai.json")
	text := func(model string) question { return ask("resold", model, pricing.PromptText, million) }
	answer(t, book, []question{
		// A date is written in two ways; a version with a price of its own stands alone.
		ask("openai", "gpt-4o-20240806", pricing.PromptText, million).costs(2.5),
		ask("openai", "gpt-4o-2024-11-20", pricing.PromptText, million).costs(2.5),
		ask("openai", "gpt-4o-2024-05-13", pricing.PromptText, million).costs(5),
		ask("openai", "gpt-4o-20240513", pricing.PromptText, million).costs(5),
		ask("openai", "gpt-6-sol-2026-09-01", pricing.PromptText, million).costs(2),
		// The first model that matches is meant, be a later one more specific.
		text("mini").costs(1),
		text("gpt-4o-mini").costs(1),
		text("gpt-5-mini").costs(1),
		text("gpt-5-mini-high").costs(1),
		text("gpt-9-x").costs(11),
		text("gpt-9-x-turbo").costs(10), // because the catalogue has that id
		// Where a provider has no model, those stand in that it names for that.
		text("gpt-4o").costs(9),
		text("gpt-5.4").costs(2.5),
		text("gpt-4o-audio-preview").costs(2.5),
		// A model without prices has none of another.
		text("gift").fails(pricing.NoModel),
		text("gift-2").fails(pricing.NoModel),
		// Rules that the book cannot have: the ids that they name are read, others are unknown.
		text("flash").costs(5),
		text("flash-2").fails(pricing.NoModel),
		text("flash-tts").fails(pricing.NoModel),
		text("pro").costs(6),
		text("pro-2").costs(6),
		text("pro-max").fails(pricing.NoModel),
		text("fast[on]").costs(7),
		text("fast[off]").fails(pricing.NoModel),
		text("both-some-of").costs(8),
		text("both-of-us").fails(pricing.NoModel),
		text("odd").fails(pricing.NoModel),
		text("seconds").fails(pricing.NoModel),
		// Without a provider: only who says that its models are known by name.
		ask("", "gpt-4o", pricing.PromptText, million).costs(2.5),
		ask("", "mini", pricing.PromptText, million).fails(pricing.NoProvider),
		ask("open-ai", "gpt-4o", pricing.PromptText, million).costs(2.5),
	})
}

func TestClauses(t *testing.T) {
	for _, test := range []struct {
		rule, id string
		want     bool
	}{
		{`{"equals": "GPT-4o"}`, "gpt-4o", true},
		{`{"regex": "^o[134]"}`, "o3-mini", true},
		{`{"regex": "^(?!.*-[tT]ts(?:$|-))"}`, "flash-tts", false},
		{`{"regex": "^(?!.*-[tT]ts(?:$|-))"}`, "flash-ttsx", true},
		{`{"regex": "^(?![^/(]+/)(?:labs-)?mistral"}`, "labs-mistral", true},
		{`{"regex": "^(?![^/(]+/)(?:labs-)?mistral"}`, "x/mistral", false},
		{`{"regex": "^(?!\\)x)a"}`, "a", true},
		{`{"regex": "^(?=a)"}`, "a", false}, // not ours to evaluate
		{`{"and": [{"contains": "a"}, {"or": [{"ends_with": "b"}, {"ends_with": "c"}]}]}`, "xac", true},
		{`{"and": [{"contains": "a"}, {"or": [{"ends_with": "b"}, {"ends_with": "c"}]}]}`, "xad", false},
		{`{"and": []}`, "anything", true},
		{`{"or": []}`, "anything", false},
	} {
		var c clause
		assert.NoError(t, c.UnmarshalJSON([]byte(test.rule)), test.rule)
		assert.Equal(t, test.want, c.match(test.id), "%s %s", test.rule, test.id)
	}
	for _, rule := range []string{`{}`, `{"equals": "a", "contains": "b"}`, `{"equals": ""}`, `{"equals": 1}`, `{"contains": "a*"}`, `{"or": {}}`, `7`} {
		var c clause
		assert.Error(t, c.UnmarshalJSON([]byte(rule)), rule)
	}
}

func TestWindows(t *testing.T) {
	from := func(start, end string) period {
		w, err := parseWindow(start, end)
		assert.NoError(t, err)
		return period{window: w}
	}
	var got []string
	for _, p := range parts([]period{{}, from("22:00:00Z", "02:00:00Z"), from("01:00:00Z", "03:00:00Z")}, time.Time{}) {
		got = append(got, p.window.String())
	}
	assert.Equal(t, []string{"22:00-01:00", "01:00-03:00", "03:00-22:00"}, got)
	assert.Nil(t, parts([]period{{}}, time.Time{})[0].window)
	assert.Nil(t, parts([]period{from("01:00:00Z", "02:00:00Z")}, time.Time{})[0].window, "nothing else holds in the rest of the day")
	for _, wrong := range []string{"", "25:00:00Z", "01:00", "01:00:30Z", "01:00:00"} {
		_, err := parseMinute(wrong)
		assert.Error(t, err, wrong)
	}
}

// A catalogue is not to be trusted: an expression of a megabyte that nests is one that we cannot evaluate, and takes no time.
func TestExpressionTooLong(t *testing.T) {
	assert.Nil(t, compile("^"+strings.Repeat("(?!", 200_000)+strings.Repeat(")", 200_000)))
	assert.NotNil(t, compile("^(?!.*-tts)gemini"))
}
