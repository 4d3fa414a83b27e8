package wal

import (
	"context"
	"errors"
)

// storageError is an error that says nothing about the state.
type storageError struct{ err error }

func (e *storageError) Error() string { return "the stored state cannot be read: " + e.err.Error() }

func (e *storageError) Unwrap() error { return e.err }

// Restore hands over the shards of the snapshot by way of next, which returns nil after the last, and then each record. The
// error is a *Damage where the state cannot be used: SetAside comes next. Any other is the storage's.
func (l *Log) Restore(ctx context.Context, snapshot func(next func() ([]byte, error)) error, record func([]byte) error) error {
	if l.broken != nil {
		return l.broken
	}
	s := shards{log: l, ctx: ctx}
	if err := snapshot(s.next); err != nil {
		return damaged(shardKey(l.head.generation, max(0, s.n-1)), err)
	}
	if err := l.replayAll(ctx, record); err != nil {
		return err
	}
	return l.findStale(ctx)
}

// damaged tells damage from errors of the storage.
func damaged(key string, err error) error {
	var storage *storageError
	var damage *Damage
	switch {
	case errors.As(err, &storage):
		return storage
	case errors.As(err, &damage):
		return damage
	default:
		return &Damage{Key: key, Err: err}
	}
}

// shards reads a snapshot, one shard after another.
type shards struct {
	log *Log
	ctx context.Context
	n   int
}

func (s *shards) next() ([]byte, error) {
	h := s.log.head
	if s.n == h.shards {
		return nil, nil
	}
	n := s.n
	s.n++
	values, err := s.log.client.get(s.ctx, shardKey(h.generation, n))
	if err != nil {
		return nil, &storageError{err}
	}
	return unseal(values[0], aShard, h.generation, n)
}

// replayAll goes through the log. The generation of the snapshot may have no record; each that follows has one at least.
func (l *Log) replayAll(ctx context.Context, record func([]byte) error) error {
	for generation := l.head.generation; ; generation++ {
		n, err := l.replay(ctx, generation, record)
		switch {
		case err != nil:
			return err
		case generation == l.head.generation:
			l.chains.sizes = []int{n}
		case n == 0:
			return nil
		default:
			l.chains.sizes = append(l.chains.sizes, n)
		}
	}
}

// replay goes through the records of one generation and returns how many there are. An empty one only stands at its start.
func (l *Log) replay(ctx context.Context, generation uint64, record func([]byte) error) (int, error) {
	key := func(n int) string { return recordKey(generation, n) }
	return l.client.sequence(ctx, key, func(n int, value []byte) error {
		body, err := unseal(value, aRecord, generation, n)
		if err == nil && len(body) > 0 {
			err = record(body)
		}
		if err != nil {
			return damaged(key(n), err)
		}
		l.burden += int64(len(value))
		return nil
	})
}
