package ultravox

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	callFields = `"callId":"c-1","clientVersion":"1","created":"2025-11-24T15:59:55.000001Z","joined":"2025-11-24T16:00:00.500000Z","ended":"2025-11-24T16:00:57.700000Z","endReason":"agent_hangup","model":"ultravox-v0.7","systemPrompt":"You are Mary.","summary":"A caller said hello."`

	ended = `{"event":"call.ended","call":{` + callFields +
		`,"billedDuration":null,"billedSideInputTokens":null,"billedSideOutputTokens":null,"billingStatus":"BILLING_STATUS_PENDING","sipDetails":null}}`
	billed = `{"event":"call.billed","call":{` + callFields +
		`,"billedDuration":"60s","billedSideInputTokens":120,"billedSideOutputTokens":14,"billingStatus":"BILLING_STATUS_BILLED","sipDetails":{"billedDuration":"64.5s","from":"+1"}}}`
)

var (
	began    = time.Date(2025, 11, 24, 16, 0, 0, 500_000_000, time.UTC)
	over     = time.Date(2025, 11, 24, 16, 0, 57, 700_000_000, time.UTC)
	minutes  = frame.Source{Stage: frame.Platform, Provider: "ultravox"}
	sip      = frame.Source{Stage: frame.Transport, Provider: "ultravox"}
	sideText = frame.Source{Stage: frame.LLM, Provider: "ultravox", Model: "ultravox-v0.7"}
)

func fact(name string, at time.Time, events ...frame.Event) frame.Frame {
	return frame.Frame{CallID: "c-1", ID: frame.NameID("ultravox", name), Time: at, Events: events}
}

func decoded(t *testing.T, body string) []frame.Frame {
	t.Helper()
	frames, err := Decode([]byte(body))
	require.NoError(t, err, body)
	return frames
}

func use(priced bool) frame.Frame {
	return fact("usage", over,
		frame.Event{Kind: frame.PlatformUsed, Source: minutes, Value: 60, Running: true, Priced: priced},
		frame.Event{
			Kind: frame.TokensUsed, Source: sideText, Tokens: frame.Tokens{frame.PromptText: 120, frame.CompletionText: 14},
			Running: true, Priced: priced,
		},
		frame.Event{Kind: frame.TransportUsed, Source: sip, Value: 64.5, Running: true},
	)
}

func TestDecode(t *testing.T) {
	opened := fact("start", began, frame.Event{Kind: frame.CallStarted, Began: began})
	assert.Equal(t, []frame.Frame{
		opened, fact("hangup", over, frame.Event{Kind: frame.CallHungUp, Name: "agent_hangup"}),
	}, decoded(t, ended))
	assert.Equal(t, []frame.Frame{
		opened, use(false), fact("end", over, frame.Event{Kind: frame.CallEnded, Name: "agent_hangup"}),
	}, decoded(t, billed))
}

// Only call.billed tells what is billed, whatever stands in call.ended.
func TestEndedBillsNothing(t *testing.T) {
	assert.Len(t, decoded(t, strings.Replace(billed, "call.billed", "call.ended", 1)), 2)
}

// What Ultravox gives away has the price zero, not the price book's.
func TestFree(t *testing.T) {
	for status, free := range map[string]bool{
		"BILLING_STATUS_BILLED": false, "BILLING_STATUS_PENDING": false, "BILLING_STATUS_UNSPECIFIED": false,
		"BILLING_STATUS_FREE_CONSOLE": true, "BILLING_STATUS_FREE_MINUTES": true, "BILLING_STATUS_REFUNDED": true,
	} {
		assert.Equal(t, use(free), decoded(t, strings.Replace(billed, "BILLING_STATUS_BILLED", status, 1))[1], status)
	}
}

func TestUnjoined(t *testing.T) {
	got := decoded(t, `{"event":"call.ended","call":{"callId":"c-1","created":"2025-11-24T16:00:00.5Z","joined":null,"ended":"2025-11-24T16:00:57.7Z","endReason":"unjoined"}}`)
	assert.Equal(t, began, got[0].Time)
	assert.Equal(t, fact("hangup", over, frame.Event{Kind: frame.CallHungUp, Name: "unjoined"}), got[1])
}

// Each datum is rejected alone: the rest of the report is taken.
func TestRejectedAlone(t *testing.T) {
	const seconds = `call.billedDuration: must be seconds with their unit, as in "60s"`
	for was, test := range map[string]struct{ is, want string }{
		`"billedDuration":"60s","billedSide`: {`"billedDuration":60,"billedSide`, "call.billedDuration: must be a string"},
		`"60s"`:                              {`"60"`, seconds},
		`"60s",`:                             {`"-60s",`, seconds},
		`:"60s"`:                             {`:"1e300s"`, seconds},
		`:"60s",`:                            {`:"Infs",`, seconds},
		`"60s","b`:                           {`"9999999999s","b`, "call.billedDuration: must be at most 604800 s"},
		`"64.5s"`:                            {`"1m"`, `call.sipDetails.billedDuration: must be seconds`},
		`"sipDetails":{`:                     {`"sipDetails":5,"x":{`, "call.sipDetails: must be an object"},
		`Tokens":120`:                        {`Tokens":"120"`, "call.billedSideInputTokens: must be a finite number"},
		`Tokens":14`:                         {`Tokens":-14`, "call.billedSideOutputTokens: must be between 0 and 1e+09"},
		`"created":"2025`:                    {`"created":"25`, "call.created: must be Unix seconds"},
	} {
		require.Contains(t, billed, was)
		frames := decoded(t, strings.Replace(billed, was, test.is, 1))
		var faults []string
		for _, f := range frames {
			for _, fault := range f.Faults {
				faults = append(faults, fault.Error())
			}
		}
		if assert.Len(t, faults, 1, test.is) {
			assert.True(t, strings.HasPrefix(faults[0], test.want), faults[0])
		}
		assert.Equal(t, frame.NameID("ultravox", "end"), frames[len(frames)-1].ID)
	}
}

func TestIgnored(t *testing.T) {
	for _, body := range []string{
		`{"event":"call.started","call":{"callId":"c-1"}}`,
		`{"event":"call.joined","call":{"callId":"c-1"}}`,
		`{"event":"call.something","call":5}`,
	} {
		_, err := Decode([]byte(body))
		assert.ErrorIs(t, err, wire.ErrIgnored, body)
	}
}

func TestRejected(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                              "event: missing",
		`{"event":[]}`:                    "event: must be a string",
		`{"event":"call.ended","call":5}`: "call: must be an object",
		`{"event":"call.billed","call":{"callId":[]}}`: "call.callId: must be a string or a number",
	} {
		_, err := Decode([]byte(body))
		assert.ErrorContains(t, err, want, body)
	}
}
