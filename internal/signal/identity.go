package signal

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// trace is where the spans of one call are. All its ids follow from what the call is, so that what is sent again, by any
// collector, is the same span again.
type trace struct {
	id     pcommon.TraceID
	parent pcommon.SpanID // of the root; zero: it has none
	call   [sha256.Size]byte
}

// trace is the bot's where it named one, else the call's own.
func (p *Producer) trace(key call.Key, at call.TraceContext) trace {
	t := trace{call: callDigest(p.settings.Service, key.Tenant, key.ID), parent: at.Parent.SpanID, id: at.Parent.TraceID}
	if t.id.IsEmpty() {
		t.id = pcommon.TraceID(nonZero16(t.call[:16]))
	}
	return t
}

// callDigest tells calls apart: the length before each part keeps a\x00b, c from being a, b\x00c.
func callDigest(parts ...string) [sha256.Size]byte {
	var text []byte
	for _, part := range parts {
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}

// nonZero16 is a digest as an id: one of zeros is none.
func nonZero16(digest []byte) (id [16]byte) {
	copy(id[:], digest)
	if id == [16]byte{} {
		id[15] = 1
	}
	return id
}

func (t *trace) root() pcommon.SpanID { return t.span(semconv.SpanCall, 0, 0) }

func (t *trace) turn(number int) pcommon.SpanID { return t.span(semconv.SpanTurn, uint64(number), 0) }

func (t *trace) operation(id frame.ID, sequence int) pcommon.SpanID {
	return t.span("operation", uint64(id), uint64(sequence))
}

// span is the id of a span. The call is part of it because a bot's trace may hold several.
func (t *trace) span(what string, one, two uint64) pcommon.SpanID {
	text := make([]byte, 0, 128)
	text = append(text, t.id[:]...)
	text = append(text, t.call[:]...)
	text = binary.BigEndian.AppendUint64(text, one)
	text = binary.BigEndian.AppendUint64(text, two)
	text = append(text, what...)
	return pcommon.SpanID(binary.BigEndian.AppendUint64(nil, max(xxhash.Sum64(text), 1)))
}
