package dialect

import (
	"bytes"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// scanner finds where JSON values end. It counts brackets and respects strings, no more: whether a value is right
// JSON is for its decoder to say. Work is linear in the value's length.
type scanner struct {
	data     []byte
	pos      int
	maxDepth int
	cutOff   int // how often a value broke off at the end of the data
}

// marks are sets of bytes at which a scan has to look twice; all others it passes over.
type marks [256]bool

func marked(bytes string) (m marks) {
	for _, b := range []byte(bytes) {
		m[b] = true
	}
	return m
}

var (
	inNested = marked(`{}[]"NI-`)
	inText   = marked("\"\\\n")
	afterAll = marked(" \t\r\n,]}{[\"") // end a number or literal
)

// pass moves to the next byte of the set, or to the end.
func (s *scanner) pass(until *marks) {
	for s.pos < len(s.data) && !until[s.data[s.pos]] {
		s.pos++
	}
}

func (s *scanner) atEnd() bool { return s.pos >= len(s.data) }

// peek is the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.atEnd() {
		return 0
	}
	return s.data[s.pos]
}

func (s *scanner) skipSpace() {
	for !s.atEnd() {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) skipLine() {
	if end := bytes.IndexByte(s.data[s.pos:], '\n'); end >= 0 {
		s.pos += end + 1
		return
	}
	s.pos = len(s.data)
}

// value moves behind the value that starts here.
func (s *scanner) value() *frame.Fault {
	switch s.peek() {
	case '{', '[':
		return s.nested()
	case '"':
		return s.text()
	default:
		return s.word()
	}
}

// nested moves behind the object or array that starts here.
func (s *scanner) nested() *frame.Fault {
	depth := 0
	for s.pass(&inNested); !s.atEnd(); s.pass(&inNested) {
		switch s.data[s.pos] {
		case '{', '[':
			if depth++; depth > s.maxDepth {
				return fault(frame.TooDeep, "nested deeper than %d levels", s.maxDepth)
			}
			s.pos++
		case '}', ']':
			s.pos++
			if depth--; depth == 0 {
				return nil
			}
		case '"':
			if f := s.text(); f != nil {
				return f
			}
		default: // N, I or -
			s.blankNonFinite()
			s.pos++
		}
	}
	s.cutOff++
	return fault(frame.NotJSON, "the message breaks off before its end")
}

// text moves behind the string that starts here. A raw newline cannot stand in one, which is how a string that is
// not closed is found on its own line.
func (s *scanner) text() *frame.Fault {
	s.pos++
	for s.pass(&inText); !s.atEnd(); s.pass(&inText) {
		switch s.data[s.pos] {
		case '"':
			s.pos++
			return nil
		case '\\':
			if s.pos++; s.peek() == '\n' {
				return fault(frame.NotJSON, "a string is not closed before the end of its line")
			}
			s.pos++
		case '\n':
			return fault(frame.NotJSON, "a string is not closed before the end of its line")
		}
	}
	s.cutOff++
	return fault(frame.NotJSON, "the message breaks off inside a string")
}

// word moves behind the number or literal that starts here.
func (s *scanner) word() *frame.Fault {
	start := s.pos
	s.pass(&afterAll)
	if s.pos == start {
		return fault(frame.NotJSON, "expected a JSON value")
	}
	return nil
}

var nonFinite = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

// blankNonFinite overwrites a NaN or Infinity that stands here with an empty string and spaces.
func (s *scanner) blankNonFinite() {
	for _, word := range nonFinite {
		if bytes.HasPrefix(s.data[s.pos:], word) {
			for i := range word {
				s.data[s.pos+i] = ' '
			}
			s.data[s.pos], s.data[s.pos+1] = '"', '"'
			s.pos++ // stand on the closing quote
			return
		}
	}
}

func fault(class frame.Class, format string, args ...any) *frame.Fault {
	f := frame.Faultf(class, "", format, args...)
	return &f
}
