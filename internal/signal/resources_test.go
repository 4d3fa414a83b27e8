package signal

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ofBots makes signals of calls that belong where their tenant says.
func ofBots() *Producer {
	return NewProducer(Settings{Resource: func(tenant string) Resource {
		service, namespace, _ := strings.Cut(tenant, "/")
		return Resource{Service: service, Namespace: namespace}
	}})
}

func of(tenant string, f call.Fact) call.Fact {
	f = fact(f)
	f.Call.Tenant = tenant
	return f
}

// Each call's points are in its own resource, however they come.
func TestResourcesOfABatch(t *testing.T) {
	b := ofBots().NewBatch()
	b.Add([]call.Fact{of("one/shop", call.Fact{Kind: call.Opened}), of("two", call.Fact{Kind: call.Opened})})
	b.Add([]call.Fact{of("one/shop", call.Fact{Kind: call.Opened}), of("one/shop", call.Fact{Kind: call.TurnEnded})})
	assert.Equal(t, 4, b.Points())
	resources := b.Metrics().ResourceMetrics()
	require.Equal(t, 2, resources.Len())
	assert.Equal(t, map[string]any{"service.name": "one", "service.namespace": "shop"}, resources.At(0).Resource().Attributes().AsRaw())
	assert.Equal(t, map[string]any{"service.name": "two"}, resources.At(1).Resource().Attributes().AsRaw())
	metrics := resources.At(0).ScopeMetrics().At(0).Metrics()
	require.Equal(t, 2, metrics.Len(), "one of a name")
	assert.Equal(t, 2, metrics.At(0).Sum().DataPoints().Len())
	_, says := metrics.At(0).Sum().DataPoints().At(0).Attributes().Get("")
	assert.False(t, says, "the tenant is the resource, and no attribute")
}

// A call of which nothing is counted leaves no empty resource.
func TestNothingIsEmpty(t *testing.T) {
	silent := of("two", call.Fact{Kind: call.Disregarded, Name: call.ReasonRepeated})
	b := ofBots().NewBatch()
	b.Add([]call.Fact{silent, of("one", call.Fact{Kind: call.Opened}), silent})
	require.Equal(t, 1, b.Metrics().ResourceMetrics().Len())
	service, _ := b.Metrics().ResourceMetrics().At(0).Resource().Attributes().Get("service.name")
	assert.Equal(t, "one", service.Str())

	for name, producer := range map[string]*Producer{"of bots": ofBots(), "of one service": NewProducer(Settings{Service: "s"})} {
		b := producer.NewBatch()
		b.Add([]call.Fact{silent})
		assert.Zero(t, b.Points(), name)
		assert.Zero(t, b.Metrics().ResourceMetrics().Len(), name)
	}
}

// Summaries are in their resources, and in the bot's trace, of which no span is the whole call.
func TestSummariesOfBots(t *testing.T) {
	parent := frame.Trace{TraceID: [16]byte{1}, SpanID: [8]byte{2}}
	ended := func(tenant string) call.Fact {
		return of(tenant, call.Fact{Kind: call.Ended, Name: "end", Summary: &call.Summary{Trace: call.TraceContext{Parent: parent}}})
	}
	b := ofBots().NewBatch()
	b.Add([]call.Fact{ended("one"), ended("one"), ended("two")})
	resources := b.Logs().ResourceLogs()
	require.Equal(t, 2, resources.Len())
	assert.Equal(t, 2, resources.At(0).ScopeLogs().At(0).LogRecords().Len())
	record := resources.At(1).ScopeLogs().At(0).LogRecords().At(0)
	service, _ := record.Attributes().Get("service")
	assert.Equal(t, "two", service.Str())
	assert.Equal(t, pcommon.TraceID{1}, record.TraceID())
	assert.True(t, record.SpanID().IsEmpty())
}

func TestActiveCallsOfBots(t *testing.T) {
	metrics := ofBots().Active(map[string]int{"one": 2, "two": 0}, at, at.Add(time.Minute))
	got := map[string]int64{}
	for _, resource := range metrics.ResourceMetrics().All() {
		service, _ := resource.Resource().Attributes().Get("service.name")
		got[service.Str()] = resource.ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0).IntValue()
	}
	assert.Equal(t, map[string]int64{"one": 2, "two": 0}, got)
	assert.Zero(t, ofBots().Active(nil, at, at).DataPointCount(), "nobody is known")
}
