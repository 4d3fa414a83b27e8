package costprocessor

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// A stored shard is the version of its format, a checksum of what follows, and its counters one after the other. Kinds and
// reasons are stored by name, for their numbers are nobody's promise.
const (
	stateVersion = 1
	stateHeader  = 1 + 4
)

// Errors of a shard that cannot be read.
var (
	errStateVersion  = errors.New("its format is of another version of this program, or another program's")
	errStateChecksum = errors.New("its checksum is wrong")
	errStateShape    = errors.New("it is not what this program writes")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeShard(shard map[counterKey]*counter) []byte {
	e := encoder{buf: make([]byte, stateHeader, stateHeader+len(shard)*128)}
	e.number(len(shard))
	for key, c := range shard {
		e.counter(key, c)
	}
	return e.sealed()
}

type encoder struct{ buf []byte }

// sealed is all that was encoded, with its header.
func (e *encoder) sealed() []byte {
	e.buf[0] = stateVersion
	binary.LittleEndian.PutUint32(e.buf[1:], crc32.Checksum(e.buf[stateHeader:], castagnoli))
	return e.buf
}

func (e *encoder) counter(key counterKey, c *counter) {
	e.fixed(key.source)
	e.fixed(key.stream)
	e.fixed(uint64(key.start))
	e.fixed(uint64(c.seen))
	e.number(len(c.marks))
	for _, m := range c.marks {
		mantissa, exponent := m.quantity.Parts()
		e.number(int(m.slot))
		e.fixed(uint64(m.start))
		e.fixed(uint64(m.at))
		e.buf = binary.AppendUvarint(e.buf, mantissa)
		e.buf = binary.AppendVarint(e.buf, int64(exponent))
	}
	e.number(len(c.accounts))
	for i := range c.accounts {
		e.account(&c.accounts[i])
	}
}

func (e *encoder) account(a *account) {
	nameless := 0
	if a.nameless {
		nameless = 1
	}
	e.text(a.kind.String())
	e.text(a.reason.String())
	e.text(doubtReasons[a.doubt])
	e.number(nameless)
	for _, text := range []string{a.provider, a.costType, a.version, a.basis} {
		e.text(text)
	}
	e.fixed(uint64(a.at))
	sum, lost := a.billed.Parts()
	e.fixed(math.Float64bits(sum))
	e.fixed(math.Float64bits(lost))
}

func (e *encoder) fixed(n uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, n) }
func (e *encoder) number(n int)   { e.buf = binary.AppendUvarint(e.buf, uint64(n)) }

func (e *encoder) text(s string) {
	e.number(len(s))
	e.buf = append(e.buf, s...)
}

// stateReader reads shards. Words are shared among all that it reads.
type stateReader struct{ words map[string]string }

// shard returns the counters of a stored shard.
func (r *stateReader) shard(value []byte) (map[counterKey]*counter, error) {
	switch {
	case len(value) < stateHeader || value[0] != stateVersion:
		return nil, errStateVersion
	case binary.LittleEndian.Uint32(value[1:]) != crc32.Checksum(value[stateHeader:], castagnoli):
		return nil, errStateChecksum
	}
	d := decoder{rest: value[stateHeader:], words: r.words}
	shard := map[counterKey]*counter{}
	for range d.length() {
		key, c := d.counter()
		shard[key] = c
	}
	if d.failed || len(d.rest) > 0 {
		return nil, errStateShape
	}
	return shard, nil
}

// decoder reads what encoder writes. After the first thing that is wrong it reads nothing but zeros.
type decoder struct {
	rest   []byte
	words  map[string]string
	failed bool
}

func (d *decoder) counter() (counterKey, *counter) {
	key := counterKey{source: d.fixed(), stream: d.fixed(), start: pcommon.Timestamp(d.fixed())}
	c := &counter{seen: int64(d.fixed())}
	for range d.length() {
		c.marks = append(c.marks, d.mark())
	}
	for range d.length() {
		c.accounts = append(c.accounts, d.account())
	}
	return key, c
}

func (d *decoder) mark() mark {
	m := mark{slot: uint8(d.number()), start: pcommon.Timestamp(d.fixed()), at: int64(d.fixed())}
	mantissa := d.number()
	exponent, n := binary.Varint(d.rest)
	d.skip(n)
	quantity, ok := pricing.QuantityOf(mantissa, int(exponent))
	d.failed = d.failed || !ok
	m.quantity = quantity
	return m
}

func (d *decoder) account() account {
	a := account{label: label{kind: d.kind(), reason: d.reason()}, doubt: d.doubt()}
	a.nameless = d.number() == 1
	a.provider, a.costType, a.version, a.basis = d.text(), d.text(), d.text(), d.text()
	a.at = int64(d.fixed())
	total, lost := math.Float64frombits(d.fixed()), math.Float64frombits(d.fixed())
	d.failed = d.failed || math.IsNaN(total-total) || math.IsNaN(lost-lost)
	a.billed = sum.Of(total, lost)
	return a
}

func (d *decoder) kind() pricing.Kind {
	name := d.text()
	kind, known := pricing.KindNamed(name)
	d.failed = d.failed || !known && name != pricing.Unknown.String()
	return kind
}

func (d *decoder) reason() pricing.Reason {
	name := d.text()
	for reason := range pricing.Reasons {
		if reason.String() == name {
			return reason
		}
	}
	d.failed = true
	return pricing.Priced
}

func (d *decoder) doubt() doubt {
	name := d.text()
	for what, of := range doubtReasons {
		if of == name {
			return doubt(what)
		}
	}
	d.failed = true
	return exact
}

func (d *decoder) fixed() uint64 {
	const size = 8
	if len(d.rest) < size {
		d.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	d.skip(size)
	return n
}

// skip passes over a number of so many bytes, which is none if they are not more than 0.
func (d *decoder) skip(size int) {
	if size <= 0 {
		d.fail()
		return
	}
	d.rest = d.rest[size:]
}

// length is how many things follow, each of which has at least a byte.
func (d *decoder) length() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.length()
	if n == 0 {
		return ""
	}
	word, known := d.words[string(d.rest[:n])]
	if !known {
		word = string(d.rest[:n])
		d.words[word] = word
	}
	d.rest = d.rest[n:]
	return word
}

func (d *decoder) fail() {
	d.failed = true
	d.rest = nil
}
