package e2e

import (
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

const (
	pagePort = 9464
	ownPort  = 8888
	patience = time.Minute
)

// page is the local metrics page as samples.
type page model.Vector

func readPage(t *testing.T, c *collector.Collector) page {
	t.Helper()
	return readMetrics(t, c, pagePort)
}

// ownMetrics is what the collector says of itself.
func ownMetrics(t *testing.T, c *collector.Collector) page {
	t.Helper()
	return readMetrics(t, c, ownPort)
}

func readMetrics(t *testing.T, c *collector.Collector, port int) page {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(c.Get(port, "/metrics")))
	require.NoError(t, err)
	return samplesOf(t, families)
}

func samplesOf(t *testing.T, families map[string]*dto.MetricFamily) page {
	t.Helper()
	var all page
	for _, family := range families {
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, family)
		require.NoError(t, err)
		all = append(all, samples...)
	}
	return all
}

// sum adds up the samples of a name that have the labels: names and values in turn.
func (p page) sum(name string, labels ...string) float64 {
	var sum float64
	for _, sample := range p {
		if string(sample.Metric["__name__"]) == name && matches(sample.Metric, labels) {
			sum += float64(sample.Value)
		}
	}
	return sum
}

func matches(metric model.Metric, labels []string) bool {
	for i := 0; i < len(labels); i += 2 {
		if string(metric[model.LabelName(labels[i])]) != labels[i+1] {
			return false
		}
	}
	return true
}

// voice is every sample of ours by its labels.
func (p page) voice() map[string]float64 {
	ours := map[string]float64{}
	for _, sample := range p {
		if strings.HasPrefix(string(sample.Metric["__name__"]), "voice_") {
			ours[sample.Metric.String()] = float64(sample.Value)
		}
	}
	return ours
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	require.Eventually(t, done, patience, 50*time.Millisecond, what)
}
