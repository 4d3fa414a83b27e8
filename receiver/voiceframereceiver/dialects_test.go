package voiceframereceiver

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// said is a message and when it is sent, in milliseconds after the call began. $s in it is that moment in Unix seconds, $m
// in milliseconds.
type said struct {
	at      int
	message string
}

// The same call as five dialects tell it: the user asks for two seconds, the bot answers after 904 ms and talks until the
// end at 74.2 s. Records and RTVI have no end of the call; it ends by silence.
var sameCall = map[string][]said{
	"Pipecat frames": {
		{0, `{"type":"StartFrame","timestamp":$s,"llm_model":"gpt-4o"}`},
		{0, `{"type":"UserStartedSpeakingFrame","timestamp":$s}`},
		{2000, `{"type":"UserStoppedSpeakingFrame","timestamp":$s}`},
		{2250, `{"type":"MetricsFrame","timestamp":$s,"data":[{"type":"TTFBMetricsData","processor":"DeepgramSTTService#0","model":"nova-3","value":0.25},{"type":"STTUsageMetricsData","processor":"DeepgramSTTService#0","model":"nova-3","value":{"audio_seconds":7.84}}]}`},
		{2700, `{"type":"MetricsFrame","timestamp":$s,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":1.31},{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}`},
		{2800, `{"type":"MetricsFrame","timestamp":$s,"data":[{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","model":"sonic-3","value":0.19},{"type":"ProcessingMetricsData","processor":"CartesiaTTSService#0","model":"sonic-3","value":1.1},{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","model":"sonic-3","value":48}]}`},
		{2904, `{"type":"BotStartedSpeakingFrame","timestamp":$s}`},
		{74200, `{"type":"EndFrame","timestamp":$s}`},
	},
	"Pipecat records": {
		{0, `{"kind":"user_speech_started","timestamp":$s}`},
		{2000, `{"kind":"user_speech_stopped","timestamp":$s}`},
		{2250, `{"kind":"ttfb","processor":"DeepgramSTTService#0","model":"nova-3","timestamp":$s,"seconds":0.25}`},
		{2250, `{"kind":"stt","processor":"DeepgramSTTService#0","model":"nova-3","timestamp":$s,"audio_seconds":7.84}`},
		{2700, `{"kind":"ttfb","processor":"OpenAILLMService#0","model":"gpt-4o","timestamp":$s,"seconds":0.412}`},
		{2700, `{"kind":"llm","processor":"OpenAILLMService#0","model":"gpt-4o","timestamp":$s,"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}`},
		{2800, `{"kind":"ttfb","processor":"CartesiaTTSService#0","model":"sonic-3","timestamp":$s,"seconds":0.19}`},
		{2800, `{"kind":"tts","processor":"CartesiaTTSService#0","model":"sonic-3","timestamp":$s,"characters":48}`},
		{2904, `{"kind":"bot_speech_started","timestamp":$s}`},
		{74200, `{"kind":"bot_speech_stopped","timestamp":$s}`},
	},
	"LiveKit Python": {
		{0, `{"type":"agent_state_changed","old_state":"initializing","new_state":"listening","created_at":$s}`},
		{2250, `{"type":"metrics_collected","metrics":{"type":"eou_metrics","timestamp":$s,"end_of_utterance_delay":0.6,"transcription_delay":0.25,"on_user_turn_completed_delay":0.0}}`},
		{2250, `{"type":"metrics_collected","metrics":{"type":"stt_metrics","label":"livekit.plugins.deepgram.stt.STT","request_id":"","timestamp":$s,"duration":0.0,"audio_duration":7.84,"streamed":true,"metadata":{"model_name":"nova-3","model_provider":"Deepgram"}}}`},
		{2700, `{"type":"metrics_collected","metrics":{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"r","timestamp":$s,"duration":1.31,"ttft":0.412,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,"prompt_cached_tokens":896,"total_tokens":1079,"tokens_per_second":28.2,"metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}}`},
		{2800, `{"type":"metrics_collected","metrics":{"type":"tts_metrics","label":"livekit.plugins.cartesia.tts.TTS","request_id":"r","timestamp":$s,"ttfb":0.19,"duration":1.1,"audio_duration":3.2,"cancelled":false,"characters_count":48,"streamed":true,"metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}}`},
		{2904, `{"type":"conversation_item_added","item":{"id":"item_1","type":"message","role":"assistant","content":["secret"],"metrics":{"llm_node_ttft":0.412,"tts_node_ttfb":0.19,"e2e_latency":0.904},"created_at":$s},"created_at":$s}`},
		{74200, `{"type":"close","reason":"participant_disconnected","error":null,"created_at":$s}`},
	},
	"LiveKit JavaScript": {
		{0, `{"type":"agent_state_changed","oldState":"initializing","newState":"listening","createdAt":$m}`},
		{2250, `{"type":"metrics_collected","metrics":{"type":"eou_metrics","timestamp":$m,"endOfUtteranceDelayMs":600,"transcriptionDelayMs":250,"onUserTurnCompletedDelayMs":0},"createdAt":$m}`},
		{2250, `{"type":"metrics_collected","metrics":{"type":"stt_metrics","label":"deepgram.STT","requestId":"","timestamp":$m,"durationMs":0,"audioDurationMs":7840,"streamed":true,"metadata":{"modelName":"nova-3","modelProvider":"Deepgram"}},"createdAt":$m}`},
		{2700, `{"type":"llm_metrics","label":"openai.LLM","requestId":"r","timestamp":$m,"durationMs":1310,"ttftMs":412,"cancelled":false,"completionTokens":37,"promptTokens":1042,"promptCachedTokens":896,"totalTokens":1079,"tokensPerSecond":28.2,"metadata":{"modelName":"gpt-4o","modelProvider":"api.openai.com"}}`},
		{2800, `{"type":"tts_metrics","label":"cartesia.TTS","requestId":"r","timestamp":$m,"ttfbMs":190,"durationMs":1100,"audioDurationMs":3200,"cancelled":false,"charactersCount":48,"streamed":true,"metadata":{"modelName":"sonic-3","modelProvider":"Cartesia"}}`},
		{2904, `{"type":"conversation_item_added","item":{"id":"item_1","type":"message","role":"assistant","content":["secret"],"metrics":{"llmNodeTtft":0.412,"ttsNodeTtfb":0.19,"e2eLatency":0.904},"createdAt":$m},"createdAt":$m}`},
		{74200, `{"type":"close","reason":"participant_disconnected","error":null,"createdAt":$m}`},
	},
	"RTVI": {
		{0, `{"type":"StartFrame","llm_model":"gpt-4o"}`},
		{0, `{"label":"rtvi-ai","type":"user-started-speaking"}`},
		{2000, `{"label":"rtvi-ai","type":"user-stopped-speaking"}`},
		{2250, `{"label":"rtvi-ai","type":"metrics","data":{"ttfb":[{"processor":"DeepgramSTTService#0","model":"nova-3","value":0.25}],"stt_usage":[{"processor":"DeepgramSTTService#0","model":"nova-3","value":{"audio_seconds":7.84}}]}}`},
		{2700, `{"label":"rtvi-ai","type":"metrics","data":{"ttfb":[{"processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412}],"processing":[{"processor":"OpenAILLMService#0","model":"gpt-4o","value":1.31}],"tokens":[{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}]}}`},
		{2800, `{"message":{"data":"{\"label\":\"rtvi-ai\",\"type\":\"metrics\",\"data\":{\"ttfb\":[{\"processor\":\"CartesiaTTSService#0\",\"model\":\"sonic-3\",\"value\":0.19}],\"processing\":[{\"processor\":\"CartesiaTTSService#0\",\"model\":\"sonic-3\",\"value\":1.1}],\"characters\":[{\"processor\":\"CartesiaTTSService#0\",\"model\":\"sonic-3\",\"value\":48}]}}"}}`},
		{2904, `{"label":"rtvi-ai","type":"bot-started-speaking"}`},
		{74200, `{"label":"rtvi-ai","type":"bot-stopped-speaking"}`},
	},
}

