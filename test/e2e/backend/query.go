package backend

import (
	"context"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"
)

// Vector is the answer to an instant query: values by labels, the labels as Labels writes them. A scalar has no labels.
type Vector map[string]float64

// Labels writes names and values, in turn, as the key of a Vector: {call_id="c1", token_type="prompt"}. An empty value
// is a label that is not there.
func Labels(namesAndValues ...string) string {
	return labels.FromStrings(namesAndValues...).WithoutEmpty().String()
}

// Query answers a PromQL expression as of a moment. A query that fails, or answers with anything but floats, fails the
// test.
func (b *Backend) Query(expr string, at time.Time) Vector {
	b.tb.Helper()
	query, err := b.engine.NewInstantQuery(context.Background(), b.db, nil, expr, at)
	require.NoError(b.tb, err, expr)
	defer query.Close()
	result := query.Exec(context.Background())
	require.NoError(b.tb, result.Err, expr)
	if scalar, ok := result.Value.(promql.Scalar); ok {
		return Vector{Labels(): scalar.V}
	}
	samples, err := result.Vector()
	require.NoError(b.tb, err, expr)
	return vectorOf(b, expr, samples)
}

func vectorOf(b *Backend, expr string, samples promql.Vector) Vector {
	b.tb.Helper()
	vector := make(Vector, len(samples))
	for _, sample := range samples {
		require.Nil(b.tb, sample.H, "%s answers with a native histogram", expr)
		vector[sample.Metric.String()] = sample.F
	}
	return vector
}

// Value answers an expression that gives one number, such as a sum; false where it gives none.
func (b *Backend) Value(expr string, at time.Time) (float64, bool) {
	b.tb.Helper()
	vector := b.Query(expr, at)
	require.LessOrEqual(b.tb, len(vector), 1, "%s gives more than one number: %v", expr, vector)
	for _, value := range vector {
		return value, true
	}
	return 0, false
}

// Series is the labels of every series that was ever written, the name among them.
func (b *Backend) Series() []map[string]string {
	b.tb.Helper()
	querier, err := b.db.Querier(0, time.Now().Add(time.Hour).UnixMilli())
	require.NoError(b.tb, err)
	defer querier.Close()
	set := querier.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, ".+"))
	var all []map[string]string
	for set.Next() {
		all = append(all, set.At().Labels().Map())
	}
	require.NoError(b.tb, set.Err())
	return all
}

// Await waits until done says so, asking again after every request that was answered. It says false when it has waited
// for too long.
func (b *Backend) Await(done func() bool) bool {
	b.tb.Helper()
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		arrived := b.arrived
		b.mu.Unlock()
		if done() {
			return true
		}
		select {
		case <-arrived:
		case <-deadline:
			return false
		}
	}
}
