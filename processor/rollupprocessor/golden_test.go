package rollupprocessor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestGolden is the whole of the OTLP that leaves, step by step.
func TestGolden(t *testing.T) {
	s := newStage(t)
	bot := func(i in) in {
		i.service, i.namespace, i.environment = "voice-rag-bot", "acme", "prod"
		i.resource = []string{"service.version", "1.2.3", "service.instance.id", "bot-7"}
		i.attributes = append(i.attributes, "call_id", "c1", "voice.tx.id", "f1")
		return i
	}
	counts := make([]uint64, len(semconv.LatencyBounds)+1)
	counts[2], counts[5] = 1, 1
	s.at("3.1s").take(
		bot(in{metric: semconv.MetricCalls, unit: "{call}", value: 1}),
		bot(in{metric: semconv.MetricTTFB, unit: "ms", value: dist{bounds: semconv.LatencyBounds, counts: counts, sum: 602, min: 190, max: 412}, attributes: []string{"stage", "llm"}}),
		bot(in{metric: semconv.MetricLLMTokens, unit: "{token}", value: 146, attributes: []string{"token_type", "prompt", "token_kind", "text"}}),
		bot(in{metric: semconv.MetricCost, unit: "{USD}", value: 0.001855, attributes: []string{"cost_type", "llm"}}),
		bot(in{metric: semconv.MetricSessionDuration, unit: "s", value: 3.1, updown: true}),
	)
	s.sink.refuse(errors.New("down"))
	s.at("10s").golden("1-refused.json")
	s.sink.refuse(nil)
	s.at("20s").golden("2-repeated.json")
	s.at("30s").golden("3-unchanged.json")
	s.at("310s").golden("4-call-ended.json")
	s.at("320s").golden("5-call-forgotten.json")
}

func (s *stage) golden(name string) {
	s.Helper()
	s.sink.take()
	require.Equal(s, s.sink.refusal, s.rollup.flush(context.Background()))
	got := indented(s.T, s.sink.take())
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(s, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(s, err)
	assert.JSONEq(s, string(want), string(got))
}

func indented(t *testing.T, flushes []pmetric.Metrics) []byte {
	t.Helper()
	require.Len(t, flushes, 1)
	compact, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(flushes[0])
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, compact, "", "  "))
	return append(out.Bytes(), '\n')
}
