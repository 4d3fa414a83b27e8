// Package metrics reads what a collector shows on its metrics page.
package metrics

import (
	"context"
	"fmt"
	"io"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Page is what a metrics page showed at one moment, by the name of the metric.
type Page map[string]*dto.MetricFamily

// Label is a label and the value that it must have.
type Label struct{ Name, Value string }

// Fetch gets the page at the URL.
func Fetch(ctx context.Context, url string) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, res.Status)
	}
	return Parse(res.Body)
}

// Parse reads a page in Prometheus' text format.
func Parse(r io.Reader) (Page, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(r)
}

// Sum adds up the samples of a counter or gauge that carry all the labels.
func (p Page) Sum(metric string, labels ...Label) float64 {
	total := 0.0
	for _, sample := range p.Samples(metric, labels...) {
		total += sample.GetCounter().GetValue() + sample.GetGauge().GetValue()
	}
	return total
}

// Samples is the samples of a metric that carry all the labels, in the order of the page.
func (p Page) Samples(metric string, labels ...Label) []*dto.Metric {
	var found []*dto.Metric
	for _, sample := range p[metric].GetMetric() {
		if matches(sample, labels) {
			found = append(found, sample)
		}
	}
	return found
}

func matches(sample *dto.Metric, labels []Label) bool {
	for _, want := range labels {
		if Value(sample, want.Name) != want.Value {
			return false
		}
	}
	return true
}

// Value is what a sample's label says, or nothing.
func Value(sample *dto.Metric, label string) string {
	for _, pair := range sample.GetLabel() {
		if pair.GetName() == label {
			return pair.GetValue()
		}
	}
	return ""
}
