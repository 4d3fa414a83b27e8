package call

import (
	"encoding/binary"
	"math"
	"math/bits"
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

// listed is how many usages a summary lists one by one: a call of an hour has a thousand. A list takes memory in every signal
// that has it.
const listed = 20_000

// list is all that was added, in order, or, beyond listed, in sums.
func (l *ledger) list() []TimedUsage {
	if l.count > listed {
		return l.sums()
	}
	list := make([]TimedUsage, l.count)
	in := reader{log: l.log}
	for i := range list {
		list[i] = in.entry(l.origins)
	}
	return list
}

// sums adds up what has the same price in all likelihood: the same use on the same day, of requests of about the same size.
// That is what a call has to put up with that reports more than any call does.
func (l *ledger) sums() []TimedUsage {
	type alike struct {
		usage Usage
		size  int
		day   int64
	}
	var list []TimedUsage
	at := map[alike]int{}
	in := reader{log: l.log}
	for range l.count {
		u := in.entry(l.origins)
		key := alike{usage: u.Usage, size: bits.Len64(uint64(u.Request)), day: u.Time.Unix() / secondsOfDay}
		key.usage.Amount, key.usage.Request = 0, 0
		i, known := at[key]
		if !known {
			at[key] = len(list)
			list = append(list, u)
			continue
		}
		list[i].Amount = onPaper(list[i].Amount + u.Amount)
	}
	return list
}

const secondsOfDay = 24 * 60 * 60

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
