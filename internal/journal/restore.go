package journal

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// How much is read at once. A read is a transaction of its own in some storages, so that each asks for much; but a record may
// have megabytes, so that the first look at a slot asks for one record only.
const (
	headersAtOnce = 256
	volumesAtOnce = 32
	recordsAtOnce = 256
	growth        = 16
	// plenty is how many bytes may be in the works before slots are read one by one.
	plenty = 16 << 20
)

// Restore hands each call that the journal knows to visit, with all its steps in order. After it the journal is open, and
// Append goes on where the calls stopped. Calls that the visitor does not want are to be forgotten.
//
// What cannot be read costs that call's steps from there on, no more, and is put aside: the error is then Damaged, and the
// journal is open all the same. Any other error is the storage's: the journal is not open, what was visited is not all, and
// Restore may be tried again. The visitor must not use the journal.
func (j *Journal) Restore(ctx context.Context, visit func(Record)) error {
	if !j.queue.unopened() {
		return ErrRestored
	}
	r := restoration{client: j.client, book: newBook(j.book.head), visit: visit}
	r.decoder.words = map[string]string{}
	r.damaged = slices.Clone(j.damaged)
	if err := r.run(ctx); err != nil {
		return fmt.Errorf("the journal of open calls cannot be restored: %w", err)
	}
	j.book = r.book
	j.newest.Store(j.book.generation)
	j.queue.open()
	if len(r.damaged) > 0 {
		return r.damaged
	}
	return nil
}

// lost stands in for a head that is damaged: more slots than a journal has, and generations beyond any that were given. That
// costs Restore time, and no call.
var lost = head{slots: 1 << 17, generation: 1 << 48}

// readHead also looks whether the storage can be read at all.
func (j *Journal) readHead(ctx context.Context) error {
	value, err := j.client.Get(ctx, headKey)
	if err != nil {
		return fmt.Errorf("the journal of open calls cannot be read: %w", err)
	}
	j.book = newBook(head{})
	if value == nil {
		return nil
	}
	known, err := decodeHead(value)
	if err != nil {
		known = lost
		aside := damagedKey(headKey)
		j.damaged = Damaged{{Key: headKey, Aside: []string{aside}, Err: err}}
		err = j.client.Batch(ctx, storage.SetOperation(aside, value), storage.SetOperation(headKey, encodeHead(known)))
	}
	if err != nil {
		return fmt.Errorf("the damaged head of the journal cannot be put aside: %w", err)
	}
	j.book.head = known
	return nil
}

// volume is a slot that has something in it.
type volume struct {
	slot uint32
	header
	next    uint32 // to be read
	records uint32 // that were read and hold
	entries []Entry
	// superseded says that another slot has the same call, of a later generation.
	superseded bool
	// damage is where the call stops; everything from there on is moved aside, at once, so that no later record of the call is
	// followed by one of before.
	damage *Damage
	moves  []*storage.Operation
	read   bool
}

// restoration is a Restore under way.
type restoration struct {
	client  storage.Client
	visit   func(Record)
	book    book
	volumes []*volume
	damaged Damaged
	decoder decoder
}

func (r *restoration) run(ctx context.Context) error {
	if err := r.readHeaders(ctx); err != nil {
		return err
	}
	r.supersede()
	for group := range slices.Chunk(r.volumes, volumesAtOnce) {
		if err := r.readVolumes(ctx, group); err != nil {
			return err
		}
	}
	r.book.layOut()
	return nil
}

// readHeaders finds the slots that are in use. Beyond the last known slot it goes on as long as it finds any.
func (r *restoration) readHeaders(ctx context.Context) error {
	for from := uint32(0); ; from += headersAtOnce {
		before := len(r.volumes)
		if err := r.readSomeHeaders(ctx, from); err != nil {
			return err
		}
		if len(r.volumes) == before && from+headersAtOnce >= r.book.slots {
			return nil
		}
	}
}

func (r *restoration) readSomeHeaders(ctx context.Context, from uint32) error {
	keys := make([]string, headersAtOnce)
	for i := range keys {
		keys[i] = headerKey(from + uint32(i))
	}
	values, err := r.get(ctx, keys)
	for i, value := range values {
		if value.Value != nil {
			r.volumes = append(r.volumes, r.open(from+uint32(i), value.Value))
		}
	}
	return err
}

