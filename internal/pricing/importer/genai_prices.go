package importer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// period is what a model costs under a constraint: from a day on, in a window of each day, or always.
type period struct {
	from   time.Time // zero: always
	window *window
	prices map[string]tiers // by key
}

// tiers are a price in US dollars for the units of its key, and what it is from a size of the request on.
type tiers struct {
	base   number
	higher []tier // by start
	wrong  bool   // it makes no sense; what it would be for has no price
}

type tier struct {
	start int64 // the request has more input tokens than that
	price number
}

// equal says whether two prices are the same.
func (t tiers) equal(other tiers) bool {
	return t.base == other.base && t.wrong == other.wrong && slices.Equal(t.higher, other.higher)
}

// parsePeriods reads the prices of a model: one set of them, or a list of sets with constraints.
func parsePeriods(text json.RawMessage, bad func(key string, err error)) ([]period, error) {
	if !isList(text) {
		prices, err := parsePrices(text, bad)
		if err != nil || len(prices) == 0 {
			return nil, err
		}
		return []period{{prices: prices}}, nil
	}
	var list []struct {
		Constraint json.RawMessage `json:"constraint"`
		Prices     json.RawMessage `json:"prices"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	var periods []period
	for _, entry := range list {
		prices, err := parsePrices(entry.Prices, bad)
		p := period{prices: prices}
		if err = errors.Join(err, p.constrain(entry.Constraint)); err != nil {
			return nil, err
		}
		periods = append(periods, p)
	}
	return periods, nil
}

func (p *period) constrain(text json.RawMessage) error {
	var constraint struct {
		StartDate string `json:"start_date"`
		StartTime string `json:"start_time"`
		EndTime   string `json:"end_time"`
	}
	if text == nil {
		return nil
	}
	if err := json.Unmarshal(text, &constraint); err != nil {
		return fmt.Errorf("constraint: %w", err)
	}
	var err error
	if constraint.StartDate != "" {
		if p.from, err = time.Parse(time.DateOnly, constraint.StartDate); err != nil || p.from.Year() < 2000 || p.from.Year() > 2200 {
			return fmt.Errorf("constraint: %q is not a day from 2000 to 2200", constraint.StartDate)
		}
		return nil
	}
	p.window, err = parseWindow(constraint.StartTime, constraint.EndTime)
	return err
}

func parsePrices(text json.RawMessage, bad func(key string, err error)) (map[string]tiers, error) {
	var values map[string]any
	if err := decode(text, &values); err != nil || values == nil {
		return nil, errors.New("prices must be an object or a list of objects")
	}
	prices := map[string]tiers{}
	for key, value := range values {
		price, err := parseTiers(value)
		if err != nil {
			bad(key, err)
			price = tiers{wrong: true}
		}
		prices[key] = price
	}
	return prices, nil
}

// parseTiers reads 2.5, or {"base": 2.5, "tiers": [{"start": 200000, "price": 5}]}.
func parseTiers(value any) (tiers, error) {
	object, is := value.(map[string]any)
	if !is {
		base, err := jsonNumber(value)
		return tiers{base: base}, err
	}
	base, err := jsonNumber(object["base"])
	list, is := object["tiers"].([]any)
	if err != nil || !is {
		return tiers{}, errNotNumber
	}
	t := tiers{base: base}
	for _, entry := range list {
		higher, err := parseTier(entry)
		if err != nil {
			return tiers{}, err
		}
		t.higher = append(t.higher, higher)
	}
	return t.sorted(), nil
}

// sorted are tiers by start. Of those with the same start the last is left, which is the one that holds.
func (t tiers) sorted() tiers {
	var higher []tier
	slices.SortStableFunc(t.higher, func(a, b tier) int { return cmp.Compare(a.start, b.start) })
	for i, tier := range t.higher {
		if i+1 == len(t.higher) || t.higher[i+1].start != tier.start {
			higher = append(higher, tier)
		}
	}
	t.higher = higher
	return t
}

func parseTier(value any) (tier, error) {
	object, _ := value.(map[string]any)
	price, err := jsonNumber(object["price"])
	if err != nil {
		return tier{}, err
	}
	start, is := object["start"].(json.Number)
	n, err := strconv.ParseInt(start.String(), 10, 64)
	if !is || err != nil || n < 0 || n > maxContext {
		return tier{}, errNotNumber
	}
	return tier{start: n, price: price}, nil
}

// maxContext is more tokens than any request has.
const maxContext = 1 << 50

// window is a part of each day in minutes of UTC, [start, end); it passes midnight where the end is before the start.
type window struct{ start, end int }

const day = 24 * 60

func parseWindow(start, end string) (*window, error) {
	first, startErr := parseMinute(start)
	last, endErr := parseMinute(end)
	return &window{first, last}, errors.Join(startErr, endErr)
}

// parseMinute reads 16:30:00Z. A window of the book begins and ends at a full minute.
func parseMinute(text string) (int, error) {
	at, err := time.Parse("15:04:05Z07:00", text)
	if err != nil {
		return 0, fmt.Errorf("constraint: %q is not a time of the day", text)
	}
	at = at.UTC()
	if at.Second() != 0 || at.Nanosecond() != 0 {
		return 0, fmt.Errorf("constraint: %q is not a full minute", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// holds says whether a minute of the day is in the window.
func (w *window) holds(minute int) bool {
	if w.end < w.start {
		return minute >= w.start || minute < w.end
	}
	return minute >= w.start && minute < w.end
}

func (w *window) String() string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", w.start/60, w.start%60, w.end/60, w.end%60)
}

// span is a time in which the same prices hold each day, [from, until); a zero time is without bound.
type span struct {
	from, until time.Time
	parts       []part
}

// part is a part of the day, nil for all of it, and what holds then.
type part struct {
	window *window
	prices map[string]tiers
}

// spans puts periods in order. Of several that hold, the last does; where none does, the first.
func spans(periods []period) []span {
	starts := []time.Time{{}}
	for _, p := range periods {
		if !p.from.IsZero() {
			starts = append(starts, p.from)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	starts = slices.Compact(starts)
	var all []span
	for i, from := range starts {
		s := span{from: from, parts: parts(periods, from)}
		if i+1 < len(starts) {
			s.until = starts[i+1]
		}
		all = append(all, s)
	}
	return all
}

// parts are the parts of a day from a moment on.
func parts(periods []period, from time.Time) []part {
	bounds := []int{0, day}
	for _, p := range periods {
		if p.window != nil {
			bounds = append(bounds, p.window.start, p.window.end)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var all []part
	last := -1
	for i, start := range bounds[:len(bounds)-1] {
		holds := holding(periods, from, start)
		if holds == last {
			all[len(all)-1].window.end = bounds[i+1] % day
			continue
		}
		all = append(all, part{&window{start, bounds[i+1] % day}, periods[holds].prices})
		last = holds
	}
	return joinMidnight(all, last == holding(periods, from, 0))
}

// joinMidnight makes one of the last and the first part of a day, if they are the same.
func joinMidnight(all []part, same bool) []part {
	switch {
	case len(all) == 1:
		all[0].window = nil
	case same:
		all[0].window.start = all[len(all)-1].window.start
		all = all[:len(all)-1]
	}
	return all
}

// holding is which period holds from a moment on, at a minute of the day.
func holding(periods []period, from time.Time, minute int) int {
	for i, p := range slices.Backward(periods) {
		started := p.from.IsZero() || !from.Before(p.from)
		if started && (p.window == nil || p.window.holds(minute)) {
			return i
		}
	}
	return 0
}

// traits of a use: what is used, and how.
type traits []string

// leaf is a kind of usage as genai-prices sees it.
type leaf struct {
	kind     pricing.Kind
	traits   traits
	modality string // a price must be for this modality; empty: a price for any is for it too
}

// leaves are the kinds of tokens. Writing to a cache is for five minutes unless it is for an hour.
var leaves = []leaf{
	{pricing.PromptText, traits{"input", "text"}, ""},
	{pricing.PromptCacheRead, traits{"input", "text", "read"}, ""},
	{pricing.PromptCacheWrite, traits{"input", "text", "write", "5m"}, ""},
	{pricing.PromptCacheWrite1h, traits{"input", "text", "write", "1h"}, ""},
	{pricing.PromptAudio, traits{"input", "audio"}, "audio"},
	{pricing.PromptAudioCacheRead, traits{"input", "audio", "read"}, "audio"},
	{pricing.PromptImage, traits{"input", "image"}, "image"},
	{pricing.PromptImageCacheRead, traits{"input", "image", "read"}, "image"},
	{pricing.PromptVideo, traits{"input", "video"}, "video"},
	{pricing.CompletionText, traits{"output", "text"}, ""},
	{pricing.CompletionAudio, traits{"output", "audio"}, "audio"},
	{pricing.CompletionReasoning, traits{"output", "text", "reasoning"}, ""},
}

// words are what keys of token prices are made of.
var words = []string{
	"input", "output", "text", "audio", "image", "video", "read", "write", "5m", "1h", "reasoning", "tool", "citation",
}

// traitsOf are the traits that the price of a key is for: cache_audio_read_mtok is for input, audio, read.
func traitsOf(key string) (traits, bool) {
	name, is := strings.CutSuffix(key, "_mtok")
	var of traits
	if rest, cache := strings.CutPrefix(name, "cache_"); cache {
		name, of = rest, traits{"input"}
	}
	for _, word := range strings.Split(name, "_") {
		if !slices.Contains(words, word) {
			return nil, false
		}
		of = append(of, word)
	}
	return of, is
}

// priceOf is the key whose price a leaf has: of those that are for it, the one that is for the least else. It is empty
// where there is none or no single one.
func priceOf(l leaf, prices map[string]tiers) string {
	best, most, tied := "", 0, false
	for key := range prices {
		of, is := traitsOf(key)
		if !is || !subset(of, l.traits) {
			continue
		}
		if len(of) == most {
			tied = true
		}
		if len(of) > most {
			best, most, tied = key, len(of), false
		}
	}
	of, _ := traitsOf(best)
	if tied || prices[best].wrong || l.modality != "" && !slices.Contains(of, l.modality) {
		return ""
	}
	return best
}

func subset(some, of traits) bool {
	return !slices.ContainsFunc(some, func(trait string) bool { return !slices.Contains(of, trait) })
}
