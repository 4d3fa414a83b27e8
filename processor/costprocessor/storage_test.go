package costprocessor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// disk is a storage extension whose content outlives its clients.
type disk struct {
	component.Component
	mu     sync.Mutex
	data   map[string][]byte
	opened []string
	open   int
	err    error // of whatever is asked of it
}

func newDisk() *disk { return &disk{data: map[string][]byte{}} }

func (d *disk) GetClient(_ context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	d.opened = append(d.opened, kind.String()+" "+id.String()+" "+name)
	d.open++
	return d, nil
}

func (d *disk) Get(_ context.Context, key string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.data[key]), d.err
}

func (d *disk) Set(_ context.Context, key string, value []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.data[key] = slices.Clone(value)
	}
	return d.err
}

func (d *disk) Delete(_ context.Context, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.data, key)
	return d.err
}

func (d *disk) Batch(ctx context.Context, ops ...*storage.Operation) (err error) {
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value, err = d.Get(ctx, op.Key)
		case storage.Set:
			err = d.Set(ctx, op.Key, op.Value)
		case storage.Delete:
			err = d.Delete(ctx, op.Key)
		}
	}
	return err
}

func (d *disk) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	return nil
}

// extended is a host with extensions.
type extended map[component.ID]component.Component

func (e extended) GetExtensions() map[component.ID]component.Component { return e }

func TestStorage(t *testing.T) {
	id := component.MustNewIDWithName("file_storage", "prices")
	for name, test := range map[string]struct {
		host extended
		want string
	}{
		"there":   {extended{id: newDisk()}, ""},
		"missing": {extended{}, `storage: there is no extension "file_storage/prices": define it under`},
		"foreign": {extended{id: struct{ component.Component }{}}, `storage: the extension "file_storage/prices" stores nothing`},
		"failing": {extended{id: &disk{err: errors.New("locked")}}, `storage: "file_storage/prices" gives no client: locked`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			cfg := createDefaultConfig().(*Config)
			cfg.Storage = &id
			set, factory := processortest.NewNopSettings(metadata.Type), NewFactory()
			metrics, err := factory.CreateMetrics(ctx, set, cfg, consumertest.NewNop())
			require.NoError(t, err)
			logs, err := factory.CreateLogs(ctx, set, cfg, consumertest.NewNop())
			require.NoError(t, err)
			err = errors.Join(metrics.Start(ctx, test.host), logs.Start(ctx, test.host))
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, metrics.Shutdown(ctx))
			require.NoError(t, logs.Shutdown(ctx))
			if test.want == "" {
				store := test.host[id].(*disk)
				assert.Equal(t, []string{"Processor " + set.ID.String() + " "}, store.opened)
				assert.Zero(t, store.open, "closed")
			}
		})
	}
}

// A price file that cannot be had gives the storage back.
func TestStorageIsClosedWhenTheStartFails(t *testing.T) {
	id := component.MustNewID("file_storage")
	ctx, store := context.Background(), newDisk()
	cfg := createDefaultConfig().(*Config)
	cfg.Storage, cfg.PriceFiles = &id, []PriceFileConfig{{Path: "testdata/missing.yaml"}}
	p, err := NewFactory().CreateMetrics(ctx, processortest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, p.Start(ctx, extended{id: store}), "testdata/missing.yaml")
	assert.Zero(t, store.open)
	require.NoError(t, p.Shutdown(ctx))
	assert.Zero(t, store.open)
}
