package pipecat

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// envelope is what every message may have: its call, identity and time.
type envelope struct {
	ID            wire.ID   `json:"id"`
	Sibling       wire.ID   `json:"broadcast_sibling_id"`
	CallID        string    `json:"call_id"`
	PipecatCallID string    `json:"pipecatCallId"`
	Timestamp     wire.Time `json:"timestamp"`
}

// frame is an empty frame for the message.
func (e *envelope) frame(message []byte, class string) frame.Frame {
	out := frame.Frame{CallID: e.CallID, Time: e.Timestamp.Time, Form: formOf(class)}
	if e.CallID == "" {
		out.CallID = e.PipecatCallID
	}
	switch {
	case e.ID != "":
		out.ID = frame.NameID(class, string(e.identity()))
	case !e.Timestamp.IsZero():
		out.ID = frame.DigestID(message)
	}
	return out
}

// The forms in which a bot may tell the same: its pipeline's frames, and what observers make of them.
const (
	inFrames  = "frames"
	inRecords = "records"
)

func formOf(class string) string {
	switch {
	case IsSign(class):
		return ""
	case IsFrame(class):
		return inFrames
	}
	return inRecords
}

// identity is the message's id. A frame that Pipecat broadcasts goes both ways as two frames, each naming the other: they are
// one, known by the id that was given first.
func (e *envelope) identity() wire.ID {
	id, sibling := e.ID, e.Sibling
	if sibling != "" && (len(sibling) < len(id) || len(sibling) == len(id) && sibling < id) {
		return sibling
	}
	return id
}
