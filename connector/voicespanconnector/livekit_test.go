package voicespanconnector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	lkLLM = `{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x","timestamp":1795435205.1,"duration":1.42,` +
		`"ttft":0.52,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,"prompt_cached_tokens":860,"cache_creation_tokens":0,` +
		`"total_tokens":1079,"tokens_per_second":26.05,"speech_id":"speech_a1","metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`
	lkTTS = `{"type":"tts_metrics","label":"livekit.plugins.cartesia.tts.TTS","request_id":"r","timestamp":1795435205.9,"ttfb":0.19,"duration":1.1,` +
		`"audio_duration":2.3,"cancelled":false,"characters_count":48,"input_tokens":0,"output_tokens":0,"streamed":true,"acquire_time":0.0,` +
		`"connection_reused":true,"segment_id":null,"speech_id":null,"metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}`
)

// liveKitCall is a call of a turn, a tool and an interruption, as LiveKit Agents tells it: in the order in which its spans end.
func liveKitCall(trace int, job string) []span {
	id := func(n int) int { return trace*100 + n }
	in := func(name string, n, parent int, start, end float64, attributes attrs) span {
		return span{scope: "livekit-agents", name: name, trace: trace, id: id(n), parent: id(parent), start: start, end: end, attributes: attributes}
	}
	llm := attrs{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1042,
		"gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 860, "lk.llm_metrics": lkLLM, "lk.retry_count": 0,
	}
	job1 := in("job_entrypoint", 1, 0, 0, 1, attrs{"lk.job_id": job})
	job1.parent = 0
	return []span{
		job1,
		in("eou_detection", 12, 11, 3.8, 3.9, attrs{"lk.eou.probability": 0.9, "lk.pii.user_transcript": "secret"}),
		in("user_turn", 11, 2, 2, 4, attrs{"lk.transcription_delay": 0.25, "lk.end_of_turn_delay": 0.6, "lk.pii.user_transcript": "secret"}),
		in("llm_request_run", 24, 23, 4.1, 5.5, attrs{"lk.retry_count": 0}),
		in("llm_request", 23, 22, 4.1, 5.5, llm),
		in("llm_node", 22, 21, 4.1, 5.5, attrs{"lk.response.ttft": 0.52, "lk.pii.response.text": "secret", "lk.pii.chat_ctx": "secret"}),
		in("function_tool", 25, 21, 5.5, 5.8, attrs{"lk.function_tool.name": "book", "lk.function_tool.is_error": false, "lk.pii.function_tool.arguments": "secret"}),
		in("agent_turn", 21, 2, 4, 5.9, attrs{"lk.speech_id": "s1", "lk.generation_id": "g1", "lk.interrupted": false}),
		in("llm_request", 33, 32, 6, 7.42, llm),
		in("tts_request", 35, 34, 6.6, 7.7, attrs{"lk.tts_metrics": lkTTS, "lk.tts.label": "cartesia.TTS"}),
		in("tts_node", 34, 31, 6.6, 7.7, attrs{"lk.response.ttfb": 0.19, "lk.pii.input_text": "secret"}),
		in("agent_turn", 31, 2, 6, 10, attrs{
			"lk.speech_id": "s1", "lk.generation_id": "g2", "lk.parent_generation_id": "g1", "lk.e2e_latency": 2.7, "lk.interrupted": true,
		}),
		in("agent_session", 2, 1, 0.5, 12.5, attrs{"lk.job_id": job, "lk.pii.room_name": "room", "lk.close_reason": "participant_disconnected"}),
	}
}

var liveKitTotals = map[string]float64{
	"voice.calls.total":               1,
	"voice.ttfb.milliseconds":         250 + 2*520 + 190,
	"voice.processing.milliseconds":   2*1420 + 1100,
	"voice.llm.tokens.total":          2 * 1079,
	"voice.tts.characters.total":      48,
	"voice.session.duration.seconds":  12,
	"voice.call.duration.seconds":     12,
	"voice.turns.total":               1,
	"voice.interruptions.total":       1,
	"voice.turn.latency.milliseconds": 2700,
	"voice.tool.calls.total":          1,
}

func TestLiveKit(t *testing.T) {
	b := newBench(t, nil)
	b.send(liveKitCall(1, "AJ_1")...)
	b.pass(5 * time.Second)
	assert.InDeltaMapValues(t, liveKitTotals, b.totals(), 1e-9)
	assert.Equal(t, map[string]string{"AJ_1": "voice-rag-bot"}, b.calls())
}
