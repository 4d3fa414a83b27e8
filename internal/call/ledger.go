package call

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ledger keeps a call's usage until its summary, as bytes: what is said of a report once stands once, differences of time are
// small, and sources and terms repeat from report to report. A turn takes about 80 bytes; a call of an hour has hundreds.
// The log only grows at its end, so that copies of the ledger share it.
type ledger struct {
	origins []origin
	log     []byte
	count   int
	last    report
}

// origin is who used something, and under which terms.
type origin struct {
	source frame.Source
	terms  frame.Terms
}

// report is what the leaves of one report have in common.
type report struct {
	frame   frame.ID
	at      int64 // Unix nanoseconds
	origin  int
	request int64
}

// The first byte of an entry is its quantity and these.
const (
	pairedBit    = 1 << 5
	pricedBit    = 1 << 6
	sameBit      = 1 << 7 // the report is the one before
	quantityMask = pairedBit - 1
)

// searched bounds the search for a known origin: a call has a handful, and one that names thousands is not let to make
// each entry cost a long search.
const searched = 32

// add appends a usage. Amounts of tokens are whole and not negative.
func (l *ledger) add(u *Usage, at time.Time, id frame.ID) {
	said := report{frame: id, at: at.UnixNano(), origin: l.origin(origin{u.Source, u.Terms}), request: u.Request}
	head := byte(u.Quantity) | flag(u.Paired, pairedBit) | flag(u.Priced, pricedBit)
	if l.count > 0 && said == l.last {
		l.log = append(l.log, head|sameBit)
	} else {
		l.log = append(l.log, head)
		l.say(said)
	}
	if u.Quantity == Tokens {
		l.log = append(l.log, byte(u.Leaf))
		l.log = binary.AppendUvarint(l.log, uint64(u.Amount))
	} else {
		l.log = binary.LittleEndian.AppendUint64(l.log, math.Float64bits(u.Amount))
	}
	l.count++
}

func (l *ledger) say(said report) {
	l.log = binary.LittleEndian.AppendUint64(l.log, uint64(said.frame))
	l.log = binary.AppendVarint(l.log, said.at-l.last.at)
	l.log = binary.AppendUvarint(l.log, uint64(said.origin))
	l.log = binary.AppendUvarint(l.log, uint64(said.request))
	l.last = said
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}

func (l *ledger) origin(of origin) int {
	for i := len(l.origins) - 1; i >= max(0, len(l.origins)-searched); i-- {
		if l.origins[i] == of {
			return i
		}
	}
	l.origins = append(l.origins, of)
	return len(l.origins) - 1
}

// list is all that was added, in order.
func (l *ledger) list() []TimedUsage {
	list := make([]TimedUsage, l.count)
	in := reader{log: l.log}
	for i := range list {
		list[i] = in.entry(l.origins)
	}
	return list
}

// reader reads a ledger's log.
type reader struct {
	log  []byte
	last report
}

func (r *reader) entry(origins []origin) TimedUsage {
	head := r.byte()
	if head&sameBit == 0 {
		r.last = report{
			frame: frame.ID(r.fixed()), at: r.last.at + r.varint(), origin: int(r.uvarint()), request: int64(r.uvarint()),
		}
	}
	from := origins[r.last.origin]
	u := Usage{
		Source: from.source, Terms: from.terms, Quantity: Quantity(head & quantityMask), Request: r.last.request,
		Paired: head&pairedBit != 0, Priced: head&pricedBit != 0,
	}
	if u.Quantity == Tokens {
		u.Leaf, u.Amount = frame.Leaf(r.byte()), float64(r.uvarint())
	} else {
		u.Amount = math.Float64frombits(r.fixed())
	}
	return TimedUsage{Usage: u, Time: time.Unix(0, r.last.at).UTC(), FrameID: r.last.frame}
}

func (r *reader) byte() byte {
	b := r.log[0]
	r.log = r.log[1:]
	return b
}

func (r *reader) fixed() uint64 {
	v := binary.LittleEndian.Uint64(r.log)
	r.log = r.log[8:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.log)
	r.log = r.log[n:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.log)
	r.log = r.log[n:]
	return v
}
