package input

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hasher = ident.NewHasher(ident.NewSeed())
)

func at(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(noon.Add(d)) }

func stream(name string) ident.Digest { return hasher.Text(name) }

func producer(start time.Duration) Producer {
	return Producer{Resource: hasher.Text("bot"), Start: at(start)}
}

func TestSights(t *testing.T) {
	const old, young = -time.Hour, time.Second
	type see struct {
		start  time.Duration
		stream string
		at     time.Duration
		want   Sight
	}
	for name, story := range map[string][]see{
		"began before us": {{old, "a", 1e9, Baseline}, {old, "a", 2e9, Again}},
		"began after us":  {{young, "a", 1e9, Whole}, {young, "a", 2e9, Again}},
		"began with us":   {{0, "a", 1e9, Whole}},
		"late":            {{young, "a", 2e9, Whole}, {young, "a", 2e9, Late}, {young, "a", 1e9, Late}, {young, "a", 3e9, Again}},
		"a new stream of a producer that we know": {
			{old, "a", 1e9, Baseline},
			{old, "b", 1.9e9, Baseline}, // the same collection, in another request
			{old, "c", 11e9, Whole},
			{old, "a", 11e9, Again},
		},
		"no room": {{0, "a", 1e9, Whole}, {0, "b", 1e9, Whole}, {0, "c", 1e9, Whole}, {0, "d", 1e9, NoRoom}, {0, "a", 2e9, Again}},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStreams(noon, time.Hour, 3)
			for i, step := range story {
				known, sight := s.See(producer(step.start), stream(step.stream), at(step.at), noon)
				assert.Equal(t, step.want, sight, "step %d", i)
				assert.Equal(t, step.want == Late || step.want == NoRoom, known == nil)
			}
		})
	}
}

func TestForgottenProducersAreNotTakenForNewOnes(t *testing.T) {
	s := NewStreams(noon, time.Hour, 10)
	s.See(producer(0), stream("a"), at(time.Minute), noon.Add(time.Minute))
	s.See(producer(time.Second), stream("a"), at(time.Minute), noon.Add(50*time.Minute))
	assert.Equal(t, 2, s.Len())
	now := noon.Add(62 * time.Minute)
	s.Forget(now)
	assert.Equal(t, 1, s.Len(), "the other one spoke 12 minutes ago")
	_, sight := s.See(producer(0), stream("a"), at(62*time.Minute), now)
	assert.Equal(t, Baseline, sight)
	_, sight = s.See(producer(2*time.Minute), stream("a"), at(62*time.Minute), now)
	assert.Equal(t, Whole, sight)
}

// Whoever else was forgotten, older or younger, first or last.
func TestProducersThatAreHeardForTheFirstTimeAreNew(t *testing.T) {
	s := NewStreams(noon, time.Hour, 10)
	for _, start := range []time.Duration{20 * time.Minute, 40 * time.Minute} {
		s.See(producer(start), stream("a"), at(50*time.Minute), noon.Add(50*time.Minute))
	}
	now := noon.Add(111 * time.Minute)
	s.Forget(now)
	assert.Zero(t, s.Len())
	_, sight := s.See(producer(30*time.Minute), stream("a"), at(111*time.Minute), now)
	assert.Equal(t, Whole, sight)
}

func TestForgottenProducerThatComesBackHasABaselineForAllItsStreams(t *testing.T) {
	s := NewStreams(noon, time.Hour, 10)
	for round := range 3 {
		last := time.Duration(round) * 2 * time.Hour
		want := Baseline
		if round == 0 {
			want = Whole
		}
		for _, name := range []string{"a", "b"} {
			_, sight := s.See(producer(time.Second), stream(name), at(last+time.Minute), noon.Add(last+time.Minute))
			assert.Equal(t, want, sight, "%s, after %s", name, last)
		}
		s.Forget(noon.Add(last + 90*time.Minute))
		assert.Zero(t, s.Len())
	}
}

