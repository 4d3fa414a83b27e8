// Package dialect finds the messages in a body and the dialect of each. Its sub-packages, one a vendor, turn
// a message into a frame; only they know the vendor's field names, units and sentinels.
package dialect

import (
	"bytes"
	"errors"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Limits bound what one body may hold.
type Limits struct {
	Messages int // in one body
	Depth    int // of nesting in one message
}

// ErrTooManyMessages says that a body holds more messages than its Limits allow. None of them is returned.
var ErrTooManyMessages = errors.New("too many messages in one body")

// Message is one JSON object of a body, or the reason why there is none at this place.
type Message struct {
	Raw   []byte
	Fault *frame.Fault
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// Split cuts a body into its messages: one object, an array of objects, or objects one after the other (NDJSON,
// pretty-printed or not). It looks at structure only, so that one broken message costs itself: in NDJSON the next
// line is tried, in an array there is no telling where the next element begins and the rest is one fault.
//
// Split may write to body: NaN and Infinity, which Python's json module writes though JSON has no such words, become
// empty strings, so that they are a fault of their own field and not of the whole message.
func Split(body []byte, limits Limits) ([]Message, error) {
	s := splitter{scanner: scanner{data: body, maxDepth: limits.Depth}, limit: limits.Messages}
	if bytes.HasPrefix(body, byteOrderMark) {
		s.pos = len(byteOrderMark)
	}
	s.skipSpace()
	if s.peek() == '[' {
		s.pos++
		s.array()
	} else {
		s.stream()
	}
	if s.overflown {
		return nil, ErrTooManyMessages
	}
	return s.messages, nil
}

type splitter struct {
	scanner
	limit     int
	overflown bool
	messages  []Message
}

// array takes the elements up to the closing bracket, at the first of which the scanner stands.
func (s *splitter) array() {
	if s.skipSpace(); s.peek() == ']' {
		s.pos++
		s.expectEnd()
		return
	}
	for !s.overflown {
		s.skipSpace()
		start := s.pos
		if fault := s.value(); fault != nil {
			s.add(Message{Fault: fault})
			return
		}
		s.add(object(s.data[start:s.pos]))
		s.skipSpace()
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			s.expectEnd()
			return
		default:
			s.add(broken(frame.NotJSON, "the array breaks off here: expected , or ]"))
			return
		}
	}
}

// maxCutOff is how many messages of a stream may break off at the end of the body before the rest is given up. Each sends
// the scanner to the end, so without a bound a body made of such would cost its size times its lines.
const maxCutOff = 3

// stream takes objects up to the end of the body.
func (s *splitter) stream() {
	for s.skipSpace(); !s.atEnd() && !s.overflown; s.skipSpace() {
		start := s.pos
		if fault := s.value(); fault != nil {
			s.add(Message{Fault: fault})
			if s.cutOff == maxCutOff {
				return
			}
			s.pos = start
			s.skipLine()
			continue
		}
		s.add(object(s.data[start:s.pos]))
	}
}

func (s *splitter) expectEnd() {
	if s.skipSpace(); !s.atEnd() {
		s.add(broken(frame.NotJSON, "unexpected data after the array"))
	}
}

func (s *splitter) add(m Message) {
	if len(s.messages) == s.limit {
		s.overflown = true
		return
	}
	s.messages = append(s.messages, m)
}

func object(raw []byte) Message {
	if raw[0] != '{' {
		return broken(frame.WrongType, "expected a JSON object")
	}
	return Message{Raw: raw}
}

func broken(class frame.Class, reason string) Message {
	fault := frame.Faultf(class, "", "%s", reason)
	return Message{Fault: &fault}
}
