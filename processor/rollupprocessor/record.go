package rollupprocessor

import (
	"encoding/binary"
	"encoding/json"
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
	configured                     // with the settings, as JSON
)

// Bytes of an event that has nothing with it, at most.
const eventSize = 1 + binary.MaxVarintLen64

func appendEvent(record []byte, what event, at time.Time) []byte {
	return binary.AppendVarint(append(record, byte(what)), at.UnixNano())
}

// appendWith appends an event that has something with it.
func appendWith(record []byte, what event, at time.Time, with []byte) []byte {
	record = binary.AppendUvarint(appendEvent(record, what, at), uint64(len(with)))
	return append(record, with...)
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
		case configured:
			err = in.reconfigure(d.Bytes())
		default:
			err = codec.ErrShape
		}
		if err != nil {
			return burden, err
		}
	}
	return burden, d.Err()
}

func (in *intake) reconfigure(settings []byte) error {
	var cfg Config
	if err := json.Unmarshal(settings, &cfg); err != nil {
		return fmt.Errorf("settings in it: %w", err)
	}
	in.configure(&cfg)
	return nil
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
