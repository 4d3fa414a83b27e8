package rollupprocessor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestGolden is the whole of the OTLP that comes and, step by step, of the OTLP that leaves and of what rollup says of itself.
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
	came := []in{
		bot(in{metric: semconv.MetricCalls, unit: "{call}", value: 1}),
		bot(in{metric: semconv.MetricTTFB, unit: "ms", value: dist{bounds: semconv.LatencyBounds, counts: counts, sum: 602, min: 190, max: 412}, attributes: []string{"stage", "llm"}}),
		bot(in{metric: semconv.MetricLLMTokens, unit: "{token}", value: 146, attributes: []string{"token_type", "prompt", "token_kind", "text"}}),
		bot(in{metric: semconv.MetricCost, unit: "{USD}", value: 0.001855, attributes: []string{"cost_type", "llm"}}),
		bot(in{metric: semconv.MetricSessionDuration, unit: "s", value: 3.1, updown: true}),
	}
	s.goldenInput("0-in.json", came)
	s.at("3.1s").take(came...)
	s.sink.refuse(errors.New("down"))
	s.at("10s").golden("1-refused.json")
	s.sink.refuse(nil)
	s.at("20s").golden("2-repeated.json")
	s.at("30s").golden("3-unchanged.json")
	s.at("310s").golden("4-call-ended.json")
	s.at("320s").golden("5-call-over.json")
	s.at("910s").golden("6-call-forgotten.json")
}

func (s *stage) golden(name string) {
	s.Helper()
	s.sink.take()
	require.Equal(s, s.sink.refusal, s.rollup.flush(context.Background()))
	flushes := s.sink.take()
	require.Len(s, flushes, 1)
	assert.JSONEq(s, s.wanted(name, indented(s.T, flushes[0])), string(indented(s.T, flushes[0])))
	own := s.selfMetrics()
	assert.Equal(s, s.wanted(strings.TrimSuffix(name, ".json")+"-metrics.txt", []byte(own)), own)
}

func (s *stage) goldenInput(name string, points []in) {
	s.Helper()
	all := pmetric.NewMetrics()
	for _, p := range points {
		p.metrics().ResourceMetrics().MoveAndAppendTo(all.ResourceMetrics())
	}
	assert.JSONEq(s, s.wanted(name, indented(s.T, all)), string(indented(s.T, all)))
}

// wanted is what a golden file holds, which is got after an update.
func (s *stage) wanted(name string, got []byte) string {
	s.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(s, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(s, err)
	return string(want)
}

// selfMetrics is what rollup says of itself, but for how long it took.
func (s *stage) selfMetrics() string {
	var text strings.Builder
	for _, name := range []string{"input_points", "output_points", "flushes", "series", "calls", "input_streams", "identities"} {
		counts := s.counts("otelcol_processor_rollup_"+name, "outcome", "reason", "result")
		fmt.Fprintf(&text, "%s %s\n", name, strings.Join(counts, " "))
	}
	return text.String()
}

func indented(t *testing.T, md pmetric.Metrics) []byte {
	t.Helper()
	compact, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, compact, "", "  "))
	return append(out.Bytes(), '\n')
}