// Beyond the limit, those that began first are no longer told apart from what is new: what began until then is known.
func TestForgottenProducersAreLimited(t *testing.T) {
	const limit = 4
	s := NewStreams(noon, time.Hour, limit)
	now := noon
	hear := func(start time.Duration) Sight {
		stream, sight := s.See(producer(start), stream("a"), at(now.Sub(noon)), now)
		assert.NotNil(t, stream)
		return sight
	}
	forget := func() {
		now = now.Add(2 * time.Hour)
		s.Forget(now)
		assert.LessOrEqual(t, len(s.forgotten), limit)
	}
	for _, start := range []time.Duration{50, 10, 30, 70} {
		assert.Equal(t, Whole, hear(start*time.Second))
	}
	forget()
	assert.Len(t, s.forgotten, 4)
	assert.Equal(t, Whole, hear(20*time.Second), "nobody was given up yet")
	forget()
	assert.Len(t, s.forgotten, 2, "those of 50 s and 70 s; all until 30 s are known by that")
	for start, want := range map[time.Duration]Sight{25: Baseline, 30: Baseline, 31: Whole, 50: Baseline, 70: Baseline} {
		assert.Equal(t, want, hear(start*time.Second), "%d s", start)
		forget()
	}
}

// All that began at one moment is given up together.
func TestForgottenProducersOfOneMoment(t *testing.T) {
	s, now := NewStreams(noon, time.Hour, 2), noon
	host := func(i int) Producer { return Producer{Resource: hasher.Text(strconv.Itoa(i)), Start: at(time.Second)} }
	for i := range 8 {
		want := Whole
		if i >= 3 { // of one moment, three are too many
			want = Baseline
		}
		_, sight := s.See(host(i%4), stream("a"), at(0), now)
		assert.Equal(t, want, sight, i)
		now = now.Add(2 * time.Hour)
		s.Forget(now)
		assert.LessOrEqual(t, len(s.forgotten), 2)
	}
}

// Starts that are nonsense do not make known of what will start.
func TestForgottenProducersOfTheFuture(t *testing.T) {
	s, now := NewStreams(noon, time.Hour, 2), noon
	for i := range 3 {
		s.See(Producer{Resource: hasher.Text(strconv.Itoa(i)), Start: math.MaxUint64}, stream("a"), at(0), now)
		now = now.Add(2 * time.Hour)
		s.Forget(now)
	}
	assert.Empty(t, s.forgotten, "three are too many")
	for start, want := range map[time.Duration]Sight{6 * time.Hour: Baseline, 6*time.Hour + 1: Whole} {
		_, sight := s.See(producer(start), stream(start.String()), at(6*time.Hour), now)
		assert.Equal(t, want, sight, start)
	}
}

func TestObservations(t *testing.T) {
	o := NewObservations(time.Minute, 2)
	first, sight := o.See(stream("a"), at(0), noon)
	assert.Equal(t, Whole, sight)
	again, sight := o.See(stream("a"), at(1), noon)
	assert.Equal(t, Again, sight)
	assert.Same(t, first, again)
	_, sight = o.See(stream("a"), at(1), noon)
	assert.Equal(t, Late, sight)
	_, sight = o.See(stream("b"), at(1), noon.Add(30*time.Second))
	assert.Equal(t, Whole, sight)
	_, sight = o.See(stream("c"), at(1), noon)
	assert.Equal(t, NoRoom, sight)

	first.Series, first.Number = new(series.Series), value.Int(3)
	var left []value.Number
	o.Forget(noon.Add(61*time.Second), func(_ *series.Series, n value.Number) { left = append(left, n) })
	assert.Equal(t, []value.Number{value.Int(3)}, left)
	assert.Equal(t, 1, o.Len())
	o.Forget(noon.Add(time.Hour), func(*series.Series, value.Number) { t.Error("b is part of no series") })
	assert.Zero(t, o.Len())
}