// sameCallTotals are by metric, stage, tokens and, of what was used, model.
var sameCallTotals = map[string]float64{
	"voice.calls.total":                               1,
	"voice.turns.total":                               1,
	"voice.turn.latency.milliseconds":                 904,
	"voice.ttfb.milliseconds stt":                     250,
	"voice.ttfb.milliseconds llm":                     412,
	"voice.ttfb.milliseconds tts":                     190,
	"voice.processing.milliseconds llm":               1310,
	"voice.processing.milliseconds tts":               1100,
	"voice.llm.tokens.total prompt text gpt-4o":       146,
	"voice.llm.tokens.total prompt cache_read gpt-4o": 896,
	"voice.llm.tokens.total completion text gpt-4o":   37,
	"voice.tts.characters.total sonic-3":              48,
	"voice.stt.audio.seconds.total nova-3":            7.84,
	"voice.stt.session.seconds.total nova-3":          74.2,
	"voice.session.duration.seconds":                  74.2,
	"voice.call.duration.seconds":                     74.2,
}

func TestTheSameCallInEveryDialect(t *testing.T) {
	for dialect, messages := range sameCall {
		t.Run(dialect, func(t *testing.T) {
			want := maps.Clone(sameCallTotals)
			if dialect == "Pipecat records" { // which leave processing time out
				delete(want, "voice.processing.milliseconds llm")
				delete(want, "voice.processing.milliseconds tts")
			}
			b := newBench(t, nil)
			b.play(t, messages)
			assert.InDeltaMapValues(t, want, b.details(), 1e-9)
			assert.Equal(t, 1, b.logs.LogRecordCount())
		})
	}
}

