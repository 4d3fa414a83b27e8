package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

const otlpPort = 4318

// sdkBot is the guide's bot: it exports the guide's metrics with the OpenTelemetry SDK, with the units and attributes
// that the guide's code has, and with its own idea of what things cost.
type sdkBot struct {
	t                         *testing.T
	provider                  *sdkmetric.MeterProvider
	callID                    string
	ttfb, processing          metric.Float64Histogram
	calls, tokens, characters metric.Int64Counter
	cost                      metric.Float64Counter
	session                   metric.Int64UpDownCounter
}

func newSDKBot(t *testing.T, c *collector.Collector, callID string, temporality metricdata.Temporality) *sdkBot {
	t.Helper()
	exporter, err := otlpmetrichttp.New(context.Background(),
		otlpmetrichttp.WithEndpointURL(c.URL(otlpPort, "/v1/metrics")),
		otlpmetrichttp.WithTemporalitySelector(func(sdkmetric.InstrumentKind) metricdata.Temporality { return temporality }),
	)
	require.NoError(t, err)
	bot := &sdkBot{t: t, callID: callID, provider: sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "voice-rag-bot"),
			attribute.String("service.instance.id", callID),
			attribute.String("call.id", callID),
		)),
		// The bot decides when to export, not the clock.
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour))),
	)}
	bot.instruments()
	t.Cleanup(func() { _ = bot.provider.Shutdown(context.Background()) })
	return bot
}

func (bot *sdkBot) instruments() {
	meter := bot.provider.Meter("grafana_metrics")
	must := func(err error) { require.NoError(bot.t, err) }
	var err error
	bot.ttfb, err = meter.Float64Histogram("voice.ttfb.milliseconds", metric.WithUnit("ms"))
	must(err)
	bot.processing, err = meter.Float64Histogram("voice.processing.milliseconds", metric.WithUnit("ms"))
	must(err)
	bot.calls, err = meter.Int64Counter("voice.calls.total", metric.WithUnit("1"))
	must(err)
	bot.tokens, err = meter.Int64Counter("voice.llm.tokens.total", metric.WithUnit("1"))
	must(err)
	bot.characters, err = meter.Int64Counter("voice.tts.characters.total", metric.WithUnit("1"))
	must(err)
	bot.cost, err = meter.Float64Counter("voice.cost.usd", metric.WithUnit("USD"))
	must(err)
	bot.session, err = meter.Int64UpDownCounter("voice.session.duration.seconds", metric.WithUnit("s"))
	must(err)
}

// attributes are those that the guide's code puts on every point, and some more.
func (bot *sdkBot) attributes(more ...string) metric.MeasurementOption {
	set := []attribute.KeyValue{
		attribute.String("call_id", bot.callID),
		attribute.String("llm_model", "gpt-4o"),
		attribute.String("stt_model", "gladia"),
		attribute.String("tts_model", "cartesia"),
	}
	for i := 0; i < len(more); i += 2 {
		set = append(set, attribute.String(more[i], more[i+1]))
	}
	return metric.WithAttributes(set...)
}

const (
	llmProcessor = "OpenAILLMService#0"
	ttsProcessor = "CartesiaTTSService#0"
)

// answer is one turn of the bot: 1000 prompt and 100 completion tokens, 200 characters.
func (bot *sdkBot) answer(llmTTFB, ttsTTFB float64) {
	ctx := context.Background()
	bot.ttfb.Record(ctx, llmTTFB, bot.attributes("processor", llmProcessor, "metric_type", "ttfb"))
	bot.ttfb.Record(ctx, ttsTTFB, bot.attributes("processor", ttsProcessor, "metric_type", "ttfb"))
	bot.processing.Record(ctx, 2*llmTTFB, bot.attributes("processor", llmProcessor, "metric_type", "processing"))
	bot.tokens.Add(ctx, 1000, bot.attributes("token_type", "prompt", "processor", llmProcessor))
	bot.tokens.Add(ctx, 100, bot.attributes("token_type", "completion", "processor", llmProcessor))
	bot.characters.Add(ctx, 200, bot.attributes("processor", ttsProcessor))
	bot.cost.Add(ctx, 0.06, bot.attributes("cost_type", "llm", "processor", llmProcessor))
	bot.cost.Add(ctx, 0.003, bot.attributes("cost_type", "tts", "processor", ttsProcessor))
	bot.session.Add(ctx, 15, bot.attributes())
}

