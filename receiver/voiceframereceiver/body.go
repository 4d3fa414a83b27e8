package voiceframereceiver

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	maxCallID = 256
	// maxAhead is how far a bot's clock may run ahead; backends refuse points further in the future as well.
	maxAhead = 10 * time.Minute
)

// intake is a body as frames, with what could not be taken of it.
type intake struct {
	frames  []indexed
	ignored int
	faults  []indexedFault
}

// indexed is a frame and its place in the body.
type indexed struct {
	index int
	frame frame.Frame
}

type indexedFault struct {
	index int
	fault frame.Fault
	datum bool // one datum of a frame that was otherwise taken
}

// decode turns a body into frames that are ready to be applied: each with a call and a believable time.
func decode(body []byte, limits dialect.Limits, callID string, now time.Time) (intake, error) {
	messages, err := dialect.Split(body, limits)
	switch {
	case errors.Is(err, dialect.ErrTooManyMessages):
		return intake{}, refusal{
			http.StatusRequestEntityTooLarge,
			fmt.Sprintf("more than %d frames in one body: send fewer at once", limits.Messages),
		}
	case err != nil:
		return intake{}, err
	case len(messages) == 0:
		return intake{}, refusal{http.StatusBadRequest, "the body holds no frame: send a JSON object, an array of objects or NDJSON"}
	}
	in := intake{frames: make([]indexed, 0, len(messages))}
	for i, message := range messages {
		in.add(i, message, callID, now)
	}
	return in, nil
}

func (in *intake) add(index int, message dialect.Message, callID string, now time.Time) {
	if message.Fault != nil {
		in.reject(index, *message.Fault)
		return
	}
	f, err := dialect.Decode(message.Raw)
	if errors.Is(err, wire.ErrIgnored) {
		in.ignored++
		return
	}
	if err == nil {
		err = address(&f, callID, now)
	}
	if err != nil {
		in.reject(index, wire.Fault(err))
		return
	}
	in.take(index, f)
}

// take keeps a frame unless nothing of it is left.
func (in *intake) take(index int, f frame.Frame) {
	left := len(f.Events) > 0 || f.Sentinels > 0
	for _, fault := range f.Faults {
		in.faults = append(in.faults, indexedFault{index: index, fault: fault, datum: left})
	}
	if left || len(f.Faults) == 0 {
		in.frames = append(in.frames, indexed{index: index, frame: f})
	}
}

func (in *intake) reject(index int, fault frame.Fault) {
	in.faults = append(in.faults, indexedFault{index: index, fault: fault})
}

// address gives the frame its call and checks its time. The call is named by the body, or by the transport, or else by the
// vendor's own id of the conversation, which is known to be one only where nothing else is.
func address(f *frame.Frame, callID string, now time.Time) error {
	f.CallID = cmp.Or(f.CallID, callID, f.Conversation)
	switch {
	case f.CallID == "":
		return frame.Faultf(frame.NoCallID, "",
			"no call id: set call_id in the frame, or the path %s/{call_id}, the header %s or ?%s=", framesPath, callIDHeader, callIDParam)
	case len(f.CallID) > maxCallID:
		return frame.Faultf(frame.CallIDTooLong, "call_id", "longer than %d bytes", maxCallID)
	case f.Time.After(now.Add(maxAhead)):
		return frame.Faultf(frame.FutureTime, "timestamp", "more than %s in the future: check the bot's clock", maxAhead)
	}
	return nil
}
