package voicemetricsprocessor

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// update writes the files anew; look at the difference before committing it.
var update = flag.Bool("update", false, "write testdata/golden/*/{input,expected}.yaml")

// goldens are what bots send: the guide's at the end of its second collection, an agent of LiveKit at the end of its session, and
// an instrumentation by the conventions for generative AI.
var goldens = map[string]func() pmetric.Metrics{
	"voice_rag": func() pmetric.Metrics {
		bot := newRAGBot(callOne, time.Second, cumulative)
		bot.start(time.Second, 57)
		bot.turn(3*time.Second, 57, 0.412, 0.19, 1042, 37, 48)
		bot.turn(12*time.Second, 57, 0.3, 0.21, 1100, 40, 100)
		return bot.export(20 * time.Second)
	},
	"livekit": func() pmetric.Metrics {
		bot := sdk{resource: []string{"service.name", "agent", "room_id", room, "job_id", "AJ_1"}, scope: "livekit-agents", temporality: cumulative}
		at := time.Second
		llm := []any{"model_name", "gpt-4o", "model_provider", "api.openai.com"}
		tts := []any{"model_name", "sonic-3", "model_provider", "Cartesia"}
		bot.record(at, counter, "lk.agents.usage.llm_input_tokens", "", 1042, llm...)
		bot.record(at, counter, "lk.agents.usage.llm_input_cached_tokens", "", 896, llm...)
		bot.record(at, counter, "lk.agents.usage.llm_output_tokens", "", 37, llm...)
		bot.record(at, counter, "lk.agents.usage.tts_characters", "", 48, tts...)
		bot.record(at, counter, "lk.agents.usage.stt_audio_duration", "s", 7.84, "model_name", "nova-3", "model_provider", "Deepgram")
		bot.record(at, histogram, "lk.agents.turn.llm_ttft", "s", 0.412, llm...)
		bot.record(at, histogram, "lk.agents.turn.tts_ttfb", "s", 0.19, tts...)
		bot.record(at, histogram, "lk.agents.turn.transcription_delay", "s", 0.0)
		bot.record(at, histogram, "lk.agents.turn.end_of_turn_delay", "s", 0.6)
		bot.record(at, histogram, "lk.agents.turn.e2e_latency", "s", 1.3, llm...)
		return bot.export(70 * time.Second)
	},
	"gen_ai": func() pmetric.Metrics {
		bot := sdk{resource: []string{"service.name", "agent", "service.instance.id", callOne}, scope: "opentelemetry.instrumentation.openai_v2", temporality: delta}
		chat := []any{"gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-4o"}
		for _, n := range []int{1042, 1100} {
			bot.record(0, histogram, "gen_ai.client.token.usage", "{token}", n, append(chat[:6:6], "gen_ai.token.type", "input")...)
			bot.record(0, histogram, "gen_ai.client.token.usage", "{token}", n/20, append(chat[:6:6], "gen_ai.token.type", "output")...)
			bot.record(0, histogram, "gen_ai.client.operation.duration", "s", float64(n)/1000, chat...)
		}
		return bot.export(10 * time.Second)
	},
}

func TestGolden(t *testing.T) {
	for name, make := range goldens {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", "golden", name)
			h := newHarness(t, &Config{From: []string{"lk.agents", "gen_ai.client"}, Repair: []string{"voice-rag"}})
			in := make()
			compareGolden(t, filepath.Join(dir, "input.yaml"), in)
			compareGolden(t, filepath.Join(dir, "expected.yaml"), h.take(in))
		})
	}
}

func compareGolden(t *testing.T, path string, actual pmetric.Metrics) {
	t.Helper()
	if *update {
		require.NoError(t, golden.WriteMetricsToFile(path, actual, golden.SkipMetricTimestampNormalization()))
	}
	want, err := golden.ReadMetrics(path)
	require.NoError(t, err)
	require.NoError(t, pmetrictest.CompareMetrics(want, actual,
		pmetrictest.IgnoreDatapointAttributesOrder(), pmetrictest.IgnoreMetricDataPointsOrder(), pmetrictest.IgnoreMetricsOrder()))
}
