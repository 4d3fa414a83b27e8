package ultravox

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const vendor = "ultravox"

// head is what all posts have in common.
type head struct {
	Event string `json:"event"`
}

// post is a call when it is over. It is the same in both events, except that billing may still be pending in the first.
type post struct {
	Call struct {
		ID      wire.ID        `json:"callId"`
		Created jsontext.Value `json:"created"`
		Joined  jsontext.Value `json:"joined"` // null where nobody did
		Ended   jsontext.Value `json:"ended"`
		Reason  wire.ID        `json:"endReason"`
		Model   wire.ID        `json:"model"`
		billing
	} `json:"call"`
}

// billing is what a call is billed for.
type billing struct {
	Status   wire.ID        `json:"billingStatus"`
	Duration jsontext.Value `json:"billedDuration"` // as in "60s"
	Input    jsontext.Value `json:"billedSideInputTokens"`
	Output   jsontext.Value `json:"billedSideOutputTokens"`
	SIP      jsontext.Value `json:"sipDetails"`
}

// Decode turns a post into frames of its call. The error is a frame.Fault where the post is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us.
func Decode(body []byte) ([]frame.Frame, error) {
	var in head
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch in.Event {
	case "":
		return nil, wire.Missing("event")
	case "call.ended", "call.billed":
		return decode(body, in.Event == "call.billed")
	}
	return nil, wire.ErrIgnored
}

func decode(body []byte, billed bool) ([]frame.Frame, error) {
	var in post
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := platform.Report{Platform: vendor, CallID: string(in.Call.ID)}
	created, joined := out.Span.Moment(in.Call.Created, "call.created"), out.Span.Moment(in.Call.Joined, "call.joined")
	out.Span.Between(cmp.Or(joined, created), out.Span.Moment(in.Call.Ended, "call.ended"), 0)
	out.Begin()
	if !billed {
		out.HangUp(string(in.Call.Reason))
		return out.Frames(), nil
	}
	in.Call.billing.take(out.Fact("usage"), string(in.Call.Model))
	out.End(string(in.Call.Reason))
	return out.Frames(), nil
}

func (b *billing) take(fact *platform.Fact, model string) {
	free := b.free()
	b.seconds(fact, frame.PlatformUsed, frame.Platform, b.Duration, "call.billedDuration", free)
	b.tokens(fact, model, free)
	if wire.Absent(b.SIP) {
		return
	}
	var leg struct {
		Duration jsontext.Value `json:"billedDuration"`
	}
	if err := wire.Field(b.SIP, "call.sipDetails", &leg); err != nil {
		fact.Reject(err)
		return
	}
	// A call that is free may still have a bill for its telephony.
	b.seconds(fact, frame.TransportUsed, frame.Transport, leg.Duration, "call.sipDetails.billedDuration", false)
}

// free says that Ultravox charges nothing for the call's minutes: that is a price, and the price book's would be wrong.
func (b *billing) free() bool {
	return strings.HasPrefix(string(b.Status), "BILLING_STATUS_FREE_") || b.Status == "BILLING_STATUS_REFUNDED"
}

func (b *billing) seconds(fact *platform.Fact, kind frame.Kind, stage frame.Stage, raw jsontext.Value, path string, free bool) {
	if wire.Absent(raw) {
		return
	}
	seconds, err := duration(raw, path)
	source := frame.Source{Stage: stage, Provider: vendor}
	fact.Take(frame.Event{Kind: kind, Source: source, Value: seconds, Running: true, Priced: free}, err)
}

// duration reads seconds with their unit, as in "60s" or "12.5s".
func duration(raw jsontext.Value, path string) (float64, error) {
	var text string
	if err := wire.Field(raw, path, &text); err != nil {
		return 0, err
	}
	number, isSeconds := strings.CutSuffix(text, "s")
	seconds, err := strconv.ParseFloat(number, 64)
	if !isSeconds || err != nil || strings.Trim(number, "0123456789.") != "" {
		return 0, frame.Faultf(frame.BadValue, path, `must be seconds with their unit, as in "60s"`)
	}
	if seconds > frame.MaxSeconds {
		return 0, frame.Faultf(frame.BadValue, path, "must be at most %d s", int64(frame.MaxSeconds))
	}
	return seconds, nil
}

// tokens takes those of text that was sent to the model beside the conversation.
func (b *billing) tokens(fact *platform.Fact, model string, free bool) {
	input, inputErr := platform.Tokens(b.Input, "call.billedSideInputTokens")
	output, outputErr := platform.Tokens(b.Output, "call.billedSideOutputTokens")
	fact.Take(frame.Event{
		Kind: frame.TokensUsed, Source: frame.Source{Stage: frame.LLM, Provider: vendor, Model: wire.Text(model)},
		Tokens: frame.Tokens{frame.PromptText: input, frame.CompletionText: output}, Running: true, Priced: free,
	}, cmp.Or(inputErr, outputErr))
}
