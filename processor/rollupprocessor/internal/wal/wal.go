// Package wal keeps a state on disk: a snapshot of it, and a log of what happened since. It knows nothing of what is in them:
// whoever reads the snapshot and goes through the log again has the state.
//
// The storage has keys but cannot list them, so all keys follow from the head:
//
//	head, head/copy           which snapshot holds, of which generation, in how many shards
//	snapshot/<g>/<n>          a shard of the snapshot of generation g
//	log/<g>/<n>               a record of what happened after the snapshot of generation g was taken
//	aside/head                the head of a state that could not be used; its other keys are as they were
//
// When a snapshot is begun, the log goes on in its generation, and its shards are written between the records. When all are
// there, the head is switched, and the snapshot before is deleted with its log. Until then the old one holds, with the
// records of its own generation and of those after it; a snapshot that is given up leaves its part of the log.
package wal

import (
	"context"
	"errors"
	"math/rand/v2"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// minLog is how many bytes a log may have whatever the size of the snapshot, and minRetry how many more it has before a
// snapshot is tried again.
const (
	minLog   = 16 << 20
	minRetry = 1 << 20
)

// ErrEmpty is why a record cannot be appended: there is no snapshot that it could follow.
var ErrEmpty = errors.New("there is no snapshot yet")

// Log is a state on disk. It is not safe for concurrent use.
type Log struct {
	client client
	head   head
	known  bool    // there is a head, and what it stands for can be used
	broken *Damage // there is one, but it cannot be read

	chains chains // of the log, from the head's generation on
	unsure bool   // the last record was not written, or only its answer was lost
	burden int64  // of the log: its bytes, and what else a restart has to do
	retry  int64  // the burden from which on a snapshot is tried again

	pending *pending
	stale   []span // to be deleted
}

// chains is how many records each generation has, from the first on.
type chains struct {
	first uint64
	sizes []int
}

func newChains(first uint64) chains { return chains{first: first, sizes: []int{0}} }

func (c *chains) last() uint64 { return c.first + uint64(len(c.sizes)) - 1 }

// next is the key of the next record, and its place.
func (c *chains) next() (generation uint64, n int) { return c.last(), c.sizes[len(c.sizes)-1] }

func (c *chains) grow() { c.sizes[len(c.sizes)-1]++ }

// Open reads the head. The client is the log's, also where there is an error, and is closed with it.
func Open(ctx context.Context, c storage.Client) (*Log, error) {
	l := &Log{client: client{c}}
	values, err := l.client.get(ctx, headKey, copyKey)
	if err != nil {
		return nil, errors.Join(&storageError{err}, l.client.Close(ctx))
	}
	l.forget()
	l.choose(values[0], values[1])
	return l, nil
}

// forget begins anew, with a generation that no other state is likely to have used.
func (l *Log) forget() {
	*l = Log{client: l.client, chains: newChains(rand.Uint64() >> 1), stale: l.stale}
}

// choose takes the head, or its copy where the head cannot be read.
func (l *Log) choose(value, spare []byte) {
	h, err := decodeHead(value)
	if other, fault := decodeHead(spare); fault == nil && (err != nil || other.generation > h.generation) {
		h, err = other, nil
	}
	switch {
	case err == nil:
		l.head, l.known, l.chains = h, true, newChains(h.generation)
	case value != nil || spare != nil:
		l.broken = &Damage{Key: headKey, Err: err}
	}
}

// Empty says that there is no state: nothing to restore, and nothing can be appended before a snapshot is written.
func (l *Log) Empty() bool { return !l.known && l.broken == nil }

// Append writes a record, which has SealSize free bytes at its start. After an error it is not part of the log: the next one
// takes its place.
func (l *Log) Append(ctx context.Context, record []byte) error {
	if !l.known {
		return ErrEmpty
	}
	generation, n := l.chains.next()
	seal(record, aRecord, generation, n)
	if err := l.client.Batch(ctx, storage.SetOperation(recordKey(generation, n), record)); err != nil {
		l.unsure = true
		return err
	}
	l.unsure = false
	l.chains.grow()
	l.burden += int64(len(record))
	return nil
}

// Burden says that a restart has as much to do for the log as n bytes more would mean.
func (l *Log) Burden(n int64) { l.burden += n }

// Size is how many bytes a restart reads, about.
func (l *Log) Size() int64 { return l.head.size + l.burden }

// SetAside gives up a state that cannot be used. Its head goes to another key, so that somebody can look at it; what was set
// aside before is deleted. Nothing can be appended before there is a snapshot, of a state that begins anew.
func (l *Log) SetAside(ctx context.Context) error {
	values, err := l.client.get(ctx, headKey, copyKey, asideKey)
	if err != nil {
		return err
	}
	if before, err := decodeHead(values[2]); err == nil {
		if err := l.findAll(ctx, before); err != nil {
			return err
		}
	}
	value := values[0]
	if _, err := decodeHead(value); err != nil && values[1] != nil {
		value = values[1]
	}
	err = l.client.Batch(ctx, storage.SetOperation(asideKey, value), storage.DeleteOperation(headKey), storage.DeleteOperation(copyKey))
	if err != nil {
		return err
	}
	l.forget()
	return nil
}

// Close takes back a record of which it is not sure that it was not written, as far as that is possible, and closes the client.
func (l *Log) Close(ctx context.Context) error {
	var err error
	if l.unsure {
		err = l.client.Batch(ctx, storage.DeleteOperation(recordKey(l.chains.next())))
	}
	return errors.Join(err, l.client.Close(ctx))
}
