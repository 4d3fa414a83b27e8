package costprocessor

import (
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// dormant is a family of metrics of others that is known and not priced, because nobody has said so.
type dormant struct {
	name string
	told atomic.Bool // once is enough
}

// dormant is the metrics that are known and in none of the feeds, by name.
func (s Sources) dormant(feeds map[string]*feed) map[string]*dormant {
	metrics := map[string]*dormant{}
	for name, family := range foreign.Known() {
		of := &dormant{name: name}
		of.told.Store(s[name].off)
		for metric := range family.Metrics {
			if feeds[metric] == nil {
				metrics[metric] = of
			}
		}
	}
	return metrics
}

// passOver counts the points of a metric whose source is off, and says so once: it may be all that tells of this use.
// One that another cost processor has priced is none of these.
func (b *metricsBatch) passOver(metric pmetric.Metric) {
	of := b.dormant[metric.Name()]
	if of == nil {
		return
	}
	if _, seen := metric.Metadata().Get(semconv.MetadataPriced); seen {
		return
	}
	b.tally.outcomes[ignoredSource] += int64(stream.Points(metric))
	if !of.told.Swap(true) {
		b.logger.Warn(fmt.Sprintf("%s arrives and is not priced; if nothing else tells of the same use, no other metric either, "+
			"switch it on, else say false: processors.cost.sources: {%s: true}", metric.Name(), of.name), zap.String("metric", metric.Name()))
	}
}
