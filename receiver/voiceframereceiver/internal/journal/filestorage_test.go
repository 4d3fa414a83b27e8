package journal

import (
	"context"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// fileStorage is a client of the extension that the distribution has, on a directory.
func fileStorage(t testing.TB, directory string, adapt func(*filestorage.Config)) storage.Client {
	t.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory, cfg.Compaction.Directory = directory, directory
	if adapt != nil {
		adapt(cfg)
	}
	extension, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, extension.Start(context.Background(), componenttest.NewNopHost()))
	id := component.MustNewID("voice_frame")
	client, err := extension.(storage.Extension).GetClient(context.Background(), component.KindReceiver, id, "")
	require.NoError(t, err)
	return client
}

func TestOnFileStorage(t *testing.T) {
	directory := t.TempDir()
	j, found := start(t, fileStorage(t, directory, nil))
	require.Empty(t, found)
	add(t, j, steps("a", 1, 2), steps("b", 3), steps("c", 1))
	add(t, j, steps("a", 4))
	forget(t, j, "b")
	require.NoError(t, j.Close(context.Background()))

	j, found = start(t, fileStorage(t, directory, nil))
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 4), steps("c", 1)}, found)
	add(t, j, steps("a", 5), steps("b", 6))
	require.NoError(t, j.Close(context.Background()))

	client := fileStorage(t, directory, nil)
	require.NoError(t, client.Set(context.Background(), recordKey(0, 1), []byte("broken")))
	j, found, err := startDamaged(t, client)
	require.ErrorIs(t, err, errVersion)
	require.ElementsMatch(t, []Record{steps("a", 1, 2), steps("b", 6), steps("c", 1)}, found)
	add(t, j, steps("a", 7))
	require.NoError(t, j.Close(context.Background()))

	_, found = start(t, fileStorage(t, directory, nil))
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 7), steps("b", 6), steps("c", 1)}, found)
}

// TestALargeRecordOnFileStorage has as many frames as a body can, with names as long as they can be.
func TestALargeRecordOnFileStorage(t *testing.T) {
	directory := t.TempDir()
	j, _ := start(t, fileStorage(t, directory, nil))
	r := steps("a", make([]int, 10_000)...)
	for i := range r.Entries {
		r.Entries[i].Frame.Conversation = string(make([]byte, 256))
	}
	add(t, j, r)
	require.NoError(t, j.Close(context.Background()))
	_, found := start(t, fileStorage(t, directory, nil))
	require.Len(t, found[0].Entries, 10_000)
	require.Equal(t, r.Entries[9_999], found[0].Entries[9_999])
}

func TestAFileStorageThatIsFull(t *testing.T) {
	directory := t.TempDir()
	j, _ := start(t, fileStorage(t, directory, func(cfg *filestorage.Config) { cfg.MaxSize = 64 << 10 }))
	add(t, j, steps("a", 1))
	large := steps("b", 1)
	large.Entries[0].Frame.Conversation = string(make([]byte, 1<<20))
	require.ErrorIs(t, j.Append(context.Background(), []Record{large}), storage.ErrStorageFull)
	add(t, j, steps("a", 2))
	require.NoError(t, j.Close(context.Background()))
	_, found := start(t, fileStorage(t, directory, nil))
	require.Equal(t, []Record{steps("a", 1, 2)}, found)
}
