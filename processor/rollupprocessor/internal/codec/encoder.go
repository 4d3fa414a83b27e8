// Package codec writes what is kept on disk, value after value, and reads it again. What is written has no field names and no
// types: reader and writer agree by their code, and a change of either is a new version of the format.
//
// It is written in shards, so that nobody has to hold or write all of it at once. Cut says where one may end.
package codec

import (
	"encoding/binary"
	"math"
	"time"
)

// maxWords is how many words are written once and named by their number from then on.
const maxWords = 1 << 16

// Encoder collects values in shards.
type Encoder struct {
	buf    []byte
	shards [][]byte
	room   int // that is left free at the start of each shard
	size   int // of a shard, about
	words  map[string]uint64
}

// NewEncoder makes shards of about size bytes, each with room for something before it.
func NewEncoder(room, size int) *Encoder {
	e := &Encoder{room: room, size: size, words: make(map[string]uint64)}
	e.begin()
	return e
}

func (e *Encoder) begin() { e.buf = make([]byte, e.room, e.room+e.size+e.size/8) }

// Cut ends the shard if it is large enough. The reader cuts in the same places.
func (e *Encoder) Cut() {
	if len(e.buf)-e.room >= e.size {
		e.shards = append(e.shards, e.buf)
		e.begin()
	}
}

// Shards are all shards. Nothing may be written after.
func (e *Encoder) Shards() [][]byte {
	if len(e.buf) > e.room {
		e.shards = append(e.shards, e.buf)
	}
	return e.shards
}

// Uint writes a number of any size in few bytes if it is small.
func (e *Encoder) Uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

// Int writes a number of any size in few bytes if it is near zero.
func (e *Encoder) Int(n int64) { e.buf = binary.AppendVarint(e.buf, n) }

// Len writes a number of things.
func (e *Encoder) Len(n int) { e.Uint(uint64(n)) }

// Fixed writes a number that is mostly large.
func (e *Encoder) Fixed(n uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, n) }

// Float writes a number bit by bit.
func (e *Encoder) Float(v float64) { e.Fixed(math.Float64bits(v)) }

// Bool writes a yes or no.
func (e *Encoder) Bool(b bool) {
	if b {
		e.buf = append(e.buf, 1)
	} else {
		e.buf = append(e.buf, 0)
	}
}

// Time writes a moment to the nanosecond, of the years that a count of nanoseconds has; without its zone.
func (e *Encoder) Time(t time.Time) {
	if t.IsZero() {
		e.Int(math.MinInt64)
		return
	}
	e.Int(t.UnixNano())
}

// Text writes a text that comes once.
func (e *Encoder) Text(s string) {
	e.Len(len(s))
	e.buf = append(e.buf, s...)
}

// Bytes writes bytes that come once.
func (e *Encoder) Bytes(b []byte) {
	e.Len(len(b))
	e.buf = append(e.buf, b...)
}

// Word writes a text that comes again: from the second time on as a number.
func (e *Encoder) Word(s string) {
	if n, ok := e.words[s]; ok {
		e.Uint(n)
		return
	}
	e.Uint(0)
	e.Text(s)
	if len(e.words) < maxWords {
		e.words[s] = uint64(len(e.words) + 1)
	}
}
