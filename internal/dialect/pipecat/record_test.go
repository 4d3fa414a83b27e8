package pipecat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func readRecord(message []byte) (frame.Frame, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := wire.Unmarshal(message, &head); err != nil {
		return frame.Frame{}, err
	}
	return DecodeRecord(head.Kind, message)
}

func TestRecords(t *testing.T) {
	for message, want := range map[string]frame.Event{
		`{"kind":"user_bot_latency","seconds":0.904}`:                                    {Kind: frame.Answered, Value: 904},
		`{"kind":"first_bot_speech_latency","seconds":1.31}`:                             {Kind: frame.StartedUp, Name: "first_speech", Value: 1310},
		`{"kind":"first_bot_speech_latency","seconds":-0.1}`:                             {Kind: frame.StartedUp, Name: "first_speech"},
		`{"kind":"user_speech_started","started_at":null}`:                               {Kind: frame.UserStartedTalking},
		`{"kind":"user_speech_stopped"}`:                                                 {Kind: frame.UserStoppedTalking},
		`{"kind":"user_turn_started"}`:                                                   {Kind: frame.UserStartedTalking, Echo: true},
		`{"kind":"user_turn_stopped","started_at":1764000003.1}`:                         {Kind: frame.UserStoppedTalking, Echo: true},
		`{"kind":"bot_speech_stopped"}`:                                                  {Kind: frame.BotStoppedTalking},
		`{"kind":"interruption"}`:                                                        {Kind: frame.Interrupted},
		`{"kind":"turn_ended","was_interrupted":true}`:                                   {Kind: frame.TurnDone, Cut: true, Echo: true},
		`{"kind":"turn_ended","was_interrupted":true,"ended_by_conversation_end":false}`: {Kind: frame.TurnDone, Cut: true},
		`{"kind":"turn_ended","was_interrupted":true,"ended_by_conversation_end":true}`:  {Kind: frame.TurnDone},
		`{"kind":"function_call_failed","function_name":"book","error":"secret","result":null}`: {
			Kind: frame.ToolCalled, Name: "book", Outcome: "failed",
		},
		`{"kind":"function_call_cancelled","function_name":"book","in_progress_at":1764000003.1}`: {
			Kind: frame.ToolCalled, Name: "book", Outcome: "cancelled",
		},
	} {
		got, err := readRecord([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, frame.Frame{Form: "records", Events: []frame.Event{want}}, got, message)
	}
}

func TestRecordsThatRepeat(t *testing.T) {
	for _, message := range []string{
		`{"kind":"ttfa","processor":"CartesiaTTSService#0","seconds":0.31,"ttfb_secs":0.19,"leading_silence_secs":0.12}`,
		`{"kind":"ttfat","processor":"OpenAILLMService#0","seconds":1.9,"ttfb_secs":0.4,"thinking_time_secs":1.5}`,
		`{"kind":"turn_started","turn_number":3}`,
		`{"kind":"function_call_started","function_name":"book","arguments":{"name":"secret"}}`,
		`{"kind":"function_call_in_progress","function_name":"book","group_id":"g","blocking":true}`,
	} {
		_, err := readRecord([]byte(message))
		assert.ErrorIs(t, err, wire.ErrIgnored, message)
	}
	got, err := readRecord([]byte(`{"kind":"user_bot_latency","seconds":-0.2}`))
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{Form: "records", Sentinels: 1}, got)
}

func TestHowLongAFunctionRan(t *testing.T) {
	for fields, want := range map[string]float64{
		`"timestamp":1764000003.6,"in_progress_at":1764000003.1`:                           500,
		`"timestamp":1764000003.6,"in_progress_at":1764000003.1,"started_at":1764000001.1`: 500,
		`"timestamp":1764000003.6,"started_at":1764000001.1`:                               2500,
		`"timestamp":1764000003.6,"in_progress_at":1764000004.1`:                           0,
		`"timestamp":1764000003.6,"in_progress_at":null`:                                   0,
	} {
		got, err := readRecord([]byte(`{"kind":"function_call_completed","function_name":"book",` + fields + `}`))
		require.NoError(t, err, fields)
		assert.Equal(t, []frame.Event{{Kind: frame.ToolCalled, Name: "book", Outcome: "completed", Value: want}}, got.Events, fields)
	}
}

