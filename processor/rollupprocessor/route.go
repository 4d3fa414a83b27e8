package rollupprocessor

import (
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// router tells what is rolled up from what passes. It only reads: what passes from a mixed request is copied, so that a
// request may be shared with other pipelines.
type router struct{ ours *matcher }

func newRouter(cfg *Config) router { return router{ours: newMatcher(cfg.Metrics)} }

// passes says whether m goes on untouched, and why. Of our names it is what has no meaning added up and harms no backend:
// gauges, summaries, and exponential histograms that are cumulative already, unless the name is that of a metric of ours, which
// they would hide at the backend.
func (r router) passes(m pmetric.Metric) (outcome, bool) {
	if !r.ours.matches(m.Name()) {
		return passedUnmatched, true
	}
	_, ours := contract[m.Name()]
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return passedGauge, !ours
	case pmetric.MetricTypeSummary:
		return passedSummary, !ours
	case pmetric.MetricTypeExponentialHistogram:
		cumulative := m.ExponentialHistogram().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
		return passedExponential, cumulative && !ours
	default:
		return 0, false
	}
}

// share counts what passes by its outcome, and says whether that is all or nothing of the request.
func (r router) share(md pmetric.Metrics) (passed tally, all, none bool) {
	all, none = true, true
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				why, pass := r.passes(m)
				if pass {
					passed.add(why, stream.Points(m))
				}
				all, none = all && pass, none && !pass
			}
		}
	}
	return passed, all, none
}

// rest is a copy of what passes.
func (r router) rest(md pmetric.Metrics) pmetric.Metrics { return r.part(md, true) }

// rolled is a copy of what does not.
func (r router) rolled(md pmetric.Metrics) pmetric.Metrics { return r.part(md, false) }

func (r router) part(md pmetric.Metrics, passing bool) pmetric.Metrics {
	out := pmetric.NewMetrics()
	md.CopyTo(out)
	out.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool {
		rm.ScopeMetrics().RemoveIf(func(sm pmetric.ScopeMetrics) bool {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool {
				_, pass := r.passes(m)
				return pass != passing
			})
			return sm.Metrics().Len() == 0
		})
		return rm.ScopeMetrics().Len() == 0
	})
	return out
}
