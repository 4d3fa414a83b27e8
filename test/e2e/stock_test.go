package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatocumulativeprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/intervalprocessor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

// stock is delta_to_cumulative and interval, the collector's own parts, in the place of rollup. Transit attributes, and
// call_id where a bill or a total is not by call, are taken off before, as an attributes processor would.
type stock struct {
	t        *testing.T
	backend  *backend.Backend
	pending  pmetric.Metrics // what came since the last flush
	interval consumer.Metrics
	totals   processor.Metrics
	refused  int
}

func startStock(t *testing.T, b *backend.Backend) *stock {
	t.Helper()
	s := &stock{t: t, backend: b, pending: pmetric.NewMetrics()}
	next, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		return s.interval.ConsumeMetrics(ctx, md)
	})
	require.NoError(t, err)
	s.totals = startProcessor(t, deltatocumulativeprocessor.NewFactory(), next)
	t.Cleanup(func() { require.NoError(t, s.totals.Shutdown(context.Background())) })
	return s
}

// take takes a request, which is not its own.
func (s *stock) take(md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		rm.CopyTo(s.pending.ResourceMetrics().AppendEmpty())
	}
}

// flush is a tick of the interval processor. That goes by the system's clock and keeps nothing from one tick to the next, so
// that each interval has one of its own, whose end is the tick.
func (s *stock) flush() {
	s.t.Helper()
	export, err := consumer.NewMetrics(s.export)
	require.NoError(s.t, err)
	interval := startProcessor(s.t, intervalprocessor.NewFactory(), export, func(_ *processor.Settings, cfg component.Config) {
		cfg.(*intervalprocessor.Config).Interval = time.Hour
	})
	s.interval = interval
	strip(s.pending)
	require.NoError(s.t, s.totals.ConsumeMetrics(context.Background(), s.pending))
	require.NoError(s.t, interval.Shutdown(context.Background()))
	s.pending = pmetric.NewMetrics()
}

// export counts what the backend refuses: a stock exporter logs and forgets it.
func (s *stock) export(ctx context.Context, md pmetric.Metrics) error {
	if md.DataPointCount() > 0 && exportTo(ctx, s.backend, md) != nil {
		s.refused += md.DataPointCount()
	}
	return nil
}

// strip takes off what no backend is to see.
func strip(md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				stripMetric(m)
			}
		}
	}
}

func stripMetric(m pmetric.Metric) {
	byCall := callNames[seriesOf[m.Name()]] != ""
	remove := func(attributes pcommon.Map) {
		attributes.RemoveIf(func(key string, _ pcommon.Value) bool {
			return strings.HasPrefix(key, "voice.tx.") || key == "call_id" && !byCall
		})
	}
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			remove(p.Attributes())
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			remove(p.Attributes())
		}
	}
}

// assertShort shows what the stock processors miss of the ledger, in all, by the same queries: of cost those points that share
// their timestamp with another, and of what is not monotonic all that interval does not hold.
func (s *simulation) assertShort(b *backend.Backend) {
	s.t.Helper()
	for name := range fleetNames {
		s.logShort(b, name, "sum(increase("+name+s.window()+"))")
	}
	for name := range callNames {
		s.logShort(b, name, "sum(last_over_time("+name+s.window()+"))")
	}
	assert.Positive(s.t, s.short(b, "voice_cost_usd_total", "sum(increase(voice_cost_usd_total"+s.window()+"))"))
	s.t.Logf("of the stock processors, the backend has refused %d points", s.stock.refused)
}

func (s *simulation) logShort(b *backend.Backend, name, query string) {
	s.t.Helper()
	short, of := s.short(b, name, query), s.ledger.sum(name)
	s.t.Logf("delta_to_cumulative and interval: %s is short by %g of %g (%.1f %%)", query, short, of, 100*short/of)
}

// short is what a query misses.
func (s *simulation) short(b *backend.Backend, name, query string) float64 {
	s.t.Helper()
	got, _ := b.Value(query, s.now())
	return s.ledger.sum(name) - got
}
