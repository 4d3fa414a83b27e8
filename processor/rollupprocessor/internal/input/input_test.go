package input

import (
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
	hasher = ident.NewHasher()
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