// export sends what has been recorded, as the bot's periodic reader does every 10 s.
func (bot *sdkBot) export() {
	bot.t.Helper()
	require.NoError(bot.t, bot.provider.ForceFlush(context.Background()))
}

// A bot with the OpenTelemetry SDK gets its cost from our price book, whatever its temporality and whatever it thinks
// itself: three turns of two calls, exported after each turn and once more without news.
func TestSDKBot(t *testing.T) {
	for _, test := range []struct {
		name        string
		temporality metricdata.Temporality
	}{
		{"cumulative", metricdata.CumulativeTemporality},
		{"delta", metricdata.DeltaTemporality},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := backend.Start(t)
			c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
			for _, call := range []string{"call-a", "call-b"} {
				bot := newSDKBot(t, c, call, test.temporality)
				bot.calls.Add(context.Background(), 1, bot.attributes())
				for _, ttfb := range []float64{300, 500, 700} {
					bot.answer(ttfb, ttfb/2)
					bot.export()
				}
				bot.export()
			}
			awaitSDKBots(t, b)
			assertSDKBots(t, b)
			c.Stop()
			assertSDKBots(t, b)
		})
	}
}

// What two calls of three turns come to. Without cached tokens told apart, all prompt tokens are text.
const (
	sdkTurns   = 2 * 3
	sdkLLMCost = sdkTurns * (1000*2.5 + 100*10) / 1e6
	sdkTTSCost = sdkTurns * 200 * 50 / 1e6
)

func awaitSDKBots(t *testing.T, b *backend.Backend) {
	t.Helper()
	b.Await(func() bool {
		cost, _ := b.Value("sum(voice_cost_usd_total)", time.Now())
		ttfbs, _ := b.Value("sum(voice_ttfb_milliseconds_count)", time.Now())
		return near(sdkLLMCost+sdkTTSCost, cost) && ttfbs == 2*sdkTurns
	})
}

func assertSDKBots(t *testing.T, b *backend.Backend) {
	t.Helper()
	at := time.Now()
	b.LoadRules(filepath.Join(collector.Repository(t), rules)).Evaluate(at)
	for _, want := range []struct {
		query  string
		answer backend.Vector
	}{
		{totalCost, backend.Vector{"{}": sdkLLMCost + sdkTTSCost}},
		{"sum by (cost_type, cost_source, provider, model) (voice_cost_usd_total)", backend.Vector{
			backend.Labels("cost_type", "llm", "cost_source", "computed", "provider", "openai", "model", "gpt-4o"): sdkLLMCost,
			backend.Labels("cost_type", "tts", "cost_source", "computed", "provider", "cartesia"):                  sdkTTSCost,
		}},
		{tokensByCall, backend.Vector{
			backend.Labels("call_id", "call-a", "token_type", "prompt"):     3000,
			backend.Labels("call_id", "call-a", "token_type", "completion"): 300,
			backend.Labels("call_id", "call-b", "token_type", "prompt"):     3000,
			backend.Labels("call_id", "call-b", "token_type", "completion"): 300,
		}},
		{"sum by (call_id) (voice_tts_characters_total)", backend.Vector{
			backend.Labels("call_id", "call-a"): 600, backend.Labels("call_id", "call-b"): 600,
		}},
		{"sum by (call_id) (voice_session_duration_seconds)", backend.Vector{
			backend.Labels("call_id", "call-a"): 45, backend.Labels("call_id", "call-b"): 45,
		}},
		{"sum(voice_calls_total)", backend.Vector{"{}": 2}},
		{"sum(voice_processing_milliseconds_sum)", backend.Vector{"{}": 2 * 2 * (300 + 500 + 700)}},
		{"sum by (processor) (" + averageTTFB + ")", backend.Vector{
			backend.Labels("processor", "OpenAILLMService"): 500, backend.Labels("processor", "CartesiaTTSService"): 250,
		}},
	} {
		assertVector(t, want.answer, b.Query(want.query, at), want.query)
	}
	for _, series := range b.Series() {
		assert.NotContains(t, series["__name__"], "_USD", "the bot's own cost")
		_, ofCall := series["call_id"]
		assert.False(t, ofCall && strings.HasPrefix(series["__name__"], "voice_ttfb"), "call_id on a histogram")
	}
}
