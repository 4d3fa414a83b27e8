package journal

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// These hold on any storage; test/e2e shows the same of a receiver on the one that is shipped.

func TestBeforeAndAfterDamage(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1, 2), steps("b", 3), steps("c", 1))
	add(t, j, steps("a", 4))
	forget(t, j, "b")
	require.NoError(t, j.Close(context.Background()))

	j, found := start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 4), steps("c", 1)}, found)
	add(t, j, steps("a", 5), steps("b", 6))
	require.NoError(t, j.Close(context.Background()))

	require.NoError(t, disk.Set(context.Background(), recordKey(0, 1), []byte("broken")))
	j, found, err := startDamaged(t, disk)
	require.ErrorIs(t, err, errVersion)
	require.ElementsMatch(t, []Record{steps("a", 1, 2), steps("b", 6), steps("c", 1)}, found)
	add(t, j, steps("a", 7))
	require.NoError(t, j.Close(context.Background()))

	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 7), steps("b", 6), steps("c", 1)}, found)
}

// A record may have as many frames as a body can, with names as long as they can be.
func TestALargeRecord(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	r := steps("a", make([]int, 10_000)...)
	for i := range r.Entries {
		r.Entries[i].Frame.Conversation = string(make([]byte, 256))
	}
	add(t, j, r)
	require.NoError(t, j.Close(context.Background()))
	_, found := start(t, disk)
	require.Len(t, found[0].Entries, 10_000)
	require.Equal(t, r.Entries[9_999], found[0].Entries[9_999])
}

// What a full storage refuses comes with what fits afterwards.
func TestAStorageThatIsFull(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	disk.fail(storage.ErrStorageFull, nil)
	require.ErrorIs(t, j.Append(context.Background(), []Record{steps("b", 1)}), storage.ErrStorageFull)
	disk.fail(nil, nil)
	add(t, j, steps("a", 2))
	require.NoError(t, j.Close(context.Background()))
	_, found := start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2), steps("b", 1)}, found)
}
