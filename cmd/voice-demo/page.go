package main

import (
	"context"
	"fmt"
	"math"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// page is what the collector shows on its metrics page.
type page map[string]*dto.MetricFamily

func read(ctx context.Context, url string) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(res.Body)
}

// await reads the page until it shows each call's whole duration, which is the last thing that a call reports.
func (d *demo) await(ctx context.Context, calls []demoCall) (page, error) {
	var last page
	err := poll(ctx, func() bool {
		current, err := read(ctx, d.page)
		if err != nil {
			return false
		}
		last = current
		return last.shows(calls)
	})
	if err != nil {
		return nil, fmt.Errorf("%s does not show the calls: %w", d.page, err)
	}
	return last, nil
}

func (p page) shows(calls []demoCall) bool {
	for _, c := range calls {
		if math.Abs(p.sum("voice_session_duration_seconds", label{"call_id", c.id})-c.duration) > 0.001 {
			return false
		}
	}
	return true
}

// label is a label and the value that it must have.
type label struct{ name, value string }

// sum adds up the samples of a counter or gauge that carry all the labels.
func (p page) sum(metric string, labels ...label) float64 {
	total := 0.0
	for _, sample := range p.samples(metric, labels) {
		total += sample.GetCounter().GetValue() + sample.GetGauge().GetValue()
	}
	return total
}

// mean is the mean of a histogram over all its series, as text.
func (p page) mean(metric string) string {
	sum, count := 0.0, 0.0
	for _, sample := range p.samples(metric, nil) {
		sum += sample.GetHistogram().GetSampleSum()
		count += float64(sample.GetHistogram().GetSampleCount())
	}
	if count == 0 {
		return "none"
	}
	return fmt.Sprintf("%.0f ms", sum/count)
}

func (p page) samples(metric string, labels []label) []*dto.Metric {
	var found []*dto.Metric
	for _, sample := range p[metric].GetMetric() {
		if matches(sample, labels) {
			found = append(found, sample)
		}
	}
	return found
}

func matches(sample *dto.Metric, labels []label) bool {
	for _, want := range labels {
		if value(sample, want.name) != want.value {
			return false
		}
	}
	return true
}

func value(sample *dto.Metric, name string) string {
	for _, pair := range sample.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
