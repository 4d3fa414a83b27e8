package voiceframereceiver

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	maxCallID = 256
	// maxAhead is how far a bot's clock may run ahead; backends refuse points further in the future as well.
	maxAhead = 10 * time.Minute
)

// read reads a body, which confighttp has bounded before and after decompression.
func read(req *http.Request, ticket *ticket) ([]byte, error) {
	body := bytes.NewBuffer(make([]byte, 0, roomFor(req.ContentLength)))
	if _, err := body.ReadFrom(metered{req.Body, ticket}); err != nil {
		return nil, unreadable(err)
	}
	return body.Bytes(), nil
}

// unreadable words why a body could not be read.
func unreadable(err error) refusal {
	var tooLarge *http.MaxBytesError
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &tooLarge):
		return refusal{
			http.StatusRequestEntityTooLarge,
			fmt.Sprintf("the body is larger than %d bytes (uncompressed): send fewer frames at once", tooLarge.Limit),
		}
	}
	return refusal{http.StatusBadRequest, "the body could not be read to its end: it is cut off or not what its encoding says"}
}

// roomFor is the buffer to begin with: what is announced is believed only as far as it costs little.
func roomFor(announced int64) int64 {
	const most = 64 << 10
	return min(max(announced, 0), most) + bytes.MinRead // in this order: the largest announcement of all overflows
}

// intake is what was received as frames, with what could not be taken of it.
type intake struct {
	frames []indexed
	data   int // frames and data so far, taken or not
	faults faults
	seen   tally
}

// indexed is a frame, its place in the body and how it was worded.
type indexed struct {
	index   int
	dialect dialect.Name
	frame   frame.Frame
}

// decode turns a body into frames that are ready to be applied: each with a call and a believable time.
func decode(body []byte, limits dialect.Limits, from sender, now time.Time) (intake, error) {
	messages, err := dialect.Split(body, limits)
	switch {
	case errors.Is(err, dialect.ErrTooManyMessages):
		return intake{}, tooMany(limits.Messages)
	case err != nil:
		return intake{}, err
	case len(messages) == 0:
		return intake{}, refusal{http.StatusBadRequest, "the body holds no frame: send a JSON object, an array of objects or NDJSON"}
	}
	in := intake{frames: make([]indexed, 0, len(messages))}
	var decoder dialect.Decoder
	for i, message := range messages {
		if in.add(&decoder, i, message, from, now); in.data > limits.Messages {
			return intake{}, tooMany(limits.Messages)
		}
	}
	return in, nil
}

func tooMany(limit int) refusal {
	return refusal{
		http.StatusRequestEntityTooLarge,
		fmt.Sprintf("more than %d frames and data in one body: send fewer at once", limit),
	}
}

func (in *intake) add(decoder *dialect.Decoder, index int, message dialect.Message, from sender, now time.Time) {
	if message.Fault != nil {
		in.data++
		in.reject(index, cmp.Or(from.dialect, dialect.Unknown), *message.Fault)
		return
	}
	f, as, err := decoder.Decode(message.Raw, from.dialect)
	in.decoded(index, as, f, err, from, now)
}

// decoded takes what a dialect made of a message: a frame, or the reason why there is none.
func (in *intake) decoded(index int, as dialect.Name, f frame.Frame, err error, from sender, now time.Time) {
	in.data++
	if errors.Is(err, wire.ErrIgnored) {
		in.seen.add(outcome{name: ignored, dialect: as})
		return
	}
	if err == nil {
		err = from.address(index, &f, now)
	}
	if err != nil {
		in.reject(index, as, wire.Fault(err))
		return
	}
	in.take(index, as, f)
}

// take keeps a frame unless nothing of it is left.
func (in *intake) take(index int, as dialect.Name, f frame.Frame) {
	in.data += max(len(f.Events)+f.Sentinels+len(f.Faults)-1, 0)
	left := len(f.Events) > 0 || f.Sentinels > 0 || len(f.Faults) == 0
	for i, fault := range f.Faults {
		if i == 0 && !left {
			in.reject(index, as, fault)
			continue
		}
		in.faults.datum(index, fault)
	}
	f.Faults = nil
	if left {
		in.frames = append(in.frames, indexed{index: index, dialect: as, frame: f})
	}
}

func (in *intake) reject(index int, as dialect.Name, fault frame.Fault) {
	in.seen.add(outcome{name: rejected, reason: fault.Class, dialect: as})
	in.faults.tell(index, fault)
}

// join appends what one message of a connection holds; all of it is at the place that the message has there.
func (in *intake) join(message intake, place int) {
	for _, f := range message.frames {
		f.index = place
		in.frames = append(in.frames, f)
	}
	in.data += message.data
	in.faults.join(&message.faults, place)
	in.seen.join(message.seen)
}

// address gives the frame its call, checks its time, and gives it the identity that it lacks where the request has one. The
// call is named by the body, or by the transport, or else by the vendor's own id of the conversation, which is known to be
// one only where nothing else is.
func (from *sender) address(index int, f *frame.Frame, now time.Time) error {
	f.Tenant = from.tenant
	f.CallID = cmp.Or(f.CallID, from.callID, f.Conversation)
	if f.ID == 0 && from.key != "" {
		f.ID = frame.NameID(from.key, strconv.Itoa(index))
	}
	switch {
	case f.CallID == "":
		return frame.Faultf(frame.NoCallID, "",
			"no call id: set call_id in the frame, or the path %s/{call_id}, the header %s or ?%s=", framesPath, callIDHeader, callIDParam)
	case len(f.CallID) > maxCallID:
		return frame.Faultf(frame.CallIDTooLong, "call_id", "longer than %d bytes", maxCallID)
	case !utf8.ValidString(f.CallID) || strings.ContainsFunc(f.CallID, unicode.IsControl):
		return frame.Faultf(frame.BadValue, "call_id", "must be UTF-8 without control characters")
	case f.Time.After(now.Add(maxAhead)):
		return frame.Faultf(frame.FutureTime, "timestamp", "more than %s in the future: check the bot's clock", maxAhead)
	}
	return nil
}
