package frame

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseTraceparent(t *testing.T) {
	want := Trace{
		TraceID: [16]byte{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36},
		SpanID:  [8]byte{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7},
	}
	for name, test := range map[string]struct {
		text string
		want Trace
	}{
		"sampled":         {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", want},
		"not sampled":     {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", want},
		"later version":   {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", want},
		"more in version": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", Trace{}},
		"forbidden":       {"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Trace{}},
		"upper case":      {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", Trace{}},
		"zero trace":      {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", Trace{}},
		"zero span":       {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", Trace{}},
		"short":           {"00-4bf92f35-00f067aa0ba902b7-01", Trace{}},
		"not hexadecimal": {"00-4bf92f3577b34da6a3ce929d0e0e473z-00f067aa0ba902b7-01", Trace{}},
		"empty":           {"", Trace{}},
		"long":            {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-" + strings.Repeat("m", 72), want},
		"too long":        {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-" + strings.Repeat("m", 73), Trace{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := ParseTraceparent(test.text)
			assert.Equal(t, test.want, got)
			assert.Equal(t, !test.want.IsZero(), ok)
		})
	}
}

// What is no traceparent takes no memory, however many parts it would have.
func TestParseTraceparentOfAnyLength(t *testing.T) {
	text := strings.Repeat("-", 4<<20)
	assert.Zero(t, testing.AllocsPerRun(1, func() { ParseTraceparent(text) }))
}
