package frame

import (
	"encoding/hex"
	"strings"
)

// Trace is a place in a trace: W3C's traceparent without its flags.
type Trace struct {
	TraceID [16]byte
	SpanID  [8]byte
}

// IsZero says that there is none.
func (t Trace) IsZero() bool { return t == Trace{} }

// maxTraceparent is more than twice what the format takes, for later versions of it; what is longer is not even cut into parts.
const maxTraceparent = 128

// ParseTraceparent reads a W3C traceparent, as in 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. It is false
// where text is none: of another shape, or with an id of zeros.
func ParseTraceparent(text string) (Trace, bool) {
	var t Trace
	if len(text) > maxTraceparent {
		return t, false
	}
	parts := strings.Split(text, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || parts[0] == "00" && len(parts) > 4 {
		return t, false
	}
	ok := decodeID(t.TraceID[:], parts[1]) && decodeID(t.SpanID[:], parts[2])
	if !ok || t.TraceID == [16]byte{} || t.SpanID == [8]byte{} {
		return Trace{}, false
	}
	return t, true
}

func decodeID(into []byte, text string) bool {
	if len(text) != hex.EncodedLen(len(into)) || strings.ToLower(text) != text {
		return false
	}
	_, err := hex.Decode(into, []byte(text))
	return err == nil
}
