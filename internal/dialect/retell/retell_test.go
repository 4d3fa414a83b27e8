package retell

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	callFields = `"call_id":"c-1","agent_id":"a","call_status":"ended","start_timestamp":1764000000000,"end_timestamp":1764000074210,"duration_ms":74210,"disconnection_reason":"user_hangup","transcript":"Agent: Hello.","transcript_object":[{"role":"agent","content":"Hello.","words":[]}],"recording_url":"https://example.com/r",
"latency":{"e2e":{"p50":858,"p90":900,"p95":903,"p99":905,"min":812,"max":905,"num":2,"values":[812,905]},"llm":{"p50":420,"num":2,"values":[400,440.5]},"tts":{"p50":210,"num":1,"values":[210]},"asr":{"p50":90,"values":[0,90]},"knowledge_base":{"values":[70]},"llm_websocket_network_rtt":{"values":[30]}},
"llm_token_usage":{"values":[1420,1502],"average":1461,"num_requests":2}`
	costFields = `"call_cost":{"combined_cost":14.2,"total_duration_seconds":74,"total_duration_unit_price":0.19,"product_costs":[
{"product":"gpt_4o","cost":6.1,"unit_price":0.08,"is_transfer_leg_cost":false},{"product":"elevenlabs_tts","cost":4.5653262,"unit_price":0.06}]}`
	analysis = `"call_analysis":{"call_summary":"A caller said hello.","user_sentiment":"Neutral"}`

	endedBare = `{"event":"call_ended","call":{` + callFields + `}}`
	ended     = `{"event":"call_ended","call":{` + callFields + `,` + costFields + `}}`
	analyzed  = `{"event":"call_analyzed","call":{` + callFields + `,` + costFields + `,` + analysis + `}}`
)

var (
	start = time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	end   = time.Date(2025, 11, 24, 16, 1, 14, 210_000_000, time.UTC)
	gpt   = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt_4o"}
	voice = frame.Source{Stage: frame.TTS, Provider: "elevenlabs", Model: "elevenlabs_tts"}
)

func fact(name string, at time.Time, events ...frame.Event) frame.Frame {
	return frame.Frame{CallID: "c-1", ID: frame.NameID("retell", name), Time: at, Events: events}
}

// what both posts say of the call, whether its money is known or not.
func both(event string) []frame.Frame {
	latency := fact("latency", end,
		frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}, Value: 90},
		frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}, Value: 400},
		frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}, Value: 440.5},
		frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}, Value: 210},
		frame.Event{Kind: frame.Answered, Value: 812},
		frame.Event{Kind: frame.Answered, Value: 905},
	)
	latency.Sentinels = 1
	return []frame.Frame{
		fact("start", start, frame.Event{Kind: frame.CallStarted, Began: start}),
		latency,
		fact(`usage/`+event+`/{"values":[1420,1502],"average":1461,"num_requests":2}`, end, frame.Event{
			Kind: frame.TokensUsed, Source: frame.Source{Stage: frame.LLM}, Tokens: frame.Tokens{frame.Unsplit: 2922}, Running: true, Priced: true,
		}),
	}
}

func charged(source frame.Source, usd float64) frame.Event {
	return frame.Event{Kind: frame.Charged, Source: source, Value: usd, Running: true}
}

