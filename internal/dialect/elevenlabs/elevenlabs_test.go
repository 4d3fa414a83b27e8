package elevenlabs

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// report is a post with all that ElevenLabs tells; words of the call ride with it, as they do in life.
const report = `{"type":"post_call_transcription","event_timestamp":1764000090,"data":{"agent_id":"a","conversation_id":"c-1","status":"done",
"transcript":[
{"role":"agent","message":"Hello.","time_in_call_secs":0,"interrupted":false,"conversation_turn_metrics":{"metrics":{"convai_tts_service_ttfb":{"elapsed_time":0.11}}}},
{"role":"user","message":"Hi.","time_in_call_secs":3,"interrupted":true,"conversation_turn_metrics":{"metrics":{"convai_asr_trailing_service_latency":{"elapsed_time":0.051}}}},
{"role":"agent","message":"How are you?","time_in_call_secs":5,"interrupted":true,"producing_llm":"gpt-4o","conversation_turn_metrics":{"metrics":{"convai_llm_service_ttfb":{"elapsed_time":0.39},"convai_llm_service_ttf_sentence":{"elapsed_time":0.6},"convai_tts_service_ttfb":{"elapsed_time":0.112},"convai_turn_asr_latency":{"elapsed_time":0.051},"convai_ttf_audio_since_silence":{"elapsed_time":0.851}},"convai_tts_model":"eleven_flash_v2_5"}},
{"role":"agent","message":null,"tool_calls":[{"tool_name":"book","params_as_json":"{}"}],"conversation_turn_metrics":null}],
"metadata":{"start_time_unix_secs":1764000000,"accepted_time_unix_secs":1764000000,"call_duration_secs":74,"cost":412,"cost_fiat":0.181,"termination_reason":"end_call","error":null,
"charging":{"tier":"creator","is_burst":false,"llm_price":0.084895,"llm_charge":85,"call_charge":327,"platform_price":0.096105,"platform_charge":327,"llm_usage":{
"irreversible_generation":{"model_usage":{"gpt-4o":{"input":{"tokens":9000,"price":0.0225},"output_total":{"tokens":300,"price":0.003}}}},
"initiated_generation":{"model_usage":{"gpt-4o":{"input":{"tokens":17898,"price":0.044745},"input_cache_read":{"tokens":27776,"price":0.03472},"input_cache_write":{"tokens":0,"price":0},"output_total":{"tokens":543,"price":0.00543}}}}},
"tts_usage":{"primary_tts_model":"eleven_flash_v2_5","total_characters":820,"total_audio_output_seconds":41.5},"asr_usage":{"asr_model":"scribe_v2_realtime","total_transcription_calls":9,"total_audio_input_seconds":61.4}}},
"analysis":{"transcript_summary":"A caller said hello."}}}`

var (
	start   = time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	end     = time.Date(2025, 11, 24, 16, 1, 14, 0, time.UTC)
	gpt     = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	speaker = frame.Source{Stage: frame.TTS, Provider: "elevenlabs", Model: "eleven_flash_v2_5"}
	scribe  = frame.Source{Stage: frame.STT, Provider: "elevenlabs", Model: "scribe_v2_realtime"}
	other   = frame.Source{Stage: frame.LLM, Provider: "elevenlabs"}
)

func fact(name string, at time.Time, events ...frame.Event) frame.Frame {
	return frame.Frame{CallID: "c-1", ID: frame.NameID("elevenlabs", name), Time: at, Events: events}
}

