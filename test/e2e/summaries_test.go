package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// vocabulary is what a query of logs or traces may name: what the collector has sent.
type vocabulary struct {
	labels     map[string]pcommon.ValueType // of summaries, as Loki names them
	bodies     map[string]bool
	attributes map[string]bool // of spans, as TraceQL names them
	names      map[string]bool // of spans
}

// There is no Loki and no Tempo here, so their panels are read: whatever they name is what the binary sends for the fixture.
func TestLogAndTracePanels(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	replay(t, c)
	status, _ := c.Post(otlpHTTP, "/v1/traces", botCall(t), "") // it has an environment
	require.Equal(t, http.StatusOK, status)
	require.True(t, b.Await(func() bool { return len(summaries(b)["spans-1"]) > 0 && len(b.Traces()) > 0 }))
	c.Stop("usage without a price") // what is left leaves first
	sent := said(b)

	assertExemplars(t, b)
	asked := map[string]int{}
	for _, board := range boards(t) {
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				asked[target.Datasource.Type]++
				switch target.Datasource.Type {
				case "loki":
					sent.assertLogQL(t, panel.Title, target.Expr)
				case "tempo":
					sent.assertTraceQL(t, panel.Title, target.Query)
				}
			}
		}
	}
	assert.Equal(t, 4, asked["loki"])
	assert.Equal(t, 3, asked["tempo"])
}

// assertExemplars is that the points in the heatmaps lead to traces that there are.
func assertExemplars(t *testing.T, b *backend.Backend) {
	t.Helper()
	known := map[pcommon.TraceID]bool{}
	for _, traces := range b.Traces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, span := range resource.ScopeSpans().At(0).Spans().All() {
				known[span.TraceID()] = true
			}
		}
	}
	for _, name := range []string{"voice.ttfb.milliseconds", "voice.turn.latency.milliseconds"} {
		found := exemplars(b, name)
		assert.NotEmpty(t, found, name)
		for _, exemplar := range found {
			assert.Contains(t, known, exemplar.TraceID(), name)
		}
	}
}

func exemplars(b *backend.Backend, name string) []pmetric.Exemplar {
	var all []pmetric.Exemplar
	for _, metrics := range b.Metrics() {
		for _, resource := range metrics.ResourceMetrics().All() {
			for _, scope := range resource.ScopeMetrics().All() {
				for _, metric := range scope.Metrics().All() {
					if metric.Name() == name {
						all = append(all, exemplarsOf(metric.Histogram())...)
					}
				}
			}
		}
	}
	return all
}

func exemplarsOf(histogram pmetric.Histogram) []pmetric.Exemplar {
	var all []pmetric.Exemplar
	for _, point := range histogram.DataPoints().All() {
		for _, exemplar := range point.Exemplars().All() {
			all = append(all, exemplar)
		}
	}
	return all
}

// said is the words of everything that a backend has.
func said(b *backend.Backend) vocabulary {
	v := vocabulary{
		labels: map[string]pcommon.ValueType{}, bodies: map[string]bool{},
		attributes: map[string]bool{"resource.service.name": true}, names: map[string]bool{},
	}
	for _, logs := range b.Logs() {
		for _, resource := range logs.ResourceLogs().All() {
			v.learnLabels(resource.Resource().Attributes())
			for _, scope := range resource.ScopeLogs().All() {
				v.learnRecords(scope.LogRecords())
			}
		}
	}
	for _, traces := range b.Traces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				v.learnSpans(scope.Spans())
			}
		}
	}
	return v
}

func (v vocabulary) learnRecords(records plog.LogRecordSlice) {
	for _, record := range records.All() {
		v.bodies[record.Body().Str()] = true
		if !record.TraceID().IsEmpty() {
			v.labels["trace_id"] = pcommon.ValueTypeStr
		}
		v.learnLabels(record.Attributes())
	}
}

func (v vocabulary) learnLabels(attributes pcommon.Map) {
	for key, value := range attributes.All() {
		v.labels[strings.ReplaceAll(key, ".", "_")] = value.Type()
	}
}

func (v vocabulary) learnSpans(spans ptrace.SpanSlice) {
	for _, span := range spans.All() {
		v.names[span.Name()] = true
		for key := range span.Attributes().All() {
			v.attributes["span."+key] = true
		}
	}
}

var (
	lineFilter  = regexp.MustCompile(`\|= "([^"]*)"`)
	labelFilter = regexp.MustCompile(`(?:\| |\{)([a-z_]+) ?(?:=~|!=|=) ?["` + "`" + `]`)
	grouping    = regexp.MustCompile(`by \(([^)]*)\)`)
	unwrapped   = regexp.MustCompile(`unwrap ([a-z0-9_]+)`)
)

func (v vocabulary) assertLogQL(t *testing.T, panel, query string) {
	t.Helper()
	line := lineFilter.FindStringSubmatch(query)
	require.NotNil(t, line, "%s: %s", panel, query)
	assert.Contains(t, v.bodies, line[1], panel)
	var used []string
	for _, found := range labelFilter.FindAllStringSubmatch(query, -1) {
		used = append(used, found[1])
	}
	for _, found := range grouping.FindAllStringSubmatch(query, -1) {
		used = append(used, strings.Split(found[1], ", ")...)
	}
	assert.Contains(t, used, "call_id", "%s: %s", panel, query)
	for _, label := range used {
		if label != "__error__" {
			assert.Contains(t, v.labels, label, "%s: %s", panel, query)
		}
	}
	for _, found := range unwrapped.FindAllStringSubmatch(query, -1) {
		assert.Contains(t, []pcommon.ValueType{pcommon.ValueTypeDouble, pcommon.ValueTypeInt}, v.labels[found[1]], "%s: %s is no number", panel, found[1])
	}
}

var (
	traceField = regexp.MustCompile(`\b(?:span|resource)\.[a-z0-9_.]+`)
	spanName   = regexp.MustCompile(`\bname = "([^"]*)"`)
)

func (v vocabulary) assertTraceQL(t *testing.T, panel, query string) {
	t.Helper()
	if query == "${trace_id}" { // a trace by its id
		return
	}
	used := traceField.FindAllString(query, -1)
	assert.Contains(t, used, "span.call_id", "%s: %s", panel, query)
	for _, name := range used {
		assert.Contains(t, v.attributes, name, "%s: %s", panel, query)
	}
	for _, found := range spanName.FindAllStringSubmatch(query, -1) {
		assert.Contains(t, v.names, found[1], panel)
	}
}
