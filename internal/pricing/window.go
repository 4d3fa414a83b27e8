package pricing

import (
	"fmt"
	"math/bits"
	"strings"
	"time"
)

const minutesOfDay = 24 * 60

// minutes are a part of each day in UTC, one bit a minute. As a set they can be met with others whatever the hour; nil is
// the whole day.
type minutes [(minutesOfDay + 63) / 64]uint64

// parseWindow reads a window of the day, "16:30-00:30"; no text is the whole day.
func parseWindow(text string) (*minutes, error) {
	if text == "" {
		return nil, nil
	}
	start, end, _ := strings.Cut(text, "-")
	from, fromErr := time.Parse("15:04", start)
	until, untilErr := time.Parse("15:04", end)
	if fromErr != nil || untilErr != nil || from.Equal(until) {
		return nil, fmt.Errorf(`when.time_of_day %q is not a window of the day; write it as "16:30-00:30", in UTC`, text)
	}
	m := new(minutes)
	last := until.Hour()*60 + until.Minute()
	for minute := from.Hour()*60 + from.Minute(); minute != last; minute = (minute + 1) % minutesOfDay {
		m[minute/64] |= 1 << (minute % 64)
	}
	return m, nil
}

// minuteOf is the minute of the day of a moment in Unix nanoseconds.
func minuteOf(at int64) int {
	const day = int64(24 * time.Hour)
	return int((at%day+day)%day) / int(time.Minute)
}

func (m *minutes) has(minute int) bool { return m[minute/64]>>(minute%64)&1 != 0 }

// and is what is in both.
func (m *minutes) and(other *minutes) *minutes {
	if m == nil {
		return other
	}
	if other == nil {
		return m
	}
	both := new(minutes)
	for i := range both {
		both[i] = m[i] & other[i]
	}
	return both
}

func (m *minutes) meets(other *minutes) bool {
	if m == nil || other == nil {
		return true
	}
	for i := range m {
		if m[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

func (m *minutes) within(other *minutes) bool {
	if m == nil || other == nil {
		return other == nil
	}
	for i := range m {
		if m[i]&^other[i] != 0 {
			return false
		}
	}
	return true
}

func (m *minutes) length() int {
	if m == nil {
		return minutesOfDay
	}
	n := 0
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n
}

// String is the windows that make up the minutes, as rows write them.
func (m *minutes) String() string {
	if m == nil {
		return ""
	}
	var windows []string
	for start := range minutesOfDay {
		if !m.has(start) || m.has((start+minutesOfDay-1)%minutesOfDay) {
			continue
		}
		end := start
		for m.has(end % minutesOfDay) {
			end++
		}
		windows = append(windows, clock(start)+"-"+clock(end%minutesOfDay))
	}
	return strings.Join(windows, " ")
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
