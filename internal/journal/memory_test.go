package journal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDisk = errors.New("no space left on device")

// memory is a disk: it outlives the journals that are opened on it.
type memory struct {
	mu      sync.Mutex
	values  map[string][]byte
	batches int
	closed  int
	// fault, if set, says what becomes of a write: it may fail before or after it is done.
	fault func() (before, after error)
	// gate, if set, is received from before each write.
	gate chan struct{}
	// deaf says that a write knows no contexts, as in file_storage.
	deaf bool
}

func newMemory() *memory { return &memory{values: map[string][]byte{}} }

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := m.Batch(ctx, op)
	return op.Value, err
}

func (m *memory) Set(ctx context.Context, key string, value []byte) error {
	return m.Batch(ctx, storage.SetOperation(key, value))
}

func (m *memory) Delete(ctx context.Context, key string) error {
	return m.Batch(ctx, storage.DeleteOperation(key))
}

func (m *memory) Batch(ctx context.Context, ops ...*storage.Operation) error {
	if m.gate != nil && m.deaf {
		<-m.gate
	} else if m.gate != nil {
		select {
		case <-m.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches++
	var before, after error
	if m.fault != nil {
		before, after = m.fault()
	}
	if before != nil {
		return before
	}
	for _, op := range ops {
		m.do(op)
	}
	return after
}

func (m *memory) do(op *storage.Operation) {
	switch op.Type {
	case storage.Get:
		op.Value = slices.Clone(m.values[op.Key])
	case storage.Set:
		m.values[op.Key] = slices.Clone(op.Value)
	case storage.Delete:
		delete(m.values, op.Key)
	}
}

func (m *memory) Close(context.Context) error {
	m.closed++
	return nil
}

func (m *memory) fail(before, after error) {
	m.fault = func() (error, error) { return before, after }
}

// keys are those that begin with a prefix, sorted.
func (m *memory) keys(prefix string) []string {
	keys := []string{}
	for key := range m.values {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// start opens a journal and restores it.
func start(t testing.TB, client storage.Client) (*Journal, []Record) {
	t.Helper()
	j, found, err := startDamaged(t, client)
	require.NoError(t, err)
	return j, found
}

func startDamaged(t testing.TB, client storage.Client) (*Journal, []Record, error) {
	t.Helper()
	j, err := Open(context.Background(), client)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close(context.Background())) })
	found, err := restore(j)
	return j, found, err
}

func restore(j *Journal) ([]Record, error) {
	var found []Record
	err := j.Restore(context.Background(), func(r Record) { found = append(found, r) })
	return found, err
}
