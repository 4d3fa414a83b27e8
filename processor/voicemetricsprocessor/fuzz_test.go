package voicemetricsprocessor

import (
	"context"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// FuzzMetrics lets anything that is OTLP pass: it does not panic, what nobody knows passes untouched, and each point of what is
// known has one outcome.
func FuzzMetrics(f *testing.F) {
	marshaler := pmetric.ProtoMarshaler{}
	for _, make := range goldens {
		seed, err := marshaler.MarshalMetrics(make())
		require.NoError(f, err)
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, keep bool) {
		md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(data)
		if err != nil {
			return
		}
		checkMetrics(t, md, keep)
	})
}

func checkMetrics(t *testing.T, md pmetric.Metrics, keep bool) {
	t.Helper()
	cfg := &Config{From: []string{"lk.agents", "gen_ai.client"}, Repair: []string{"voice-rag"}, KeepOriginals: keep}
	p, err := newTranslator(processortest.NewNopSettings(metadata.Type), cfg, clockwork.NewFakeClockAt(noon.Add(time.Hour)))
	require.NoError(t, err)
	before := unknownOf(t, p, md)
	b := batch{translator: p, now: noon}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			check(t, &b, source{rm.Resource(), sm.Scope()}, sm.Metrics())
		}
	}
	assert.Equal(t, before, unknownOf(t, p, md))
	_, _ = p.processMetrics(context.Background(), md) // once more, of what it has made itself
}

func check(t *testing.T, b *batch, from source, metrics pmetric.MetricSlice) {
	t.Helper()
	var known int64
	for _, m := range metrics.All() {
		if b.deals(m.Name()) || isRAGBot(from.scope) && ragRepairs[m.Name()] != nil {
			known += int64(stream.Points(m))
		}
	}
	b.tally = tally{}
	b.scope(from, metrics)
	var settled int64
	for _, n := range b.tally.outcomes {
		settled += n
	}
	assert.Equal(t, known, settled)
	assert.Zero(t, b.tally.outcomes[unsettled])
}

func (b *batch) deals(name string) bool { return b.feeds[name] != nil || b.latencies[name] != nil }

// unknownOf is all metrics that are not ours to deal with, as JSON.
func unknownOf(t *testing.T, p *translator, md pmetric.Metrics) string {
	t.Helper()
	unknown := pmetric.NewMetrics()
	md.CopyTo(unknown)
	for _, rm := range unknown.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool {
				return p.feeds[m.Name()] != nil || p.latencies[m.Name()] != nil || units[m.Name()] != "" || ragRepairs[m.Name()] != nil
			})
		}
	}
	text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(unknown)
	require.NoError(t, err)
	return string(text)
}