func TestDecode(t *testing.T) {
	platform := frame.Event{Kind: frame.PlatformUsed, Source: fee, Value: 74, Running: true, Priced: true}
	named := []frame.Event{charged(gpt, 0.061), charged(voice, 0.045653262)}
	said := strings.TrimPrefix(costFields, `"call_cost":`)
	hangup := fact("hangup", end, frame.Event{Kind: frame.CallHungUp, Name: "user_hangup"})
	for body, want := range map[string][]frame.Frame{
		endedBare: append(both("call_ended"), hangup),
		ended: append(both("call_ended"),
			fact("platform/call_ended/74", end, platform),
			fact("money/call_ended/"+said, end, named...),
			hangup,
		),
		analyzed: append(both("call_analyzed"),
			fact("platform/call_analyzed/74", end, platform),
			fact("money/call_analyzed/"+said, end, append(named, charged(fee, 0.035346738))...),
			fact("end", end, frame.Event{Kind: frame.CallEnded, Name: "user_hangup"}),
		),
	} {
		got, err := Decode([]byte(body))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// first takes posts one after the other, each fact once, as the calls' table does.
func first(t *testing.T, bodies ...string) (events []frame.Event) {
	t.Helper()
	seen := map[frame.ID]bool{}
	for _, body := range bodies {
		frames, err := Decode([]byte(body))
		require.NoError(t, err, body)
		for _, f := range frames {
			if !seen[f.ID] {
				events = append(events, f.Events...)
			}
			seen[f.ID] = f.ID != 0
		}
	}
	return events
}

func money(events []frame.Event) map[string]float64 {
	usd := map[string]float64{}
	for _, e := range events {
		if e.Kind == frame.Charged {
			usd[string(e.Source.Stage)+" "+e.Source.Model] += e.Value
		}
	}
	return usd
}

// table takes posts as the receiver does, and then silence until the call is given up.
func table(t *testing.T, bodies ...string) (usd map[string]float64, summaries []*call.Summary) {
	t.Helper()
	calls := call.NewTable(call.Config{IdleTimeout: time.Minute, Remember: time.Hour, MaxCalls: 1})
	usd = map[string]float64{}
	take := func(facts []call.Fact) {
		for _, f := range facts {
			switch {
			case f.Kind == call.Used && f.Usage.Quantity == call.Money:
				usd[string(f.Usage.Source.Stage)+" "+f.Usage.Source.Model] += f.Usage.Amount
			case f.Kind == call.Ended:
				summaries = append(summaries, f.Summary)
			}
		}
	}
	tx, err := calls.Begin([]call.Key{{ID: "c-1"}})
	require.NoError(t, err)
	for _, body := range bodies {
		frames, err := Decode([]byte(body))
		require.NoError(t, err, body)
		for i := range frames {
			facts, _ := tx.Apply(&frames[i], end)
			take(facts)
		}
	}
	take(tx.EndIdle(end.Add(time.Hour)))
	tx.Commit()
	return usd, summaries
}

// total is what a summary says that the call costs.
func total(s *call.Summary) float64 {
	var usd float64
	for _, u := range s.Usage {
		if u.Quantity == call.Money {
			usd += u.Amount
		}
	}
	return usd
}

// Money counts once, whichever post is first to have it; what a later post adds to it counts as well, in the metric and in the
// summary.
func TestPostsOfOneCall(t *testing.T) {
	const named = `{"product":"gpt_4o","cost":6.1}`
	for name, test := range map[string]struct {
		ended, analyzed string // call_cost
		want            map[string]float64
		sum             float64
	}{
		"the analysis adds an item": {
			`"combined_cost":6.1,"product_costs":[` + named + `]`,
			`"combined_cost":7.1,"product_costs":[` + named + `,{"product":"post_call_analysis_gpt_4o","cost":1}]`,
			map[string]float64{"llm gpt_4o": 0.061, "llm post_call_analysis_gpt_4o": 0.01},
			0.071,
		},
		"what was not named is": {
			`"combined_cost":8.1,"product_costs":[` + named + `]`,
			`"combined_cost":9.1,"product_costs":[` + named +
				`,{"product":"elevenlabs_tts","cost":2},{"product":"post_call_analysis_gpt_4o","cost":1}]`,
			map[string]float64{"llm gpt_4o": 0.061, "tts elevenlabs_tts": 0.02, "llm post_call_analysis_gpt_4o": 0.01},
			0.091,
		},
		"an item grows": {
			`"combined_cost":6.1,"product_costs":[` + named + `]`,
			`"combined_cost":6.4,"product_costs":[{"product":"gpt_4o","cost":6.4}]`,
			map[string]float64{"llm gpt_4o": 0.064},
			0.064,
		},
		"nothing is new but the rest": {
			`"combined_cost":8.1,"product_costs":[` + named + `]`, `"combined_cost":8.1,"product_costs":[` + named + `]`,
			map[string]float64{"llm gpt_4o": 0.061, "platform ": 0.02},
			0.081,
		},
		"no money at first": {
			`"combined_cost":0,"product_costs":[]`, `"combined_cost":6.1,"product_costs":[` + named + `]`,
			map[string]float64{"llm gpt_4o": 0.061},
			0.061,
		},
		"a discount": {
			`"combined_cost":3.05,"product_costs":[` + named + `]`, `"combined_cost":3.05,"product_costs":[` + named + `]`,
			map[string]float64{"llm gpt_4o": 0.0305},
			0.0305,
		},
	} {
		first, last := posting("call_ended", test.ended), posting("call_analyzed", test.analyzed)
		for order, bodies := range map[string][]string{
			"in order": {first, last}, "told again": {endedBare, first, first, last, last, first}, "out of order": {last, first},
		} {
			usd, summaries := table(t, bodies...)
			assert.InDeltaMapValues(t, test.want, usd, 1e-12, name+", "+order)
			require.Len(t, summaries, 1)
			assert.InDelta(t, test.sum, total(summaries[0]), 1e-12, name+", "+order)
			assert.False(t, summaries[0].CostPending)
			assert.Equal(t, "end", summaries[0].Reason)
		}
	}
}

// An account that posts no call_analyzed has the money that has a name, and a call whose cost is pending.
func TestOnlyCallEnded(t *testing.T) {
	usd, summaries := table(t, ended)
	assert.Equal(t, map[string]float64{"llm gpt_4o": 0.061, "tts elevenlabs_tts": 0.045653262}, usd)
	require.Len(t, summaries, 1)
	assert.True(t, summaries[0].CostPending)
	assert.Equal(t, "user_hangup", summaries[0].Reason)
}

// What a first post says of use, a later one adds to.
func TestUseThatGrows(t *testing.T) {
	more := strings.Replace(analyzed, `[1420,1502]`, `[1420,1502,100]`, 1)
	_, summaries := table(t, ended, more)
	sums := map[call.Quantity]float64{}
	for _, u := range summaries[0].Usage {
		sums[u.Quantity] += u.Amount
	}
	assert.Equal(t, 3022.0, sums[call.Tokens])
	assert.Equal(t, 74.0, sums[call.PlatformSeconds])
}

func TestStageOfProduct(t *testing.T) {
	for name, want := range map[string]frame.Source{
		"elevenlabs_tts":                {Stage: frame.TTS, Provider: "elevenlabs"},
		"openai_tts":                    {Stage: frame.TTS, Provider: "openai"},
		"deepgram_asr":                  {Stage: frame.STT, Provider: "deepgram"},
		"us_telephony":                  {Stage: frame.Transport, Provider: "retell"},
		"twilio_telephony":              {Stage: frame.Transport, Provider: "retell"},
		"gpt_4o_realtime":               {Stage: frame.Realtime, Provider: "openai"},
		"gpt_4o":                        {Stage: frame.LLM, Provider: "openai"},
		"gpt-4o-mini":                   {Stage: frame.LLM, Provider: "openai"},
		"claude_3_7_sonnet":             {Stage: frame.LLM, Provider: "anthropic"},
		"gemini_2_0_flash":              {Stage: frame.LLM, Provider: "google"},
		"post_call_analysis_gpt_4o":     {Stage: frame.LLM, Provider: "openai"},
		"gpt_5_nano_text_testing":       {Stage: frame.LLM, Provider: "openai"},
		"llm_token_surcharge":           {Stage: frame.LLM, Provider: "retell"},
		"retell_platform":               {Stage: frame.Platform, Provider: "retell"},
		"voice_engine":                  {Stage: frame.Platform, Provider: "retell"},
		"background_voice_cancellation": {Stage: frame.Platform, Provider: "retell"},
		"":                              {Stage: frame.Platform, Provider: "retell"},
	} {
		want.Model = name
		assert.Equal(t, want, (&product{Name: name}).source(), name)
		assert.Equal(t, frame.Transport, (&product{Name: name, Transfer: true}).source().Stage)
	}
}

// costing makes a last post of a call's costs.
func costing(fields string) string { return posting("call_analyzed", fields) }

func posting(event, fields string) string {
	return `{"event":"` + event + `","call":{"call_id":"c-1","start_timestamp":1764000000000,"duration_ms":74210,"call_cost":{` + fields + `}}}`
}

func TestMoney(t *testing.T) {
	for name, test := range map[string]struct {
		fields string
		want   map[string]float64
	}{
		"products that add up": {
			`"combined_cost":15.215,"product_costs":[{"product":"elevenlabs_tts","cost":11.3166667},{"product":"gemini_2_0_flash","cost":0.97},{"product":"llm_token_surcharge","cost":0.42},{"product":"background_voice_cancellation","cost":0.8083333},{"product":"post_call_analysis_gpt_4o","cost":1.7}]`,
			map[string]float64{
				"tts elevenlabs_tts": 0.113166667, "llm gemini_2_0_flash": 0.0097, "llm llm_token_surcharge": 0.0042,
				"platform background_voice_cancellation": 0.008083333, "llm post_call_analysis_gpt_4o": 0.017,
			},
		},
		"cents without noise": {
			`"combined_cost":14.2`, map[string]float64{"platform ": 0.142},
		},
		"a discount": {
			`"combined_cost":8,"product_costs":[{"product":"gpt_4o","cost":6},{"product":"elevenlabs_tts","cost":4}]`,
			map[string]float64{"llm gpt_4o": 0.048, "tts elevenlabs_tts": 0.032},
		},
		"free": {
			`"combined_cost":0,"product_costs":[{"product":"gpt_4o","cost":0}]`, map[string]float64{},
		},
		"no total": {
			`"product_costs":[{"product":"gpt_4o","cost":6}]`, map[string]float64{"llm gpt_4o": 0.06},
		},
		"a product twice, and its transfer leg": {
			`"combined_cost":9,"product_costs":[{"product":"us_telephony","cost":2},{"product":"us_telephony","cost":3},{"product":"retell_platform","cost":4,"is_transfer_leg_cost":true}]`,
			map[string]float64{"transport us_telephony": 0.05, "transport retell_platform": 0.04},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := money(first(t, costing(test.fields)))
			assert.Equal(t, test.want, got)
			assert.Equal(t, "end", first(t, costing(test.fields))[len(first(t, costing(test.fields)))-1].Name)
		})
	}
}

// A percentile without its values is no distribution.
func TestPercentilesAreNotTaken(t *testing.T) {
	got := first(t, `{"event":"call_ended","call":{"call_id":"c-1","latency":{"e2e":{"p50":858,"num":2},"llm":{"p50":400,"values":null}}}}`)
	assert.Equal(t, []frame.Event{{Kind: frame.CallStarted}, {Kind: frame.CallHungUp, Name: "end"}}, got)
}

func TestSpeechToSpeech(t *testing.T) {
	got := first(t, `{"event":"call_ended","call":{"call_id":"c-1","latency":{"s2s":{"values":[640]}}}}`)
	assert.Contains(t, got, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.Realtime}, Value: 640})
}