// get reads many keys at once.
func (r *restoration) get(ctx context.Context, keys []string) ([]*storage.Operation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	together := make([]storage.Operation, len(keys))
	gets := make([]*storage.Operation, len(keys))
	for i, key := range keys {
		together[i] = storage.Operation{Type: storage.Get, Key: key}
		gets[i] = &together[i]
	}
	if err := r.client.Batch(ctx, gets...); err != nil {
		return nil, err
	}
	return gets, nil
}

// open reads a header. One that is damaged is put aside with all of its slot.
func (r *restoration) open(slot uint32, value []byte) *volume {
	known, err := decodeHeader(value)
	v := &volume{slot: slot, header: known}
	if err != nil {
		v.header = header{}
		r.putAside(v, headerKey(slot), value, err)
	}
	r.book.generation = max(r.book.generation, v.generation)
	return v
}

// supersede keeps the later of two slots that claim the same call. A storage that does half of a write can leave the earlier.
func (r *restoration) supersede() {
	latest := map[call.Key]*volume{}
	for _, v := range r.volumes {
		other := latest[v.call]
		switch {
		case v.damage != nil:
		case other == nil:
			latest[v.call] = v
		case other.generation < v.generation:
			other.superseded = true
			latest[v.call] = v
		default:
			v.superseded = true
		}
	}
}

// readVolumes reads a group of slots side by side, in fewer and fewer reads, unless there is too much in them: then one by one.
func (r *restoration) readVolumes(ctx context.Context, group []*volume) error {
	held, records := 0, 1
	for len(group) > 0 {
		some := group
		if held > plenty {
			some = group[:1]
		}
		size, err := r.readOn(ctx, some, records)
		if err != nil {
			return err
		}
		if group, err = r.finish(ctx, group); err != nil {
			return err
		}
		held += size
		records = min(records*growth, recordsAtOnce)
	}
	return nil
}

// readOn reads the next records of slots, and returns how many bytes they have.
func (r *restoration) readOn(ctx context.Context, group []*volume, records int) (size int, err error) {
	keys := make([]string, 0, len(group)*records)
	for _, v := range group {
		for i := range records {
			keys = append(keys, recordKey(v.slot, v.next+uint32(i)))
		}
	}
	values, err := r.get(ctx, keys)
	if err != nil {
		return 0, err
	}
	for i, v := range group {
		for _, got := range values[i*records : (i+1)*records] {
			size += len(got.Value)
			r.turn(v, got.Key, got.Value)
		}
	}
	return size, nil
}

// turn takes the next record of a slot. The records end where there is none, or one of an earlier call.
func (r *restoration) turn(v *volume, key string, value []byte) {
	switch {
	case v.read:
		return
	case value == nil:
		v.read = true
		return
	case v.damage != nil:
		r.putAside(v, key, value, nil)
	default:
		r.decode(v, key, value)
	}
	v.next++
}

func (r *restoration) decode(v *volume, key string, value []byte) {
	body, generation, err := unseal(value)
	if err == nil && generation != v.generation {
		v.read = true
		return
	}
	if err == nil {
		v.entries, err = r.decoder.record(v.entries, body, v.call)
	}
	if err != nil {
		r.putAside(v, key, value, err)
		return
	}
	v.records++
}

func (r *restoration) putAside(v *volume, key string, value []byte, err error) {
	if v.damage == nil {
		v.damage = &Damage{Key: key, Call: v.call, Err: err}
		r.damaged = append(r.damaged, v.damage)
	}
	aside := damagedKey(key)
	v.damage.Aside = append(v.damage.Aside, aside)
	v.moves = append(v.moves, storage.SetOperation(aside, value), storage.DeleteOperation(key))
}

// finish hands over the calls of a group that have been read, and returns the others.
func (r *restoration) finish(ctx context.Context, group []*volume) ([]*volume, error) {
	unread := group[:0]
	for _, v := range group {
		if !v.read {
			unread = append(unread, v)
			continue
		}
		if len(v.moves) > 0 {
			if err := r.client.Batch(ctx, v.moves...); err != nil {
				return nil, err
			}
		}
		r.handOver(v)
	}
	return unread, nil
}

// handOver enters a slot into the book. One that holds no call is swept by the next write.
func (r *restoration) handOver(v *volume) {
	if v.superseded || v.records == 0 {
		r.book.stale[v.slot] = v.next + 1
	} else {
		r.book.calls[v.call] = &place{slot: v.slot, generation: v.generation, since: v.generation, records: v.records}
		r.visit(Record{Call: v.call, Entries: v.entries})
	}
	v.entries, v.moves = nil, nil
}
