package voicemetricsprocessor

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// translator is the processor: what is configured, and what is remembered.
type translator struct {
	catalogue
	keep      bool // what was translated
	rag       bool // the bot is repaired
	clock     clockwork.Clock
	telemetry *telemetry
	divisions *divisions
	sessions  *sessions
	totals    *totals
}

func newTranslator(set processor.Settings, cfg *Config, clock clockwork.Clock) (*translator, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	t := &translator{
		catalogue: newCatalogue(cfg.From),
		keep:      cfg.KeepOriginals,
		rag:       len(cfg.Repair) > 0,
		clock:     clock,
		telemetry: newTelemetry(builder),
		divisions: newDivisions(clock.Now()),
		sessions:  newSessions(clock.Now()),
		totals:    newTotals(clock.Now()),
	}
	return t, builder.RegisterProcessorVoiceMetricsStreamsCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(t.divisions.len() + t.sessions.len() + t.totals.len()))
		return nil
	})
}

func (t *translator) shutdown(context.Context) error {
	t.telemetry.Shutdown()
	return nil
}

func (t *translator) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	b := batch{translator: t, now: t.clock.Now()}
	md.ResourceMetrics().RemoveIf(b.resource)
	t.telemetry.report(ctx, &b.tally)
	if b.emptied && md.MetricCount() == 0 {
		return md, processorhelper.ErrSkipProcessingData
	}
	return md, nil
}

// batch is one request being gone through.
type batch struct {
	*translator
	now     time.Time
	tally   tally
	emptied bool // a metric has lost all its points, and is gone

	// Of the scope at hand.
	from source
	out  output
}

// resource goes through the scopes of a resource, and says whether none of them has anything left.
func (b *batch) resource(rm pmetric.ResourceMetrics) (emptied bool) {
	before := rm.ScopeMetrics().Len()
	rm.ScopeMetrics().RemoveIf(func(sm pmetric.ScopeMetrics) bool {
		before := sm.Metrics().Len()
		b.scope(source{rm.Resource(), sm.Scope()}, sm.Metrics())
		return before > 0 && sm.Metrics().Len() == 0
	})
	return before > 0 && rm.ScopeMetrics().Len() == 0
}

func (b *batch) scope(from source, metrics pmetric.MetricSlice) {
	b.from, b.out = from, output{}
	if b.rag && isRAGBot(from.scope) {
		b.repairRAGBot(metrics)
	}
	b.translateUsage(metrics)
	b.translateLatencies(metrics)
	b.out.moveTo(metrics)
}

// removeEmpty removes the metrics of which no point is left, if they are among those that may lose some.
func (b *batch) removeEmpty(metrics pmetric.MetricSlice, mayLose func(string) bool) {
	before := metrics.Len()
	metrics.RemoveIf(func(m pmetric.Metric) bool { return mayLose(m.Name()) && stream.Points(m) == 0 })
	b.emptied = b.emptied || metrics.Len() < before
}

// settle counts a point, and says whether it goes: what was translated or is worth nothing does, unless all is kept.
func (b *batch) settle(what outcome) (goes bool) {
	b.tally.add(what, 1)
	return !what.stays() && !b.keep
}

// dataPoint is a data point of whatever metric.
type dataPoint interface {
	Attributes() pcommon.Map
	Flags() pmetric.DataPointFlags
	StartTimestamp() pcommon.Timestamp
	Timestamp() pcommon.Timestamp
}
