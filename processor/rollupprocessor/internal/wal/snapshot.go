package wal

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// pending is a snapshot that is being written.
type pending struct {
	head   head
	shards [][]byte
	done   int   // shards that are written
	burden int64 // of the log that it replaces
}

// Due says that the log has grown so far that a snapshot is worth what it costs.
func (l *Log) Due() bool {
	return l.known && !l.Busy() && l.burden > max(minLog, l.head.size, l.retry)
}

// Grown says whether anything was appended since the snapshot that holds.
func (l *Log) Grown() bool {
	generation, n := l.chains.next()
	return !l.known || n > 0 || generation != l.head.generation
}

// Busy says that a snapshot is being written, or that what it has replaced is being deleted: Step goes on with it.
func (l *Log) Busy() bool { return l.pending != nil || len(l.stale) > 0 }

// Begin begins a snapshot of the state as it is after all that was appended, unless one is being written. Each shard has SealSize
// free bytes at its start. After an error nothing has begun.
func (l *Log) Begin(ctx context.Context, shards [][]byte) error {
	if err := l.turn(ctx); err != nil {
		return err
	}
	next := head{generation: l.chains.last(), oldest: l.chains.first, shards: len(shards)}
	for _, s := range l.stale {
		next.oldest = min(next.oldest, s.generation)
	}
	for n, shard := range shards {
		next.size += int64(len(seal(shard, aShard, next.generation, n)))
	}
	l.pending = &pending{head: next, shards: shards, burden: l.burden}
	return nil
}

// turn lets the log go on in a new generation. That begins with an empty record: by it the generations are known to go on,
// whichever of them have others.
func (l *Log) turn(ctx context.Context) error {
	if !l.known {
		l.chains = newChains(l.chains.last() + 1)
		return nil
	}
	generation := l.chains.last() + 1
	ops := []*storage.Operation{storage.SetOperation(recordKey(generation, 0), seal(make([]byte, SealSize), aRecord, generation, 0))}
	if l.unsure {
		ops = append(ops, storage.DeleteOperation(recordKey(l.chains.next())))
	}
	if err := l.client.Batch(ctx, ops...); err != nil {
		l.retry = l.burden + minRetry
		return err
	}
	l.unsure = false
	l.chains.sizes = append(l.chains.sizes, 1)
	return nil
}

// Step writes the next shard, or switches the head, or deletes some of what is replaced. A shard that cannot be written ends
// the snapshot: what there is of it makes room again, and the next one is due later. It is true when a new snapshot holds.
func (l *Log) Step(ctx context.Context) (bool, error) {
	p := l.pending
	switch {
	case p == nil:
		return false, l.sweep(ctx)
	case p.done < len(p.shards):
		return false, l.writeShard(ctx, p)
	}
	err := l.switchHead(ctx, p)
	return err == nil, err
}

func (l *Log) writeShard(ctx context.Context, p *pending) error {
	err := l.client.Batch(ctx, storage.SetOperation(shardKey(p.head.generation, p.done), p.shards[p.done]))
	if err != nil {
		l.pending = nil
		l.retry = l.burden + max(minRetry, l.burden/4)
		l.stale = append(l.stale, span{shardKey, p.head.generation, p.done + 1})
		return err
	}
	p.shards[p.done] = nil
	p.done++
	return nil
}

// switchHead makes the snapshot the one that holds. Where the answer is an error it may hold all the same: so both remain as
// they are, and it is tried again.
func (l *Log) switchHead(ctx context.Context, p *pending) error {
	value := encodeHead(p.head)
	if err := l.client.Batch(ctx, storage.SetOperation(headKey, value), storage.SetOperation(copyKey, value)); err != nil {
		return err
	}
	if l.known {
		l.replace()
	}
	l.head, l.known, l.pending = p.head, true, nil
	l.burden, l.retry = l.burden-p.burden, 0
	return nil
}

// replace makes stale what was before the last generation.
func (l *Log) replace() {
	l.stale = append(l.stale, span{shardKey, l.head.generation, l.head.shards})
	replaced := len(l.chains.sizes) - 1
	for i, n := range l.chains.sizes[:replaced] {
		l.stale = append(l.stale, span{recordKey, l.chains.first + uint64(i), n})
	}
	l.chains = chains{first: l.chains.last(), sizes: l.chains.sizes[replaced:]}
}
