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

// ours is the cost processor with a book of so many times the rows of the embedded one.
func ours(tb testing.TB, next consumer.Metrics, times int) consumer.Metrics {
	config := map[string]any{}
	if times > 1 {
		config["price_files"] = []any{moreRows(tb, times-1)}
	}
	return start(tb, costprocessor.NewFactory(), config, next)
}

// moreRows is a price file with so many times the rows of the embedded book, of models that nobody uses.
func moreRows(tb testing.TB, times int) string {
	layer, err := pricing.Embedded()
	require.NoError(tb, err)
	rows := 0
	for _, file := range layer {
		rows += len(file.Rows)
	}
	text := &strings.Builder{}
	fmt.Fprintln(text, "rows:")
	for i := range rows * times {
		fmt.Fprintf(text, "  - {provider: vendor-%d, models: [model-%d], usage: prompt.text, unit: token, price: \"2.5\", per: \"1000000\"}\n",
			i%100, i)
	}
	path := filepath.Join(tb.TempDir(), "more.yaml")
	require.NoError(tb, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}

// transform is the stock processor doing the same arithmetic: a copy of the metric, and a statement for each model. It is
// let off everything else: its cost keeps the usage's attributes and has no cost_type and no cost_source.
func transform(tb testing.TB, next consumer.Metrics, models []model) consumer.Metrics {
	arithmetic := make([]any, len(models))
	for i, m := range models {
		arithmetic[i] = fmt.Sprintf(`set(datapoint.value_double, Double(datapoint.value_int) * %s / %s) where datapoint.attributes["model"] == %q`,
			decimal(m.price), decimal(m.per), m.id)
	}
	return start(tb, transformprocessor.NewFactory(), map[string]any{
		"error_mode": "propagate",
		"metric_statements": []any{
			map[string]any{"statements": []any{fmt.Sprintf(`copy_metric(name=%q, unit=%q) where metric.name == %q`,
				semconv.MetricCost, semconv.UnitUSD, semconv.MetricLLMTokens)}},
			map[string]any{
				"conditions": []any{fmt.Sprintf(`metric.name == %q`, semconv.MetricCost)},
				"statements": arithmetic,
			},
		},
	}, next)
}

// decimal writes a number so that OTTL takes it for a floating-point one.
func decimal(number string) string {
	if strings.Contains(number, ".") {
		return number
	}
	return number + ".0"
}

func start(tb testing.TB, factory processor.Factory, config map[string]any, next consumer.Metrics) consumer.Metrics {
	ctx := context.Background()
	cfg := factory.CreateDefaultConfig()
	require.NoError(tb, confmap.NewFromStringMap(config).Unmarshal(cfg))
	p, err := factory.CreateMetrics(ctx, processortest.NewNopSettings(factory.Type()), cfg, next)
	require.NoError(tb, err)
	require.NoError(tb, p.Start(ctx, componenttest.NewNopHost()))
	tb.Cleanup(func() { require.NoError(tb, p.Shutdown(ctx)) })
	return p
}

// answer is a point of cost, to be built again.
type answer struct {
	start, time pcommon.Timestamp
	usd         float64
	attributes  [][2]string
}

// answersIn are the points of cost that a processor has added.
func answersIn(md pmetric.Metrics) []answer {
	var answers []answer
	for _, p := range pointsOf(md, semconv.MetricCost).All() {
		a := answer{start: p.StartTimestamp(), time: p.Timestamp(), usd: p.DoubleValue()}
		for key, value := range p.Attributes().All() {
			a.attributes = append(a.attributes, [2]string{key, value.Str()})
		}
		answers = append(answers, a)
	}
	return answers
}

// build adds the metric that a processor would, knowing beforehand all that is in it.
func build(md pmetric.Metrics, answers []answer) {
	metric := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().AppendEmpty()
	metric.SetName(semconv.MetricCost)
	metric.SetUnit(semconv.UnitUSD)
	metric.SetDescription(semconv.Description(semconv.MetricCost))
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	sum.DataPoints().EnsureCapacity(len(answers))
	for i := range answers {
		a := &answers[i]
		p := sum.DataPoints().AppendEmpty()
		p.SetStartTimestamp(a.start)
		p.SetTimestamp(a.time)
		p.SetDoubleValue(a.usd)
		attributes := p.Attributes()
		attributes.EnsureCapacity(len(a.attributes))
		for _, pair := range a.attributes {
			attributes.PutStr(pair[0], pair[1])
		}
	}
}

// pointsOf are the points of the only metric of a name.
func pointsOf(md pmetric.Metrics, name string) pmetric.NumberDataPointSlice {
	for _, metric := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		if metric.Name() == name {
			return metric.Sum().DataPoints()
		}
	}
	return pmetric.NewNumberDataPointSlice()
}