func TestTurns(t *testing.T) {
	ended := func(fields string) frame.Frame {
		got, err := readRecord([]byte(`{"kind":"turn_ended",` + fields + `}`))
		require.NoError(t, err, fields)
		return got
	}
	third := frame.NameID("turn_ended", "3")
	assert.Equal(t, frame.Frame{Form: "records", ID: third, Events: []frame.Event{{Kind: frame.TurnDone, Number: 3}}},
		ended(`"turn_number":3,"duration_secs":8.2,"was_interrupted":false`))
	assert.Equal(t, frame.Frame{Form: "records", ID: third, Events: []frame.Event{{Kind: frame.TurnDone, Number: 3, Cut: true, Echo: true}}},
		ended(`"turn_number":3,"was_interrupted":true`))
	assert.Equal(t, []frame.Event{{Kind: frame.TurnDone, Number: 3}},
		ended(`"turn_number":3,"was_interrupted":true,"ended_by_conversation_end":true`).Events, "the end of the call is no interruption")
	assert.Equal(t, frame.NameID("turn_ended", "x"), ended(`"id":"x","turn_number":3`).ID)
	stamped := `"turn_number":3,"timestamp":1764000003.1`
	assert.Equal(t, frame.DigestID([]byte(`{"kind":"turn_ended",`+stamped+`}`)), ended(stamped).ID)
	_, err := readRecord([]byte(`{"kind":"turn_ended","turn_number":-1}`))
	assert.ErrorContains(t, err, "turn_number: must be between 0 and 1e+06")
}

const (
	contributions = `[{"key":"endpointing_wait","label":"endpointing wait","owner":"config: VAD stop_secs","owner_kind":"setting","start_time":1764000002.196,"duration_secs":0.2},` +
		`{"label":"LLM inference","owner":"OpenAILLMService#0","start_time":1764000002.396,"duration_secs":0.345},` +
		`{"label":"I want to cancel my order","owner":"x","start_time":1764000002.741,"duration_secs":0.359}]`
	breakdown = `{"ttfb":[{"processor":"OpenAILLMService#0","model":"gpt-4o","start_time":1764000002.4,"duration_secs":0.33}],"contributions":` + contributions +
		`,"measured_from":"user_silence","total_secs":0.904,"text_aggregation":{"processor":"CartesiaTTSService#0","start_time":1764000002.7,"duration_secs":0.05},` +
		`"user_turn_start_time":1764000002.196,"user_turn_secs":0.61,"function_calls":[{"function_name":"book","start_time":1764000002.5,"duration_secs":0.1}]}`
)

// The parts of an answer add up to it; what else is in a breakdown is told elsewhere.
func TestLatencyBreakdown(t *testing.T) {
	want := []frame.Event{
		{Kind: frame.Answered, Value: 904, Echo: true},
		{Kind: frame.AnswerPart, Name: "endpointing_wait", Value: 200},
		{Kind: frame.AnswerPart, Name: "llm_inference", Value: 345},
		{Kind: frame.AnswerPart, Name: "other", Value: 359},
	}
	for _, message := range []string{breakdown, strings.Replace(breakdown, "{", `{"type":"LatencyBreakdown",`, 1)} {
		got, err := DecodeReport([]byte(message))
		require.NoError(t, err)
		assert.Equal(t, frame.Frame{Form: "records", ID: frame.DigestID([]byte(message)), Time: at, Events: want}, got, "its own clock says when")
	}
	got, err := DecodeReport([]byte(strings.Replace(breakdown, "{", `{"call_id":"c","id":7,"timestamp":1764000004.1,`, 1)))
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{
		Form:   "records",
		CallID: "c", ID: frame.NameID("LatencyBreakdown", "7"), Time: at.Add(time.Second), Events: want,
	}, got, "the bot's own timestamp and id go first")
}

func TestBreakdownsThatAreNoAnswer(t *testing.T) {
	for name, message := range map[string]string{
		"before 1.9":             `{"ttfb":[],"text_aggregation":null,"user_turn_start_time":1764000002.196,"user_turn_secs":0.61,"function_calls":[]}`,
		"before 1.9, a greeting": `{"ttfb":[],"function_calls":[]}`,
		"a greeting":             strings.NewReplacer(`"user_silence"`, `"client_connected"`, `"user_turn_start_time":1764000002.196`, `"user_turn_start_time":null`).Replace(breakdown),
		"1.9, a greeting":        `{"contributions":` + contributions + `,"user_turn_start_time":null}`,
		"nothing measured":       `{"contributions":[],"user_turn_start_time":1764000002.196}`,
	} {
		_, err := DecodeReport([]byte(message))
		assert.ErrorIs(t, err, wire.ErrIgnored, name)
	}
}

