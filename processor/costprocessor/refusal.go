package costprocessor

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/denial"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// refusal is why a request is refused where usage without a price is not to pass (on_unknown: fail).
type refusal struct {
	first  usage
	more   int // usages without a price beside it
	remedy string
}

// note takes note of a usage without a price.
func (r *refusal) note(u *usage) {
	if r.first.result.Reason == 0 {
		r.first = *u
		return
	}
	r.more++
}

// refused is the error that refuses a request, for ever: sent again, it would have no price either. It is nil where
// everything has one, or where that does not matter.
func (p pricer) refused(ctx context.Context, of *signal) error {
	if p.refusal == nil || p.refusal.first.result.Reason == 0 {
		return nil
	}
	p.telemetry.ProcessorCostRefusedRequests.Add(ctx, 1, of.plain)
	p.refusal.remedy = advice(p.book, &p.refusal.first)
	p.refusals.note(of, p.refusal, p.now())
	return consumererror.NewPermanent(denial.Error{Reason: p.refusal.text()})
}

// text is what the sender is told: names that it sent itself, and what to do.
func (r *refusal) text() string {
	u := &r.first
	text := fmt.Sprintf("the cost processor refuses the request, because on_unknown is fail and there is no price (%s) for %s of provider %q, model %q: %s",
		u.result.Reason, u.Kind, brief(u.provider()), brief(cmp.Or(u.Model, u.labels.model)), r.remedy)
	if r.more > 0 {
		text += fmt.Sprintf("; %d more usages in it have none", r.more)
	}
	return text
}

// refusals logs requests that are refused: of each signal one in a while, for it may be every request.
type refusals struct {
	logger *zap.Logger

	mu       sync.Mutex
	silences map[*signal]*silence
}

// silence is how long nothing is said, and of how many requests.
type silence struct {
	until    time.Time
	requests int
}

const refusalInterval = 10 * time.Second

func newRefusals(logger *zap.Logger) *refusals {
	return &refusals{logger: logger, silences: map[*signal]*silence{}}
}

func (l *refusals) note(of *signal, r *refusal, now time.Time) {
	requests := l.due(of, now)
	if requests == 0 {
		return
	}
	u := &r.first
	l.logger.Warn("request refused (on_unknown: fail)",
		zap.String("signal", of.name), zap.Int("requests", requests), zap.String("provider", brief(u.provider())),
		zap.String("model", brief(cmp.Or(u.Model, u.labels.model))), zap.Stringer("usage_kind", u.Kind),
		zap.Stringer("reason", u.result.Reason), zap.String("remedy", r.remedy), zap.Int("more_usages", r.more))
}

// due is how many requests of a signal were refused since the last message, or 0 if that was a moment ago.
func (l *refusals) due(of *signal, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.silences[of]
	if s == nil {
		s = &silence{}
		l.silences[of] = s
	}
	s.requests++
	if now.Before(s.until) {
		return 0
	}
	requests := s.requests
	*s = silence{until: now.Add(refusalInterval)}
	return requests
}

// refuseMetrics looks whether a request has usage without a price, and changes nothing: neither the request nor what is
// remembered of counters.
func (p pricer) refuseMetrics(ctx context.Context, md pmetric.Metrics) error {
	if p.refusal == nil {
		return nil
	}
	b := metricsBatch{pricer: p, dry: true}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			b.check(source{rm.Resource(), sm.Scope()}, sm.Metrics())
		}
	}
	return p.refused(ctx, &p.telemetry.metrics)
}

func (b *metricsBatch) check(from source, metrics pmetric.MetricSlice) {
	left := b.leftForForeignCost(metrics)
	for _, metric := range metrics.All() {
		if m, isUsage := meters[metric.Name()]; isUsage && isCounter(metric) && !left {
			b.checkMetric(m, metric, from)
		}
	}
	b.sourced(from, metrics, metrics.Len(), left, nil)
}

// leftForForeignCost says whether a scope has foreign money that is kept, so that its usage is not priced.
func (b *metricsBatch) leftForForeignCost(metrics pmetric.MetricSlice) bool {
	if !b.config.KeepForeignCost {
		return false
	}
	for _, metric := range metrics.All() {
		numbers, ok := numbersOf(metric)
		if metric.Name() != semconv.MetricCost || !ok {
			continue
		}
		for _, p := range numbers.All() {
			if source := text(p.Attributes(), semconv.AttrCostSource); source != semconv.CostComputed && source != semconv.CostProvider {
				return true
			}
		}
	}
	return false
}

func (b *metricsBatch) checkMetric(m meter, metric pmetric.Metric, from source) {
	of := originOf(metric, from)
	for _, p := range metric.Sum().DataPoints().All() {
		b.usage.read(m, p.Attributes())
		if what := b.quantify(p, &of); what == unsettled && !b.nothingNew(&of, p) {
			b.price(&b.usage)
		}
	}
}

// nothingNew says whether a counter that is remembered has no more than before: then nothing of it asks for a price.
func (b *metricsBatch) nothingNew(of *origin, p pmetric.NumberDataPoint) bool {
	if !of.cumulative() {
		return false
	}
	b.counters.Lock()
	defer b.counters.Unlock()
	u := &b.usage
	c := b.counters.get(of.counter(p))
	return c != nil && c.mark(0).more(mark{start: p.StartTimestamp(), at: u.At.UnixNano(), quantity: u.Quantity}).IsZero()
}
