package vapi

import (
	"cmp"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const endOfCall = "end-of-call-report"

// post is any message of Vapi's; of the others no more than the type is read.
type post struct {
	Message struct {
		Type string `json:"type"`
	} `json:"message"`
}

// call is the call of the report. What Vapi knows of a call stands in the message, in its call, or in both.
type call struct {
	Message struct {
		fields
		Call struct {
			ID wire.ID `json:"id"`
			fields
		} `json:"call"`
	} `json:"message"`
}

type fields struct {
	StartedAt jsontext.Value `json:"startedAt"`
	EndedAt   jsontext.Value `json:"endedAt"`
	Reason    wire.ID        `json:"endedReason"`
}

// Decode turns a post into frames of its call. The error is a frame.Fault where the post is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us.
func Decode(body []byte) ([]frame.Frame, error) {
	var head post
	if err := wire.Unmarshal(body, &head); err != nil {
		return nil, err
	}
	switch head.Message.Type {
	case "":
		return nil, wire.Missing("message.type")
	case endOfCall:
		return decode(body)
	}
	return nil, wire.ErrIgnored
}

func decode(body []byte) ([]frame.Frame, error) {
	var in call
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := platform.Report{Platform: "vapi", CallID: string(in.Message.Call.ID)}
	in.times(&out.Span)
	bill := readBill(body)
	out.Begin(bill.models()...)
	readPerformance(body, out.Fact("latency"))
	bill.use.into(out.Fact("usage"))
	bill.into(out.Fact("money"))
	out.End(string(cmp.Or(in.Message.Reason, in.Message.Call.Reason)))
	return out.Frames(), nil
}

func (in *call) times(span *platform.Span) {
	start := cmp.Or(
		span.Moment(in.Message.StartedAt, "message.startedAt"),
		span.Moment(in.Message.Call.StartedAt, "message.call.startedAt"),
	)
	end := cmp.Or(
		span.Moment(in.Message.EndedAt, "message.endedAt"),
		span.Moment(in.Message.Call.EndedAt, "message.call.endedAt"),
	)
	span.Between(start, end, 0)
}
