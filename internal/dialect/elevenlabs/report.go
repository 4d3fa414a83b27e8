package elevenlabs

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	vendor     = "elevenlabs"
	transcript = "post_call_transcription"
)

// head is what all posts have in common; their data have other shapes.
type head struct {
	Type string `json:"type"`
}

// post is what is read of the call itself.
type post struct {
	Data struct {
		ID       wire.ID `json:"conversation_id"`
		Metadata struct {
			Start    jsontext.Value `json:"start_time_unix_secs"`
			Duration jsontext.Value `json:"call_duration_secs"`
			Reason   wire.ID        `json:"termination_reason"`
			Cost     jsontext.Value `json:"cost"`
			Fiat     jsontext.Value `json:"cost_fiat"`
			Charging jsontext.Value `json:"charging"`
		} `json:"metadata"`
	} `json:"data"`
}

// Decode turns a post into frames of its call. The error is a frame.Fault where the post is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us.
func Decode(body []byte) ([]frame.Frame, error) {
	var in head
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch in.Type {
	case "":
		return nil, wire.Missing("type")
	case transcript:
		return decode(body)
	}
	return nil, wire.ErrIgnored
}

func decode(body []byte) ([]frame.Frame, error) {
	var in post
	if err := wire.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	meta := &in.Data.Metadata
	out := platform.Report{Platform: vendor, CallID: string(in.Data.ID)}
	out.Span.Between(
		out.Span.Moment(meta.Start, metadataPath+".start_time_unix_secs"), time.Time{},
		out.Span.Length(meta.Duration, metadataPath+".call_duration_secs", time.Second),
	)
	a := readAccount(meta.Cost, meta.Fiat, meta.Charging)
	out.Begin(a.models()...)
	takeTurns(out.Fact("latency"), body)
	a.use(out.Fact("usage"), out.Span.End.Sub(out.Span.Start))
	a.money(out.Fact("money"))
	out.End(string(meta.Reason))
	return out.Frames(), nil
}
