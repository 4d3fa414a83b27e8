package costprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// The keys of stored counters, by shard, and where what cannot be read of them goes.
const (
	counterPrefix = "counters/"
	damagedPrefix = "damaged/"
)

// shelf keeps the counters in a storage, so that what was billed stays billed over a restart, whatever prices are then.
// Without a storage it does nothing.
type shelf struct {
	counters  *counters
	logger    *zap.Logger
	telemetry *telemetry

	// mu is held while something is written, so that of two states of a shard the later one stays.
	mu     sync.Mutex
	client storage.Client
	broken bool // the last write failed
}

// open takes the counters out of the storage. It comes before the first request.
func (s *shelf) open(ctx context.Context, client storage.Client) error {
	s.client = client
	s.counters.dirty = map[int]struct{}{}
	// Between two starts the book may have become another.
	s.counters.all = true
	const atOnce = 256
	for first := 0; first < counterShards; first += atOnce {
		if err := s.load(ctx, first, first+atOnce); err != nil {
			return fmt.Errorf("storage: the counters in it cannot be read: %w", err)
		}
	}
	return nil
}

func (s *shelf) load(ctx context.Context, from, to int) error {
	ops := make([]*storage.Operation, 0, to-from)
	for shard := from; shard < to; shard++ {
		ops = append(ops, storage.GetOperation(shardKey(shard)))
	}
	if err := s.client.Batch(ctx, ops...); err != nil {
		return err
	}
	reader := stateReader{words: map[string]string{}}
	for i, op := range ops {
		if op.Value == nil {
			continue
		}
		counters, err := reader.shard(op.Value)
		if err == nil {
			err = s.counters.restore(from+i, counters)
		}
		if err != nil {
			if err := s.setAside(ctx, op, err); err != nil {
				return err
			}
		}
	}
	return nil
}

var errStatePlace = errors.New("it has counters that belong elsewhere")

// restore takes back the counters of a shard.
func (c *counters) restore(shard int, stored map[counterKey]*counter) error {
	for key := range stored {
		if key.shard() != shard {
			return errStatePlace
		}
	}
	for key, counter := range stored {
		if c.size < c.limit {
			c.put(key, counter)
		}
	}
	return nil
}

// setAside moves what cannot be read out of the way: its counters begin anew, and somebody may look at it.
func (s *shelf) setAside(ctx context.Context, damaged *storage.Operation, reason error) error {
	aside := damagedPrefix + damaged.Key
	s.telemetry.ProcessorCostStorageDamaged.Add(ctx, 1)
	s.logger.Error("Some stored counters cannot be read: they are set aside, and begin anew; where a price has changed since they began, "+
		"their cost is restated", zap.String("key", damaged.Key), zap.String("aside", aside), zap.Error(reason))
	return s.client.Batch(ctx, storage.SetOperation(aside, damaged.Value), storage.DeleteOperation(damaged.Key))
}

func shardKey(shard int) string { return fmt.Sprintf("%s%03x", counterPrefix, shard) }

// save writes what has changed. Of several at once, one writes for all. What fails is written with what comes next: the
// answers go on all the same, and only a restart before that would lose something.
func (s *shelf) save(ctx context.Context) {
	if s.client == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ops, shards := s.counters.take()
	if len(ops) == 0 {
		return
	}
	// A write is of several requests: it does not end with one of them.
	err := s.client.Batch(context.WithoutCancel(ctx), ops...)
	if err != nil {
		s.counters.putBack(shards)
	}
	s.note(ctx, err)
}

// take returns what is to be written, and counts it as written.
func (c *counters) take() (ops []*storage.Operation, shards []int) {
	c.Lock()
	defer c.Unlock()
	for shard := range c.dirty {
		shards = append(shards, shard)
		if len(c.shards[shard]) == 0 {
			ops = append(ops, storage.DeleteOperation(shardKey(shard)))
		} else {
			ops = append(ops, storage.SetOperation(shardKey(shard), encodeShard(c.shards[shard])))
		}
	}
	clear(c.dirty)
	return ops, shards
}

// putBack counts shards as not written.
func (c *counters) putBack(shards []int) {
	c.Lock()
	defer c.Unlock()
	for _, shard := range shards {
		c.soil(shard)
	}
}

// note counts what failed, and says when writing begins to fail and when it works again.
func (s *shelf) note(ctx context.Context, err error) {
	if err != nil {
		s.telemetry.ProcessorCostStorageFailures.Add(ctx, 1)
	}
	switch broken := err != nil; {
	case broken && !s.broken:
		s.logger.Error("Counters cannot be stored, a restart would lose what changed since: check the disk of the storage extension",
			zap.Error(err))
	case !broken && s.broken:
		s.logger.Info("Counters are stored again")
	}
	s.broken = err != nil
}