func TestTimes(t *testing.T) {
	for fields, want := range map[string][2]time.Time{
		`"start_timestamp":1764000000000,"end_timestamp":1764000074210`: {start, end},
		`"start_timestamp":1764000000000,"duration_ms":74210`:           {start, end},
		`"end_timestamp":1764000074210,"duration_ms":74210`:             {start, end},
		`"end_timestamp":1764000074210`:                                 {end, end}, // not connected
		`"start_timestamp":1764000000000,"duration_ms":-5`:              {start, start},
		`"start_timestamp":1764000000000,"duration_ms":1e300`:           {start, start},
	} {
		frames, err := Decode([]byte(`{"event":"call_ended","call":{"call_id":"c-1",` + fields + `}}`))
		require.NoError(t, err)
		require.Len(t, frames, 2)
		assert.Equal(t, want, [2]time.Time{frames[0].Time, frames[1].Time}, fields)
	}
}

// Each datum is rejected alone: the rest of the report is taken.
func TestRejectedAlone(t *testing.T) {
	for was, test := range map[string]struct{ is, want string }{
		`"cost":6.1`:                    {`"cost":-6.1`, "call.call_cost.product_costs[0].cost: must be between 0 and 1e+08"},
		`"cost":4.5653262`:              {`"cost":"4.57"`, "call.call_cost.product_costs[1].cost: must be a finite number"},
		`{"product":"gpt_4o"`:           {`7,{"product":"gpt_4o"`, "call.call_cost.product_costs[0]: must be an object"},
		`"combined_cost":14.2`:          {`"combined_cost":1e300`, "call.call_cost.combined_cost: must be between 0 and 1e+08"},
		`"total_duration_seconds":74`:   {`"total_duration_seconds":1e9`, "call.call_cost.total_duration_seconds: must be between 0 and 604800"},
		`"call_cost":{`:                 {`"call_cost":5,"x":{`, "call.call_cost: must be an object"},
		`"product_costs":[`:             {`"product_costs":"none","x":[`, "call.call_cost.product_costs: must be an array"},
		`[812,905]`:                     {`[812,"905"]`, "call.latency.e2e.values[1]: must be a finite number"},
		`"latency":{`:                   {`"latency":7,"x":{`, "call.latency: must be an object"},
		`[1420,1502]`:                   {`[1420,-1]`, "call.llm_token_usage.values[1]: must be between 0 and 1e+09"},
		`"llm_token_usage":{`:           {`"llm_token_usage":[],"x":{`, "call.llm_token_usage: must be an object"},
		`"start_timestamp":17640000000`: {`"start_timestamp":1`, "call.start_timestamp: must be Unix seconds"},
	} {
		require.Contains(t, analyzed, was)
		frames, err := Decode([]byte(strings.Replace(analyzed, was, test.is, 1)))
		require.NoError(t, err, test.is)
		var faults []string
		for _, f := range frames {
			for _, fault := range f.Faults {
				faults = append(faults, fault.Error())
			}
		}
		if assert.Len(t, faults, 1, test.is) {
			assert.True(t, strings.HasPrefix(faults[0], test.want), faults[0])
		}
		last := frames[len(frames)-1]
		assert.Equal(t, frame.Event{Kind: frame.CallEnded, Name: "user_hangup"}, last.Events[0], test.is)
	}
}

