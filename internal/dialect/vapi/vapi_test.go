package vapi

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// report is an end-of-call report with all that Vapi tells; words of the call ride with it, as they do in life.
const report = `{"message":{"type":"end-of-call-report","timestamp":1764000080000,"endedReason":"customer-ended-call","cost":0.1345,"costs":[
{"type":"transport","provider":"twilio","minutes":1.2,"cost":0.01},
{"type":"transcriber","transcriber":{"provider":"deepgram","model":"nova-3","language":"en"},"minutes":1.2,"cost":0.012},
{"type":"model","model":{"provider":"openai","model":"gpt-4o","messages":[{"role":"system","content":"You are Mary."}]},"promptTokens":2100,"completionTokens":160,"cachedPromptTokens":1024,"reasoningTokens":60,"cost":0.007},
{"type":"voice","voice":{"provider":"11labs","voiceId":"sarah","model":"eleven_flash_v2_5"},"characters":820,"cost":0.04},
{"type":"vapi","subType":"normal","minutes":1.2,"cost":0.06},
{"type":"analysis","analysisType":"summary","model":{"provider":"openai","model":"gpt-4o"},"promptTokens":400,"completionTokens":90,"cachedPromptTokens":0,"cost":0.002},
{"type":"knowledge-base","model":{"provider":"google","model":"gemini-2.5-flash"},"promptTokens":300,"completionTokens":20,"cost":0.0005},
{"type":"voicemail-detection","provider":"openai","model":{"model":"gpt-4o-audio-preview"},"promptTextTokens":10,"promptAudioTokens":250,"completionTextTokens":5,"completionAudioTokens":0,"cost":0.003}],
"startedAt":"2025-11-24T16:00:00.000Z","endedAt":"2025-11-24T16:01:14.200Z","call":{"id":"c-1","orgId":"o"},
"transcript":"AI: Hello.","artifact":{"transcript":"AI: Hello.","recordingUrl":"https://example.com/r","messages":[{"role":"user","message":"Hi","time":1}],
"performanceMetrics":{"turnLatencies":[{"modelLatency":512,"voiceLatency":210,"transcriberLatency":180,"endpointingLatency":400,"turnLatency":1302},{"modelLatency":430,"voiceLatency":0,"turnLatency":900}],"modelLatencyAverage":471,"turnLatencyAverage":1101,"numUserInterrupted":3,"numAssistantInterrupted":2}},
"analysis":{"summary":"A caller said hello."}}}`

var (
	began    = time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	ended    = time.Date(2025, 11, 24, 16, 1, 14, 200_000_000, time.UTC)
	twilio   = frame.Source{Stage: frame.Transport, Provider: "twilio"}
	deepgram = frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}
	gpt      = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	gemini   = frame.Source{Stage: frame.LLM, Provider: "google", Model: "gemini-2.5-flash"}
	mailbox  = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o-audio-preview"}
	eleven   = frame.Source{Stage: frame.TTS, Provider: "elevenlabs", Model: "eleven_flash_v2_5"}
	stt      = frame.Source{Stage: frame.STT}
	llm      = frame.Source{Stage: frame.LLM}
	tts      = frame.Source{Stage: frame.TTS}
)