func charged(source frame.Source, usd float64) frame.Event {
	return frame.Event{Kind: frame.Charged, Source: source, Value: usd}
}

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(report))
	require.NoError(t, err)
	assert.Equal(t, []frame.Frame{
		fact("start", start, frame.Event{Kind: frame.CallStarted, Began: start, Models: []frame.Source{scribe, gpt, speaker}}),
		fact("latency", end,
			frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}, Value: 110},
			frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}, Value: 51},
			frame.Event{Kind: frame.TTFB, Source: gpt, Value: 390},
			frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}, Value: 112},
			frame.Event{Kind: frame.Answered, Value: 851},
			frame.Event{Kind: frame.Interrupted, Cut: true},
		),
		fact("usage", end,
			frame.Event{
				Kind: frame.TokensUsed, Source: gpt, Running: true, Priced: true,
				Tokens: frame.Tokens{frame.PromptText: 17898, frame.PromptCacheRead: 27776, frame.CompletionText: 543},
			},
			frame.Event{Kind: frame.CharactersUsed, Source: speaker, Value: 820, Running: true, Priced: true},
			frame.Event{Kind: frame.AudioTranscribed, Source: scribe, Value: 61.4, Running: true, Priced: true},
			frame.Event{Kind: frame.PlatformUsed, Source: agent, Value: 74, Running: true, Priced: true},
		),
		fact("money", end, charged(gpt, 0.084895), charged(agent, 0.096105)),
		fact("end", end, frame.Event{Kind: frame.CallEnded, Name: "end_call"}),
	}, got)
}

// metadata makes a post of the fields of its metadata.
func metadata(fields string) string {
	return `{"type":"post_call_transcription","data":{"conversation_id":"c-1","metadata":{"start_time_unix_secs":1764000000,"call_duration_secs":60,` +
		fields + `}}}`
}

func told(t *testing.T, body, name string) frame.Frame {
	t.Helper()
	frames, err := Decode([]byte(body))
	require.NoError(t, err, body)
	for _, f := range frames {
		if f.ID == frame.NameID("elevenlabs", name) {
			return f
		}
	}
	return frame.Frame{}
}

func faults(t *testing.T, body string) []string {
	t.Helper()
	frames, err := Decode([]byte(body))
	require.NoError(t, err, body)
	var texts []string
	for _, f := range frames {
		for _, fault := range f.Faults {
			texts = append(texts, fault.Error())
		}
	}
	return texts
}

const credits = "credits cannot be converted to money: ElevenLabs tells money in metadata.cost_fiat; without it the platform's share " +
	"is priced by the minute from the price book (elevenlabs/agents)"

func TestMoney(t *testing.T) {
	const use = `"llm_usage":{"initiated_generation":{"model_usage":{"gpt-4o":{"input":{"tokens":10,"price":0.01}},"glm-45-air-fp8":{"output_total":{"tokens":5,"price":0.03}}}}}`
	glm := frame.Source{Stage: frame.LLM, Provider: "elevenlabs", Model: "glm-45-air-fp8"}
	for name, test := range map[string]struct {
		fields   string
		want     []frame.Event
		faults   []string
		platform bool // the platform's minutes are priced
		llm      bool // the tokens are
	}{
		"fiat alone":             {`"cost":412,"cost_fiat":0.081`, []frame.Event{charged(agent, 0.081)}, nil, true, true},
		"fiat and llm_price":     {`"cost_fiat":0.081,"charging":{"llm_price":0.0021}`, []frame.Event{charged(other, 0.0021), charged(agent, 0.0789)}, nil, true, true},
		"platform_price":         {`"charging":{"llm_price":0.0021,"platform_price":0.0789}`, []frame.Event{charged(other, 0.0021), charged(agent, 0.0789)}, nil, true, true},
		"llm_price and credits":  {`"cost":412,"cost_fiat":null,"charging":{"llm_price":0.0021}`, []frame.Event{charged(other, 0.0021)}, []string{"data.metadata.cost: " + credits}, false, true},
		"credits alone":          {`"charging":{"llm_charge":20,"call_charge":400}`, nil, []string{"data.metadata.charging.call_charge: " + credits}, false, false},
		"credits of none":        {`"cost":0`, nil, nil, true, false},
		"nothing":                {`"cost":null`, nil, nil, false, false},
		"models":                 {`"charging":{"llm_price":0.04,` + use + `}`, []frame.Event{charged(glm, 0.03), charged(gpt, 0.01)}, nil, false, true},
		"models without a total": {`"charging":{` + use + `}`, []frame.Event{charged(glm, 0.03), charged(gpt, 0.01)}, nil, false, true},
		"models and more":        {`"charging":{"llm_price":0.05,` + use + `}`, []frame.Event{charged(glm, 0.03), charged(gpt, 0.01), charged(other, 0.01)}, nil, false, true},
		"models at a discount":   {`"charging":{"dev_discount":true,"llm_price":0.02,` + use + `}`, []frame.Event{charged(glm, 0.015), charged(gpt, 0.005)}, nil, false, true},
		"less than its part": {
			`"cost_fiat":0.001,"charging":{"llm_price":0.0021}`,
			[]frame.Event{charged(other, 0.0021)},
			[]string{"data.metadata.cost_fiat: less than the price of the language models in it, which is taken"},
			true, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			body := metadata(test.fields)
			assert.Equal(t, test.want, told(t, body, "money").Events)
			assert.Equal(t, test.faults, faults(t, body))
			usage := told(t, body, "usage").Events
			minutes := usage[len(usage)-1]
			assert.Equal(t, frame.Event{Kind: frame.PlatformUsed, Source: agent, Value: 60, Running: true, Priced: test.platform}, minutes)
			for _, e := range usage[:len(usage)-1] {
				assert.Equal(t, test.llm, e.Priced, e)
			}
			assert.Equal(t, []frame.Event{{Kind: frame.CallEnded, Name: "end"}}, told(t, body, "end").Events)
		})
	}
}

