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

// The events of a call that is over. What callEnded says of money may still grow, and be divided anew, until callAnalyzed,
// which Retell posts after it: the analysis costs as well.
const (
	callEnded    = "call_ended"
	callAnalyzed = "call_analyzed"
)

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
	case callEnded, callAnalyzed:
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
	takeTokens(out.Fact(in.running("usage", in.Call.Tokens)), in.Call.Tokens)
	in.takeCost(&out)
	if in.Event == callAnalyzed && !wire.Absent(in.Call.Cost) {
		out.End(string(in.Call.Reason))
	} else {
		out.HangUp(string(in.Call.Reason))
	}
	return out.Frames(), nil
}

// running is the identity of running totals: what the post says. A post that says more counts by what it adds, and the same
// post again is not looked at.
func (in *post) running(fact string, said jsontext.Value) string {
	return fact + "/" + in.Event + "/" + string(said)
}