func TestBounded(t *testing.T) {
	values := strings.Repeat(`1,`, wire.MaxData) + `1`
	frames, err := Decode([]byte(`{"event":"call_ended","call":{"latency":{"tts":{"values":[` + values + `]}},"llm_token_usage":{"values":[` + values + `]}}}`))
	require.NoError(t, err)
	require.Len(t, frames, 4)
	assert.Equal(t, "call.latency.tts.values: more than 1000 values in one call", frames[1].Faults[0].Error())
	assert.Equal(t, "call.llm_token_usage.values: more than 1000 values in one call", frames[2].Faults[0].Error())
}

func TestIgnored(t *testing.T) {
	for _, body := range []string{
		`{"event":"call_started","call":{"call_id":"c-1"}}`,
		`{"event":"transcript_updated","call":{"call_id":"c-1","transcript":"Hello"}}`,
		`{"event":"transfer_ended","call":7}`,
		`{"event":"chat_analyzed","chat":{"chat_id":"x"}}`,
	} {
		_, err := Decode([]byte(body))
		assert.ErrorIs(t, err, wire.ErrIgnored, body)
	}
}

func TestRejected(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                              "event: missing",
		`{"event":5}`:                     "event: must be a string",
		`{"event":"call_ended","call":5}`: "call: must be an object",
		`{"event":"call_ended","call":{"call_id":{}`:   "not JSON",
		`{"event":"call_ended","call":{"call_id":{}}}`: "call.call_id: must be a string or a number",
	} {
		_, err := Decode([]byte(body))
		assert.ErrorContains(t, err, want, body)
	}
}