// What was irreversible is a part of what was initiated: never both.
func TestIrreversibleStandsIn(t *testing.T) {
	got := told(t, metadata(`"charging":{"llm_usage":{"initiated_generation":null,"irreversible_generation":{"model_usage":{"gpt-4o":{"input":{"tokens":10},"input_cache_write":{"tokens":7},"output_total":{"tokens":3}}}}}}`), "usage")
	assert.Equal(t, frame.Event{
		Kind: frame.TokensUsed, Source: gpt, Running: true,
		Tokens: frame.Tokens{frame.PromptText: 10, frame.PromptCacheWrite: 7, frame.CompletionText: 3},
	}, got.Events[0])
}

func TestBurst(t *testing.T) {
	got := told(t, metadata(`"charging":{"is_burst":true}`), "usage")
	assert.Equal(t, frame.Terms{ServiceTier: "burst"}, got.Events[0].Terms)
}

// A reason in prose may be what somebody said.
func TestReason(t *testing.T) {
	got := told(t, metadata(`"termination_reason":"Call ended by remote party"`), "end")
	assert.Equal(t, "other", got.Events[0].Name)
}

// Each datum is rejected alone: the rest of the report is taken.
func TestRejectedAlone(t *testing.T) {
	const initiated = "data.metadata.charging.llm_usage.initiated_generation.model_usage.gpt-4o"
	for was, test := range map[string]struct{ is, want string }{
		`"cost_fiat":0.181`:                       {`"cost_fiat":-0.181`, "data.metadata.cost_fiat: must be between 0 and 1e+06"},
		`"llm_price":0.084895`:                    {`"llm_price":1e300`, "data.metadata.charging.llm_price: must be between 0 and 1e+06"},
		`"charging":{`:                            {`"charging":5,"x":{`, "data.metadata.charging: must be an object"},
		`"tokens":17898`:                          {`"tokens":"many"`, initiated + ".input.tokens: must be a finite number"},
		`"price":0.00543`:                         {`"price":-1`, initiated + ".output_total.price: must be between 0 and 1e+06"},
		`"initiated_generation":{"model_usage":{`: {`"initiated_generation":{"model_usage":{"Mary Smith":7,`, "data.metadata.charging.llm_usage.initiated_generation.model_usage.other: must be an object"},
		`"total_characters":820`:                  {`"total_characters":8.5`, "data.metadata.charging.tts_usage.total_characters: must be a whole number"},
		`"total_audio_input_seconds":61.4`:        {`"total_audio_input_seconds":1e9`, "data.metadata.charging.asr_usage.total_audio_input_seconds: must be between 0 and 604800"},
		`"asr_usage":{`:                           {`"asr_usage":[],"x":{`, "data.metadata.charging.asr_usage: must be an object"},
		`{"elapsed_time":0.39}`:                   {`{"elapsed_time":"0.39"}`, "data.transcript[2].conversation_turn_metrics.metrics.convai_llm_service_ttfb.elapsed_time: must be a finite number"},
		`{"elapsed_time":0.851}`:                  {`{"elapsed_time":1e9}`, "data.transcript[2].conversation_turn_metrics.metrics.convai_ttf_audio_since_silence.elapsed_time: must be between"},
		`"transcript":[`:                          {`"transcript":[5,`, "data.transcript[0]: must be an object"},
		`"call_duration_secs":74`:                 {`"call_duration_secs":-74`, "data.metadata.call_duration_secs: must be between 0 and 604800"},
		`"start_time_unix_secs":1764000000`:       {`"start_time_unix_secs":12`, "data.metadata.start_time_unix_secs: must be Unix seconds"},
	} {
		require.Contains(t, report, was)
		body := strings.Replace(report, was, test.is, 1)
		if got := faults(t, body); assert.Len(t, got, 1, test.is) {
			assert.True(t, strings.HasPrefix(got[0], test.want), got[0])
		}
		assert.NotEmpty(t, told(t, body, "end").Events, test.is)
		assert.NotEmpty(t, told(t, body, "start").Events, test.is)
	}
}

