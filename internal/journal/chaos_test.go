package journal

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// storm is what writers know that they have written.
type storm struct {
	mu      sync.Mutex
	written map[string][]frame.ID // of each call, in an order that the journal may not have: writers are told side by side
	failed  int
}

func (s *storm) note(id string, ids []frame.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written[id] = append(s.written[id], ids...)
	if err != nil {
		s.failed++
	}
}

// write appends to calls in turns. A frame's identity is its writer and its number, which grows.
func (s *storm) write(j *Journal, writer, calls, appends int) {
	for n := range appends {
		id := strconv.Itoa((writer + n) % calls)
		first := writer<<32 | 2*n
		err := j.Append(context.Background(), []Record{steps(id, first, first+1)})
		s.note(id, []frame.ID{frame.ID(first), frame.ID(first + 1)}, err)
	}
}

func idsOf(r Record) []frame.ID {
	ids := make([]frame.ID, len(r.Entries))
	for i, entry := range r.Entries {
		ids[i] = entry.Frame.ID
	}
	return ids
}

// ordered says whether the frames of each writer stand in the order in which it wrote them, each once.
func ordered(ids []frame.ID) bool {
	last := map[frame.ID]frame.ID{}
	for _, id := range ids {
		writer := id >> 32
		if before, any := last[writer]; any && before >= id {
			return false
		}
		last[writer] = id
	}
	return true
}

// TestManyWritersOnABadDisk fails every fourth write, half of those after it was done.
func TestManyWritersOnABadDisk(t *testing.T) {
	const writers, calls, appends = 64, 16, 40
	disk := newMemory()
	j, _ := start(t, disk)
	dice := rand.New(rand.NewPCG(3, 4))
	disk.fault = func() (before, after error) {
		switch dice.IntN(8) {
		case 0:
			return errDisk, nil
		case 1:
			return nil, errDisk
		}
		return nil, nil
	}
	s := storm{written: map[string][]frame.ID{}}
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() { s.write(j, writer, calls, appends) })
	}
	all.Wait()
	disk.fail(nil, nil)
	require.NoError(t, j.Close(context.Background()))

	require.Positive(t, s.failed)
	_, found := start(t, disk)
	require.Len(t, found, calls)
	for _, r := range found {
		ids := idsOf(r)
		require.True(t, ordered(ids))
		require.ElementsMatch(t, s.written[r.Call.ID], ids)
	}
}

// TestOneWriterOnABadDisk forgets calls too, starts anew now and then when nothing is owed, and knows exactly what must be there.
func TestOneWriterOnABadDisk(t *testing.T) {
	disk := newMemory()
	dice := rand.New(rand.NewPCG(5, 6))
	j, _ := start(t, disk)
	truth := map[string][]int{} // written or owed
	for n := range 4000 {
		if dice.IntN(4) > 0 {
			disk.fail(nil, nil)
		} else if disk.fail(errDisk, nil); dice.IntN(2) > 0 {
			disk.fail(nil, errDisk)
		}
		id := strconv.Itoa(dice.IntN(12))
		switch dice.IntN(20) {
		case 0:
			disk.fail(nil, nil) // what a failed write did is known again after the next one only
			forget(t, j, "nobody", id)
			delete(truth, id)
			add(t, j, steps("marker", n))
			truth["marker"] = append(truth["marker"], n)
			if dice.IntN(4) == 0 {
				j = restarted(t, disk, truth)
			}
		default:
			_ = j.Append(context.Background(), []Record{steps(id, n)})
			truth[id] = append(truth[id], n)
		}
	}
}

func restarted(t *testing.T, disk *memory, truth map[string][]int) *Journal {
	t.Helper()
	j, found := start(t, disk)
	require.Len(t, found, len(truth))
	for _, r := range found {
		require.Equal(t, steps(r.Call.ID, truth[r.Call.ID]...), r)
	}
	return j
}