// Sent once more, what has an identity changes nothing.
func TestTheSameCallTwice(t *testing.T) {
	for dialect, messages := range sameCall {
		if dialect == "RTVI" {
			continue
		}
		t.Run(dialect, func(t *testing.T) {
			b := newBench(t, nil)
			b.play(t, messages)
			once := b.details()
			for _, m := range messages {
				status, answer := b.post("/v1/frames/c1", m.sentAt(now.Add(time.Duration(m.at)*time.Millisecond)))
				require.Equal(t, http.StatusOK, status, answer)
				assert.Contains(t, answer, `"duplicates":1`)
			}
			assert.Equal(t, once, b.details())
		})
	}
}

// play posts each message when it is said, and lets the call fall silent.
func (b *bench) play(t *testing.T, messages []said) {
	for _, m := range messages {
		moment := now.Add(time.Duration(m.at) * time.Millisecond)
		b.clock.Advance(moment.Sub(b.clock.Now()))
		status, answer := b.post("/v1/frames/c1", m.sentAt(moment))
		require.Equal(t, http.StatusOK, status, answer)
		require.Contains(t, answer, `"accepted":1`, m.message)
	}
	b.clock.Advance(b.config.IdleTimeout)
	b.endIdle(context.Background(), b.clock.Now())
}

func (m said) sentAt(moment time.Time) string {
	return strings.NewReplacer(
		"$s", fmt.Sprintf("%.3f", float64(moment.UnixMilli())/1000), "$m", fmt.Sprint(moment.UnixMilli()),
	).Replace(m.message)
}

// details adds up all points by metric and the attributes in which dialects must agree.
func (b *bench) details() map[string]float64 {
	sums := map[string]float64{}
	for _, metrics := range b.metrics.AllMetrics() {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Type() == pmetric.MetricTypeHistogram {
				for _, point := range metric.Histogram().DataPoints().All() {
					sums[key(metric.Name(), point.Attributes(), "stage")] += point.Sum()
				}
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				sums[key(metric.Name(), point.Attributes(), "token_type", "token_kind", "model")] += point.DoubleValue() + float64(point.IntValue())
			}
		}
	}
	return sums
}

func key(name string, attributes pcommon.Map, names ...string) string {
	for _, attribute := range names {
		if value, ok := attributes.Get(attribute); ok {
			name += " " + value.Str()
		}
	}
	return name
}