func fact(name string, at time.Time, events ...frame.Event) frame.Frame {
	return frame.Frame{CallID: "c-1", ID: frame.NameID("vapi", name), Time: at, Events: events}
}

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(report))
	require.NoError(t, err)
	latency := fact("latency", ended,
		frame.Event{Kind: frame.TTFB, Source: stt, Value: 180},
		frame.Event{Kind: frame.TTFB, Source: llm, Value: 512},
		frame.Event{Kind: frame.TTFB, Source: tts, Value: 210},
		frame.Event{Kind: frame.Answered, Value: 1302},
		frame.Event{Kind: frame.TTFB, Source: llm, Value: 430},
		frame.Event{Kind: frame.Answered, Value: 900},
		frame.Event{Kind: frame.Interrupted, Cut: true},
		frame.Event{Kind: frame.Interrupted, Cut: true},
	)
	latency.Sentinels = 1
	assert.Equal(t, []frame.Frame{
		fact("start", began, frame.Event{Kind: frame.CallStarted, Began: began, Models: []frame.Source{deepgram, gpt, eleven}}),
		latency,
		fact("usage", ended,
			frame.Event{Kind: frame.TransportUsed, Source: twilio, Value: 72, Running: true, Priced: true},
			frame.Event{Kind: frame.AudioTranscribed, Source: deepgram, Value: 72, Running: true, Priced: true},
			frame.Event{
				Kind: frame.TokensUsed, Source: gpt, Running: true, Priced: true, // with the analysis, which is the same model's
				Tokens: frame.Tokens{
					frame.PromptText: 1076 + 400, frame.PromptCacheRead: 1024, frame.CompletionText: 100 + 90, frame.CompletionReasoning: 60,
				},
			},
			frame.Event{Kind: frame.CharactersUsed, Source: eleven, Value: 820, Running: true, Priced: true},
			frame.Event{Kind: frame.PlatformUsed, Source: fee, Value: 72, Running: true, Priced: true},
			frame.Event{
				Kind: frame.TokensUsed, Source: gemini, Running: true, Priced: true,
				Tokens: frame.Tokens{frame.PromptText: 300, frame.CompletionText: 20},
			},
			frame.Event{
				Kind: frame.TokensUsed, Source: mailbox, Running: true, Priced: true,
				Tokens: frame.Tokens{frame.PromptText: 10, frame.PromptAudio: 250, frame.CompletionText: 5},
			},
		),
		fact("money", ended,
			frame.Event{Kind: frame.Charged, Source: twilio, Value: 0.01},
			frame.Event{Kind: frame.Charged, Source: deepgram, Value: 0.012},
			frame.Event{Kind: frame.Charged, Source: gpt, Value: 0.009},
			frame.Event{Kind: frame.Charged, Source: eleven, Value: 0.04},
			frame.Event{Kind: frame.Charged, Source: fee, Value: 0.06},
			frame.Event{Kind: frame.Charged, Source: gemini, Value: 0.0005},
			frame.Event{Kind: frame.Charged, Source: mailbox, Value: 0.003},
		),
		fact("end", ended, frame.Event{Kind: frame.CallEnded, Name: "customer-ended-call"}),
	}, got)
}

// message makes a report of the fields that stand in its message.
func message(fields string) string {
	return `{"message":{"type":"end-of-call-report","startedAt":"2025-11-24T16:00:00Z","endedAt":"2025-11-24T16:01:14.2Z","call":{"id":"c-1"},` +
		fields + `}}`
}

