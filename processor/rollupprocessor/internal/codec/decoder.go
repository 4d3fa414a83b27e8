package codec

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// Errors of what cannot be read.
var (
	ErrShort = errors.New("it is cut off")
	ErrShape = errors.New("it is not what this program writes")
)

// Decoder reads what an Encoder wrote, and survives what it did not. After the first error it reads nothing but zeros. It
// never makes room for more than what the bytes hold.
type Decoder struct {
	rest  []byte
	next  func() ([]byte, error) // nil: there is only one shard
	err   error
	words []string
}

// NewDecoder reads the shards that next returns; after the last it returns nil.
func NewDecoder(next func() ([]byte, error)) *Decoder {
	d := &Decoder{next: next}
	d.Cut()
	return d
}

// Of reads one shard.
func Of(shard []byte) *Decoder { return &Decoder{rest: shard} }

// Cut goes on to the next shard where this one is over.
func (d *Decoder) Cut() {
	if len(d.rest) > 0 || d.err != nil || d.next == nil {
		return
	}
	shard, err := d.next()
	if err != nil {
		d.Fail(err)
		return
	}
	d.rest = shard
}

// OK says whether all that was read so far is what was written.
func (d *Decoder) OK() bool { return d.err == nil }

// Err is the first error.
func (d *Decoder) Err() error { return d.err }

// Done says whether nothing is left of the shard.
func (d *Decoder) Done() bool { return len(d.rest) == 0 }

// Close returns the first error; that something is left is one.
func (d *Decoder) Close() error {
	d.Cut()
	if !d.Done() {
		d.Fail(ErrShape)
	}
	return d.err
}

// Fail makes err the first error if there was none.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = nil
}

// Uint reads what Encoder.Uint wrote.
func (d *Decoder) Uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.Fail(ErrShort)
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// Int reads what Encoder.Int wrote.
func (d *Decoder) Int() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.Fail(ErrShort)
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// Len reads a number of things that are all in this shard, of which each has a byte at least.
func (d *Decoder) Len() int {
	n := d.Uint()
	if n > uint64(len(d.rest)) {
		d.Fail(ErrShort)
		return 0
	}
	return int(n)
}

// Many reads a number of things that may go on in other shards. Whoever reads them stops when OK does not hold.
func (d *Decoder) Many() int {
	n := d.Uint()
	if n > math.MaxInt32 {
		d.Fail(ErrShape)
		return 0
	}
	return int(n)
}

// Fixed reads what Encoder.Fixed wrote.
func (d *Decoder) Fixed() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Float reads what Encoder.Float wrote.
func (d *Decoder) Float() float64 { return math.Float64frombits(d.Fixed()) }

// Bool reads what Encoder.Bool wrote.
func (d *Decoder) Bool() bool {
	b := d.take(1)
	if b != nil && b[0] > 1 {
		d.Fail(ErrShape)
	}
	return b != nil && b[0] == 1
}

// Time reads what Encoder.Time wrote.
func (d *Decoder) Time() time.Time {
	n := d.Int()
	if n == math.MinInt64 || d.err != nil {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Text reads what Encoder.Text wrote.
func (d *Decoder) Text() string { return string(d.take(d.Len())) }

// Bytes reads what Encoder.Bytes wrote. They are part of the shard.
func (d *Decoder) Bytes() []byte { return d.take(d.Len()) }

// Word reads what Encoder.Word wrote. Equal words share their memory.
func (d *Decoder) Word() string {
	n := d.Uint()
	switch {
	case n > uint64(len(d.words)):
		d.Fail(ErrShape)
		return ""
	case n > 0:
		return d.words[n-1]
	}
	s := d.Text()
	if len(d.words) < maxWords && d.OK() {
		d.words = append(d.words, s)
	}
	return s
}

func (d *Decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.Fail(ErrShort)
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}
