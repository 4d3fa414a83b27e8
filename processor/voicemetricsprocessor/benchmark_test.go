package voicemetricsprocessor

import (
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// BenchmarkPoint is what a point costs that is translated, repaired, or neither. The copy of the input is the floor: "copy".
func BenchmarkPoint(b *testing.B) {
	for name, make := range goldens {
		b.Run(name, func(b *testing.B) { benchmark(b, make(), true) })
		b.Run(name+"/copy", func(b *testing.B) { benchmark(b, make(), false) })
	}
}

func benchmark(b *testing.B, in pmetric.Metrics, process bool) {
	b.Helper()
	cfg := &Config{From: []string{"lk.agents", "gen_ai.client"}, Repair: []string{"voice-rag"}}
	p, err := newTranslator(processortest.NewNopSettings(metadata.Type), cfg, clockwork.NewFakeClockAt(noon))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		md := pmetric.NewMetrics()
		in.CopyTo(md)
		if process {
			_, err := p.processMetrics(b.Context(), md)
			require.NoError(b, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(in.DataPointCount()), "ns/point")
}