// told decodes a report and returns one of its facts; empty where it says nothing.
func told(t *testing.T, body, name string) frame.Frame {
	t.Helper()
	frames, err := Decode([]byte(body))
	require.NoError(t, err, body)
	for _, f := range frames {
		if f.ID == frame.NameID("vapi", name) {
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

func charged(source frame.Source, usd float64) frame.Event {
	return frame.Event{Kind: frame.Charged, Source: source, Value: usd}
}

func TestMoney(t *testing.T) {
	for name, test := range map[string]struct {
		fields string
		want   []frame.Event
		faults []string
	}{
		"what no item names is Vapi's": {
			`"cost":0.1,"costs":[{"type":"vapi","minutes":1,"cost":0.06},{"type":"transport","provider":"vapi.sip","minutes":1,"cost":0.01}]`,
			[]frame.Event{charged(fee, 0.09), charged(frame.Source{Stage: frame.Transport, Provider: "vapi"}, 0.01)},
			nil,
		},
		"a total alone": {`"cost":0.1`, []frame.Event{charged(fee, 0.1)}, nil},
		"none":          {`"cost":0`, nil, nil},
		"a type that we do not know": {
			`"costs":[{"type":"telepathy","cost":0.5}]`, []frame.Event{charged(fee, 0.5)}, nil,
		},
		"a total rounded to the hundredth of a cent": {
			`"cost":0.0812,"costs":[{"type":"vapi","minutes":1,"cost":0.08124}]`, []frame.Event{charged(fee, 0.08124)}, nil,
		},
		"items that are more than the total": {
			`"cost":0.05,"costs":[{"type":"vapi","minutes":1,"cost":0.06}]`,
			[]frame.Event{charged(fee, 0.06)},
			[]string{"message.cost: less than its items add up to: the items are taken"},
		},
		"costs and breakdown are the same money": {
			`"costs":[{"type":"vapi","minutes":1,"cost":0.06}],"costBreakdown":{"vapi":0.06,"total":0.06}`,
			[]frame.Event{charged(fee, 0.06)},
			nil,
		},
		"breakdown": {
			`"costs":[],"costBreakdown":{"transport":0.01,"stt":0.012,"llm":0.007,"tts":0.04,"vapi":0.06,"chat":0,"total":0.13,"analysisCostBreakdown":{"summary":0.0004,"structuredData":0.0001}}`,
			[]frame.Event{
				charged(frame.Source{Stage: frame.Transport}, 0.01), charged(stt, 0.012), charged(llm, 0.0075), charged(tts, 0.04),
				charged(fee, 0.0605),
			},
			nil,
		},
		"breakdown whose analysis is already in the total": {
			`"costBreakdown":{"llm":0.007,"vapi":0.06,"total":0.067,"analysisCostBreakdown":{"summary":0.0004}}`,
			[]frame.Event{charged(llm, 0.007), charged(fee, 0.06)},
			nil,
		},
		"in the call": {
			`"call":{"id":"c-1","cost":0.07,"costs":[{"type":"vapi","minutes":1,"cost":0.06}]}`, []frame.Event{charged(fee, 0.07)}, nil,
		},
		"mailbox detected by the carrier": {
			`"costs":[{"type":"voicemail-detection","provider":"twilio","model":{},"cost":0.0075}]`,
			[]frame.Event{charged(frame.Source{Stage: frame.Platform, Provider: "twilio"}, 0.0075)},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			body := message(test.fields)
			if strings.Contains(test.fields, `"call":`) {
				body = `{"message":{"type":"end-of-call-report",` + test.fields + `}}`
			}
			assert.Equal(t, test.want, told(t, body, "money").Events)
			assert.Equal(t, test.faults, faults(t, body))
		})
	}
}

// What the customer pays to a vendor directly is not Vapi's to charge; Vapi's own minutes may be part of a plan.
func TestWhatVapiDoesNotCharge(t *testing.T) {
	got := told(t, message(`"cost":0,"costs":[
		{"type":"model","model":{"provider":"openai","model":"gpt-4o"},"promptTokens":10,"completionTokens":2,"cost":0},
		{"type":"vapi","minutes":0.5,"cost":0}]`), "usage")
	assert.Equal(t, []frame.Event{
		{Kind: frame.TokensUsed, Source: gpt, Tokens: frame.Tokens{frame.PromptText: 10, frame.CompletionText: 2}, Running: true},
		{Kind: frame.PlatformUsed, Source: fee, Value: 30, Running: true, Priced: true},
	}, got.Events)
}

func TestUsage(t *testing.T) {
	live := frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-live"}
	for name, test := range map[string]struct {
		fields string
		want   []frame.Event
	}{
		"a squad's assistants with the same model": {
			`"costs":[{"type":"model","model":{"provider":"openai","model":"gpt-4o"},"promptTokens":10,"completionTokens":2,"cost":0.1},{"type":"model","model":{"provider":"openai","model":"gpt-4o"},"promptTokens":5,"completionTokens":1,"cost":0.1}]`,
			[]frame.Event{{
				Kind: frame.TokensUsed, Source: gpt, Tokens: frame.Tokens{frame.PromptText: 15, frame.CompletionText: 3}, Running: true, Priced: true,
			}},
		},
		"a model that hears and speaks": {
			`"costs":[{"type":"model","model":{"provider":"openai","model":"gpt-live"},"seconds":31.5,"promptTokens":0,"completionTokens":0,"cost":0.1}]`,
			[]frame.Event{{Kind: frame.RealtimeConnected, Source: live, Value: 31.5, Running: true, Priced: true}},
		},
		"breakdown": {
			`"costBreakdown":{"llm":0.007,"tts":0,"total":0.067,"llmPromptTokens":2100,"llmCompletionTokens":160,"llmCachedPromptTokens":1024,"ttsCharacters":820}`,
			[]frame.Event{
				{
					Kind: frame.TokensUsed, Source: llm, Running: true, Priced: true,
					Tokens: frame.Tokens{frame.PromptText: 1076, frame.PromptCacheRead: 1024, frame.CompletionText: 160},
				},
				{Kind: frame.CharactersUsed, Source: tts, Value: 820, Running: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, told(t, message(test.fields), "usage").Events)
			assert.Empty(t, faults(t, message(test.fields)))
		})
	}
}

// Latencies are whose model the call has; of a squad with two, nobody's.
func TestModels(t *testing.T) {
	got := told(t, message(`"costs":[
		{"type":"model","model":{"provider":"openai","model":"gpt-4o"},"promptTokens":1,"completionTokens":1,"cost":0.1},
		{"type":"model","model":{"provider":"google","model":"gemini-2.5-flash"},"promptTokens":1,"completionTokens":1,"cost":0.1},
		{"type":"voice","voice":{"provider":"11labs","model":"eleven_flash_v2_5"},"characters":1,"cost":0.1},
		{"type":"voice","voice":{"provider":"11labs","model":"eleven_flash_v2_5"},"characters":1,"cost":0.1}]`), "start")
	assert.Equal(t, []frame.Source{eleven}, got.Events[0].Models)
}

func TestTimes(t *testing.T) {
	for name, test := range map[string]struct {
		fields     string
		start, end time.Time
		fault      string
	}{
		"both":              {`"startedAt":"2025-11-24T16:00:00Z","endedAt":"2025-11-24T16:01:14.2Z"`, began, ended, ""},
		"in the call":       {`"call":{"startedAt":"2025-11-24T16:00:00Z","endedAt":"2025-11-24T16:01:14.2Z"}`, began, ended, ""},
		"never answered":    {`"endedAt":"2025-11-24T16:01:14.2Z"`, ended, ended, ""},
		"neither":           {`"cost":1`, time.Time{}, time.Time{}, ""},
		"not a time":        {`"startedAt":"yesterday","endedAt":"2025-11-24T16:01:14.2Z"`, ended, ended, "message.startedAt: must be Unix seconds"},
		"ends too early":    {`"startedAt":"2025-11-24T16:00:00Z","endedAt":"2025-11-24T15:00:00Z"`, began, began, "the call ends before it begins"},
		"longer than calls": {`"startedAt":"2025-11-24T16:00:00Z","endedAt":"2035-11-24T15:00:00Z"`, began, began, "more than 604800 s after"},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"message":{"type":"end-of-call-report",` + test.fields + `}}`
			assert.Equal(t, test.start, told(t, body, "start").Time)
			assert.Equal(t, test.start, told(t, body, "start").Events[0].Began)
			assert.Equal(t, test.end, told(t, body, "end").Time)
			assert.Contains(t, strings.Join(faults(t, body), "\n"), test.fault)
		})
	}
}

// Each datum is rejected alone: the rest of the report is taken.
func TestRejectedAlone(t *testing.T) {
	for was, test := range map[string]struct{ is, want string }{
		`"minutes":1.2,"cost":0.01}`:      {`"minutes":1.2,"cost":-0.01}`, "message.costs[0].cost: must be between 0 and 1e+06"},
		`"minutes":1.2,"cost":0.012`:      {`"minutes":1e300,"cost":0.012`, "message.costs[1].minutes: must be between 0 and 10080"},
		`"promptTokens":2100`:             {`"promptTokens":"many"`, "message.costs[2].promptTokens: must be a finite number"},
		`"completionTokens":160`:          {`"completionTokens":1.5`, "message.costs[2].completionTokens: must be a whole number"},
		`"cachedPromptTokens":1024`:       {`"cachedPromptTokens":2101`, "message.costs[2]: the parts (cached, audio, reasoning) are more"},
		`"characters":820`:                {`"characters":-1`, "message.costs[3].characters: must be between 0 and 1e+08"},
		`"cost":0.06`:                     {`"cost":1e300`, "message.costs[4].cost: must be between 0 and 1e+06"},
		`"cost":0.1345`:                   {`"cost":"a lot"`, "message.cost: must be a finite number"},
		`{"type":"vapi"`:                  {`5,{"type":"vapi"`, "message.costs[4]: must be an object"},
		`"modelLatency":512`:              {`"modelLatency":"fast"`, "message.artifact.performanceMetrics.turnLatencies[0].modelLatency: must be a finite number"},
		`"turnLatency":900`:               {`"turnLatency":1e12`, "message.artifact.performanceMetrics.turnLatencies[1].turnLatency: must be between"},
		`"numAssistantInterrupted":2`:     {`"numAssistantInterrupted":1e9`, "message.artifact.performanceMetrics.numAssistantInterrupted: must be between 0 and 1000"},
		`"turnLatencies":[`:               {`"turnLatencies":[7,`, "message.artifact.performanceMetrics.turnLatencies[0]: must be an object"},
		`"startedAt":"2025-11-24T16:00:0`: {`"startedAt":"2025-21-24T16:00:0`, "message.startedAt: must be Unix seconds or milliseconds, or an RFC 3339 string"},
	} {
		require.Contains(t, report, was)
		body := strings.Replace(report, was, test.is, 1)
		got := faults(t, body)
		if assert.NotEmpty(t, got, test.is) {
			assert.True(t, strings.HasPrefix(got[0], test.want), got[0])
			assert.NotContains(t, strings.Join(got, ""), "many")
		}
		assert.NotEmpty(t, told(t, body, "end").Events, test.is)
	}
}

// The whole of what the items say can still be wrong.
func TestSumsAreBounded(t *testing.T) {
	item := `{"type":"voice","voice":{"provider":"11labs"},"characters":90000000,"cost":1}`
	assert.Equal(t, []string{"the amounts of one source add up to more than a call can have"}, faults(t, message(`"costs":[`+item+`,`+item+`]`)))
	many := strings.Repeat(`{"type":"vapi","minutes":0,"cost":0},`, wire.MaxData) + `{"type":"vapi","minutes":0,"cost":0}`
	assert.Equal(t, []string{"message.costs: more than 1000 items in one call"}, faults(t, message(`"costs":[`+many+`]`)))
}

// What the fault of a fact that cannot be read takes away can still be told by a later post.
func TestNothingTakenHasNoIdentity(t *testing.T) {
	frames, err := Decode([]byte(message(`"cost":-1`)))
	require.NoError(t, err)
	require.Len(t, frames, 3)
	assert.Zero(t, frames[1].ID)
	assert.Len(t, frames[1].Faults, 1)
}

// So it goes for a breakdown.
func TestBreakdownRejectedAlone(t *testing.T) {
	for is, want := range map[string]string{
		`"llm":"much"`:           "message.costBreakdown.llm: must be a finite number",
		`"tts":-1`:               "message.costBreakdown.tts: must be between 0 and 1e+06",
		`"total":1e300`:          "message.costBreakdown.total: must be between 0 and 1e+06",
		`"llmPromptTokens":"10"`: "message.costBreakdown.llmPromptTokens: must be a finite number",
		`"llmPromptTokens":1,"llmCachedPromptTokens":2`: "message.costBreakdown: the parts (cached, audio, reasoning) are more",
		`"ttsCharacters":0.5`:                           "message.costBreakdown.ttsCharacters: must be a whole number",
		`"analysisCostBreakdown":{"summary":"x"}`:       "message.costBreakdown.analysisCostBreakdown.summary: must be a finite number",
	} {
		body := message(`"costBreakdown":{"vapi":0.06,` + is + `}`)
		if got := faults(t, body); assert.Len(t, got, 1, is) {
			assert.True(t, strings.HasPrefix(got[0], want), got[0])
		}
		assert.Equal(t, charged(fee, 0.06), told(t, body, "money").Events[0], is)
	}
	assert.Equal(t, []string{"message.costBreakdown: must be an object"}, faults(t, message(`"costBreakdown":7`)))
	assert.Equal(t, []string{"message.costs: must be an array"}, faults(t, message(`"costs":7`)))
}

func TestIgnored(t *testing.T) {
	for _, body := range []string{
		`{"message":{"type":"status-update","status":"ended","call":{"id":"c-1"}}}`,
		`{"message":{"type":"transcript","transcript":"Hello"}}`,
		`{"message":{"type":"tool-calls","toolCallList":[]}}`,
		`{"message":{"type":"something-new"}}`,
	} {
		_, err := Decode([]byte(body))
		assert.ErrorIs(t, err, wire.ErrIgnored, body)
	}
}

func TestRejected(t *testing.T) {
	for body, want := range map[string]string{
		``:                        "not JSON",
		`[]`:                      "must be an object",
		`{}`:                      "message.type: missing",
		`{"message":5}`:           "message: must be an object",
		`{"message":{"type":5}}`:  "message.type: must be a string",
		message(`"call":{}`):      "the same name stands twice",
		message(`"artifact":{},`): "not JSON",
		`{"message":{"type":"end-of-call-report","call":{"id":[]}}}`: "message.call.id: must be a string or a number",
	} {
		_, err := Decode([]byte(body))
		assert.ErrorContains(t, err, want, body)
		assert.NotErrorIs(t, err, wire.ErrIgnored)
	}
}

// Of more turns than a frame may hold, the first are taken.
func TestLongCalls(t *testing.T) {
	turns := strings.Repeat(`{"turnLatency":900},`, wire.MaxData+1) + `{"turnLatency":901}`
	body := message(`"artifact":{"performanceMetrics":{"turnLatencies":[` + turns + `],"numAssistantInterrupted":2}}`)
	assert.Equal(t, []string{
		"message.artifact.performanceMetrics.turnLatencies: more than 1000 turns in one call: the first are taken",
	}, faults(t, body))
	assert.Len(t, told(t, body, "latency").Events, wire.MaxData+2)
}
