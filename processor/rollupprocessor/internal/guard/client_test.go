package guard

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

func ask(d *disktest.Disk) func() (storage.Client, error) {
	return func() (storage.Client, error) { return d.Client("x"), nil }
}

func TestClient(t *testing.T) {
	ctx := context.Background()
	c, err := Open(ask(disktest.New()))
	require.NoError(t, err)
	require.NoError(t, c.Set(ctx, "a", []byte("1")))
	value, err := c.Get(ctx, "a")
	assert.NoError(t, err)
	assert.Equal(t, "1", string(value))
	require.NoError(t, c.Delete(ctx, "a"))
	value, err = c.Get(ctx, "a")
	assert.NoError(t, err)
	assert.Nil(t, value)
	require.NoError(t, c.Close(ctx))
	assert.ErrorIs(t, c.Set(ctx, "a", nil), disktest.ErrClosed)
}

func TestPanicsAreErrors(t *testing.T) {
	ctx := context.Background()
	disk := disktest.New()
	c, err := Open(ask(disk))
	require.NoError(t, err)
	disk.OnWrite(func([]*storage.Operation) disktest.Fault { panic("page 7") })
	assert.EqualError(t, c.Set(ctx, "a", nil), "the storage panicked: page 7")
	_, err = Open(func() (storage.Client, error) { panic("page 8") })
	assert.EqualError(t, err, "the storage panicked: page 8")
	broken := errors.New("broken")
	_, err = Open(func() (storage.Client, error) { return nil, broken })
	assert.ErrorIs(t, err, broken)
	none, _ := Open(func() (storage.Client, error) { return nil, nil })
	assert.ErrorContains(t, none.Close(ctx), "the storage panicked")
}

func TestEndedContextDoesNothing(t *testing.T) {
	disk := disktest.New()
	c, err := Open(ask(disk))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.ErrorIs(t, c.Set(ctx, "a", nil), context.Canceled)
	assert.Zero(t, disk.Writes())
}