func TestStartupReports(t *testing.T) {
	up := func(name string, ms float64) frame.Event {
		return frame.Event{Kind: frame.StartedUp, Name: name, Value: ms}
	}
	for message, want := range map[string][]frame.Event{
		`{"start_time":1764000001.9,"total_duration_secs":1.2,"setup_phase_secs":1.0,"start_phase_secs":0.2,"processor_timings":[{"processor_name":"DeepgramSTTService#0","start_offset_secs":0.1,"duration_secs":0.9}],"warmup":null}`: {up("pipeline", 1200)},
		`{"type":"StartupTimingReport","start_time":1764000001.9,"total_duration_secs":1.2}`:                      {up("pipeline", 1200)},
		`{"start_time":1764000001.9,"bot_connected_secs":0.7,"client_connected_secs":1.2}`:                        {up("bot", 700), up("client", 1200)},
		`{"start_time":1764000001.9,"bot_connected_secs":null,"client_connected_secs":1.2}`:                       {up("client", 1200)},
		`{"type":"TransportTimingReport","start_time":1764000002.4,"bot_connected_secs":0.7}`:                     {up("bot", 700)},
		`{"timestamp":1764000003.1,"start_time":1763999999.9,"bot_connected_secs":0.7,"client_connected_secs":0}`: {up("bot", 700), up("client", 0)},
	} {
		got, err := DecodeReport([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, frame.Frame{Form: "records", ID: frame.DigestID([]byte(message)), Time: at, Events: want}, got, message)
	}
}

func TestUntypedMetrics(t *testing.T) {
	message := []byte(`{"call_id":"c","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}`)
	got, err := DecodeReport(message)
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{Form: "frames", CallID: "c", ID: frame.DigestID(message), Time: at, Events: []frame.Event{{
		Kind: frame.TTFB, Value: 190, Source: frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia"},
	}}}, got)
}

func TestBadReports(t *testing.T) {
	for message, want := range map[string]string{
		`{"x":1}`:                          "not a message of Pipecat",
		`{"data":[{"type":"Horoscope"}]}`:  "not a message of Pipecat",
		`{"data":[7]}`:                     "not a message of Pipecat",
		`{"contributions":{}}`:             "contributions: must be an array",
		`{"total_duration_secs":"long"}`:   "total_duration_secs: must be a finite number",
		`{"total_duration_secs":-1}`:       "total_duration_secs: must be between 0 and 604800",
		`{"type":"StartupTimingReport"}`:   "total_duration_secs: missing",
		`{"bot_connected_secs":1,"id":[]}`: "id: must be a string or a number",
		`{"user_turn_start_time":1764000002.196,"contributions":[{"key":"a","duration_secs":0.1},{"key":"b"}]}`:       "contributions[1].duration_secs: missing",
		`{"user_turn_start_time":1764000002.196,"contributions":[{"key":"a","duration_secs":-0.1}]}`:                  "contributions[0].duration_secs: must be between 0 and 604800",
		`{"user_turn_start_time":1764000002.196,"contributions":[7]}`:                                                 "contributions[0]: must be an object",
		`{"user_turn_start_time":1764000002.196,"contributions":[{"duration_secs":600000},{"duration_secs":600000}]}`: "contributions: must add up to at most 604800 seconds",
		`{"user_turn_start_time":1764000002.196,"contributions":[{}` + strings.Repeat(",{}", wire.MaxData) + `]}`:     "more than 1000 data",
		`{"user_turn_start_time":8123.4,"contributions":[{"key":"a","duration_secs":0.1}]}`:                           "user_turn_start_time: must be Unix seconds",
	} {
		_, err := DecodeReport([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
	got, err := DecodeReport([]byte(`{"bot_connected_secs":"x","client_connected_secs":1.5}`))
	require.NoError(t, err)
	assert.Equal(t, []frame.Event{{Kind: frame.StartedUp, Name: "client", Value: 1500}}, got.Events)
	assert.Equal(t, "bot_connected_secs: must be a finite number", got.Faults[0].Error())
}
