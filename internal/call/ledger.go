package call

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ledger keeps a call's usage until its summary. Sources repeat from entry to entry and are kept once, which makes an
// entry 48 bytes; a call of an hour has a few thousand.
type ledger struct {
	sources []frame.Source
	entries []entry
}

type entry struct {
	at       int64 // Unix nanoseconds
	frame    frame.ID
	amount   float64
	request  int64
	source   uint32
	quantity Quantity
	leaf     frame.Leaf
	paired   bool
}

// searched bounds the search for a known source: a call has a handful, and one that names thousands is not let to make
// each entry cost a long search.
const searched = 32

func (l *ledger) add(u Usage, at time.Time, id frame.ID) {
	l.entries = append(l.entries, entry{
		at: at.UnixNano(), frame: id, amount: u.Amount, request: u.Request,
		source: l.source(u.Source), quantity: u.Quantity, leaf: u.Leaf, paired: u.Paired,
	})
}

func (l *ledger) source(source frame.Source) uint32 {
	for i := len(l.sources) - 1; i >= max(0, len(l.sources)-searched); i-- {
		if l.sources[i] == source {
			return uint32(i)
		}
	}
	l.sources = append(l.sources, source)
	return uint32(len(l.sources) - 1)
}

func (l *ledger) list() []TimedUsage {
	list := make([]TimedUsage, len(l.entries))
	for i, e := range l.entries {
		list[i] = TimedUsage{
			Usage: Usage{
				Source: l.sources[e.source], Quantity: e.quantity, Leaf: e.leaf,
				Amount: e.amount, Request: e.request, Paired: e.paired,
			},
			Time:    time.Unix(0, e.at).UTC(),
			FrameID: e.frame,
		}
	}
	return list
}
