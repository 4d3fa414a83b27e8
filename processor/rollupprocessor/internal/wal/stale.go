package wal

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// span is the keys of one generation that are to be deleted, from the last to the first: what is left after a crash still
// begins with the first.
type span struct {
	key        func(generation uint64, n int) string
	generation uint64
	n          int
}

// sweepAtOnce is how many keys one write deletes, so that records do not wait long behind it.
const sweepAtOnce = 256

// sweep deletes some of what is stale.
func (l *Log) sweep(ctx context.Context) error {
	if len(l.stale) == 0 {
		return nil
	}
	s := &l.stale[len(l.stale)-1]
	ops := make([]*storage.Operation, 0, min(s.n, sweepAtOnce))
	for n := s.n - 1; n >= max(0, s.n-sweepAtOnce); n-- {
		ops = append(ops, storage.DeleteOperation(s.key(s.generation, n)))
	}
	if err := l.client.Batch(ctx, ops...); err != nil {
		return err
	}
	if s.n -= len(ops); s.n == 0 {
		l.stale = l.stale[:len(l.stale)-1]
	}
	return nil
}

// findStale looks for what a crash has left: what the head has replaced, and parts of snapshots that were not completed.
func (l *Log) findStale(ctx context.Context) error {
	for generation := l.head.oldest; generation <= l.chains.last()+1; generation++ {
		if generation == l.head.generation {
			continue
		}
		if err := l.find(ctx, shardKey, generation); err != nil {
			return err
		}
		if generation > l.head.generation {
			continue
		}
		if err := l.find(ctx, recordKey, generation); err != nil {
			return err
		}
	}
	return nil
}

// findAll looks for all that belongs to a head.
func (l *Log) findAll(ctx context.Context, h head) error {
	for generation, found := h.oldest, true; found || generation <= h.generation+1; generation++ {
		before := len(l.stale)
		if err := l.find(ctx, shardKey, generation); err != nil {
			return err
		}
		if err := l.find(ctx, recordKey, generation); err != nil {
			return err
		}
		found = len(l.stale) > before
	}
	return nil
}

// find makes stale what there is of one generation.
func (l *Log) find(ctx context.Context, key func(uint64, int) string, generation uint64) error {
	n, err := l.count(ctx, key, generation)
	if n > 0 {
		l.stale = append(l.stale, span{key, generation, n})
	}
	return err
}

// count is how many keys there are from the first on, found by doubling and halving: values are large.
func (l *Log) count(ctx context.Context, key func(uint64, int) string, generation uint64) (int, error) {
	there, gone := 0, 1 // key there-1 is there, key gone-1 is not
	for {
		found, err := l.has(ctx, key(generation, gone-1))
		if err != nil {
			return 0, err
		}
		if !found {
			break
		}
		there, gone = gone, 2*gone
	}
	for gone-there > 1 {
		middle := (there + gone) / 2
		found, err := l.has(ctx, key(generation, middle-1))
		if err != nil {
			return 0, err
		}
		if found {
			there = middle
		} else {
			gone = middle
		}
	}
	return there, nil
}

func (l *Log) has(ctx context.Context, key string) (bool, error) {
	values, err := l.client.get(ctx, key)
	if err != nil {
		return false, &storageError{err}
	}
	return values[0] != nil, nil
}
