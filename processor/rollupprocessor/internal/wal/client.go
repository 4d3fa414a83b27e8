package wal

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// client reads many values at once.
type client struct{ storage.Client }

// get reads many keys at once.
func (c client) get(ctx context.Context, keys ...string) ([][]byte, error) {
	ops := make([]*storage.Operation, len(keys))
	for i, key := range keys {
		ops[i] = storage.GetOperation(key)
	}
	if err := c.Batch(ctx, ops...); err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, op := range ops {
		values[i] = op.Value
	}
	return values, nil
}

// How much is read at once. A read is a transaction of its own in some storages, so that each asks for much; but values may
// have megabytes, so that the first read asks for few.
const (
	fewAtOnce  = 4
	manyAtOnce = 256
	plenty     = 4 << 20 // bytes that a read should return
)

// sequence reads the values of key(0), key(1), … until there is none or visit fails, and returns how many there are.
func (c client) sequence(ctx context.Context, key func(n int) string, visit func(n int, value []byte) error) (int, error) {
	for n, atOnce := 0, fewAtOnce; ; {
		keys := make([]string, atOnce)
		for i := range keys {
			keys[i] = key(n + i)
		}
		values, err := c.get(ctx, keys...)
		if err != nil {
			return n, &storageError{err}
		}
		size := 1
		for i, value := range values {
			if value == nil {
				return n, c.gap(ctx, key, n, values[i:])
			}
			if err := visit(n, value); err != nil {
				return n, err
			}
			size += len(value)
			n++
		}
		atOnce = min(manyAtOnce, max(fewAtOnce, plenty*len(values)/size))
	}
}

// gap is an error where something follows the first that is not there, in what was read or just after.
func (c client) gap(ctx context.Context, key func(n int) string, n int, values [][]byte) error {
	keys := make([]string, fewAtOnce)
	for i := range keys {
		keys[i] = key(n + len(values) + i)
	}
	after, err := c.get(ctx, keys...)
	if err != nil {
		return &storageError{err}
	}
	for _, value := range append(values, after...) {
		if value != nil {
			return &Damage{Key: key(n), Err: errMissing}
		}
	}
	return nil
}
