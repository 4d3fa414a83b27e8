package rollupprocessor

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
)

// event is what can happen to a state. A record of the log is events, in the order in which they happened: whoever lets them
// happen again to the state of the snapshot has the state.
type event byte

const (
	requestTaken  event = iota + 1 // with its metrics, as OTLP
	flushWritten                   // whether or not it left
	lastFlushed                    // one that did not wait for the clock
	flushAccepted                  // the last one
)

// Bytes of an event without metrics, at most.
const eventSize = 1 + binary.MaxVarintLen64

func appendEvent(record []byte, what event, at time.Time) []byte {
	return binary.AppendVarint(append(record, byte(what)), at.UnixNano())
}

func appendRequest(record []byte, at time.Time, wire []byte) []byte {
	record = binary.AppendUvarint(appendEvent(record, requestTaken, at), uint64(len(wire)))
	return append(record, wire...)
}

var (
	marshaler   pmetric.ProtoMarshaler
	unmarshaler pmetric.ProtoUnmarshaler
)

// replay lets the events of a record happen again. It returns how much flushes had to do.
func (in *intake) replay(record []byte) (burden int64, err error) {
	d := codec.Of(record)
	for d.OK() && !d.Done() {
		what, at := event(d.Uint()), d.Time()
		switch what {
		case requestTaken:
			err = in.replayRequest(d.Bytes(), at)
		case flushWritten, lastFlushed:
			burden += in.flushBurden()
			in.passFlush(at, what == lastFlushed)
		case flushAccepted:
			in.store.Accepted()
		default:
			err = codec.ErrShape
		}
		if err != nil {
			return burden, err
		}
	}
	return burden, d.Err()
}

func (in *intake) replayRequest(wire []byte, at time.Time) error {
	md, err := unmarshaler.UnmarshalMetrics(wire)
	if err != nil {
		return fmt.Errorf("a request in it: %w", err)
	}
	in.take(md, at)
	return nil
}

// flushBurden is how many bytes of requests are replayed in the time that a flush takes.
func (in *intake) flushBurden() int64 { return 2 * int64(in.store.Series()) }