func TestIgnored(t *testing.T) {
	for _, body := range []string{
		`{"type":"post_call_audio","data":{"conversation_id":"c-1","full_audio":"aGk="}}`,
		`{"type":"call_initiation_failure","data":{"conversation_id":"c-1","failure_reason":"busy"}}`,
		`{"type":"voice_removed","data":5}`,
	} {
		_, err := Decode([]byte(body))
		assert.ErrorIs(t, err, wire.ErrIgnored, body)
	}
}

func TestRejected(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:         "type: missing",
		`{"type":5}`: "type: must be a string",
		`{"type":"post_call_transcription","data":5}`:                         "data: must be an object",
		`{"type":"post_call_transcription","data":{"conversation_id":[]}}`:    "data.conversation_id: must be a string or a number",
		`{"type":"post_call_transcription","data":{"metadata":"everything"}}`: "data.metadata: must be an object",
	} {
		_, err := Decode([]byte(body))
		assert.ErrorContains(t, err, want, body)
	}
}

// A long call has thousands of turns, most of which tell nothing: of those that do, the first are taken.
func TestLongCalls(t *testing.T) {
	const turn = `{"role":"user","conversation_turn_metrics":{"metrics":{"convai_asr_trailing_service_latency":{"elapsed_time":0.051}}}},`
	body := func(before string, n int) string {
		return strings.Replace(report, `"transcript":[`, `"transcript":[`+strings.Repeat(before, 5*wire.MaxData)+strings.Repeat(turn, n), 1)
	}
	const quiet = `{"role":"user","message":"Yes."},`
	assert.Empty(t, faults(t, body(quiet, 0)))
	assert.Len(t, told(t, body(quiet, 0), "latency").Events, 6)
	assert.Equal(t, []string{"data.transcript: more than 1000 turns in one call: the first are taken"}, faults(t, body(quiet, wire.MaxData)))
	assert.Len(t, told(t, body(quiet, wire.MaxData), "latency").Events, wire.MaxData)
	assert.Equal(t, []string{
		"data.transcript[5000].conversation_turn_metrics.metrics.convai_llm_service_ttfb.elapsed_time: must be a finite number",
	}, faults(t, strings.Replace(body(quiet, 1), `"convai_asr_trailing_service_latency":{"elapsed_time":0.051}`,
		`"convai_llm_service_ttfb":{"elapsed_time":"x"}`, 1)))
}
