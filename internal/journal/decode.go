package journal

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// decoder reads what encoder wrote, and survives what it did not. After the first error it reads nothing but zeros. It never
// makes room for more than what the bytes hold.
type decoder struct {
	rest    []byte
	err     error
	moment  time.Time
	sources []frame.Source
	words   map[string]string // that were read before; nil remembers none
}

// maxWords is how many words are remembered: the same few providers, models and functions recur in all calls.
const maxWords = 4096

// record appends what the body of a record says, chunk after chunk. On an error nothing of it holds. The decoder may be used for
// the next record, whatever became of this one.
func (d *decoder) record(entries []Entry, body []byte, key call.Key) ([]Entry, error) {
	d.rest, d.err = body, nil
	before := len(entries)
	for len(d.rest) > 0 {
		entries = d.chunk(entries, key)
	}
	if d.err != nil {
		clear(entries[before:])
		return entries[:before], d.err
	}
	return entries, nil
}

func (d *decoder) chunk(entries []Entry, key call.Key) []Entry {
	d.moment, d.sources = epoch, d.sources[:0]
	n, first := d.count(), len(entries)
	for i := uint64(0); i < n && d.err == nil; i++ {
		switch mask := d.byte(); {
		case mask != isNote:
			entries = append(entries, d.entry(key, mask))
		case len(entries) > first:
			entries[len(entries)-1].Note = d.text()
		default:
			d.fail(errShape)
		}
	}
	return entries
}

func (d *decoder) entry(key call.Key, mask byte) Entry {
	if mask&hasArrival != 0 {
		d.moment = d.time()
	}
	entry := Entry{Arrival: d.moment}
	switch {
	case mask&hasFrame != 0:
		entry.Frame = &frame.Frame{Tenant: key.Tenant, CallID: key.ID}
		d.frame(entry.Frame, mask)
	case mask&^hasArrival != 0:
		d.fail(errShape)
	}
	return entry
}

func (d *decoder) frame(f *frame.Frame, mask byte) {
	if mask&hasID != 0 {
		f.ID = frame.ID(d.fixed64())
	}
	if mask&hasTime != 0 {
		f.Time = d.time()
	}
	if mask&hasTrace != 0 {
		copy(f.Trace.TraceID[:], d.bytes(uint64(len(f.Trace.TraceID))))
		copy(f.Trace.SpanID[:], d.bytes(uint64(len(f.Trace.SpanID))))
	}
	if mask&hasRare != 0 {
		f.Conversation, f.Form = d.text(), d.text()
	}
	if mask&hasSentinels != 0 {
		f.Sentinels = int(d.integer())
	}
	if mask&hasEvents != 0 {
		f.Events = d.events()
	}
}

// events has room for all at once where they are as few as in most frames; more have to prove that they are there.
func (d *decoder) events() []frame.Event {
	const atOnce = 8
	n := d.count()
	events := make([]frame.Event, 0, min(n, atOnce))
	for i := uint64(0); i < n && d.err == nil; i++ {
		events = append(events, d.event())
	}
	return events
}

func (d *decoder) event() frame.Event {
	event := frame.Event{Kind: d.kind()}
	mask := d.unsigned()
	if mask >= eventMasks {
		d.fail(errShape)
		return event
	}
	event.Cut, event.Paired, event.Running = mask&isCut != 0, mask&isPaired != 0, mask&isRunning != 0
	event.Growing, event.Priced, event.Echo = mask&isGrowing != 0, mask&isPriced != 0, mask&isEcho != 0
	if mask&hasSource != 0 {
		event.Source = d.source()
	}
	if mask&hasWhole != 0 {
		event.Value = float64(d.integer())
	}
	if mask&hasValue != 0 {
		event.Value = math.Float64frombits(d.fixed64())
	}
	if mask&hasTokens != 0 {
		d.tokens(&event.Tokens)
	}
	if mask&hasName != 0 {
		event.Name = d.text()
	}
	if mask&hasOutcome != 0 {
		event.Outcome = d.text()
	}
	d.rare(&event, mask)
	return event
}

func (d *decoder) rare(event *frame.Event, mask uint64) {
	if mask&hasTerms != 0 {
		event.Terms = frame.Terms{ServiceTier: d.text(), Region: d.text(), Channels: d.integer()}
	}
	if mask&hasNumber != 0 {
		event.Number = int(d.integer())
	}
	if mask&hasModels != 0 {
		event.Models = d.models()
	}
	if mask&hasBegan != 0 {
		event.Began = d.time()
	}
}

func (d *decoder) models() []frame.Source {
	var models []frame.Source
	n := d.count()
	for i := uint64(0); i < n && d.err == nil; i++ {
		models = append(models, d.source())
	}
	return models
}

func (d *decoder) kind() frame.Kind {
	code := int(d.byte())
	if code >= len(kinds) {
		d.fail(errShape)
		return 0
	}
	return kinds[code]
}

func (d *decoder) source() frame.Source {
	number := d.unsigned()
	if number > uint64(len(d.sources)) {
		d.fail(errShape)
		return frame.Source{}
	}
	if number > 0 {
		return d.sources[number-1]
	}
	source := frame.Source{Stage: frame.Stage(d.text()), Processor: d.text(), Provider: d.text(), Model: d.text()}
	if len(d.sources) < maxSources {
		d.sources = append(d.sources, source)
	}
	return source
}

func (d *decoder) tokens(tokens *frame.Tokens) {
	mask := d.unsigned()
	if mask >= 1<<len(leaves) {
		d.fail(errShape)
		return
	}
	for code, leaf := range leaves {
		if mask&(1<<code) != 0 {
			tokens[leaf] = d.integer()
		}
	}
}

func (d *decoder) time() time.Time {
	seconds := d.moment.Unix() + d.integer()
	var nanos uint32
	if b := d.bytes(4); b != nil {
		nanos = binary.LittleEndian.Uint32(b)
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}

// text returns the same string for the same word, so that the calls share it.
func (d *decoder) text() string {
	b := d.bytes(d.unsigned())
	if known, ok := d.words[string(b)]; ok {
		return known
	}
	word := string(b)
	if d.words != nil && len(d.words) < maxWords {
		d.words[word] = word
	}
	return word
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) fixed64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count is how many parts follow, of which each is a byte at least.
func (d *decoder) count() uint64 {
	n := d.unsigned()
	if n > uint64(len(d.rest)) {
		d.fail(errShort)
		return 0
	}
	return n
}

func (d *decoder) unsigned() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail(errShort)
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) integer() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail(errShort)
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// bytes are the next n, or nil where there are fewer.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.fail(errShort)
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = nil
}
