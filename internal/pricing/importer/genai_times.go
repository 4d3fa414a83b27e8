package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// period is what a model costs under a constraint: from a day on, in a window of each day, or always.
type period struct {
	from   time.Time // zero: always
	window *window
	prices map[string]tiers // by key
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
