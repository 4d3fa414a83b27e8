//go:build unix

package costbench

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// points are how many a request has, pointsPerCall how many of them follow one another of the same call.
const (
	points        = 1000
	pointsPerCall = 10
)

var moment = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// model is a language model of the embedded book, and what a token of its input costs.
type model struct {
	provider, id string
	price, per   string
}

// models are n models from all over the embedded book, of those whose input has one price.
func models(tb testing.TB, n int) []model {
	all := plain(tb)
	require.GreaterOrEqual(tb, len(all), n)
	chosen := make([]model, n)
	for i := range chosen {
		chosen[i] = all[i*len(all)/n]
	}
	return chosen
}

func plain(tb testing.TB) []model {
	layer, err := pricing.Embedded()
	require.NoError(tb, err)
	var all []model
	rows := map[string]int{}
	for _, file := range layer {
		for _, row := range file.Rows {
			if row.Usage != pricing.PromptText.String() {
				continue
			}
			for _, id := range row.Models {
				rows[id]++
				all = append(all, model{cmp.Or(row.Provider, file.Provider), id, row.Price, row.Per})
			}
		}
	}
	return only(all, func(m model) bool { return rows[m.id] == 1 && !strings.Contains(m.id, "*") })
}

// usage is tokens of models as our receiver sends them: a part of a request a point.
func usage(models []model) pmetric.Metrics {
	facts := make([]call.Fact, points)
	for i := range facts {
		m := models[i%len(models)]
		facts[i] = call.Fact{
			Kind: call.Used, Time: moment.Add(time.Duration(i) * time.Second),
			Call:    call.Key{ID: fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", i/pointsPerCall)},
			FrameID: frame.NameID("MetricsFrame", fmt.Sprint(i)),
			Usage: call.Usage{
				Source:   frame.Source{Stage: frame.LLM, Provider: m.provider, Model: m.id},
				Quantity: call.Tokens, Leaf: frame.PromptText, Amount: float64(146 + i), Request: 1042,
			},
		}
	}
	batch := signal.NewProducer(signal.Settings{Service: "voice-rag-bot"}).NewBatch()
	batch.Add(facts)
	return batch.Metrics()
}

// fresh is a copy of a request. As our receiver does, it leaves room for the attribute that the cost processor adds.
func fresh(input pmetric.Metrics) pmetric.Metrics {
	md := pmetric.NewMetrics()
	from, to := tokensIn(input), md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	to.SetName(from.Name())
	to.SetEmptySum().SetIsMonotonic(true)
	to.Sum().SetAggregationTemporality(from.Sum().AggregationTemporality())
	to.Sum().DataPoints().EnsureCapacity(from.Sum().DataPoints().Len())
	for _, p := range from.Sum().DataPoints().All() {
		point := to.Sum().DataPoints().AppendEmpty()
		point.Attributes().EnsureCapacity(p.Attributes().Len() + 1)
		p.CopyTo(point)
	}
	return md
}

func tokensIn(md pmetric.Metrics) pmetric.Metric {
	return md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
}

func only[T any](all []T, want func(T) bool) []T {
	var some []T
	for _, one := range all {
		if want(one) {
			some = append(some, one)
		}
	}
	return some
}
