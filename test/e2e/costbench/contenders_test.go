//go:build unix

package costbench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor"
)

// contender is one way of dealing with a request.
type contender struct {
	name string
	work func(pmetric.Metrics) error
}

// floor is the index of the contender that all are compared with.
const floor = 0

// contenders deal with requests of usage of models. floor is told beforehand what the cost processor answers: it builds the
// points that pricing adds, and reads, looks up and computes nothing. cost_10x and cost_100x have as many times the rows of
// the embedded book.
func contenders(tb testing.TB, input pmetric.Metrics, models []model) []contender {
	answers := answersIn(ours(tb, 1).result(tb, input))
	require.Len(tb, answers, points)
	return []contender{
		floor: {"floor", func(md pmetric.Metrics) error { return build(md, answers) }},
		{"copy", func(pmetric.Metrics) error { return nil }},
		{"cost", ours(tb, 1).work},
		{"cost_10x", ours(tb, 10).work},
		{"cost_100x", ours(tb, 100).work},
		{"transform", transform(tb, models).work},
	}
}

// pipeline is a processor with what last came out of it.
type pipeline struct {
	processor consumer.Metrics
	last      pmetric.Metrics
}

func (p *pipeline) work(md pmetric.Metrics) error {
	return p.processor.ConsumeMetrics(context.Background(), md)
}

func (p *pipeline) result(tb testing.TB, input pmetric.Metrics) pmetric.Metrics {
	require.NoError(tb, p.work(fresh(input)))
	return p.last
}

func start(tb testing.TB, factory processor.Factory, config map[string]any) *pipeline {
	ctx := context.Background()
	cfg := factory.CreateDefaultConfig()
	require.NoError(tb, confmap.NewFromStringMap(config).Unmarshal(cfg))
	line := &pipeline{}
	next, err := consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error { line.last = md; return nil })
	require.NoError(tb, err)
	p, err := factory.CreateMetrics(ctx, processortest.NewNopSettings(factory.Type()), cfg, next)
	require.NoError(tb, err)
	require.NoError(tb, p.Start(ctx, componenttest.NewNopHost()))
	tb.Cleanup(func() { require.NoError(tb, p.Shutdown(ctx)) })
	line.processor = p
	return line
}

// ours is the cost processor with a book of so many times the rows of the embedded one.
func ours(tb testing.TB, times int) *pipeline {
	config := map[string]any{}
	if times > 1 {
		path := filepath.Join(tb.TempDir(), "more.yaml")
		require.NoError(tb, os.WriteFile(path, moreRows(tb, times-1), 0o600))
		config["price_files"] = []any{path}
	}
	return start(tb, costprocessor.NewFactory(), config)
}

// moreRows is a price file with so many times the rows of the embedded book, for models that nobody uses.
func moreRows(tb testing.TB, times int) []byte {
	layer, err := pricing.Embedded()
	require.NoError(tb, err)
	rows := 0
	for _, file := range layer {
		rows += len(file.Rows)
	}
	text := []byte("rows:\n")
	for i := range rows * times {
		text = fmt.Appendf(text, "  - {provider: vendor-%d, models: [model-%d], usage: prompt.text, unit: token, price: \"2.5\", per: \"1000000\"}\n",
			i%100, i)
	}
	return text
}

// transform is the stock processor doing the same arithmetic: a copy of the metric, and a statement for each model. It is
// let off all else: what it answers keeps the attributes of usage and does not say what the cost is of.
func transform(tb testing.TB, models []model) *pipeline {
	arithmetic := make([]any, len(models))
	for i, m := range models {
		arithmetic[i] = fmt.Sprintf(`set(datapoint.value_double, Double(datapoint.value_int) * %s / %s) where datapoint.attributes["model"] == %q`,
			floating(m.price), floating(m.per), m.id)
	}
	return start(tb, transformprocessor.NewFactory(), map[string]any{
		"error_mode": "propagate",
		"metric_statements": []any{
			map[string]any{
				"statements": []any{fmt.Sprintf(`copy_metric(name=%q, unit=%q) where metric.name == %q`,
					semconv.MetricCost, semconv.UnitUSD, semconv.MetricLLMTokens)},
			},
			map[string]any{
				"conditions": []any{fmt.Sprintf(`metric.name == %q`, semconv.MetricCost)},
				"statements": arithmetic,
			},
		},
	})
}

// floating writes a decimal so that OTTL takes it for a floating-point number.
func floating(decimal string) string {
	if strings.Contains(decimal, ".") {
		return decimal
	}
	return decimal + ".0"
}

// answer is a point of cost, to be built again.
type answer struct {
	start, time pcommon.Timestamp
	usd         float64
	attributes  [][2]string
}

// answersIn are the points of cost in what a processor has made of a request.
func answersIn(md pmetric.Metrics) []answer {
	var answers []answer
	for _, p := range costIn(md).All() {
		a := answer{start: p.StartTimestamp(), time: p.Timestamp(), usd: p.DoubleValue()}
		for key, value := range p.Attributes().All() {
			a.attributes = append(a.attributes, [2]string{key, value.Str()})
		}
		answers = append(answers, a)
	}
	return answers
}

// costIn are the points of the metric of cost, which is behind that of usage.
func costIn(md pmetric.Metrics) pmetric.NumberDataPointSlice {
	return md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(1).Sum().DataPoints()
}

// build adds the metric of cost to a request.
func build(md pmetric.Metrics, answers []answer) error {
	metric := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().AppendEmpty()
	metric.SetName(semconv.MetricCost)
	metric.SetUnit(semconv.UnitUSD)
	metric.SetDescription(semconv.Description(semconv.MetricCost))
	metric.SetEmptySum().SetIsMonotonic(true)
	metric.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	built := metric.Sum().DataPoints()
	built.EnsureCapacity(len(answers))
	for i := range answers {
		answers[i].build(built.AppendEmpty())
	}
	return nil
}

func (a *answer) build(p pmetric.NumberDataPoint) {
	p.SetStartTimestamp(a.start)
	p.SetTimestamp(a.time)
	p.SetDoubleValue(a.usd)
	p.Attributes().EnsureCapacity(len(a.attributes))
	for _, pair := range a.attributes {
		p.Attributes().PutStr(pair[0], pair[1])
	}
}
