package retell

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// post is what Retell posts about a call; what was said rides there as well, and is passed over.
type post struct {
	Event string `json:"event"`
	Call  struct {
		ID       wire.ID        `json:"call_id"`
		Start    jsontext.Value `json:"start_timestamp"`
		End      jsontext.Value `json:"end_timestamp"`
		Duration jsontext.Value `json:"duration_ms"`
		Reason   wire.ID        `json:"disconnection_reason"`
		Cost     jsontext.Value `json:"call_cost"`
		Latency  jsontext.Value `json:"latency"`
		Tokens   jsontext.Value `json:"llm_token_usage"`
	} `json:"call"`
}

// event is the event of a post. Its call is read only if the event says that it is over: others may have other shapes.
type event struct {
	Event string `json:"event"`
}

// Decode turns a post into frames of its call. The error is a frame.Fault where the post is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us.
func Decode(body []byte) ([]frame.Frame, error) {
	var head event
	if err := wire.Unmarshal(body, &head); err != nil {
		return nil, err
	}
	switch head.Event {
	case "":
		return nil, wire.Missing("event")
	case "call_ended", "call_analyzed":
		return decode(body)
	}
	return nil, wire.ErrIgnored
}

func decode(body []byte) ([]frame.Frame, error) {
	var in post
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := platform.Report{Platform: "retell", CallID: string(in.Call.ID)}
	out.Span.Between(
		out.Span.Moment(in.Call.Start, "call.start_timestamp"),
		out.Span.Moment(in.Call.End, "call.end_timestamp"),
		out.Span.Length(in.Call.Duration, "call.duration_ms", time.Millisecond),
	)
	out.Begin()
	takeLatency(out.Fact("latency"), in.Call.Latency)
	takeTokens(out.Fact("usage"), in.Call.Tokens)
	if wire.Absent(in.Call.Cost) {
		out.HangUp(string(in.Call.Reason))
		return out.Frames(), nil
	}
	takeCost(&out, in.Call.Cost)
	out.End(string(in.Call.Reason))
	return out.Frames(), nil
}
